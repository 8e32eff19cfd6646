/* Sockets that go from one process to another: a Unix socket that carries descriptors, and what is to be known of those. */
#include "platform.h"

#include "CPilotUDP.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int cpilot_handover_is_listening(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) < 0) return -errno;
  return value != 0;
}

int cpilot_handover_shares_port(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, &length) < 0) return -errno;
  return value != 0;
}

int cpilot_handover_duplicate(int fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return copy < 0 ? -errno : copy;
}

#ifdef CPILOT_UDP_LINUX

static int name(struct sockaddr_un *to, const char *path) {
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof to->sun_path) return -ENAMETOOLONG;
  memset(to, 0, sizeof *to);
  to->sun_family = AF_UNIX;
  memcpy(to->sun_path, path, length);
  return 0;
}

static int limit(int fd, int milliseconds) {
  struct timeval time = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) < 0) return -errno;
  return 0;
}

static int opened(void) {
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

/* Whoever may write to the directory could put a socket of his own in place. */
int cpilot_handover_check_directory(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
  if (status.st_uid != geteuid() && status.st_uid != 0) return -EPERM;
  return status.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

/* The socket's own mode is that of the file which binding makes (unix_bind in Linux's net/unix/af_unix.c): nobody else can
 * connect at any moment. */
int cpilot_handover_listen(const char *path, const char *temporary) {
  struct sockaddr_un to;
  int result = name(&to, temporary);
  if (result < 0) return result;
  int fd = opened();
  if (fd < 0) return fd;
  unlink(temporary);
  if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)&to, sizeof to) < 0 || listen(fd, 4) < 0 ||
      fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || rename(temporary, path) < 0) {
    result = -errno;
    close(fd);
    unlink(temporary);
    return result;
  }
  return fd;
}

int cpilot_handover_connect(const char *path, int milliseconds) {
  struct sockaddr_un to;
  int result = name(&to, path);
  if (result < 0) return result;
  int fd = opened();
  if (fd < 0) return fd;
  result = limit(fd, milliseconds);
  if (result == 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) < 0) result = -errno;
  if (result == 0) return fd;
  close(fd);
  return result;
}

int cpilot_handover_accept(int listening, int milliseconds) {
  int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return -errno;
  int result = limit(fd, milliseconds);
  if (result == 0) return fd;
  close(fd);
  return result;
}

int cpilot_handover_limit(int fd, int milliseconds) {
  return limit(fd, milliseconds);
}

/* Same user, or root. */
int cpilot_handover_check_peer(int fd) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -errno;
  return peer.uid == geteuid() || peer.uid == 0 ? 0 : -EPERM;
}

int cpilot_handover_pair(int *one, int *other) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) return -errno;
  *one = fds[0];
  *other = fds[1];
  return 0;
}

ptrdiff_t cpilot_handover_send(int fd, const void *bytes, size_t count, const int *_Nullable fds, size_t fd_count) {
  if (fd_count > cpilot_handover_descriptors) return -EINVAL;
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
  _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(cpilot_handover_descriptors * sizeof(int))];
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (fd_count > 0) {
    memset(control, 0, sizeof control);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    struct cmsghdr *first = CMSG_FIRSTHDR(&message);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    memcpy(CMSG_DATA(first), fds, fd_count * sizeof(int));
  }
  ptrdiff_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

ptrdiff_t cpilot_handover_receive(int fd, void *bytes, size_t capacity, int *fds, size_t *fd_count) {
  struct iovec piece = {.iov_base = bytes, .iov_len = capacity};
  _Alignas(struct cmsghdr) unsigned char control[CMSG_SPACE(cpilot_handover_descriptors * sizeof(int))];
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *fd_count = 0;
  ptrdiff_t received;
  do {
    received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  for (struct cmsghdr *next = CMSG_FIRSTHDR(&message); next; next = CMSG_NXTHDR(&message, next)) {
    if (next->cmsg_level != SOL_SOCKET || next->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (next->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index++) {
      int taken;
      memcpy(&taken, CMSG_DATA(next) + index * sizeof(int), sizeof taken);
      if (*fd_count < cpilot_handover_descriptors) fds[(*fd_count)++] = taken;
      else close(taken);
    }
  }
  if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) return received;
  while (*fd_count > 0) close(fds[--*fd_count]);
  return -EMSGSIZE;
}

/* A name that begins with @ is one of the abstract ones, unix(7). */
int cpilot_handover_notify(const char *address, const char *text) {
  struct sockaddr_un to;
  int result = name(&to, address);
  if (result < 0) return result;
  if (address[0] != '/' && address[0] != '@') return -EAFNOSUPPORT;
  if (address[0] == '@') to.sun_path[0] = '\0';
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address) + (address[0] == '/'));
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to, length) < 0) result = -errno;
  close(fd);
  return result;
}

#else

int cpilot_handover_check_directory(const char *path) { (void)path; return -ENOTSUP; }
int cpilot_handover_listen(const char *path, const char *temporary) { (void)path, (void)temporary; return -ENOTSUP; }
int cpilot_handover_connect(const char *path, int milliseconds) { (void)path, (void)milliseconds; return -ENOTSUP; }
int cpilot_handover_accept(int listening, int milliseconds) { (void)listening, (void)milliseconds; return -ENOTSUP; }
int cpilot_handover_limit(int fd, int milliseconds) { (void)fd, (void)milliseconds; return -ENOTSUP; }
int cpilot_handover_check_peer(int fd) { (void)fd; return -ENOTSUP; }
int cpilot_handover_pair(int *one, int *other) { (void)one, (void)other; return -ENOTSUP; }
ptrdiff_t cpilot_handover_send(int fd, const void *bytes, size_t count, const int *_Nullable fds, size_t fd_count) {
  (void)fd, (void)bytes, (void)count, (void)fds, (void)fd_count;
  return -ENOTSUP;
}
ptrdiff_t cpilot_handover_receive(int fd, void *bytes, size_t capacity, int *fds, size_t *fd_count) {
  (void)fd, (void)bytes, (void)capacity, (void)fds, (void)fd_count;
  return -ENOTSUP;
}
int cpilot_handover_notify(const char *address, const char *text) { (void)address, (void)text; return -ENOTSUP; }

#endif
