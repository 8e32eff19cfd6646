/* Between numbers in host order and socket addresses. */
#pragma once

#include "CPilotUDP.h"
#include <string.h>

/* Between big-endian and host order. A loop over the bytes is what compilers don't always see through. */
static inline uint64_t cpilot_udp_big64(uint64_t value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return __builtin_bswap64(value);
#else
  return value;
#endif
}

static inline uint64_t cpilot_udp_read_big64(const unsigned char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return cpilot_udp_big64(value);
}

static inline void cpilot_udp_write_big64(unsigned char *bytes, uint64_t value) {
  value = cpilot_udp_big64(value);
  memcpy(bytes, &value, sizeof value);
}

/* Writes a sockaddr_in for a socket of the IPv4 family, else a sockaddr_in6. */
static inline socklen_t cpilot_udp_write_address(struct sockaddr_in6 *storage, const struct cpilot_udp_address *from,
                                                 int family) {
  if (family == cpilot_udp_family_ipv4) {
    struct sockaddr_in plain;
    memset(&plain, 0, sizeof plain);
    plain.sin_family = AF_INET;
    plain.sin_port = htons(from->port);
    plain.sin_addr.s_addr = htonl((uint32_t)from->low);
    memcpy(storage, &plain, sizeof plain);
    return sizeof plain;
  }
  memset(storage, 0, sizeof *storage);
  storage->sin6_family = AF_INET6;
  storage->sin6_port = htons(from->port);
  cpilot_udp_write_big64(storage->sin6_addr.s6_addr, from->high);
  cpilot_udp_write_big64(storage->sin6_addr.s6_addr + 8, from->low);
  storage->sin6_scope_id = from->scope;
  return sizeof *storage;
}

/* Reads either form; the family is in the first bytes of both. Returns the family. */
static inline int cpilot_udp_read_address(const struct sockaddr_in6 *storage, struct cpilot_udp_address *to) {
  if (storage->sin6_family == AF_INET) {
    struct sockaddr_in plain;
    memcpy(&plain, storage, sizeof plain);
    to->high = 0;
    to->low = 0xFFFF00000000u | ntohl(plain.sin_addr.s_addr);
    to->scope = 0;
    to->port = ntohs(plain.sin_port);
    return cpilot_udp_family_ipv4;
  }
  to->high = cpilot_udp_read_big64(storage->sin6_addr.s6_addr);
  to->low = cpilot_udp_read_big64(storage->sin6_addr.s6_addr + 8);
  to->scope = storage->sin6_scope_id;
  to->port = ntohs(storage->sin6_port);
  return storage->sin6_family == AF_INET6 ? cpilot_udp_family_ipv6 : cpilot_udp_family_other;
}
