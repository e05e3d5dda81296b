/**
 * This module is a series with bounded room, so that any number of readings of any length of time
 * fits in memory that was mapped before the first, and no part of the series is cut off.
 *
 * Invariant: item i is the one that was offered as number i * stride. When the room is full every
 * second item is dropped and the stride doubles, so what is kept is spread evenly over all that was
 * offered.
 */
#ifndef HM_BENCH_TIMELINE_SERIES_H
#define HM_BENCH_TIMELINE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hm_timeline_series {
    char *items;
    size_t item_bytes;
    size_t room;      /**< items; even */
    size_t count;     /**< items kept */
    uint64_t offered; /**< items in all */
    uint64_t stride;
} hm_timeline_series;

/** Maps and touches room for `room` items (at least 2, made even); false: no memory. */
bool hm_timeline_series_open(hm_timeline_series *series, size_t item_bytes, size_t room);

/** Offers an item; safe in a signal handler. */
void hm_timeline_series_add(hm_timeline_series *series, const void *item);

/** Item `index` of those kept. */
const void *hm_timeline_series_at(const hm_timeline_series *series, size_t index);

/** Gives the room back; nothing to do where it was never opened. */
void hm_timeline_series_close(hm_timeline_series *series);

#endif
