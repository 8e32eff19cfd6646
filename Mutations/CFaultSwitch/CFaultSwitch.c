// Which fault is active: ACTIVE_FAULT in the environment of this process or, since a test often gives the programs that it starts
// an environment of their own, in that of a parent.
#include "CFaultSwitch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char variable[] = "ACTIVE_FAULT=";

uint32_t active_fault = 0;

/// FNV-1a of a fault's name, as in schemata.py.
static uint32_t number_of(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
  return hash;
}

/// The parent of a process, or 0.
static int parent_of(int process) {
  char path[64], line[512];
  int parent = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  // The second field is a name in parentheses, which may have such in it.
  const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
  if (rest && sscanf(rest, ") %*c %d", &parent) != 1) parent = 0;
  fclose(file);
  return parent;
}

/// The number of the fault in the environment that a process was started with, or 0.
static uint32_t fault_of(int process) {
  char path[64], *entry = NULL;
  size_t capacity = 0;
  uint32_t number = 0;
  snprintf(path, sizeof path, "/proc/%d/environ", process);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  while (!number && getdelim(&entry, &capacity, 0, file) > 0) {
    if (!strncmp(entry, variable, strlen(variable))) number = number_of(entry + strlen(variable));
  }
  free(entry);
  fclose(file);
  return number;
}

__attribute__((constructor)) static void read_switch(void) {
  for (int process = getpid(); process > 1 && !active_fault; process = parent_of(process)) active_fault = fault_of(process);
}
