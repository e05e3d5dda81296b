/**
 * This module is what runs in the place of the allocator's functions while a heap is traced.
 *
 * The functions have libc's signatures and no context, so they find their tracer by the thread.
 * Room for a trace is made before the allocator is asked, so that a block is never handed out that
 * could not be noted, and none need be given back.
 */
#include "trace/tracer.h"

static HM_INITIAL_EXEC _Thread_local hm_tracer *active;

hm_tracer *hm_tracer_of_thread(void)
{
    return active;
}

/* A site seen lately has its traceback at hand; the depth belongs to what is remembered. */
static HM_ALWAYS_INLINE uint32_t capture(hm_tracer *tracer, const void *return_address)
{
    const hm_site *site = tracer->seam->site;
    uint64_t place = (uint64_t)(uintptr_t)site / sizeof(void *) % HM_RECENT_SITES;
    const hm_recent_site *recent = &tracer->recent[place];
    const hm_call_frame *frame = tracer->seam->frame;
    uint32_t total = frame == NULL ? 1 : frame->depth + 1;
    if (HM_LIKELY(recent->site == site && recent->total == total))
        return recent->traceback;
    return hm_tracer_capture_deep(tracer, return_address);
}

/* Room for one more trace, and its traceback; HM_NO_TRACEBACK: there is no memory for them. */
static HM_ALWAYS_INLINE uint32_t prepare(hm_tracer *tracer, const void *return_address)
{
    if (HM_UNLIKELY(!hm_trace_table_reserve(&tracer->table)))
        return HM_NO_TRACEBACK;
    return capture(tracer, return_address);
}

static HM_ALWAYS_INLINE void note(hm_tracer *tracer, const void *block, uint64_t bytes,
                                  hm_trace_kind kind, uint32_t traceback)
{
    hm_trace_table_add(&tracer->table, block, bytes, kind, traceback);
    tracer->current_bytes += bytes;
    if (tracer->current_bytes > tracer->peak_bytes)
        tracer->peak_bytes = tracer->current_bytes;
}

/* True where the block was known. */
static HM_ALWAYS_INLINE bool forget(hm_tracer *tracer, const void *block)
{
    hm_trace_entry *entry = hm_trace_table_find(&tracer->table, block);
    if (HM_UNLIKELY(entry == NULL))
        return false;
    tracer->current_bytes -= hm_trace_entry_size(entry);
    hm_trace_table_remove(&tracer->table, entry);
    return true;
}

/* What the runtime said it is about to allocate; it says nothing before it asks for a buffer. */
static HM_ALWAYS_INLINE hm_trace_kind take_kind(hm_trace_seam *seam)
{
    const hm_type *type = seam->allocating;
    seam->allocating = NULL;
    if (type == NULL)
        return HM_TRACE_BUFFER;
    return type->flags & HM_TYPE_CONTAINER ? HM_TRACE_CONTAINER : HM_TRACE_ATOM;
}

static void *traced_malloc(size_t bytes)
{
    hm_tracer *tracer = active;
    hm_trace_kind kind = take_kind(tracer->seam);
    uint32_t traceback = prepare(tracer, __builtin_return_address(0));
    void *block = traceback == HM_NO_TRACEBACK ? NULL : tracer->inner.malloc(bytes);
    if (HM_LIKELY(block != NULL))
        note(tracer, block, bytes, kind, traceback);
    return block;
}

static void *traced_calloc(size_t count, size_t bytes)
{
    hm_tracer *tracer = active;
    uint32_t traceback = prepare(tracer, __builtin_return_address(0));
    void *block = traceback == HM_NO_TRACEBACK ? NULL : tracer->inner.calloc(count, bytes);
    if (block != NULL)
        note(tracer, block, (uint64_t)count * bytes, HM_TRACE_BUFFER, traceback);
    return block;
}

static void *traced_aligned_alloc(size_t alignment, size_t bytes)
{
    hm_tracer *tracer = active;
    uint32_t traceback = prepare(tracer, __builtin_return_address(0));
    void *block =
        traceback == HM_NO_TRACEBACK ? NULL : tracer->inner.aligned_alloc(alignment, bytes);
    if (block != NULL)
        note(tracer, block, bytes, HM_TRACE_BUFFER, traceback);
    return block;
}

/* The heap's own block is the last it gives back: then nobody is left to trace for. */
static void lose_unknown(hm_tracer *tracer, const void *block)
{
    if (block != tracer->heap)
        return;
    active = NULL;
    hm_tracer_free(tracer);
}

static void traced_free(void *block)
{
    hm_tracer *tracer = active;
    bool known = forget(tracer, block);
    tracer->inner.free(block);
    if (HM_UNLIKELY(!known))
        lose_unknown(tracer, block);
}

static void traced_free_sized(void *block, size_t bytes)
{
    hm_tracer *tracer = active;
    bool known = forget(tracer, block);
    tracer->inner.free_sized(block, bytes);
    if (HM_UNLIKELY(!known))
        lose_unknown(tracer, block);
}

/* A resized block is a new trace at the line that resized it, also where the old one was not known.
 * (CPython's tracemalloc_realloc.) */
static HM_ALWAYS_INLINE void *resized(hm_tracer *tracer, const void *old, void *block, size_t bytes,
                                      uint32_t traceback)
{
    if (block == NULL)
        return NULL;
    if (old != NULL)
        forget(tracer, old);
    note(tracer, block, bytes, HM_TRACE_BUFFER, traceback);
    return block;
}

static void *traced_realloc(void *old, size_t bytes)
{
    hm_tracer *tracer = active;
    uint32_t traceback = prepare(tracer, __builtin_return_address(0));
    void *block = traceback == HM_NO_TRACEBACK ? NULL : tracer->inner.realloc(old, bytes);
    return resized(tracer, old, block, bytes, traceback);
}

static void *traced_realloc_sized(void *old, size_t old_bytes, size_t bytes)
{
    hm_tracer *tracer = active;
    uint32_t traceback = prepare(tracer, __builtin_return_address(0));
    void *block =
        traceback == HM_NO_TRACEBACK ? NULL : tracer->inner.realloc_sized(old, old_bytes, bytes);
    return resized(tracer, old, block, bytes, traceback);
}

void hm_tracer_attach(hm_tracer *tracer)
{
    hm_allocator *slots = &tracer->heap->allocator;
    tracer->inner = *slots;
    slots->malloc = traced_malloc;
    slots->free = traced_free;
    slots->realloc = traced_realloc;
    slots->calloc = traced_calloc;
    slots->free_sized = slots->free_sized == NULL ? NULL : traced_free_sized;
    slots->aligned_alloc = slots->aligned_alloc == NULL ? NULL : traced_aligned_alloc;
    slots->realloc_sized = slots->realloc_sized == NULL ? NULL : traced_realloc_sized;
    tracer->seam->allocating = NULL;
    tracer->seam->tracer = tracer;
    active = tracer;
}

void hm_tracer_detach(hm_tracer *tracer)
{
    HM_CHECK(active == tracer && tracer->heap->allocator.malloc == traced_malloc);
    tracer->heap->allocator = tracer->inner;
    tracer->seam->tracer = NULL;
    active = NULL;
}
