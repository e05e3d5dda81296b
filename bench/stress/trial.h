/**
 * This module is one sequence in a process of its own, so that a crash or a deadlock is an outcome
 * like any other and every sequence meets an allocator nobody has used before.
 *
 * Words: to *start* a trial is to make its process, by fork or by exec; what is run there is the
 * same.
 */
#ifndef HM_BENCH_STRESS_TRIAL_H
#define HM_BENCH_STRESS_TRIAL_H

#include "bench/stress/calls.h"
#include "bench/stress/operation.h"
#include "bench/stress/record.h"

#include <sys/types.h>

typedef enum hm_stress_program {
    HM_STRESS_RANDOM,    /**< random operations against the model */
    HM_STRESS_RETENTION, /**< what is kept of memory nobody uses */
    HM_STRESS_PACE,      /**< how long calls take */
    HM_STRESS_OBJECTS    /**< random programs of the object runtime against its model */
} hm_stress_program;

enum { HM_STRESS_COLLECTOR_BYTES = 64 };

/** What is run. `has_list`: `operations` operations of a list replace those of the seed. */
typedef struct hm_stress_task {
    hm_stress_program program;
    unsigned threads;
    uint64_t seed;
    uint64_t operations;
    unsigned patience_s; /**< without an operation begun, until the process counts as hanging */
    bool has_list;
    char collector[HM_STRESS_COLLECTOR_BYTES]; /**< label, of HM_STRESS_OBJECTS */
} hm_stress_task;

/** Whether the task is a random program, of calls or of objects. */
static inline bool hm_stress_is_random(const hm_stress_task *task)
{
    return task->program == HM_STRESS_RANDOM || task->program == HM_STRESS_OBJECTS;
}

typedef struct hm_stress_trial hm_stress_trial;

/** A trial's process; `output` is a pipe to be drained, -1: none. */
typedef struct hm_stress_process {
    pid_t pid;
    int output;
} hm_stress_process;

struct hm_stress_trial {
    hm_stress_task task;
    const hm_stress_operation *list;
    int64_t memory_limit_bytes; /**< resident; 0: none */
    bool quiet;                 /**< the process's last words go nowhere */
    /** Starts it; false: the machine refuses. */
    bool (*start)(const hm_stress_trial *trial, hm_stress_record *record,
                  hm_stress_process *process);
    bool (*stopped)(void); /**< whether it shall be ended; NULL: never */
    void *context;         /**< of start */
};

typedef enum hm_stress_outcome {
    HM_STRESS_WELL,
    HM_STRESS_BAD,      /**< the record tells the defect */
    HM_STRESS_OVERSIZE, /**< it passed the memory limit and was ended */
    HM_STRESS_STOPPED,  /**< it was ended because it shall be */
    HM_STRESS_REFUSED   /**< the machine refuses: no process, no thread, no memory of our own */
} hm_stress_outcome;

/** Empties `record` and runs the trial to its end. */
hm_stress_outcome hm_stress_trial_run(const hm_stress_trial *trial, hm_stress_record *record);

/** In the trial's process: the library is loaded and bound, and the program begins. */
void hm_stress_trial_start(const hm_stress_calls *calls, hm_stress_record *record);

/**
 * In the trial's process: runs the task, which is none of objects; a defect ends the process. It
 * returns where all was well, and the process has to leave then.
 */
void hm_stress_trial_here(const hm_stress_task *task, const hm_stress_operation *list,
                          const hm_stress_calls *calls, hm_stress_record *record);

#endif
