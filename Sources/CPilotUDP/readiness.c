/* Waiting for many sockets at once: epoll(7) on Linux, else poll(2) over a list. */
#include "platform.h"

#include "CPilotUDP.h"
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef CPILOT_UDP_LINUX
#include <sys/epoll.h>

struct cpilot_udp_set {
  int fd;
};

struct cpilot_udp_set *cpilot_udp_set_open(int wakeup) {
  struct cpilot_udp_set *set = malloc(sizeof *set);
  if (!set) return NULL;
  set->fd = epoll_create1(EPOLL_CLOEXEC);
  if (set->fd < 0) {
    free(set);
    return NULL;
  }
  if (cpilot_udp_set_add(set, wakeup, cpilot_udp_set_wakeup) < 0) {
    cpilot_udp_set_close(set);
    return NULL;
  }
  return set;
}

void cpilot_udp_set_close(struct cpilot_udp_set *set) {
  close(set->fd);
  free(set);
}

int cpilot_udp_set_add(struct cpilot_udp_set *set, int fd, uint64_t number) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = number}};
  return epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Before the descriptor is closed. */
void cpilot_udp_set_remove(struct cpilot_udp_set *set, int fd) {
  epoll_ctl(set->fd, EPOLL_CTL_DEL, fd, NULL);
}

int cpilot_udp_set_wait(struct cpilot_udp_set *set, uint64_t *numbers, int count) {
  struct epoll_event events[64];
  int ready = epoll_wait(set->fd, events, count < 64 ? count : 64, -1);
  for (int i = 0; i < ready; i++) numbers[i] = events[i].data.u64;
  return ready < 0 ? -errno : ready;
}

#else
#include <pthread.h>

struct cpilot_udp_set {
  pthread_mutex_t lock;
  struct pollfd *watched;
  uint64_t *numbers;
  nfds_t count, capacity, next;
};

struct cpilot_udp_set *cpilot_udp_set_open(int wakeup) {
  struct cpilot_udp_set *set = calloc(1, sizeof *set);
  if (!set) return NULL;
  pthread_mutex_init(&set->lock, NULL);
  if (cpilot_udp_set_add(set, wakeup, cpilot_udp_set_wakeup) < 0) {
    cpilot_udp_set_close(set);
    return NULL;
  }
  return set;
}

void cpilot_udp_set_close(struct cpilot_udp_set *set) {
  pthread_mutex_destroy(&set->lock);
  free(set->watched);
  free(set->numbers);
  free(set);
}

/* 1: who waits has to be woken for it. */
int cpilot_udp_set_add(struct cpilot_udp_set *set, int fd, uint64_t number) {
  pthread_mutex_lock(&set->lock);
  if (set->count == set->capacity) {
    nfds_t capacity = set->capacity ? 2 * set->capacity : 16;
    struct pollfd *watched = realloc(set->watched, capacity * sizeof *watched);
    if (watched) set->watched = watched;
    uint64_t *numbers = watched ? realloc(set->numbers, capacity * sizeof *numbers) : NULL;
    if (!numbers) {
      pthread_mutex_unlock(&set->lock);
      return -ENOMEM;
    }
    set->numbers = numbers;
    set->capacity = capacity;
  }
  set->watched[set->count] = (struct pollfd){fd, POLLIN, 0};
  set->numbers[set->count++] = number;
  pthread_mutex_unlock(&set->lock);
  return 1;
}

void cpilot_udp_set_remove(struct cpilot_udp_set *set, int fd) {
  pthread_mutex_lock(&set->lock);
  for (nfds_t i = 0; i < set->count; i++) {
    if (set->watched[i].fd != fd) continue;
    set->watched[i] = set->watched[--set->count];
    set->numbers[i] = set->numbers[set->count];
    break;
  }
  pthread_mutex_unlock(&set->lock);
}

/* It waits on a copy, since the list may change meanwhile. */
int cpilot_udp_set_wait(struct cpilot_udp_set *set, uint64_t *numbers, int count) {
  pthread_mutex_lock(&set->lock);
  nfds_t watching = set->count, first = set->next;
  struct pollfd *copy = malloc(watching * (sizeof *copy + sizeof *numbers));
  uint64_t *names = (uint64_t *)(copy + watching);
  for (nfds_t i = 0; copy && i < watching; i++) {
    copy[i] = set->watched[i];
    names[i] = set->numbers[i];
  }
  pthread_mutex_unlock(&set->lock);
  if (!copy) return -ENOMEM;
  int ready = 0;
  int result = poll(copy, watching, -1) < 0 ? -errno : 0;
  /* Each wait begins behind where the one before ended, so that nobody is passed over for ever. */
  for (nfds_t i = 0; result == 0 && i < watching && ready < count; i++) {
    nfds_t place = (first + i) % watching;
    if (copy[place].revents == 0) continue;
    numbers[ready++] = names[place];
    set->next = place + 1;
  }
  free(copy);
  return result < 0 ? result : ready;
}
#endif
