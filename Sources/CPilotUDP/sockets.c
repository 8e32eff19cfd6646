/* Making a socket, and its options. */
#include "platform.h"

#include "address.h"
#include <fcntl.h>
#include <unistd.h>

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int get(int fd, int level, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, option, &value, &length) < 0 ? -errno : value;
}

int cpilot_udp_open(int family) {
  int domain = family == cpilot_udp_family_ipv4 ? AF_INET : AF_INET6;
#ifdef CPILOT_UDP_LINUX
  int fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
#else
  int fd = socket(domain, SOCK_DGRAM, 0);
  if (fd < 0) return -errno;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

int cpilot_udp_bind(int fd, const struct cpilot_udp_address *to, int family) {
  struct sockaddr_in6 name;
  socklen_t length = cpilot_udp_write_address(&name, to, family);
  return bind(fd, (const struct sockaddr *)&name, length) < 0 ? -errno : 0;
}

/* From then on datagrams come from there alone. On Linux such a socket still takes destinations; where it may not, it stays as it
 * is, and who reads looks at the source. */
int cpilot_udp_connect(int fd, const struct cpilot_udp_address *to, int family) {
#ifdef CPILOT_UDP_LINUX
  struct sockaddr_in6 name;
  socklen_t length = cpilot_udp_write_address(&name, to, family);
  return connect(fd, (const struct sockaddr *)&name, length) < 0 ? -errno : 0;
#else
  (void)fd, (void)to, (void)family;
  return 0;
#endif
}

int cpilot_udp_close(int fd) {
  return close(fd) < 0 ? -errno : 0;
}

int cpilot_udp_local(int fd, struct cpilot_udp_address *local, int *family) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  memset(&name, 0, sizeof name);
  if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) return -errno;
  *family = cpilot_udp_read_address(&name, local);
  return 0;
}

/* 1 for a UDP socket, 0 for another one. */
int cpilot_udp_is_datagram(int fd) {
  int type = get(fd, SOL_SOCKET, SO_TYPE);
  if (type < 0) return type;
#ifdef SO_PROTOCOL
  int protocol = get(fd, SOL_SOCKET, SO_PROTOCOL);
  if (protocol < 0) return protocol;
  return type == SOCK_DGRAM && protocol == IPPROTO_UDP;
#else
  return type == SOCK_DGRAM;
#endif
}

int cpilot_udp_is_connected(int fd) {
  struct sockaddr_in6 name;
  socklen_t length = sizeof name;
  return getpeername(fd, (struct sockaddr *)&name, &length) == 0;
}

int cpilot_udp_is_ipv6_only(int fd) {
  return get(fd, IPPROTO_IPV6, IPV6_V6ONLY);
}

int cpilot_udp_set_ipv6_only(int fd, bool only) {
  return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
}

int cpilot_udp_set_reuse_port(int fd) {
  return set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/* A dual-stack socket needs both options: IP_RECVERR for what it sends to mapped addresses. */
int cpilot_udp_report_errors(int fd, int family) {
#ifdef CPILOT_UDP_LINUX
  int result = set(fd, IPPROTO_IP, IP_RECVERR, 1);
  if (family == cpilot_udp_family_ipv6) result = set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  return result;
#else
  (void)fd;
  (void)family;
  return -ENOTSUP;
#endif
}

int cpilot_udp_report_drops(int fd) {
#ifdef CPILOT_UDP_LINUX
  return set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
#else
  (void)fd;
  return -ENOTSUP;
#endif
}

/* What becomes of a datagram that is longer than the path's MTU (IP_MTU_DISCOVER, ip(7); IPV6_MTU_DISCOVER, ipv6(7)). A
 * dual-stack socket needs both options: the first one for what it sends to mapped addresses. */
int cpilot_udp_set_fragmentation(int fd, int family, int mode) {
#ifdef CPILOT_UDP_LINUX
  int value = mode == cpilot_udp_fragment        ? IP_PMTUDISC_WANT
              : mode == cpilot_udp_dont_fragment ? IP_PMTUDISC_DO
                                                 : IP_PMTUDISC_PROBE;
  int result = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, value);
  if (family == cpilot_udp_family_ipv6 && (result == 0 || get(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1))
    result = set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, value);
  return result;
#else
  (void)fd;
  (void)family;
  (void)mode;
  return -ENOTSUP;
#endif
}

/* The MTU of the path to an address, in bytes, as far as the kernel knows: that of the route, or what ICMP has said since
 * (IP_MTU, ip(7); IPV6_MTU, ipv6(7)). Only a connected socket has one; nothing is sent. `from` is where datagrams leave from,
 * the unspecified address for any. */
int cpilot_udp_path_mtu(const struct cpilot_udp_address *to, const struct cpilot_udp_address *from) {
#ifdef CPILOT_UDP_LINUX
  bool ipv4 = to->high == 0 && to->low >> 32 == 0xFFFF;
  int family = ipv4 ? cpilot_udp_family_ipv4 : cpilot_udp_family_ipv6;
  struct cpilot_udp_address source = {from->high, from->low, from->scope, 0};
  bool is_bound = source.high != 0 || (source.low != 0 && source.low != 0xFFFF00000000u);
  int fd = cpilot_udp_open(family);
  if (fd < 0) return fd;
  int result = is_bound ? cpilot_udp_bind(fd, &source, family) : 0;
  if (result == 0) {
    struct sockaddr_in6 name;
    socklen_t length = cpilot_udp_write_address(&name, to, family);
    if (connect(fd, (const struct sockaddr *)&name, length) < 0) result = -errno;
  }
  if (result == 0) result = ipv4 ? get(fd, IPPROTO_IP, IP_MTU) : get(fd, IPPROTO_IPV6, IPV6_MTU);
  close(fd);
  return result;
#else
  (void)to;
  (void)from;
  return -ENOTSUP;
#endif
}

/* The socket's pending error, which reading it clears: 0, or a positive errno. */
int cpilot_udp_pending_error(int fd) {
  return get(fd, SOL_SOCKET, SO_ERROR);
}

/* Returns how many bytes it got. SO_RCVBUFFORCE goes above the sysctl's limit and needs CAP_NET_ADMIN. A buffer that is
 * larger already stays. */
int cpilot_udp_request_buffer(int fd, bool receiving, int bytes) {
  int option = receiving ? SO_RCVBUF : SO_SNDBUF;
#ifdef __linux__
  enum { bookkeeping = 2 };  /* socket(7): the kernel doubles the value, and getsockopt returns the doubled one */
#else
  enum { bookkeeping = 1 };
#endif
  int had = get(fd, SOL_SOCKET, option) / bookkeeping;
  if (had >= bytes) return had;
  set(fd, SOL_SOCKET, option, bytes);
#ifdef CPILOT_UDP_LINUX
  if (get(fd, SOL_SOCKET, option) / bookkeeping < bytes)
    set(fd, SOL_SOCKET, receiving ? SO_RCVBUFFORCE : SO_SNDBUFFORCE, bytes);
#endif
  int granted = get(fd, SOL_SOCKET, option);
  return granted < 0 ? granted : granted / bookkeeping;
}

/* Whether the kernel knows UDP_SEGMENT: since Linux 4.18. */
int cpilot_udp_can_segment(int fd) {
#ifdef CPILOT_UDP_LINUX
  return get(fd, SOL_UDP, UDP_SEGMENT) >= 0;
#else
  (void)fd;
  return 0;
#endif
}

/* Switches UDP_GRO on: since Linux 5.0. */
int cpilot_udp_coalesce(int fd) {
#ifdef CPILOT_UDP_LINUX
  return set(fd, SOL_UDP, UDP_GRO, 1);
#else
  (void)fd;
  return -ENOTSUP;
#endif
}
