/* The socket interface as PilotUDP needs it: what Swift can't see (struct mmsghdr, the CMSG macros, Linux's options) or
 * what differs between platforms.
 *
 * Functions that can fail return -errno, so that nothing between the call and the check can change errno. Nothing here
 * blocks, but cpilot_udp_poll. Where a feature exists on Linux only, other platforms get a plain equivalent or -ENOTSUP.
 * Defining CPILOT_UDP_PLAIN compiles the plain form on Linux too. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#pragma clang assume_nonnull begin

/* An address as numbers in host order; IPv4 in its mapped form (RFC 4291, section 2.5.5.2). */
struct cpilot_udp_address {
  uint64_t high, low;
  uint32_t scope;
  uint16_t port;
};

/* Same layout as struct mmsghdr, which Swift's Glibc module doesn't show: it is built without _GNU_SOURCE. */
struct cpilot_udp_message {
  struct msghdr header;
  unsigned int length;
};

/* What a message's header points to. Of control messages there may come: SO_RXQ_OVFL and UDP_GRO with 24 bytes each,
 * IPV6_PKTINFO with 40, and, on an adopted socket, IP_PKTINFO with 32 and a time stamp with up to 64. */
struct cpilot_udp_slot {
  struct iovec bytes;
  struct sockaddr_in6 name;
  _Alignas(8) unsigned char control[192];
};

/* An address of this machine, as numbers like those above. Link-local ones are one for each interface: only they have its
 * index, the others 0. */
struct cpilot_udp_local {
  uint64_t high, low;
  uint32_t interface;
};

/* The control message that says where a datagram leaves from (IP_PKTINFO, ip(7); IPV6_PKTINFO, ipv6(7)), to be copied. */
struct cpilot_udp_source {
  _Alignas(8) unsigned char bytes[40];
  size_t count;
};

/* What came beside a datagram's bytes. */
struct cpilot_udp_control {
  uint32_t drops;       /* datagrams the kernel dropped since the socket exists, if has_drops */
  bool has_drops;
  uint16_t segment;     /* length of the datagrams that were coalesced (UDP_GRO), 0 if it is a single one */
  bool has_local;
  struct cpilot_udp_local local;  /* the address that it was written to, if has_local */
};

/* An entry of the error queue, ip(7) IP_RECVERR. */
struct cpilot_udp_error {
  struct cpilot_udp_address destination;  /* where the datagram that caused it was sent to */
  int code;                               /* errno */
  uint8_t type, icmp_code;
  uint32_t info;                          /* the MTU, for EMSGSIZE */
  bool from_network;                      /* an ICMP message */
  bool from_here;                         /* an error of this machine */
  uint8_t quoted_count;                   /* how much of that datagram's own bytes has come along */
  uint8_t quoted[64];
};

enum { cpilot_udp_family_other = 0, cpilot_udp_family_ipv4 = 4, cpilot_udp_family_ipv6 = 6 };

/* messages.c */
int cpilot_udp_send(int fd, const void *_Nullable head, size_t head_count, const void *_Nullable body,
                    size_t body_count, const struct cpilot_udp_address *to, int family,
                    const struct cpilot_udp_source *_Nullable source);
int cpilot_udp_send_messages(int fd, struct cpilot_udp_message *messages, unsigned int count);
int cpilot_udp_receive_messages(int fd, struct cpilot_udp_message *messages, unsigned int count);
void cpilot_udp_outgoing(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot,
                         const struct cpilot_udp_address *to, int family);
void cpilot_udp_outgoing_pieces(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot, struct iovec *pieces,
                                size_t count, size_t segment, const struct cpilot_udp_source *_Nullable source);
void cpilot_udp_incoming(struct cpilot_udp_message *message, struct cpilot_udp_slot *slot, void *bytes, size_t capacity);
void cpilot_udp_incoming_again(struct cpilot_udp_message *message);
bool cpilot_udp_is_truncated(const struct cpilot_udp_message *message);
struct cpilot_udp_address cpilot_udp_source(const struct cpilot_udp_message *message);
struct cpilot_udp_control cpilot_udp_control(struct cpilot_udp_message *message);
int cpilot_udp_next_error(int fd, struct cpilot_udp_error *error);

/* locals.c */
int cpilot_udp_report_local(int fd, int family);
void cpilot_udp_make_source(struct cpilot_udp_source *source, const struct cpilot_udp_local *local, int family);
bool cpilot_udp_can_be_source(const struct cpilot_udp_local *local);
bool cpilot_udp_is_assigned(const struct cpilot_udp_local *local);

/* sockets.c */
int cpilot_udp_open(int family);
int cpilot_udp_bind(int fd, const struct cpilot_udp_address *to, int family);
int cpilot_udp_connect(int fd, const struct cpilot_udp_address *to, int family);
int cpilot_udp_close(int fd);
int cpilot_udp_local(int fd, struct cpilot_udp_address *local, int *family);
int cpilot_udp_is_datagram(int fd);
int cpilot_udp_is_connected(int fd);
int cpilot_udp_is_ipv6_only(int fd);
int cpilot_udp_set_ipv6_only(int fd, bool only);
int cpilot_udp_set_reuse_port(int fd);
int cpilot_udp_report_errors(int fd, int family);
int cpilot_udp_report_drops(int fd);
enum { cpilot_udp_fragment = 0, cpilot_udp_dont_fragment = 1, cpilot_udp_probe_mtu = 2 };
int cpilot_udp_set_fragmentation(int fd, int family, int mode);
int cpilot_udp_path_mtu(const struct cpilot_udp_address *to, const struct cpilot_udp_address *from);
int cpilot_udp_pending_error(int fd);
int cpilot_udp_request_buffer(int fd, bool receiving, int bytes);
int cpilot_udp_can_segment(int fd);
int cpilot_udp_coalesce(int fd);

/* waiting.c */
int cpilot_udp_wakeup_open(int *waiting, int *signalling);
void cpilot_udp_wakeup_signal(int fd);
void cpilot_udp_wakeup_clear(int fd);
enum {
  cpilot_udp_woken = 1,
  cpilot_udp_readable = 2,
  cpilot_udp_has_error = 4,
  cpilot_udp_hung_up = 8,
};
int cpilot_udp_poll(int wakeup, int fd, int timeout);
int cpilot_udp_start_thread(void (*body)(void *_Nullable), void *_Nullable context);
uintptr_t cpilot_udp_current_thread(void);

/* readiness.c. A number stands for its descriptor; that of the wake-up is the last one there is. */
struct cpilot_udp_set;
enum { cpilot_udp_set_longest_answer = 64 };
static const uint64_t cpilot_udp_set_wakeup = UINT64_MAX;
struct cpilot_udp_set *_Nullable cpilot_udp_set_open(int wakeup);
void cpilot_udp_set_close(struct cpilot_udp_set *set);
int cpilot_udp_set_add(struct cpilot_udp_set *set, int fd, uint64_t number);
void cpilot_udp_set_remove(struct cpilot_udp_set *set, int fd);
int cpilot_udp_set_wait(struct cpilot_udp_set *set, uint64_t *numbers, int count);

/* handover.c */
enum { cpilot_handover_descriptors = 64 };
int cpilot_handover_is_listening(int fd);
int cpilot_handover_shares_port(int fd);
int cpilot_handover_duplicate(int fd);
int cpilot_handover_check_directory(const char *path);
int cpilot_handover_listen(const char *path, const char *temporary);
int cpilot_handover_connect(const char *path, int milliseconds);
int cpilot_handover_accept(int listening, int milliseconds);
int cpilot_handover_limit(int fd, int milliseconds);
int cpilot_handover_check_peer(int fd);
int cpilot_handover_pair(int *one, int *other);
ptrdiff_t cpilot_handover_send(int fd, const void *bytes, size_t count, const int *_Nullable fds, size_t fd_count);
ptrdiff_t cpilot_handover_receive(int fd, void *bytes, size_t capacity, int *fds, size_t *fd_count);
int cpilot_handover_notify(const char *address, const char *text);

#pragma clang assume_nonnull end
