/* The address of this machine that a datagram was written to, and that an answer leaves from. */
#include "platform.h"

#include "address.h"
#include <ifaddrs.h>
#include <unistd.h>

/* Asks for the address with each datagram. On a dual-stack socket IPV6_PKTINFO has the mapped ones, too, when receiving
 * (ip6_datagram_recv_common_ctl in Linux's net/ipv6/datagram.c) and when sending (ip_cmsg_send in net/ipv4/ip_sockglue.c). */
int cpilot_udp_report_local(int fd, int family) {
#ifdef CPILOT_UDP_LINUX
  int one = 1;
  int result = family == cpilot_udp_family_ipv4
                   ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one)
                   : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
  return result < 0 ? -errno : 0;
#else
  (void)fd;
  (void)family;
  return -ENOTSUP;
#endif
}

/* For a socket of this family. The interface stays open, but for link-local addresses: the route decides about it. */
void cpilot_udp_make_source(struct cpilot_udp_source *source, const struct cpilot_udp_local *local, int family) {
  memset(source, 0, sizeof *source);
#ifdef CPILOT_UDP_LINUX
  struct cmsghdr control = {0};
  if (family == cpilot_udp_family_ipv4) {
    struct in_pktinfo info = {0};
    info.ipi_spec_dst.s_addr = htonl((uint32_t)local->low);
    control.cmsg_level = IPPROTO_IP;
    control.cmsg_type = IP_PKTINFO;
    control.cmsg_len = CMSG_LEN(sizeof info);
    memcpy(source->bytes + CMSG_LEN(0), &info, sizeof info);
    source->count = CMSG_SPACE(sizeof info);
  } else {
    struct in6_pktinfo info = {0};
    cpilot_udp_write_big64(info.ipi6_addr.s6_addr, local->high);
    cpilot_udp_write_big64(info.ipi6_addr.s6_addr + 8, local->low);
    info.ipi6_ifindex = local->interface;
    control.cmsg_level = IPPROTO_IPV6;
    control.cmsg_type = IPV6_PKTINFO;
    control.cmsg_len = CMSG_LEN(sizeof info);
    memcpy(source->bytes + CMSG_LEN(0), &info, sizeof info);
    source->count = CMSG_SPACE(sizeof info);
  }
  memcpy(source->bytes, &control, sizeof control);
#else
  (void)local;
  (void)family;
#endif
}

#ifdef CPILOT_UDP_LINUX
static bool is_ipv4(const struct cpilot_udp_local *local) {
  return local->high == 0 && local->low >> 32 == 0xFFFF;
}

static bool is_multicast(const struct cpilot_udp_local *local) {
  return is_ipv4(local) ? (local->low >> 28 & 0xF) == 0xE : local->high >> 56 == 0xFF;
}
#endif

/* Whether datagrams can leave from it: it is neither a multicast nor a broadcast address, and this machine's. Asks the
 * kernel, in the network namespace of this process: it lets a socket be bound to what can be a source and to IPv4's
 * broadcast addresses, and connects to the latter only those that may send to them (EACCES). */
bool cpilot_udp_can_be_source(const struct cpilot_udp_local *local) {
#ifdef CPILOT_UDP_LINUX
  if (is_multicast(local)) return false;
  int family = is_ipv4(local) ? cpilot_udp_family_ipv4 : cpilot_udp_family_ipv6;
  struct cpilot_udp_address address = {local->high, local->low, local->interface, 0};
  int fd = cpilot_udp_open(family);
  if (fd < 0) return false;
  bool can = cpilot_udp_bind(fd, &address, family) == 0;
  if (can && is_ipv4(local)) {
    struct sockaddr_in6 name;
    address.port = 9;
    socklen_t length = cpilot_udp_write_address(&name, &address, family);
    can = connect(fd, (const struct sockaddr *)&name, length) == 0;
  }
  close(fd);
  return can;
#else
  (void)local;
  return false;
#endif
}

/* Whether an interface has just this address, rather than a prefix that it is in. */
bool cpilot_udp_is_assigned(const struct cpilot_udp_local *local) {
  struct ifaddrs *all = NULL;
  if (getifaddrs(&all) < 0) return false;
  bool found = false;
  for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
    if (!one->ifa_addr) continue;
    struct sockaddr_in6 name;
    struct cpilot_udp_address address;
    bool ipv4 = one->ifa_addr->sa_family == AF_INET;
    if (!ipv4 && one->ifa_addr->sa_family != AF_INET6) continue;
    memcpy(&name, one->ifa_addr, ipv4 ? sizeof(struct sockaddr_in) : sizeof name);
    cpilot_udp_read_address(&name, &address);
    found = address.high == local->high && address.low == local->low &&
            (local->interface == 0 || address.scope == local->interface);
  }
  freeifaddrs(all);
  return found;
}
