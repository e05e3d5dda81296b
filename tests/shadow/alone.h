/**
 * This module is a sequence of operations on one thread, or on one at a time, so that a sequence
 * has one outcome and can be repeated and shrunk.
 *
 * Invariant: at most one thread of the process touches the allocator at any moment; after the
 * sequence all blocks are freed and the allocator's account is exactly empty.
 */
#ifndef HM_TESTS_SHADOW_ALONE_H
#define HM_TESTS_SHADOW_ALONE_H

#include "model.h"

/** Where operations come from: a list, or a generator where `list` is NULL. */
typedef struct shadow_source {
    shadow_generator generator;
    const shadow_operation *list;
    uint64_t left;
} shadow_source;

/** Runs the whole source; a defect ends the process. `patience_s`: a forked child gets so long. */
void shadow_alone_run(shadow_model *model, shadow_source source, unsigned patience_s);

/** Waits for a forked child; what went wrong in it is this process's defect. */
void shadow_await_child(shadow_model *model, int child);

#endif
