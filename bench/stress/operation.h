/**
 * This module is the random operations, so that a seed is a sequence and any part of a sequence is
 * a sequence again, which is what shrinking one needs.
 *
 * Words: a *slot* is a place for one block. An operation names a slot and says what to do where it
 * is *empty* and what where it is *full*; which of the two, the model knows. A *phase* is some
 * operations with a temper of their own: a window of slots, a size class in focus, an order of
 * slots, and whether they fill, drain or hold the level.
 *
 * Slots are of five kinds by the size of what they hold, so that few big blocks are alive at once.
 */
#ifndef HM_BENCH_STRESS_OPERATION_H
#define HM_BENCH_STRESS_OPERATION_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum hm_stress_kind {
    HM_STRESS_NOTHING,
    HM_STRESS_MALLOC,
    HM_STRESS_CALLOC,
    HM_STRESS_ALIGNED_ALLOC,
    HM_STRESS_MEMALIGN,
    HM_STRESS_POSIX_MEMALIGN,
    HM_STRESS_FREE,
    HM_STRESS_FREE_SIZED,
    HM_STRESS_REALLOC,
    HM_STRESS_REALLOCARRAY,
    HM_STRESS_LOOK,     /**< the bytes and the usable size are checked */
    HM_STRESS_EXCHANGE, /**< with another thread */
    HM_STRESS_PURGE,
    HM_STRESS_ACCOUNT,    /**< the allocator's account is held against the model */
    HM_STRESS_IMPOSSIBLE, /**< requests that must fail */
    HM_STRESS_THREAD, /**< the next `count` operations run on a new thread; among several threads
                        this one ends and a new one goes on */
    HM_STRESS_FORK,   /**< a child does the next `count` operations too, then frees everything */
    HM_STRESS_KINDS
} hm_stress_kind;

enum {
    HM_STRESS_SMALL_SLOTS = 32768, /**< up to 1 KiB */
    HM_STRESS_MEDIUM_SLOTS = 1024, /**< up to 48 KiB: all that slabs serve, and a little more */
    HM_STRESS_LARGE_SLOTS = 64,    /**< up to 1.5 MiB */
    HM_STRESS_HUGE_SLOTS = 4,      /**< up to 24 MiB */
    HM_STRESS_GIANT_SLOTS =
        2, /**< up to 256 MiB, filled sparsely; one of 64 among several threads */
    HM_STRESS_MEDIUM_AT = HM_STRESS_SMALL_SLOTS,
    HM_STRESS_LARGE_AT = HM_STRESS_MEDIUM_AT + HM_STRESS_MEDIUM_SLOTS,
    HM_STRESS_HUGE_AT = HM_STRESS_LARGE_AT + HM_STRESS_LARGE_SLOTS,
    HM_STRESS_GIANT_AT = HM_STRESS_HUGE_AT + HM_STRESS_HUGE_SLOTS,
    HM_STRESS_SLOTS = HM_STRESS_GIANT_AT + HM_STRESS_GIANT_SLOTS
};

/** Bits of hm_stress_operation.flags. */
enum {
    HM_STRESS_WHOLE = 1, /**< a big block is filled whole, not sparsely */
    HM_STRESS_USABLE = 2 /**< the usable size is filled, not only what was asked for */
};

typedef struct hm_stress_operation {
    uint8_t empty, full; /**< hm_stress_kind */
    uint8_t alignment_log;
    uint8_t flags;
    uint32_t slot;
    uint32_t bytes;
    uint32_t count;
} hm_stress_operation;

typedef struct hm_stress_generator {
    hm_random random;
    bool several_threads;
    uint32_t left; /* of the phase */
    uint32_t window_at, window_slots, cursor;
    uint8_t order, temper;
    uint16_t focus_chance; /* of 1024 */
    uint32_t focus_low, focus_high;
} hm_stress_generator;

void hm_stress_generator_start(hm_stress_generator *generator, uint64_t seed, bool several_threads);

hm_stress_operation hm_stress_generator_next(hm_stress_generator *generator);

/** "aligned_alloc". */
const char *hm_stress_kind_name(unsigned kind);

/** Which slots are known to hold a block; to print a sequence, all empty at its start. */
typedef struct hm_stress_fullness {
    enum hm_stress_known { HM_STRESS_EMPTY, HM_STRESS_FULL, HM_STRESS_UNKNOWN } of[HM_STRESS_SLOTS];
} hm_stress_fullness;

/** Whether the operation does nothing with its slot as it is; `slots` follows it. */
bool hm_stress_operation_idles(const hm_stress_operation *operation, hm_stress_fullness *slots);

/** Writes what the operation does, without a newline; `slots` follows it. */
void hm_stress_operation_print(FILE *stream, const hm_stress_operation *operation,
                               hm_stress_fullness *slots);

#endif
