/* The thread that waits for a socket, and how to wake it. */
#include "platform.h"

#include "CPilotUDP.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef CPILOT_UDP_LINUX
#include <sys/eventfd.h>
#endif

/* One descriptor to poll and clear, one to signal. The same on Linux. */
int cpilot_udp_wakeup_open(int *waiting, int *signalling) {
#ifdef CPILOT_UDP_LINUX
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -errno;
  *waiting = *signalling = fd;
#else
  int fds[2];
  if (pipe(fds) < 0) return -errno;
  for (int i = 0; i < 2; i++) {
    fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    fcntl(fds[i], F_SETFL, O_NONBLOCK);
  }
  *waiting = fds[0];
  *signalling = fds[1];
#endif
  return 0;
}

/* A full pipe or counter is as good as a written one: the other end wakes. */
void cpilot_udp_wakeup_signal(int fd) {
  uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void cpilot_udp_wakeup_clear(int fd) {
  uint64_t values[8];
  while (read(fd, values, sizeof values) < 0 && errno == EINTR) {
  }
}

/* A socket of which only the receiving half was shut down is readable without end, and says so on Linux when asked. */
#ifdef POLLRDHUP
#define RECEIVING_HUNG_UP POLLRDHUP
#else
#define RECEIVING_HUNG_UP 0
#endif

/* Waits until one of the two is ready; fd -1 stands for none. `timeout` in milliseconds, -1 for none. Returns what is
 * ready, 0 for nothing. */
int cpilot_udp_poll(int wakeup, int fd, int timeout) {
  /* The socket comes first: if it is ready, the kernel need not queue for the other one. */
  struct pollfd watched[2] = {{fd, POLLIN | RECEIVING_HUNG_UP, 0}, {wakeup, POLLIN, 0}};
  if (poll(watched, 2, timeout) <= 0) return 0;
  int ready = 0;
  if (watched[0].revents & POLLIN) ready |= cpilot_udp_readable;
  if (watched[0].revents & POLLERR) ready |= cpilot_udp_has_error;
  if (watched[0].revents & (POLLHUP | POLLNVAL | RECEIVING_HUNG_UP)) ready |= cpilot_udp_hung_up;
  if (watched[1].revents) ready |= cpilot_udp_woken;
  return ready;
}

struct start {
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
#ifdef CPILOT_UDP_LINUX
  pthread_setname_np(pthread_self(), "pilot-udp");
#endif
  start.body(start.context);
  return NULL;
}

/* Starts a detached thread: nobody can join it, since it may be the one that releases its owner. */
int cpilot_udp_start_thread(void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) return -ENOMEM;
  start->body = body;
  start->context = context;
  pthread_attr_t attributes;
  pthread_t thread;
  int error = pthread_attr_init(&attributes);
  if (!error) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &attributes, run, start);
    pthread_attr_destroy(&attributes);
  }
  if (error) free(start);
  return -error;
}

/* A number that no other running thread has. */
uintptr_t cpilot_udp_current_thread(void) {
  return (uintptr_t)pthread_self();
}
