/**
 * This module is the threads of a sample: a crew that is made once, waits without using its
 * processors, and does one task at a time on all its threads at once, so that a phase of several
 * threads is one call and its time is the work's.
 *
 * Words: thread 0 is the one that made the crew; the others are *workers*. The *release* is the
 * moment thread 0 lets all of them go. Between tasks the workers are *parked*: they sleep in the
 * kernel (futex(2)), so the CPU time of the process stands still.
 *
 * Invariant: a task is over on every thread before hm_crew_run returns, and what any thread wrote
 * before is seen by all of them after; so a crew of one is a plain call.
 */
#ifndef HM_BENCH_CREW_H
#define HM_BENCH_CREW_H

#include "base/status.h"
#include "workloads/workload.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

/** What a crew does on each thread; false: it failed there. */
typedef bool (*hm_crew_task)(void *context, unsigned thread);

typedef struct hm_crew hm_crew;

/** One thread of a crew. */
typedef struct hm_crew_member {
    _Alignas(128) hm_crew *crew; /**< lines of its own: members write while others work */
    pthread_t handle;            /**< of a worker */
    uint64_t ended_ns;           /**< when it had done the last task; monotonic */
    bool succeeded;              /**< at the last task */
    int cpu;                     /**< that it is pinned to; -1: to none */
} hm_crew_member;

/** All zero is a crew of one: thread 0 alone. */
struct hm_crew {
    unsigned count; /**< threads; 0 is 1 */
    bool pinned;
    cpu_set_t before; /**< where thread 0 was allowed to run before it was pinned */
    hm_crew_task task;
    void *context;
    uint64_t released_ns; /**< of the last task; monotonic */
    bool disbanding;
    _Alignas(128) _Atomic uint32_t tasks; /**< given so far: what the workers wait for */
    _Alignas(128) _Atomic uint32_t busy;  /**< workers that have not done the last task yet */
    hm_crew_member members[HM_MAX_THREADS];
};

/**
 * Makes `threads` - 1 workers. Where this process may use at least as many processors as there are
 * threads, each thread, 0 too, is pinned to one of its own, in the order of their numbers.
 * HM_NO_MEMORY: the kernel refused a thread, and there is no crew.
 */
hm_status hm_crew_make(hm_crew *crew, unsigned threads, hm_error *error);

/** Does the task on every thread at once; false: it failed on one. */
bool hm_crew_run(hm_crew *crew, hm_crew_task task, void *context);

/** Does the task on every thread, one after another from 0 on; false: it failed on one. */
bool hm_crew_run_in_turn(hm_crew *crew, hm_crew_task task, void *context);

/** The first thread on which the last task failed; the number of threads: on none. */
unsigned hm_crew_first_failure(const hm_crew *crew);

/** When the last thread had done the last task, and its release; false: it was a plain call. */
bool hm_crew_span(const hm_crew *crew, uint64_t *released_ns, uint64_t *ended_ns);

/** Ends the workers and lets thread 0 run where it did before; nothing to do for a crew of one. */
void hm_crew_disband(hm_crew *crew);

#endif
