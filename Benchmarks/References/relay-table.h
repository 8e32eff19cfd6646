/* Which node is where: open addressing with linear probing, as small and fast as it gets. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { table_bits = 15, table_slots = 1 << table_bits, table_capacity = 20000 };

struct node {
  uint32_t id; /* 0 in a free slot */
  struct sockaddr_in address;
  /* The group of datagrams for this node in the present turn: only if `turn` is that turn's number. */
  uint32_t turn;
  int group;
};

struct node_table {
  struct node nodes[table_slots];
  int count;
};

static inline uint32_t table_slot(uint32_t id) {
  return (id * 2654435769u) >> (32 - table_bits);
}

/* The node's slot, or the free one where it would go. There always is one: the table is never full. */
static inline struct node *table_find(struct node_table *table, uint32_t id) {
  uint32_t slot = table_slot(id);
  while (table->nodes[slot].id != 0 && table->nodes[slot].id != id) slot = (slot + 1) & (table_slots - 1);
  return &table->nodes[slot];
}

/* Registers the node there, or moves it. False when the table has no room for another. */
static inline bool table_set(struct node_table *table, uint32_t id, const struct sockaddr_in *address) {
  struct node *node = table_find(table, id);
  if (node->id == 0) {
    if (table->count == table_capacity) return false;
    table->count++;
    node->id = id;
  }
  node->address = *address;
  return true;
}
