/* What UDP costs in plain C on this machine, as a line of JSON with the keys of `pilot bench udp --json`.
 *
 * usage: udp-reference --case bulk|mixed|single|round-trip [--length BYTES] [--seconds SECONDS] [--hops COUNT]
 *
 * A child process receives, this one sends. CPU times are microseconds per datagram, of the datagrams that the side
 * handled; the time is that from the first one sent to the last one received. A round trip can lead through processes in between
 * that only pass on: what `pilot forward`, which is two of them, can't do without. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "udp.h"

/* The receiver ends by itself after a silence; this bounds it in any case. */
static const double grace = 5;
enum { most_hops = 8 };

static enum udp_case parse_case(const char *name) {
  if (strcmp(name, "bulk") == 0) return bulk;
  if (strcmp(name, "mixed") == 0) return mixed;
  if (strcmp(name, "single") == 0) return single;
  if (strcmp(name, "round-trip") == 0) return round_trip;
  die_of_usage("--case is bulk, mixed, single or round-trip");
}

static double per_datagram_us(double seconds, uint64_t datagrams) {
  return datagrams > 0 ? seconds * 1e6 / (double)datagrams : 0;
}

static void report_flood(const char *name, int length, const struct sending *out, const struct receiving *in) {
  uint64_t lost = out->sent > in->received ? out->sent - in->received : 0;
  double seconds = in->last > out->start ? in->last - out->start : 0;
  printf("{\"bench\":\"udp\",\"implementation\":\"c\",\"case\":\"%s\",\"length\":%d,\"sent\":%" PRIu64
         ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64
         ",\"seconds\":%.3f,\"datagrams_per_second\":%.0f,\"sender_cpu_us\":%.4f,\"receiver_cpu_us\":%.4f}\n",
         name, length, out->sent, in->received, lost, seconds,
         seconds > 0 ? (double)in->received / seconds : 0, per_datagram_us(out->cpu, out->sent),
         per_datagram_us(in->cpu, in->received));
}

static int flood(enum udp_case how, const char *name, int length, double seconds) {
  struct sockaddr_in addresses[mixed_destinations];
  int fd = open_socket(how == mixed ? INADDR_ANY : INADDR_LOOPBACK, 0, &addresses[0]);
  /* All of 127.0.0.0/8 is this machine: many destinations, and one reader to be woken. */
  for (uint32_t i = 0; i < mixed_destinations; i++) {
    addresses[i] = addresses[0];
    addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
  }
  int results[2];
  if (pipe(results) < 0) die("pipe");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct receiving in = receive_flood(how, fd, seconds + grace);
    _exit(write(results[1], &in, sizeof in) == sizeof in ? 0 : 1);
  }
  /* Only the child may hold the socket, or the datagrams would wait for a reader that never comes. */
  close(fd);
  close(results[1]);
  struct sending out = send_flood(how, addresses, length, seconds);
  struct receiving in = {0};
  if (read(results[0], &in, sizeof in) != sizeof in) die("the receiver's result");
  waitpid(child, NULL, 0);
  report_flood(name, length, &out, &in);
  return in.received > 0 ? 0 : 1;
}

static int measure_pings(int length, double seconds, int hops) {
  struct sockaddr_in address;
  pid_t children[most_hops + 1];
  for (int i = 0; i <= hops; i++) {
    struct sockaddr_in next = address;
    int fd = open_socket(INADDR_LOOPBACK, 0, &address);
    children[i] = fork();
    if (children[i] < 0) die("fork");
    if (children[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (i == 0)
        echo(fd, seconds + grace);
      else
        hop(fd, &next, seconds + grace);
      _exit(0);
    }
    close(fd);
  }
  struct round_trips trips = measure_round_trips(&address, length, seconds);
  for (int i = 0; i <= hops; i++) {
    kill(children[i], SIGTERM);
    waitpid(children[i], NULL, 0);
  }
  printf("{\"bench\":\"udp\",\"implementation\":\"c\",\"case\":\"round-trip\",\"length\":%d,\"hops\":%d,\"rounds\":%" PRIu64
         ",\"lost\":%" PRIu64 ",\"rtt_p50_us\":%.1f,\"rtt_p99_us\":%.1f}\n",
         length, hops, trips.rounds, trips.lost, trips.p50_us, trips.p99_us);
  return trips.rounds > 0 ? 0 : 1;
}

int main(int count, char **arguments) {
  const char *name = NULL;
  double length = 1200, seconds = 2, hops = 0;
  const struct option_spec specs[] = {
      {.name = "--case", .text = &name},
      {.name = "--length", .number = &length, .least = 1, .most = longest_datagram},
      {.name = "--seconds", .number = &seconds, .least = 0.1, .most = 600},
      {.name = "--hops", .number = &hops, .least = 0, .most = most_hops},
  };
  parse_options(count, arguments, specs, sizeof specs / sizeof *specs);
  if (name == NULL) die_of_usage("--case is missing: bulk, mixed, single or round-trip");
  enum udp_case how = parse_case(name);
  if (how != round_trip && hops > 0) die_of_usage("--hops goes with --case round-trip");
  return how == round_trip ? measure_pings((int)length, seconds, (int)hops) : flood(how, name, (int)length, seconds);
}
