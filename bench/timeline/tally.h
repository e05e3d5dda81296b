/**
 * This module is sums by place over several snapshots, so that a phase can be charged with what it
 * added: how much and how many there are now, what that is more than when the phase began, and the
 * most at any snapshot in between.
 *
 * Words: an *entry* is one place (a line, a function, a type, a traceback), known by its key; its
 * *identity* is the JSON members that say which it is.
 *
 * Invariant: the increments of a phase sum to the difference of the sums at its two ends.
 */
#ifndef HM_BENCH_TIMELINE_TALLY_H
#define HM_BENCH_TIMELINE_TALLY_H

#include <jansson.h>
#include <stdint.h>

/** All zero is ready for use. */
typedef struct hm_timeline_tally {
    json_t *entries; /**< key to entry; NULL: none yet */
} hm_timeline_tally;

/** A snapshot begins: nothing is there. */
void hm_timeline_tally_begin(hm_timeline_tally *tally);

/** Adds to an entry. `identity` (stolen) is taken where the key is new. */
void hm_timeline_tally_add(hm_timeline_tally *tally, const char *key, json_t *identity,
                           uint64_t bytes, uint64_t count);

/** The snapshot is complete. */
void hm_timeline_tally_end(hm_timeline_tally *tally);

/**
 * The phase ends with the last snapshot, and the next begins: a new array, one object a place that
 * holds something or has changed, with its identity, `increment_bytes`, `increment_count`, `bytes`,
 * `count` and `highest_bytes`; most changed first, then largest, then by key.
 */
json_t *hm_timeline_tally_take(hm_timeline_tally *tally);

/** Frees what the tally holds. */
void hm_timeline_tally_clear(hm_timeline_tally *tally);

#endif
