/* The parts of udp-reference. One process sends, another receives; each measures itself. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

enum { mixed_destinations = 16 };

/* How the datagrams travel. */
enum udp_case {
  bulk,        /* one destination, many datagrams per message (UDP_SEGMENT, UDP_GRO) */
  mixed,       /* the same, to mixed_destinations addresses in turn */
  single,      /* one sendto and one recvfrom each */
  round_trip,  /* one datagram there and back, then the next */
};

struct sending {
  uint64_t sent;
  double start, cpu;  /* on the clock of seconds_now(); and seconds */
};

struct receiving {
  uint64_t received, bytes;
  double last, cpu;  /* when the last datagram came; and seconds from the first one on */
};

struct round_trips {
  uint64_t rounds, lost;
  double p50_us, p99_us;
};

/* Sends as fast as it goes for `seconds`. Mixed has mixed_destinations of them, the others one. */
struct sending send_flood(enum udp_case how, const struct sockaddr_in *to, int length, double seconds);

/* Receives until nothing has come for half a second after the first datagram, at most `limit` seconds. */
struct receiving receive_flood(enum udp_case how, int fd, double limit);

/* Sends back what comes, until nothing has come for `limit` seconds. */
void echo(int fd, double limit);
/* Passes on what comes at `fd` to `next`, and what comes back from there to who has sent last, until nothing has come for
 * `limit` seconds: what a program between two others costs that only passes on. */
void hop(int fd, const struct sockaddr_in *next, double limit);
/* Sends one datagram at a time and waits for it, for `seconds`. */
struct round_trips measure_round_trips(const struct sockaddr_in *to, int length, double seconds);
