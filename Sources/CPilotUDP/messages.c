/* Datagrams in and out, and the error queue. */
#include "platform.h"

#include "address.h"

#ifdef CPILOT_UDP_LINUX
#include <linux/errqueue.h>
_Static_assert(sizeof(struct cpilot_udp_message) == sizeof(struct mmsghdr), "layout of struct mmsghdr");
_Static_assert(offsetof(struct cpilot_udp_message, length) == offsetof(struct mmsghdr, msg_len), "layout of mmsghdr");
#endif

/* MSG_NOSIGNAL: a socket that somebody else shut down gives EPIPE, and no SIGPIPE. */
enum { flags_send = MSG_DONTWAIT | MSG_NOSIGNAL };

int cpilot_udp_send(int fd, const void *head, size_t head_count, const void *body, size_t body_count,
                    const struct cpilot_udp_address *to, int family, const struct cpilot_udp_source *source) {
  struct sockaddr_in6 name;
  socklen_t length = cpilot_udp_write_address(&name, to, family);
  ssize_t sent;
  if (source || head_count > 0) {
    struct iovec pieces[2] = {{(void *)head, head_count}, {(void *)body, body_count}};
    struct msghdr header = {0};
    header.msg_name = &name;
    header.msg_namelen = length;
    header.msg_iov = pieces;
    header.msg_iovlen = 2;
    if (source) {
      header.msg_control = (void *)source->bytes;
      header.msg_controllen = source->count;
    }
    sent = sendmsg(fd, &header, flags_send);
  } else {
    sent = sendto(fd, body, body_count, flags_send, (const struct sockaddr *)&name, length);
  }
  return sent < 0 ? -errno : (int)sent;
}

#ifdef CPILOT_UDP_LINUX

int cpilot_udp_send_messages(int fd, struct cpilot_udp_message *messages, unsigned int count) {
  int sent = sendmmsg(fd, (struct mmsghdr *)messages, count, flags_send);
  return sent < 0 ? -errno : sent;
}

int cpilot_udp_receive_messages(int fd, struct cpilot_udp_message *messages, unsigned int count) {
  int received = recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
  return received < 0 ? -errno : received;
}

#else

int cpilot_udp_send_messages(int fd, struct cpilot_udp_message *messages, unsigned int count) {
  for (unsigned int i = 0; i < count; i++)
    if (sendmsg(fd, &messages[i].header, flags_send) < 0) return i > 0 ? (int)i : -errno;
  return (int)count;
}

int cpilot_udp_receive_messages(int fd, struct cpilot_udp_message *messages, unsigned int count) {
  for (unsigned int i = 0; i < count; i++) {
    ssize_t length = recvmsg(fd, &messages[i].header, MSG_DONTWAIT);
    if (length < 0) return i > 0 ? (int)i : -errno;
    messages[i].length = (unsigned int)length;
  }
  return (int)count;
}

#endif

/* An empty message to an address, for cpilot_udp_outgoing_pieces. */
void cpilot_udp_outgoing(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot,
                         const struct cpilot_udp_address *to, int family) {
  memset(&message->header, 0, sizeof message->header);
  message->header.msg_name = &slot->name;
  message->header.msg_namelen = cpilot_udp_write_address(&slot->name, to, family);
}

/* The bytes of a message. A `segment` above 0 asks the kernel to cut them into datagrams of that length (UDP_SEGMENT,
 * udp(7)); without a `source` it chooses where they leave from. */
void cpilot_udp_outgoing_pieces(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot, struct iovec *pieces,
                                size_t count, size_t segment, const struct cpilot_udp_source *source) {
  message->header.msg_iov = pieces;
  message->header.msg_iovlen = count;
#ifdef CPILOT_UDP_LINUX
  size_t used = 0;
  if (source) {
    memcpy(slot->control, source->bytes, sizeof source->bytes);
    used = source->count;
  }
  if (segment > 0) {
    uint16_t size = (uint16_t)segment;
    struct cmsghdr *control = (struct cmsghdr *)(slot->control + used);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(control), &size, sizeof size);
    used += CMSG_SPACE(sizeof size);
  }
  if (used == 0) return;
  message->header.msg_control = slot->control;
  message->header.msg_controllen = used;
#else
  (void)slot;
  (void)segment;
  (void)source;
#endif
}

void cpilot_udp_incoming(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot, void *bytes,
                         size_t capacity) {
  memset(message, 0, sizeof *message);
  memset(slot, 0, sizeof *slot);
  slot->bytes.iov_base = bytes;
  slot->bytes.iov_len = capacity;
  message->header.msg_iov = &slot->bytes;
  message->header.msg_iovlen = 1;
  message->header.msg_name = &slot->name;
  message->header.msg_control = slot->control;
  cpilot_udp_incoming_again(message);
}

/* A receive overwrites these lengths with what it used. */
void cpilot_udp_incoming_again(struct cpilot_udp_message *message) {
  message->header.msg_namelen = sizeof(((struct cpilot_udp_slot *)0)->name);
  message->header.msg_controllen = sizeof(((struct cpilot_udp_slot *)0)->control);
}

bool cpilot_udp_is_truncated(const struct cpilot_udp_message *message) {
  return (message->header.msg_flags & MSG_TRUNC) != 0;
}

struct cpilot_udp_address cpilot_udp_source(const struct cpilot_udp_message *message) {
  struct cpilot_udp_address source;
  cpilot_udp_read_address(message->header.msg_name, &source);
  return source;
}

struct cpilot_udp_control cpilot_udp_control(struct cpilot_udp_message *message) {
  struct cpilot_udp_control result = {0};
#ifdef CPILOT_UDP_LINUX
  struct msghdr *header = &message->header;
  for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      memcpy(&result.drops, CMSG_DATA(control), sizeof result.drops);
      result.has_drops = true;
    } else if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      int segment = 0;  /* udp_cmsg_recv in the kernel puts an int, udp(7) says so since 2024 */
      memcpy(&segment, CMSG_DATA(control), sizeof segment);
      result.segment = (uint16_t)segment;
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(control), sizeof info);
      result.local.high = cpilot_udp_read_big64(info.ipi6_addr.s6_addr);
      result.local.low = cpilot_udp_read_big64(info.ipi6_addr.s6_addr + 8);
      bool link_local = result.local.high >> 54 == 0xFE80 >> 6;  /* fe80::/10, RFC 4291 section 2.4 */
      result.local.interface = link_local ? info.ipi6_ifindex : 0;
      result.has_local = true;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(control), sizeof info);
      result.local.low = 0xFFFF00000000u | ntohl(info.ipi_addr.s_addr);
      result.has_local = true;
    }
  }
#else
  (void)message;
#endif
  return result;
}

/* 0, or -EAGAIN when the queue is empty. The message's bytes are those that the ICMP message quotes of the datagram, behind
 * its UDP header (ip_icmp_error in Linux's net/ipv4/ip_sockglue.c). */
int cpilot_udp_next_error(int fd, struct cpilot_udp_error *error) {
#ifdef CPILOT_UDP_LINUX
  struct sockaddr_in6 name;
  struct iovec bytes = {error->quoted, sizeof error->quoted};
  _Alignas(8) unsigned char space[512];
  struct msghdr header = {0};
  header.msg_name = &name;
  header.msg_namelen = sizeof name;
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = space;
  header.msg_controllen = sizeof space;
  memset(&name, 0, sizeof name);
  memset(error, 0, sizeof *error);
  ssize_t length = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (length < 0) return -errno;
  error->quoted_count = (uint8_t)length;
  cpilot_udp_read_address(&name, &error->destination);
  for (struct cmsghdr *control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    bool ipv4 = control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR;
    bool ipv6 = control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR;
    if (!ipv4 && !ipv6) continue;
    struct sock_extended_err extended;
    memcpy(&extended, CMSG_DATA(control), sizeof extended);
    error->code = (int)extended.ee_errno;
    error->type = extended.ee_type;
    error->icmp_code = extended.ee_code;
    error->info = extended.ee_info;
    error->from_network = extended.ee_origin == SO_EE_ORIGIN_ICMP || extended.ee_origin == SO_EE_ORIGIN_ICMP6;
    error->from_here = extended.ee_origin == SO_EE_ORIGIN_LOCAL;
  }
  return 0;
#else
  (void)fd;
  (void)error;
  return -EAGAIN;
#endif
}
