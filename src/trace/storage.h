/**
 * This module is what a snapshot or a set of statistics owns besides its array.
 */
#ifndef HM_TRACE_STORAGE_H
#define HM_TRACE_STORAGE_H

#include "trace/region.h"
#include "trace/snapshot.h"

/** Lies in its own region. */
typedef struct hm_trace_storage {
    hm_region region;
    hm_vector array;
} hm_trace_storage;

/** Puts the two into a storage in the region; NULL: no memory, both released. */
hm_trace_storage *hm_trace_storage_new(hm_region region, hm_vector array);

/** Frees the storage and what it holds. */
void hm_trace_storage_release(hm_trace_storage *storage);

/** A snapshot of the groups that `keep` keeps, borrowing from the first; NULL: no memory. */
hm_trace_snapshot *hm_trace_snapshot_copy(const hm_trace_snapshot *snapshot,
                                          bool (*keep)(const hm_trace_group *, const void *),
                                          const void *context);

#endif
