/**
 * This module is what one process under test leaves for the process that watches it, so that a
 * defect is told whether the process saw it, crashed at it or hangs in it.
 *
 * Words: a *stage* is how far the process is; what a thread is *in* is the call it has begun last.
 *
 * Invariant: the record lies in memory that both processes map. The first defect stays; who tells
 * one ends its process at once.
 */
#ifndef HM_BENCH_STRESS_RECORD_H
#define HM_BENCH_STRESS_RECORD_H

#include "base/attributes.h"
#include "bench/stress/defect.h"
#include "bench/stress/measures.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_STRESS_THREADS_MAX = 64,
    HM_STRESS_SIZES = 4098, /**< usable sizes in steps of 8 bytes up to 32 KiB, and all above */
    HM_STRESS_EXIT_DEFECT = 1,
    HM_STRESS_EXIT_MACHINE = 113, /**< the machine refused: no defect of the allocator */
    HM_STRESS_DEFECT_BYTES = 512
};

typedef enum hm_stress_stage {
    HM_STRESS_LOADING,
    HM_STRESS_RUNNING,
    HM_STRESS_LEAVING /**< all was well; the process's exit is under way */
} hm_stress_stage;

/** A thread's own cache line. */
typedef struct hm_stress_progress {
    _Alignas(64) _Atomic(uint64_t) operations; /**< begun */
    _Atomic(uint64_t) checks;                  /**< comparisons made */
    _Atomic(unsigned char) in;                 /**< hm_stress_call */
} hm_stress_progress;

typedef struct hm_stress_record {
    hm_stress_progress progress[HM_STRESS_THREADS_MAX];
    _Atomic(unsigned char) stage; /**< hm_stress_stage */
    atomic_bool found, in_a_child;
    _Atomic(int) crashed_thread; /**< its number plus 1; 0: not known */
    uint64_t at;                 /**< operations the thread had begun */
    hm_stress_defect kind;
    hm_stress_call in;                   /**< of crashes and hangs: what was under way */
    char defect[HM_STRESS_DEFECT_BYTES]; /**< one line */
    _Atomic(uint64_t) forks, threads, accounts, exchanges;
    _Atomic(unsigned char) seen[HM_STRESS_SIZES]; /**< usable sizes that were handed out */
    atomic_bool noted;
    hm_stress_defect note_kind; /**< something unusual that is no corruption: the first stays */
    char note[HM_STRESS_DEFECT_BYTES];
    hm_stress_retention retention;
    hm_stress_pace pace;
    char version[64], origin[256]; /**< of the bound allocator */
    bool aligned_left_out;         /**< the binding left aligned_alloc out: it does not align */
} hm_stress_record;

/** A record that children share, empty. */
hm_stress_record *hm_stress_record_new(void);

/** Gives it back. */
void hm_stress_record_free(hm_stress_record *record);

/** Tells a defect and ends the process with HM_STRESS_EXIT_DEFECT. */
HM_PRINTF(4, 5)
_Noreturn void hm_stress_record_defect(hm_stress_record *record, unsigned thread,
                                       hm_stress_defect kind, const char *format, ...);

/** Notes what is unusual, and goes on: a finding. */
HM_PRINTF(3, 4)
void hm_stress_record_note(hm_stress_record *record, hm_stress_defect kind, const char *format,
                           ...);

/** The machine refused something that is not the allocator's: says so and ends the process. */
_Noreturn void hm_stress_machine_refuses(const char *what);

/** "crash in free", "overlap": the kind, with the call where that matters. Returns `text`. */
const char *hm_stress_record_name(const hm_stress_record *record, char *text, size_t size);

/** Says what the thread is about from here on. */
static inline void hm_stress_enter(hm_stress_record *record, unsigned thread, hm_stress_call call)
{
    atomic_store_explicit(&record->progress[thread].in, (unsigned char)call, memory_order_relaxed);
}

/** Counts comparisons made. */
static inline void hm_stress_checked(hm_stress_record *record, unsigned thread, uint64_t count)
{
    _Atomic(uint64_t) *checks = &record->progress[thread].checks;
    atomic_store_explicit(checks, atomic_load_explicit(checks, memory_order_relaxed) + count,
                          memory_order_relaxed);
}

#endif
