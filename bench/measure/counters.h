/**
 * This module is the processor's own counters by perf_event_open(2), so that a difference in time
 * can be told apart: more instructions, or more misses for the same instructions.
 *
 * All events form one group, which the kernel puts on the processor together or not at all, so
 * that their ratios are of one stretch of time. Only this thread is counted, and only in user mode.
 * Where other users of the counters push the group off for part of the time, the counts are scaled
 * by the time it was enabled over the time it ran, and that share is told.
 *
 * Invariant: a count that could not be had is HM_COUNTER_ABSENT and `absent` says why, never 0.
 */
#ifndef HM_MEASURE_COUNTERS_H
#define HM_MEASURE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What to count, in the kernel's numbers (linux/perf_event.h). */
typedef struct hm_counter_event {
    const char *name;
    uint32_t type;
    uint64_t config;
} hm_counter_event;

enum { HM_COUNTERS_MOST = 8, HM_COUNTER_ABSENT_BYTES = 256 };

#define HM_COUNTER_ABSENT UINT64_MAX

/** The places of hm_hardware_counters. */
typedef enum hm_hardware_counter {
    HM_COUNTER_INSTRUCTIONS,
    HM_COUNTER_CYCLES,
    HM_COUNTER_CACHE_MISSES, /**< of the last level */
    HM_COUNTER_DTLB_MISSES,  /**< of loads */
    HM_COUNTER_BRANCH_MISSES,
    HM_HARDWARE_COUNTERS
} hm_hardware_counter;

/** "instructions", "cycles", "cache_misses", "dtlb_misses" and "branch_misses". */
extern const hm_counter_event hm_hardware_counters[HM_HARDWARE_COUNTERS];

/** A group that was opened, as far as the machine has its events; all zero: none was. */
typedef struct hm_counters {
    size_t count;
    int leader;                        /**< -1: nothing could be opened */
    int descriptors[HM_COUNTERS_MOST]; /**< -1: absent */
    uint64_t ids[HM_COUNTERS_MOST];
    char absent[HM_COUNTER_ABSENT_BYTES]; /**< "": nothing is */
} hm_counters;

/** The counts of a group; all zero with `count` 0 where none was opened. */
typedef struct hm_counts {
    size_t count;
    uint64_t values[HM_COUNTERS_MOST]; /**< HM_COUNTER_ABSENT where not counted */
    double running_share; /**< below 1: scaled by its inverse; 0: nothing was counted */
    char absent[HM_COUNTER_ABSENT_BYTES];
} hm_counts;

/** Opens the events (at most HM_COUNTERS_MOST) as one group that stands still at 0. */
void hm_counters_open(hm_counters *counters, const hm_counter_event *events, size_t count);

/** Count from now on, and no longer; may be called in turn any number of times. */
void hm_counters_start(const hm_counters *counters);
void hm_counters_stop(const hm_counters *counters);

/** Reads what was counted between starts and stops. */
void hm_counters_read(const hm_counters *counters, hm_counts *counts);

/** Closes what was opened; `counters` may be all zero. */
void hm_counters_close(hm_counters *counters);

/**
 * Takes the counts out of `words`, what the kernel gives for a group: the number of events, the
 * times it was enabled and ran in ns, and for each a value and an id. False: it is cut short.
 */
bool hm_counters_parse(const hm_counters *counters, const uint64_t *words, size_t word_count,
                       hm_counts *counts);

#endif
