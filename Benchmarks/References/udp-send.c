/* The sending side: every datagram was made before the clock starts, so that only sending is measured. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"
#include "udp.h"

/* Messages per sendmmsg. More measured no differently. */
enum { messages_per_call = 16, sends_per_clock = 64 };

/* A message per destination: `segments` datagrams in one buffer, which the kernel cuts up. */
struct outgoing {
  struct mmsghdr messages[messages_per_call];
  struct iovec bytes;
  _Alignas(8) char control[segment_control_bytes];
};

static uint64_t send_messages(int fd, struct outgoing *outgoing, int segments) {
  int taken = sendmmsg(fd, outgoing->messages, messages_per_call, 0);
  if (taken < 0) {
    if (errno == EINTR || errno == ENOBUFS) return 0;
    die("sendmmsg");
  }
  return (uint64_t)taken * (uint64_t)segments;
}

static int segments_for(int length) {
  int fitting = bytes_per_message / length;
  return fitting > segments_per_message ? segments_per_message : fitting < 1 ? 1 : fitting;
}

static uint64_t send_in_bulk(int fd, enum udp_case how, const struct sockaddr_in *to, int length, double end) {
  int segments = segments_for(length);
  char *buffer = calloc((size_t)segments, (size_t)length);
  if (buffer == NULL) die("calloc");
  struct outgoing outgoing = {.bytes = {buffer, (size_t)segments * (size_t)length}};
  for (int i = 0; i < messages_per_call; i++) {
    struct msghdr *header = &outgoing.messages[i].msg_hdr;
    header->msg_name = (void *)&to[how == mixed ? i % mixed_destinations : 0];
    header->msg_namelen = sizeof *to;
    header->msg_iov = &outgoing.bytes;
    header->msg_iovlen = 1;
    if (segments > 1) set_segment_length(header, outgoing.control, (uint16_t)length);
  }
  uint64_t sent = 0;
  do sent += send_messages(fd, &outgoing, segments);
  while (seconds_now() < end);
  free(buffer);
  return sent;
}

static uint64_t send_one_by_one(int fd, const struct sockaddr_in *to, int length, double end) {
  static char buffer[longest_datagram];
  uint64_t sent = 0;
  do {
    for (int i = 0; i < sends_per_clock; i++) {
      if (sendto(fd, buffer, (size_t)length, 0, (const struct sockaddr *)to, sizeof *to) >= 0)
        sent++;
      else if (errno != EINTR && errno != ENOBUFS)
        die("sendto");
    }
  } while (seconds_now() < end);
  return sent;
}

struct sending send_flood(enum udp_case how, const struct sockaddr_in *to, int length, double seconds) {
  struct sockaddr_in own;
  int fd = open_socket(INADDR_LOOPBACK, 0, &own);
  double cpu = cpu_seconds();
  struct sending result = {.start = seconds_now()};
  double end = result.start + seconds;
  result.sent = how == single ? send_one_by_one(fd, to, length, end) : send_in_bulk(fd, how, to, length, end);
  result.cpu = cpu_seconds() - cpu;
  return result;
}
