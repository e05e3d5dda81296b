/**
 * This module is what a latency sample keeps: the times of rounds and of allocator calls that were
 * chosen at random, and every collection and cascade with its place in time, so that medians, tails
 * and minimum mutator utilization come from the same steady phase.
 *
 * Words: a *round* is one iteration of the steady phase. A *call* is one call of the allocator.
 *
 * Invariant: what is looked at is chosen before it begins, by a generator and a rate that are fixed
 * before the phase; how long anything takes never decides.
 */
#ifndef HM_BENCH_SAMPLE_LATENCY_H
#define HM_BENCH_SAMPLE_LATENCY_H

#include "allocators/allocator.h"
#include "bench/measure/clock_cost.h"
#include "bench/measure/gaps.h"
#include "bench/measure/histogram.h"
#include "bench/measure/mmu.h"

enum {
    HM_LATENCY_RAREST = 1024,         /**< one of so many calls is timed, and of rounds at least */
    HM_LATENCY_WANTED_ROUNDS = 2000,  /**< to be timed, where there are so many */
    HM_LATENCY_KEPT_PAUSES = 1 << 20, /**< of all threads together */
    HM_LATENCY_WINDOWS = 9
};

/** The windows of MMU: 0.1 to 1000 ms. */
extern const uint64_t hm_latency_windows_ns[HM_LATENCY_WINDOWS];

/** Collections and cascades one by one, in the order of their ends. */
typedef struct hm_pause_log {
    size_t count;
    uint64_t lost;        /**< that found no room */
    uint64_t left_out_ns; /**< of restore phases so far: cut out of the time that pauses stand in */
    size_t room;
    hm_mmu_pause *pauses; /**< `room` of them */
} hm_pause_log;

/** Times of one kind. */
typedef struct hm_latency_times {
    hm_histogram histogram; /**< less the clock's typical cost, never below 0 */
    hm_histogram measured;  /**< as they were measured */
} hm_latency_times;

/** The calls that were timed. */
typedef struct hm_latency_calls {
    hm_latency_times malloc; /**< calloc and aligned_alloc too */
    hm_latency_times free;
    hm_latency_times realloc;
    hm_histogram nothing; /**< what the clock showed with nothing in between, before each call */
} hm_latency_calls;

/** What is kept of one thread. All zero, but for the log's room: nothing yet. */
typedef struct hm_latency {
    bool counting;
    hm_clock_cost clock;
    uint64_t rounds_one_in;    /**< the rate of rounds; that of calls is HM_LATENCY_RAREST */
    uint64_t until_next_round; /**< 1: the next round is timed */
    hm_gaps gaps;
    hm_latency_times rounds;
    hm_latency_calls calls;
    hm_mmu_pause span;              /**< the counted batches, restore phases cut out */
    double mmu[HM_LATENCY_WINDOWS]; /**< NAN: not known */
    hm_pause_log log;
} hm_latency;

/** Keeps one measured time. */
void hm_latency_record(hm_latency_times *times, uint64_t measured_ns, uint64_t clock_ns);

/**
 * The mean of the quickest 99 % of `times` less the same of `nothing`; NAN: none was measured, or
 * the clock cannot tell it from 0. One interrupt in a timed call is a thousand times the call, so
 * the tail is left to the quantiles.
 */
double hm_latency_mean_ns(const hm_latency_times *times, const hm_histogram *nothing);

/* sample_calls.c */

/**
 * Fills `*decorated` with a table that forwards to `*inner` (copied) and, on each thread between
 * its start and its stop, times calls chosen at random. Static state: one sample a process.
 */
void hm_latency_decorate(const hm_allocator *inner, hm_allocator *decorated);

/** From now on one of HM_LATENCY_RAREST calls of this thread is timed into `calls`, less `clock_ns`
 * each. */
void hm_latency_start_calls(hm_latency_calls *calls, uint64_t clock_ns, uint64_t seed);

/** No call of this thread is timed, and none counts, from here until they are resumed; once at a
 * time. */
void hm_latency_hold_calls(void);
void hm_latency_resume_calls(void);

/** No call of this thread is timed any longer. */
void hm_latency_stop_calls(void);

#endif
