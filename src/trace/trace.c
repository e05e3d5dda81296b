#include "trace/trace.h"

#include "base/system_memory.h"
#include "trace/native.h"
#include "trace/tracer.h"

#include <string.h>

/* What stands for a site where none was reached (CPython's "<unknown>", line 0). */
static const hm_site unknown_site = {"<unknown>", "", 0};

/* Frames of the tracer itself that a native traceback begins with, and does not show. */
enum { OWN_FRAMES = 16 };

static uint32_t unwind_sites(const hm_tracer *tracer)
{
    const hm_trace_seam *seam = tracer->seam;
    uint32_t length = 0;
    tracer->items[length++] = seam->site == NULL ? &unknown_site : seam->site;
    for (const hm_call_frame *frame = seam->frame; frame != NULL; frame = frame->caller) {
        if (length == tracer->frame_limit)
            break;
        if (frame->call != NULL)
            tracer->items[length++] = frame->call;
    }
    return length;
}

/* The stack from where the allocator's function was called, which is somewhere below our own. */
static uint32_t unwind_native(const hm_tracer *tracer, const void *return_address, uint32_t *total)
{
    size_t count = hm_native_unwind(tracer->items, tracer->item_capacity);
    size_t first = 0;
    while (first < count && tracer->items[first] != return_address)
        first++;
    if (first == count) {
        tracer->items[0] = return_address;
        *total = 1;
        return 1;
    }
    memmove(tracer->items, tracer->items + first, (count - first) * sizeof *tracer->items);
    *total = (uint32_t)(count - first);
    return *total < tracer->frame_limit ? *total : tracer->frame_limit;
}

uint32_t hm_tracer_capture_deep(hm_tracer *tracer, const void *return_address)
{
    uint32_t total = tracer->seam->frame == NULL ? 1 : tracer->seam->frame->depth + 1;
    uint32_t length =
        tracer->native ? unwind_native(tracer, return_address, &total) : unwind_sites(tracer);
    uint32_t traceback = hm_traceback_intern(&tracer->tracebacks, tracer->items, length, total);
    if (traceback != HM_NO_TRACEBACK && length == 1 && !tracer->native) {
        const hm_site *site = tracer->seam->site;
        uint64_t place = (uint64_t)(uintptr_t)site / sizeof(void *) % HM_RECENT_SITES;
        tracer->recent[place] = (hm_recent_site){site, total, traceback};
    }
    return traceback;
}

void hm_tracer_free(hm_tracer *tracer)
{
    hm_trace_table_release(&tracer->table);
    hm_traceback_store_release(&tracer->tracebacks);
    hm_region region = hm_resolver_finish(&tracer->resolver);
    hm_region_release(&region);
    hm_system_unmap(tracer->items, tracer->item_capacity * sizeof *tracer->items);
    hm_system_unmap(tracer, sizeof *tracer);
}

static hm_tracer *new_tracer(hm_heap *heap, const hm_trace_options *options)
{
    hm_tracer *tracer = hm_system_map(sizeof *tracer);
    if (tracer == NULL)
        return NULL;
    tracer->heap = heap;
    tracer->seam = &heap->trace;
    tracer->frame_limit = (uint32_t)options->frames;
    tracer->native = options->native;
    tracer->resolver.is_native = options->native;
    tracer->item_capacity = (size_t)options->frames + (options->native ? OWN_FRAMES : 0);
    tracer->items = hm_system_map(tracer->item_capacity * sizeof *tracer->items);
    if (tracer->items != NULL && hm_trace_table_reserve(&tracer->table))
        return tracer;
    hm_tracer_free(tracer);
    return NULL;
}

static bool may_start(hm_heap *heap, const hm_trace_options *options)
{
    if (!HM_TRACE)
        return hm_fail(heap, HM_UNAVAILABLE,
                       "this build cannot trace: configure it without -DHEAPMARK_TRACE=OFF");
    if (hm_tracer_of_thread() != NULL)
        return hm_fail(heap, HM_USAGE_ERROR,
                       "another heap of this thread is being traced: stop that first");
    hm_error error = {0};
    if (options->native && hm_native_open(&error) != HM_OK)
        return hm_fail(heap, error.status, "%s", error.message);
    return true;
}

bool hm_trace_start(hm_heap *heap, const hm_trace_options *options)
{
    if (options->frames < 1 || options->frames > HM_TRACE_MAX_FRAMES)
        return hm_fail(heap, HM_VALUE_ERROR, "the number of frames must be in range [1; %d]",
                       HM_TRACE_MAX_FRAMES);
    if (heap->trace.tracer != NULL)
        return true;
    if (!may_start(heap, options))
        return false;
    hm_tracer *tracer = new_tracer(heap, options);
    if (tracer == NULL)
        return hm_fail(heap, HM_NO_MEMORY, "no memory to trace the heap");
    heap->trace.frame_limit = tracer->frame_limit;
    hm_tracer_attach(tracer);
    return true;
}

void hm_trace_stop(hm_heap *heap)
{
    hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL)
        return;
    hm_tracer_detach(tracer);
    hm_tracer_free(tracer);
}

void hm_trace_clear(hm_heap *heap)
{
    hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL)
        return;
    hm_trace_table_release(&tracer->table);
    hm_traceback_store_release(&tracer->tracebacks);
    hm_region region = hm_resolver_finish(&tracer->resolver);
    hm_region_release(&region);
    memset(tracer->recent, 0, sizeof tracer->recent);
    tracer->current_bytes = 0;
    tracer->peak_bytes = 0;
}

bool hm_trace_is_tracing(const hm_heap *heap)
{
    return heap->trace.tracer != NULL;
}

void hm_trace_reset_peak(hm_heap *heap)
{
    if (heap->trace.tracer != NULL)
        heap->trace.tracer->peak_bytes = heap->trace.tracer->current_bytes;
}

hm_traced_memory hm_trace_get_traced_memory(const hm_heap *heap)
{
    const hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL)
        return (hm_traced_memory){0};
    return (hm_traced_memory){tracer->current_bytes, tracer->peak_bytes};
}

uint64_t hm_trace_get_tracemalloc_memory(const hm_heap *heap)
{
    const hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL)
        return 0;
    return hm_system_round_up(sizeof *tracer) +
           hm_system_round_up(tracer->item_capacity * sizeof *tracer->items) +
           hm_system_round_up(tracer->table.capacity * sizeof(hm_trace_entry)) +
           hm_traceback_store_bytes(&tracer->tracebacks) + hm_resolver_bytes(&tracer->resolver);
}

uint64_t hm_trace_get_trace_count(const hm_heap *heap)
{
    return heap->trace.tracer == NULL ? 0 : heap->trace.tracer->table.length;
}

unsigned hm_trace_get_traceback_limit(const hm_heap *heap)
{
    return heap->trace.frame_limit == 0 ? 1 : heap->trace.frame_limit;
}

const hm_traceback *hm_trace_get_object_traceback(hm_heap *heap, const hm_object *object)
{
    hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL)
        return NULL;
    size_t prefix = hm_is_container(object) ? heap->prefix_bytes : 0;
    const hm_trace_entry *entry =
        hm_trace_table_find(&tracer->table, (const char *)object - prefix);
    if (entry == NULL)
        return NULL;
    const hm_traceback *traceback = hm_resolver_traceback(
        &tracer->resolver, hm_traceback_at(&tracer->tracebacks, entry->traceback));
    if (traceback == NULL)
        hm_fail(heap, HM_NO_MEMORY, "no memory to tell where an object came from");
    return traceback;
}

hm_status hm_trace_native_available(hm_error *error)
{
    return hm_native_open(error);
}
