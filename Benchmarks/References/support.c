#include "support.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

void die_of_usage(const char *problem) {
  fprintf(stderr, "%s\n", problem);
  exit(2);
}

double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int open_socket(uint32_t ip, uint16_t port, struct sockaddr_in *bound) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  /* The kernel grants what it is configured for, to the product as well as here: that it may be less is no error. */
  int bytes = socket_buffer_bytes;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  socklen_t length = sizeof *bound;
  if (getsockname(fd, (struct sockaddr *)bound, &length) < 0) die("getsockname");
  return fd;
}

void set_receive_timeout(int fd, double seconds) {
  struct timeval timeout = {.tv_sec = (time_t)seconds};
  timeout.tv_usec = (suseconds_t)((seconds - (double)timeout.tv_sec) * 1e6);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) < 0) die("SO_RCVTIMEO");
}

void coalesce(int fd) {
  int on = 1;
  if (setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0) die("UDP_GRO (Linux 5.0 or newer)");
}

int segment_length(struct msghdr *message, int length) {
  int segment = length;
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control))
    if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO)
      memcpy(&segment, CMSG_DATA(control), sizeof segment);
  return segment;
}

void set_segment_length(struct msghdr *message, void *control, uint16_t length) {
  _Static_assert(segment_control_bytes == CMSG_SPACE(sizeof length), "room for one control message");
  message->msg_control = control;
  message->msg_controllen = segment_control_bytes;
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN(sizeof length);
  memcpy(CMSG_DATA(header), &length, sizeof length);
}

static void set_number(const struct option_spec *spec, const char *text) {
  char *end = NULL;
  errno = 0;
  double value = strtod(text, &end);
  if (errno != 0 || end == text || *end != '\0' || !(value >= spec->least && value <= spec->most)) {
    fprintf(stderr, "%s takes a number from %g to %g, not '%s'\n", spec->name, spec->least, spec->most, text);
    exit(2);
  }
  *spec->number = value;
}

void parse_options(int count, char **arguments, const struct option_spec *specs, int spec_count) {
  for (int i = 1; i < count; i += 2) {
    const struct option_spec *spec = NULL;
    for (int k = 0; k < spec_count; k++)
      if (strcmp(arguments[i], specs[k].name) == 0) spec = &specs[k];
    if (spec == NULL || i + 1 == count) {
      fprintf(stderr, "%s '%s'; the options, each with a value:", spec ? "no value for" : "unknown option", arguments[i]);
      for (int k = 0; k < spec_count; k++) fprintf(stderr, " %s", specs[k].name);
      fprintf(stderr, "\n");
      exit(2);
    }
    if (spec->text != NULL)
      *spec->text = arguments[i + 1];
    else
      set_number(spec, arguments[i + 1]);
  }
}
