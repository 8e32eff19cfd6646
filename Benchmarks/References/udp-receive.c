/* The receiving side: looks at each datagram's first byte and source, and counts. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"
#include "udp.h"

enum { messages_per_call = 16, message_bytes = 65536, control_bytes = 64 };
static const double silence = 0.5;

/* What is looked at goes here, so that looking can't be left out. */
static volatile uint64_t seen;

struct incoming {
  struct mmsghdr messages[messages_per_call];
  struct iovec bytes[messages_per_call];
  struct sockaddr_in sources[messages_per_call];
  _Alignas(8) char control[messages_per_call][control_bytes];
};

static struct incoming *make_incoming(void) {
  struct incoming *incoming = calloc(1, sizeof *incoming);
  char *memory = aligned_alloc(4096, (size_t)messages_per_call * message_bytes);
  if (incoming == NULL || memory == NULL) die("memory for messages");
  for (int i = 0; i < messages_per_call; i++) {
    incoming->bytes[i] = (struct iovec){memory + (size_t)i * message_bytes, message_bytes};
    struct msghdr *header = &incoming->messages[i].msg_hdr;
    header->msg_iov = &incoming->bytes[i];
    header->msg_iovlen = 1;
    header->msg_name = &incoming->sources[i];
    header->msg_control = incoming->control[i];
  }
  return incoming;
}

/* Marks the time of the first and of the latest datagram. */
static void note(struct receiving *result, double *first_cpu) {
  if (result->last == 0) *first_cpu = cpu_seconds();
  result->last = seconds_now();
}

/* Takes what is there, or waits for it as `flags` say. Returns the number of messages; 0 when there is none. */
static int take_messages(int fd, struct incoming *incoming, int flags, struct receiving *result) {
  for (int i = 0; i < messages_per_call; i++) {
    incoming->messages[i].msg_hdr.msg_namelen = sizeof incoming->sources[i];
    incoming->messages[i].msg_hdr.msg_controllen = control_bytes;
  }
  int count = recvmmsg(fd, incoming->messages, messages_per_call, flags, NULL);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    die("recvmmsg");
  }
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) {
    int length = (int)incoming->messages[i].msg_len;
    int segment = segment_length(&incoming->messages[i].msg_hdr, length);
    const char *bytes = incoming->bytes[i].iov_base;
    for (int offset = 0; offset < length; offset += segment) {
      result->received++;
      sum += (uint64_t)(unsigned char)bytes[offset] + incoming->sources[i].sin_port;
    }
    result->bytes += (uint64_t)length;
  }
  seen += sum;
  return count;
}

/* One socket: wait in the receive call. */
static void receive_bulk(int fd, double end, struct receiving *result, double *first_cpu) {
  struct incoming *incoming = make_incoming();
  coalesce(fd);
  set_receive_timeout(fd, silence);
  while (seconds_now() < end) {
    if (take_messages(fd, incoming, MSG_WAITFORONE, result) > 0)
      note(result, first_cpu);
    else if (result->last != 0)
      return;
  }
}

static void receive_single(int fd, double end, struct receiving *result, double *first_cpu) {
  static char buffer[message_bytes];
  set_receive_timeout(fd, silence);
  while (seconds_now() < end) {
    struct sockaddr_in source;
    socklen_t name_length = sizeof source;
    ssize_t length = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&source, &name_length);
    if (length < 0) {
      if (errno != EAGAIN && errno != EINTR) die("recvfrom");
      if (result->last != 0) return;
      continue;
    }
    result->received++;
    result->bytes += (uint64_t)length;
    seen += (uint64_t)(unsigned char)buffer[0] + source.sin_port;
    /* A look at the clock costs as much as a hundredth of a receive; one in 64 is exact enough. */
    if (result->last == 0 || result->received % 64 == 0) note(result, first_cpu);
  }
}

struct receiving receive_flood(enum udp_case how, int fd, double limit) {
  struct receiving result = {0};
  double end = seconds_now() + limit;
  double first_cpu = cpu_seconds();
  switch (how) {
  case single: receive_single(fd, end, &result, &first_cpu); break;
  default: receive_bulk(fd, end, &result, &first_cpu);
  }
  result.cpu = cpu_seconds() - first_cpu;
  return result;
}
