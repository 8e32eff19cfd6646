/* Round trips: blocking calls on both sides. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "support.h"
#include "udp.h"

/* The first ones warm caches and clocks up and don't count. */
enum { warm_up = 500, most_rounds = 1000000 };
static const double answer_timeout = 0.5;

void echo(int fd, double limit) {
  static char buffer[longest_datagram];
  set_receive_timeout(fd, limit);
  for (;;) {
    struct sockaddr_in source;
    socklen_t name_length = sizeof source;
    ssize_t length = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&source, &name_length);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return;
    if (sendto(fd, buffer, (size_t)length, 0, (struct sockaddr *)&source, name_length) < 0) die("sendto");
  }
}

void hop(int fd, const struct sockaddr_in *next, double limit) {
  static char buffer[longest_datagram];
  struct sockaddr_in own, source = {0};
  socklen_t name_length = sizeof source;
  struct pollfd sockets[2] = {{.fd = fd, .events = POLLIN}, {.fd = open_socket(INADDR_LOOPBACK, 0, &own), .events = POLLIN}};
  for (;;) {
    int ready = poll(sockets, 2, (int)(limit * 1000));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    if (sockets[0].revents & POLLIN) {
      name_length = sizeof source;
      ssize_t length = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&source, &name_length);
      if (length < 0) die("recvfrom");
      if (sendto(sockets[1].fd, buffer, (size_t)length, 0, (const struct sockaddr *)next, sizeof *next) < 0) die("sendto");
    }
    if (sockets[1].revents & POLLIN) {
      ssize_t length = recv(sockets[1].fd, buffer, sizeof buffer, 0);
      if (length < 0) die("recv");
      if (sendto(fd, buffer, (size_t)length, 0, (struct sockaddr *)&source, name_length) < 0) die("sendto");
    }
  }
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

struct round_trips measure_round_trips(const struct sockaddr_in *to, int length, double seconds) {
  static char buffer[longest_datagram];
  struct sockaddr_in own;
  int fd = open_socket(INADDR_LOOPBACK, 0, &own);
  set_receive_timeout(fd, answer_timeout);
  double *times = malloc(most_rounds * sizeof *times);
  if (times == NULL) die("malloc");
  struct round_trips result = {0};
  double end = seconds_now() + seconds;
  for (uint64_t round = 0; result.rounds < most_rounds; round++) {
    double start = seconds_now();
    if (start >= end) break;
    if (sendto(fd, buffer, (size_t)length, 0, (const struct sockaddr *)to, sizeof *to) < 0) die("sendto");
    if (recv(fd, buffer, sizeof buffer, 0) < 0)
      result.lost++;
    else if (round >= warm_up)
      times[result.rounds++] = seconds_now() - start;
  }
  if (result.rounds > 0) {
    qsort(times, result.rounds, sizeof *times, ascending);
    result.p50_us = times[result.rounds / 2] * 1e6;
    result.p99_us = times[result.rounds * 99 / 100] * 1e6;
  }
  free(times);
  return result;
}
