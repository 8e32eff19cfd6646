/* Tells the thread sanitizer what Synchronization.Mutex does when a lock is contended.
 *
 * An uncontended lock is an atomic operation in the code that uses it, which the sanitizer sees. The slow halves are in
 * the runtime's library, which isn't instrumented, and hand the lock over in the kernel (FUTEX_LOCK_PI, futex(2)): without
 * this file, each contended lock is reported as a race. Loaded in front of the library (LD_PRELOAD), it stands between the
 * two, and adds the edges: a slow unlock releases, a slow lock acquires.
 *
 * The names are the mangled ones of _MutexHandle's methods in Swift 6.3; the context is `self`, the lock word. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef void (*sanitizer_edge)(void *address);
typedef SWIFT void (*slow_lock)(uint32_t id, SELF);
typedef SWIFT bool (*slow_try)(SELF);
typedef SWIFT void (*slow_unlock)(SELF);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

/* Absent in programs without the sanitizer, which are loaded with this library, too. */
static void edge(const char *name, void *address) {
  sanitizer_edge function = (sanitizer_edge)dlsym(RTLD_DEFAULT, name);
  if (function) function(address);
}

SWIFT void lock_slow(uint32_t id, SELF) __asm__(LOCK);
SWIFT void lock_slow(uint32_t id, SELF) {
  ((slow_lock)dlsym(RTLD_NEXT, LOCK))(id, self);
  edge("__tsan_acquire", self);
}

SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT bool try_lock_slow(SELF) {
  bool locked = ((slow_try)dlsym(RTLD_NEXT, TRY_LOCK))(self);
  if (locked) edge("__tsan_acquire", self);
  return locked;
}

SWIFT void unlock_slow(SELF) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF) {
  edge("__tsan_release", self);
  ((slow_unlock)dlsym(RTLD_NEXT, UNLOCK))(self);
}
