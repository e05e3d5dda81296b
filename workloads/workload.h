/**
 * This module is what a workload is: a parameterized piece of work that checks its own result, so
 * that the harness can run any of them in any cell without knowing what it does.
 *
 * Words: a *workload* has parameters; with their values fixed it is a *work*. A *phase* is a named
 * part of a sample. An *iteration* is one round of a phase, an *operation* the unit that people
 * count in (one object created and dropped, one insert, one item): an iteration does a fixed number
 * of operations.
 *
 * Rules: a workload knows no clock, no process and no harness; it is deterministic for (parameters,
 * seed, iterations); it touches what it allocates; every reference it keeps outside the heap is a
 * registered root; its checksum is the same under every back end and collector.
 */
#ifndef HM_WORKLOADS_WORKLOAD_H
#define HM_WORKLOADS_WORKLOAD_H

#include "heapmark.h"

/** A named number or choice of a workload. */
typedef struct hm_parameter {
    const char *name;  /**< lower case, letters, digits and '-' */
    const char *unit;  /**< "objects", "bytes", "%", ""; "" for a choice */
    const char *brief; /**< one line */
    int64_t minimum;
    int64_t maximum;
    int64_t initial;            /**< the default; an index where it is a choice */
    const char *const *choices; /**< NULL-terminated names; NULL: a number */
    bool logarithmic;           /**< sweeps step by factors, not by sums */
} hm_parameter;

enum { HM_MAX_PARAMETERS = 16, HM_MAX_PHASES = 6, HM_MAX_THREADS = 64 };

/** What a workload gets from the harness; lives as long as the workload's state. */
typedef struct hm_workload_context {
    hm_heap *const *heaps; /**< one a thread (object group); NULL for the raw group */
    const hm_allocator *allocator;
    unsigned threads;
    int64_t parameters[HM_MAX_PARAMETERS]; /**< values in the order of declaration */
    uint64_t seed;
    hm_error *error; /**< one a thread: step says in error[thread] what went wrong, setup and check
                        in error[0] */
    /**
     * Every block must be freed with its size (hm_call_free_sized), whatever a parameter says: the
     * sample counts what is requested. Of the raw group; a heap knows by itself.
     */
    bool sized_free;
} hm_workload_context;

typedef enum hm_phase_role {
    HM_PHASE_BUILD,   /**< makes what stays live; runs once (one iteration), not timed */
    HM_PHASE_STEADY,  /**< the work that is timed; runs in batches of iterations */
    HM_PHASE_RESTORE, /**< undoes a steady batch (frees what it took); before each, not timed */
    HM_PHASE_RELEASE, /**< drops everything; runs once */
    HM_PHASE_REFILL   /**< fills again with other sizes; runs once */
} hm_phase_role;

/** A phase: `step` runs `iterations` rounds on one thread; false: failed, error[thread] says. */
typedef struct hm_phase {
    const char *name;
    hm_phase_role role;
    bool (*step)(void *state, unsigned thread, uint64_t iterations);
} hm_phase;

enum {
    HM_NEEDS_THREADS = 1 << 0,       /**< makes sense with more than one thread */
    HM_NEEDS_USABLE_SIZE = 1 << 1,   /**< the back end must tell usable sizes */
    HM_NEEDS_COLLECTION = 1 << 2,    /**< leaves cyclic garbage that only a collector frees */
    HM_MEASURES_COLLECTION = 1 << 3, /**< its steady phase is collections: none without them */
    HM_NEEDS_THREAD_PAIRS = 1 << 4,  /**< makes sense with an even number of threads only */
    HM_ENDS_THREADS = 1 << 5         /**< starts threads that end while blocks of theirs live on */
};

typedef struct hm_workload {
    const char *name;
    const char *brief;     /**< one line: what it models */
    const char *group;     /**< "object", "raw" or "control" */
    const char *operation; /**< what one operation is: "one object created and dropped" */
    const hm_parameter *parameters;
    unsigned parameter_count;
    uint32_t needs;
    hm_phase phases[HM_MAX_PHASES]; /**< in order; step NULL ends the list */

    /** Checks that the values fit together; HM_USAGE_ERROR says what would. NULL: all do. */
    hm_status (*validate)(const int64_t *parameters, hm_error *error);
    /** New state, or NULL with context->error set. Registers roots; builds nothing large. */
    void *(*setup)(const hm_workload_context *context);
    /**
     * Iterations that a batch may have at most, where a restore phase must come before more; 0, or
     * no such function: any number.
     */
    uint64_t (*most_iterations)(const int64_t *parameters);
    /** Operations that one iteration of the steady phase does on one thread. */
    uint64_t (*operations)(const int64_t *parameters);
    /**
     * The checksum of what all phases so far computed, finalizer effects excluded; false: a result
     * is wrong (context->error says which).
     */
    bool (*check)(void *state, uint64_t *checksum);
    /**
     * Bytes of the 4 KiB pages that hold at least one byte of a block the workload has now: what no
     * allocator can go below without moving blocks. NULL: the workload does not know addresses.
     */
    uint64_t (*live_page_bytes)(void *state);
    /** Drops what is left, forgets the roots, frees the state. */
    void (*teardown)(void *state);
} hm_workload;

/** All workloads in display order; `*count` receives how many. */
const hm_workload *const *hm_workloads(size_t *count);

/** The workload called `name`, or NULL. */
const hm_workload *hm_workload_find(const char *name);

/** Whether the workload makes sense with so many threads. */
bool hm_workload_suits_threads(const hm_workload *workload, unsigned threads);

/** The least number of threads that the workload makes sense with: 1 or 2. */
unsigned hm_workload_least_threads(const hm_workload *workload);

/** The index of parameter `name` of a workload, or -1. */
int hm_parameter_find(const hm_workload *workload, const char *name);

/** Fills `values` with the defaults. */
void hm_parameters_default(const hm_workload *workload, int64_t *values);

/**
 * Reads `text` as a value of the parameter: a choice by its name, a number with hm_parse_count's
 * factors. HM_USAGE_ERROR names the parameter, the value and the choices or the range.
 */
hm_status hm_parameter_parse(const hm_parameter *parameter, const char *text, int64_t *value,
                             hm_error *error);

/** Writes the value as it stands in a work's name ("mixed", "1000"); returns `text`. */
const char *hm_parameter_format(const hm_parameter *parameter, int64_t value, char *text,
                                size_t size);

/**
 * Writes the work's name: the workload's and "/name:value" for each value that differs from its
 * default, in order. False: `size` is too small.
 */
bool hm_work_name(const hm_workload *workload, const int64_t *values, char *text, size_t size);

/** Folds `value` into a running checksum. */
static inline uint64_t hm_checksum_add(uint64_t checksum, uint64_t value)
{
    checksum ^= value + 0x9e3779b97f4a7c15u + (checksum << 6) + (checksum >> 2);
    return checksum * 0xff51afd7ed558ccdu;
}

#endif
