/* The beacon's UDP → UDP job as a plain loop: receive, look up, rewrite the header in place, send. It says where it
 * listens in the form of `pilot beacon`, and speaks enough of the wire for `pilot bench relay --udp` to drive it: a
 * Discover (0x01 · node:4) is answered with a DiscoverReply (0x02 · 4 · address:4 · port:2), and a Relay
 * (0x05 · sender:4 · destination:4 · payload) from the sender's registered address becomes a RelayDeliver
 * (0x06 · sender:4 · payload).
 *
 * usage: relay-reference [--port PORT] [--nodes COUNT] [--seconds SECONDS]
 *
 * It starts with COUNT made-up nodes in its table, 10,000 by default, and ends after SECONDS, 60 by default, or on
 * SIGTERM; then it says what it has done. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "relay-table.h"
#include "support.h"

enum {
  type_discover = 0x01,
  type_discover_reply = 0x02,
  type_relay = 0x05,
  type_relay_deliver = 0x06,
  relay_header = 9,
  deliver_header = 5,

  messages_per_receive = 16,
  message_bytes = 65536,
  control_bytes = 64,
  /* Each message that comes in can hold 64 datagrams for as many nodes. */
  most_groups = messages_per_receive * segments_per_message,
  messages_per_send = 64,
};

/* Made-up nodes are numbered from here on, out of the way of those that register: `pilot bench` has high numbers and
 * very low ones. */
static const uint32_t first_made_up_node = 0x40000000;
static const double look_up_interval = 0.2;

/* Datagrams of one length for one node, of which only the last may be shorter: one message to send. */
struct group {
  int segment, bytes, count;
  struct iovec parts[segments_per_message];
};

struct relay {
  int fd;
  struct node_table table;
  uint32_t turn;

  struct mmsghdr in[messages_per_receive];
  struct iovec in_bytes[messages_per_receive];
  struct sockaddr_in sources[messages_per_receive];
  _Alignas(8) char in_control[messages_per_receive][control_bytes];

  int group_count;
  struct group groups[most_groups];
  struct mmsghdr out[most_groups];
  _Alignas(8) char out_control[most_groups][segment_control_bytes];

  uint64_t received, relayed, answered, dropped, refused;
};

static volatile sig_atomic_t told_to_end;

static void end(int signal_number) {
  (void)signal_number;
  told_to_end = 1;
}

static uint32_t read_u32(const unsigned char *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return ntohl(value);
}

static bool same_address(const struct sockaddr_in *left, const struct sockaddr_in *right) {
  return left->sin_addr.s_addr == right->sin_addr.s_addr && left->sin_port == right->sin_port;
}

static void prepare(struct relay *relay) {
  char *memory = aligned_alloc(4096, (size_t)messages_per_receive * message_bytes);
  if (memory == NULL) die("memory for messages");
  for (int i = 0; i < messages_per_receive; i++) {
    relay->in_bytes[i] = (struct iovec){memory + (size_t)i * message_bytes, message_bytes};
    struct msghdr *header = &relay->in[i].msg_hdr;
    header->msg_iov = &relay->in_bytes[i];
    header->msg_iovlen = 1;
    header->msg_name = &relay->sources[i];
    header->msg_control = relay->in_control[i];
  }
  for (int i = 0; i < most_groups; i++) {
    relay->out[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
    relay->out[i].msg_hdr.msg_iov = relay->groups[i].parts;
  }
}

static void discover(struct relay *relay, const unsigned char *frame, int length, const struct sockaddr_in *source) {
  uint32_t id = length < 5 ? 0 : read_u32(frame + 1);
  if (id == 0 || !table_set(&relay->table, id, source)) {
    relay->dropped++;
    return;
  }
  unsigned char reply[8] = {type_discover_reply, 4};
  memcpy(reply + 2, &source->sin_addr, 4);
  memcpy(reply + 6, &source->sin_port, 2);
  if (sendto(relay->fd, reply, sizeof reply, 0, (const struct sockaddr *)source, sizeof *source) < 0)
    relay->refused++;
  else
    relay->answered++;
}

/* The group that a datagram of `length` for `node` joins: its present one, if it fits there, or a new one. */
static struct group *group_for(struct relay *relay, struct node *node, int length) {
  if (node->turn == relay->turn) {
    struct group *group = &relay->groups[node->group];
    bool is_open = group->bytes == group->segment * group->count;
    if (is_open && length <= group->segment && group->count < segments_per_message &&
        group->bytes + length <= bytes_per_message)
      return group;
  }
  node->turn = relay->turn;
  node->group = relay->group_count++;
  struct group *group = &relay->groups[node->group];
  *group = (struct group){.segment = length};
  relay->out[node->group].msg_hdr.msg_name = &node->address;
  return group;
}

static void relay_frame(struct relay *relay, unsigned char *frame, int length, const struct sockaddr_in *source) {
  if (length < relay_header) {
    relay->dropped++;
    return;
  }
  struct node *sender = table_find(&relay->table, read_u32(frame + 1));
  struct node *destination = table_find(&relay->table, read_u32(frame + 5));
  if (sender->id == 0 || destination->id == 0 || !same_address(&sender->address, source)) {
    relay->dropped++;
    return;
  }
  /* The new header is the shorter one: it goes right in front of the payload, the sender into the destination's place. */
  unsigned char *delivery = frame + relay_header - deliver_header;
  memcpy(delivery + 1, frame + 1, 4);
  delivery[0] = type_relay_deliver;
  int delivery_length = length - (relay_header - deliver_header);
  struct group *group = group_for(relay, destination, delivery_length);
  group->parts[group->count++] = (struct iovec){delivery, (size_t)delivery_length};
  group->bytes += delivery_length;
}

static void handle(struct relay *relay, unsigned char *frame, int length, const struct sockaddr_in *source) {
  relay->received++;
  switch (frame[0]) {
  case type_relay: relay_frame(relay, frame, length, source); break;
  case type_discover: discover(relay, frame, length, source); break;
  default: relay->dropped++;
  }
}

static void flush(struct relay *relay) {
  for (int i = 0; i < relay->group_count; i++) {
    struct msghdr *header = &relay->out[i].msg_hdr;
    header->msg_iovlen = (size_t)relay->groups[i].count;
    header->msg_control = NULL;
    header->msg_controllen = 0;
    if (relay->groups[i].count > 1)
      set_segment_length(header, relay->out_control[i], (uint16_t)relay->groups[i].segment);
  }
  int next = 0;
  while (next < relay->group_count) {
    int count = relay->group_count - next;
    if (count > messages_per_send) count = messages_per_send;
    int sent = sendmmsg(relay->fd, relay->out + next, (unsigned)count, MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      /* As the beacon does: what can't go is dropped and counted, nobody waits. */
      relay->refused += (uint64_t)relay->groups[next++].count;
      continue;
    }
    for (int i = next; i < next + sent; i++) relay->relayed += (uint64_t)relay->groups[i].count;
    next += sent;
  }
}

static void take_turn(struct relay *relay) {
  for (int i = 0; i < messages_per_receive; i++) {
    relay->in[i].msg_hdr.msg_namelen = sizeof relay->sources[i];
    relay->in[i].msg_hdr.msg_controllen = control_bytes;
  }
  int count = recvmmsg(relay->fd, relay->in, messages_per_receive, MSG_WAITFORONE, NULL);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    die("recvmmsg");
  }
  relay->turn++;
  relay->group_count = 0;
  for (int i = 0; i < count; i++) {
    unsigned char *bytes = relay->in_bytes[i].iov_base;
    int length = (int)relay->in[i].msg_len;
    int segment = segment_length(&relay->in[i].msg_hdr, length);
    for (int offset = 0; offset < length; offset += segment)
      handle(relay, bytes + offset, length - offset < segment ? length - offset : segment, &relay->sources[i]);
  }
  flush(relay);
}

int main(int count, char **arguments) {
  double port = 0, nodes = 10000, seconds = 60;
  const struct option_spec specs[] = {
      {.name = "--port", .number = &port, .least = 0, .most = 65535},
      {.name = "--nodes", .number = &nodes, .least = 0, .most = table_capacity / 2},
      {.name = "--seconds", .number = &seconds, .least = 0.1, .most = 3600},
  };
  parse_options(count, arguments, specs, sizeof specs / sizeof *specs);
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  struct relay *relay = calloc(1, sizeof *relay);
  if (relay == NULL) die("calloc");
  struct sockaddr_in own;
  relay->fd = open_socket(INADDR_LOOPBACK, (uint16_t)port, &own);
  coalesce(relay->fd);
  set_receive_timeout(relay->fd, look_up_interval);
  prepare(relay);
  const struct sockaddr_in nowhere = {
      .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (uint32_t i = 0; i < (uint32_t)nodes; i++) table_set(&relay->table, first_made_up_node + i * 7919, &nowhere);

  printf("{\"event\":\"ready\",\"udp\":\"127.0.0.1:%d\"}\n", ntohs(own.sin_port));
  fflush(stdout);
  double until = seconds_now() + seconds;
  while (!told_to_end && seconds_now() < until) take_turn(relay);
  printf("{\"event\":\"ended\",\"received\":%" PRIu64 ",\"relayed\":%" PRIu64 ",\"answered\":%" PRIu64
         ",\"dropped\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"cpu_seconds\":%.3f}\n",
         relay->received, relay->relayed, relay->answered, relay->dropped, relay->refused, cpu_seconds());
  return 0;
}
