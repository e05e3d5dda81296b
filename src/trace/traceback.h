/**
 * This module is the store of tracebacks, each kept once however many blocks share it, and found by
 * its content.
 *
 * An *item* of a traceback is the address of a hm_site, or of an instruction in native tracebacks;
 * what it means in words is looked up when somebody wants to read it (trace/resolve.h). Items stand
 * most recent first here, because that is the end the limit keeps.
 */
#ifndef HM_TRACE_TRACEBACK_H
#define HM_TRACE_TRACEBACK_H

#include "trace/region.h"

/** A traceback that could not be stored. */
#define HM_NO_TRACEBACK UINT32_MAX

typedef struct hm_traceback_record {
    uint32_t hash;
    uint32_t length;
    uint32_t total;
    const void *items[];
} hm_traceback_record;

typedef struct hm_traceback_store {
    hm_region region;
    hm_vector records; /* hm_traceback_record *, by index */
    uint32_t *buckets; /* index + 1 of a record; 0: empty */
    size_t bucket_count;
} hm_traceback_store;

/** The index of the traceback of these items, stored if it is new; HM_NO_TRACEBACK: no memory. */
uint32_t hm_traceback_intern(hm_traceback_store *store, const void *const *items, uint32_t length,
                             uint32_t total);

/** The traceback at an index. */
const hm_traceback_record *hm_traceback_at(const hm_traceback_store *store, uint32_t index);

/** Bytes the store has mapped. */
size_t hm_traceback_store_bytes(const hm_traceback_store *store);

/** Gives all tracebacks back; the store is empty then. */
void hm_traceback_store_release(hm_traceback_store *store);

#endif
