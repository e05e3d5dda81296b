/**
 * This module is object programs on one thread and on several, each with a heap of its own, so that
 * the runtime, a collector and the allocator beneath are tried as programs use them.
 *
 * On one thread a heap goes from thread to thread as threads are born and die, one at a time;
 * forked children go on with a copy. On several, each worker has its own heap and lives on one
 * thread after the other.
 */
#ifndef HM_BENCH_STRESS_OBJECTS_RUN_H
#define HM_BENCH_STRESS_OBJECTS_RUN_H

#include "allocators/allocator.h"
#include "bench/stress/calls.h"
#include "bench/stress/trial.h"

/**
 * In the trial's process: runs the task on heaps of `allocator`, which is what `calls` is of; a
 * defect ends the process. It returns where all was well, and the process has to leave then.
 */
void hm_objects_here(const hm_stress_task *task, const hm_stress_operation *list,
                     const hm_stress_calls *calls, const hm_allocator *allocator,
                     hm_stress_record *record);

#endif
