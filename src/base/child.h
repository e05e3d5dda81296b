/**
 * This module is the bounds of a process that heapmark starts, so that none of them takes the
 * machine or outlives its starter: processor time, memory, no core file, and an end with its
 * parent.
 *
 * Samples, trials and programs under `exec` are watched from outside instead, by resident memory
 * and the wall clock: a limit on what they may map would change what an allocator does.
 */
#ifndef HM_BASE_CHILD_H
#define HM_BASE_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/** Bounds; 0 leaves one as it is. Memory is what can be written and is private (RLIMIT_DATA). */
typedef struct hm_child_bounds {
    uint64_t cpu_seconds;
    uint64_t memory_bytes;
    unsigned wall_seconds; /**< of the process itself, by alarm(2); hm_child_bind cannot set it */
} hm_child_bounds;

/** What helpers get: a compiler, `dot`, a Python that is asked what it is. */
#define HM_CHILD_HELPER                                                                            \
    ((hm_child_bounds){.cpu_seconds = 300, .memory_bytes = UINT64_C(4) << 30, .wall_seconds = 600})

/**
 * In the child, before it becomes its program: it ends with `parent`, leaves no core file and keeps
 * to `bounds`. Ends the process with code 127 where the parent has ended already. A bound that is
 * lower already stays. Safe after fork.
 */
void hm_child_enter(pid_t parent, hm_child_bounds bounds);

/** The same bounds, but not the end with the parent, for a child that another way started. */
void hm_child_bind(pid_t child, hm_child_bounds bounds);

#endif
