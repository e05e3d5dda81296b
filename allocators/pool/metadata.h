/**
 * This module is where the pool's own records live, so that no record lies inside or beside the
 * blocks it describes: block pages hold blocks only, and a purge never touches a record.
 *
 * Invariant: a record's memory is never given back or used for another kind of record, so that a
 * stale look-up reads a record, never an unmapped page. The pool's lock is held by the caller.
 */
#ifndef HM_ALLOCATORS_POOL_METADATA_H
#define HM_ALLOCATORS_POOL_METADATA_H

#include <stddef.h>

/** Zeroed memory for a record, aligned to a cache line; NULL where the kernel refuses. */
void *hm_pool_metadata_allocate(size_t bytes);

/** Bytes handed out so far. */
size_t hm_pool_metadata_bytes(void);

#endif
