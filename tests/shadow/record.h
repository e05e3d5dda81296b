/**
 * This module is what one process of the test leaves for the process that started it, so that a
 * defect is told whether the process saw it, crashed at it or hangs in it.
 *
 * Invariant: the record lies in memory that both processes map. The first defect stays; who tells
 * one ends its process at once.
 */
#ifndef HM_TESTS_SHADOW_RECORD_H
#define HM_TESTS_SHADOW_RECORD_H

#include "base/attributes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SHADOW_THREADS_MAX = 64,
    SHADOW_SIZES = 4098, /**< usable sizes in steps of 8 bytes up to 32 KiB, and all above */
    SHADOW_EXIT_DEFECT = 1
};

/** A thread's own cache line. */
typedef struct shadow_progress {
    _Alignas(64) _Atomic(uint64_t) operations; /**< begun */
} shadow_progress;

typedef struct shadow_record {
    shadow_progress progress[SHADOW_THREADS_MAX];
    atomic_bool found;
    uint64_t at;      /**< operations the thread had begun */
    char defect[256]; /**< one line */
    char kind[128];   /**< the same without numbers: what shrinking keeps */
    _Atomic(uint64_t) forks, threads, accounts, exchanges;
    _Atomic(unsigned char) seen[SHADOW_SIZES]; /**< usable sizes that were handed out */
} shadow_record;

/** A record that children share, empty. */
shadow_record *shadow_record_new(void);

/** Tells a defect and ends the process with SHADOW_EXIT_DEFECT. */
HM_PRINTF(3, 4)
_Noreturn void shadow_record_defect(shadow_record *record, unsigned thread, const char *format,
                                    ...);

#endif
