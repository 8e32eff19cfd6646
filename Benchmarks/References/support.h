/* What the references share: time, sockets on loopback, options, and ending with a reason. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  /* What the product asks for, too (UDPTransport.Configuration). */
  socket_buffer_bytes = 4 << 20,
  /* The kernel's limits for one message that it cuts up (udp(7), UDP_SEGMENT), with room for IP and UDP headers. */
  segments_per_message = 64,
  bytes_per_message = 65000,
  longest_datagram = 65507,
};

/* Prints `what` with the system's reason and ends the process. */
_Noreturn void die(const char *what);
/* Prints `problem` and ends the process with the status for wrong usage. */
_Noreturn void die_of_usage(const char *problem);

double seconds_now(void);      /* CLOCK_MONOTONIC */
double cpu_seconds(void);      /* user and system time of this process */

/* A UDP socket bound to 127.0.0.1 and `port`, 0 for any; `bound` gets its address. */
int open_socket(uint32_t ip, uint16_t port, struct sockaddr_in *bound);
void set_receive_timeout(int fd, double seconds);
/* Lets the kernel hand over many datagrams as one message (UDP_GRO). */
void coalesce(int fd);

/* The length of the datagrams that `message`, of `length` bytes, was put together from. */
int segment_length(struct msghdr *message, int length);
/* Asks the kernel to cut `message` into datagrams of `length`. `control` has room for segment_control_bytes. */
enum { segment_control_bytes = 24 };
void set_segment_length(struct msghdr *message, void *control, uint16_t length);

/* One command-line option: a text, or a number between two bounds. */
struct option_spec {
  const char *name;      /* with its dashes */
  const char **text;     /* where a text goes, or NULL */
  double *number;        /* where a number goes, or NULL */
  double least, most;
};

/* Reads pairs of option and value; ends the process when something is wrong. */
void parse_options(int count, char **arguments, const struct option_spec *specs, int spec_count);
