#include "trace/resolve.h"

#include "trace/native.h"

static const hm_trace_frame *new_frame(hm_resolver *resolver, const void *item)
{
    hm_trace_frame *frame = hm_region_allocate(&resolver->region, sizeof *frame);
    if (frame == NULL)
        return NULL;
    if (resolver->is_native) {
        if (!hm_native_resolve(&resolver->native, item, &resolver->region, frame))
            return NULL;
    } else {
        const hm_site *site = item;
        *frame = (hm_trace_frame){site->file, site->function, site->line};
    }
    return frame;
}

static const hm_trace_frame *find_frame(hm_resolver *resolver, const void *item)
{
    uint64_t *known = hm_number_map_at(&resolver->frames, (uint64_t)(uintptr_t)item);
    if (known == NULL)
        return NULL;
    if (*known == 0)
        *known = (uint64_t)(uintptr_t)new_frame(resolver, item);
    return (const hm_trace_frame *)(uintptr_t)*known;
}

static const hm_traceback *new_traceback(hm_resolver *resolver, const hm_traceback_record *record)
{
    hm_traceback *traceback = hm_region_allocate(&resolver->region, sizeof *traceback);
    hm_trace_frame *frames = hm_region_allocate(&resolver->region, record->length * sizeof *frames);
    if (traceback == NULL || frames == NULL)
        return NULL;
    for (uint32_t index = 0; index < record->length; index++) {
        const hm_trace_frame *frame =
            find_frame(resolver, record->items[record->length - 1 - index]);
        if (frame == NULL)
            return NULL;
        frames[index] = *frame;
    }
    *traceback = (hm_traceback){frames, record->length, record->total};
    return traceback;
}

const hm_traceback *hm_resolver_traceback(hm_resolver *resolver, const hm_traceback_record *record)
{
    uint64_t *known = hm_number_map_at(&resolver->tracebacks, (uint64_t)(uintptr_t)record);
    if (known == NULL)
        return NULL;
    if (*known == 0)
        *known = (uint64_t)(uintptr_t)new_traceback(resolver, record);
    return (const hm_traceback *)(uintptr_t)*known;
}

size_t hm_resolver_bytes(const hm_resolver *resolver)
{
    return resolver->region.mapped_bytes + hm_number_map_bytes(&resolver->frames) +
           hm_number_map_bytes(&resolver->tracebacks);
}

hm_region hm_resolver_finish(hm_resolver *resolver)
{
    hm_region region = resolver->region;
    hm_native_close(resolver->native);
    hm_number_map_release(&resolver->frames);
    hm_number_map_release(&resolver->tracebacks);
    *resolver = (hm_resolver){.is_native = resolver->is_native};
    return region;
}
