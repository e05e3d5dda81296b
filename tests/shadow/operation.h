/**
 * This module is the random operations, so that a seed is a sequence and any part of a sequence is
 * a sequence again, which is what shrinking one needs.
 *
 * Words: a *slot* is a place for one block. An operation names a slot and says what to do where it
 * is *empty* and what where it is *full*; which of the two, the model knows. A *phase* is some
 * operations with a temper of their own: a window of slots, a size class in focus, an order of
 * slots, and whether they fill, drain or hold the level.
 *
 * Slots are of four kinds by the size of what they hold, so that few big blocks are alive at once.
 */
#ifndef HM_TESTS_SHADOW_OPERATION_H
#define HM_TESTS_SHADOW_OPERATION_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum shadow_kind {
    SHADOW_NOTHING,
    SHADOW_MALLOC,
    SHADOW_CALLOC,
    SHADOW_ALIGNED_ALLOC,
    SHADOW_MEMALIGN,
    SHADOW_POSIX_MEMALIGN,
    SHADOW_FREE,
    SHADOW_FREE_SIZED,
    SHADOW_REALLOC,
    SHADOW_REALLOCARRAY,
    SHADOW_LOOK,     /**< the bytes and the usable size are checked */
    SHADOW_EXCHANGE, /**< with another thread */
    SHADOW_PURGE,
    SHADOW_ACCOUNT,    /**< the allocator's account is held against the model */
    SHADOW_IMPOSSIBLE, /**< requests that must fail */
    SHADOW_THREAD,     /**< the next `count` operations run on a new thread; among several threads
                            this one ends and a new one goes on */
    SHADOW_FORK,       /**< a child does the next `count` operations too, then frees everything */
    SHADOW_KINDS
} shadow_kind;

enum {
    SHADOW_SMALL_SLOTS = 32768, /**< up to 1 KiB */
    SHADOW_MEDIUM_SLOTS = 1024, /**< up to 48 KiB: all that slabs serve, and a little more */
    SHADOW_LARGE_SLOTS = 64,    /**< up to 1.5 MiB */
    SHADOW_HUGE_SLOTS = 4,      /**< up to 24 MiB */
    SHADOW_MEDIUM_AT = SHADOW_SMALL_SLOTS,
    SHADOW_LARGE_AT = SHADOW_MEDIUM_AT + SHADOW_MEDIUM_SLOTS,
    SHADOW_HUGE_AT = SHADOW_LARGE_AT + SHADOW_LARGE_SLOTS,
    SHADOW_SLOTS = SHADOW_HUGE_AT + SHADOW_HUGE_SLOTS
};

/** Bits of shadow_operation.flags. */
enum {
    SHADOW_WHOLE = 1, /**< a big block is filled whole, not sparsely */
    SHADOW_USABLE = 2 /**< the usable size is filled, not only what was asked for */
};

typedef struct shadow_operation {
    uint8_t empty, full; /**< shadow_kind */
    uint8_t alignment_log;
    uint8_t flags;
    uint32_t slot;
    uint32_t bytes;
    uint32_t count;
} shadow_operation;

typedef struct shadow_generator {
    hm_random random;
    bool several_threads;
    uint32_t left; /* of the phase */
    uint32_t window_at, window_slots, cursor;
    uint8_t order, temper;
    uint16_t focus_chance; /* of 1024 */
    uint32_t focus_low, focus_high;
} shadow_generator;

void shadow_generator_start(shadow_generator *generator, uint64_t seed, bool several_threads);

shadow_operation shadow_generator_next(shadow_generator *generator);

/** Writes a line that says what the operation does. */
void shadow_operation_print(FILE *stream, const shadow_operation *operation);

#endif
