/*
 * This module is a heap under the tracer, so that a test says how many frames it wants and asks
 * what was traced.
 */
#ifndef HM_TESTS_TRACE_FIXTURE_H
#define HM_TESTS_TRACE_FIXTURE_H

#include "heap_fixture.h"
#include "trace/snapshot.h"

#include "object/sites.h"

static inline void trace_start(hm_heap *heap, int64_t frames)
{
    if (!hm_trace_start(heap, &(hm_trace_options){.frames = frames}))
        fail_msg("%s", heap->error.message);
}

static inline hm_heap *traced_heap(int64_t frames)
{
    hm_heap *heap = fixture_heap("generational");
    trace_start(heap, frames);
    return heap;
}

static inline uint64_t traced_bytes(const hm_heap *heap)
{
    return hm_trace_get_traced_memory(heap).current_bytes;
}

/* Bytes of a container as sys.getsizeof tells them. */
static inline uint64_t container_bytes(const hm_heap *heap, const hm_object *object)
{
    return hm_object_size(object) + heap->prefix_bytes;
}

static inline hm_trace_snapshot *take(hm_heap *heap)
{
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(heap);
    if (snapshot == NULL)
        fail_msg("%s", heap->error.message);
    return snapshot;
}

/* A site in a file that is not there, made current: the next unsited call is its own. */
static inline void stand_at(hm_heap *heap, const hm_site *site)
{
    heap->trace.site = site;
}

/* A new bytes object of `bytes` in all, from the current site. */
static inline hm_object *block_of(hm_heap *heap, size_t bytes)
{
    hm_object *object = (hm_bytes_new)(heap, NULL, bytes - 33);
    assert_non_null(object);
    return object;
}

#endif
