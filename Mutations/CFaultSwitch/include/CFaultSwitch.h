#pragma once
#include <stdint.h>

/// The number of the fault that is active in this process, or 0. It never changes after the process' start.
extern uint32_t active_fault;

static inline _Bool isFault(uint32_t number) { return active_fault == number; }
