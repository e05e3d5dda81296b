/**
 * This module is the generator: a body that yields objects one at a time and keeps its locals in
 * between, so that streams, pipelines and half-read iterations can be had in C.
 *
 * The body is a state machine: `resume` looks at generator->state (0 at first), does its part,
 * sets the state to come back to, and returns a new reference to yield, or NULL when it is done (or
 * failed, with heap->error set). `cleanup` is the body's `finally`: it runs when a suspended
 * generator is closed, abandoned or collected, once, and not when it ran to its end by itself.
 */
#ifndef HM_OBJECT_GENERATOR_H
#define HM_OBJECT_GENERATOR_H

#include "object/heap.h"

typedef struct hm_generator hm_generator;

typedef struct hm_generator_code {
    const char *name;
    uint32_t local_count;
    hm_object *(*resume)(hm_heap *heap, hm_generator *generator);
    /** NULL: nothing to clean up. False: failed with heap->error; told as unraisable. */
    bool (*cleanup)(hm_heap *heap, hm_generator *generator);
} hm_generator_code;

typedef enum hm_generator_status {
    HM_GENERATOR_CREATED,
    HM_GENERATOR_SUSPENDED,
    HM_GENERATOR_RUNNING,
    HM_GENERATOR_FINISHED
} hm_generator_status;

struct hm_generator {
    hm_variable_object base; /**< length: locals */
    hm_object *weaklist;
    const hm_generator_code *code;
    int64_t counters[3]; /**< for the body: plain numbers that need no object */
    uint32_t state;      /**< for the body: where to come back to */
    uint32_t status;     /**< hm_generator_status */
    hm_object *locals[];
};

extern const hm_type hm_generator_type;

/** A new generator at its beginning, locals empty, or NULL. */
hm_object *hm_generator_new(hm_heap *heap, const hm_generator_code *code);

/** Puts `value` (stolen) into local `index`. */
void hm_generator_set(hm_heap *heap, hm_object *generator, size_t index, hm_object *value);

/**
 * The next item, a new reference. NULL: it is finished (heap->error is HM_OK) or failed. A
 * generator that is running already: ValueError.
 */
hm_object *hm_generator_next(hm_heap *heap, hm_object *generator);

/**
 * Ends it: cleanup where it was suspended, then its locals are dropped. One that was never started
 * keeps them until it dies (CPython 3.12 and later). False: cleanup failed.
 */
bool hm_generator_close(hm_heap *heap, hm_object *generator);

/** Where its body stands (inspect.getgeneratorstate). */
hm_generator_status hm_generator_get_status(const hm_object *generator);

#endif
