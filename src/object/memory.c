#include "object/memory.h"

#include "object/runtime.h"

HM_NOINLINE void hm_object_step(hm_heap *heap)
{
    heap->collector->step(heap);
}

HM_NOINLINE void hm_object_no_memory(hm_heap *heap, const hm_type *type, size_t bytes)
{
    if (type->flags & HM_TYPE_CONTAINER && heap->young_count > 0)
        heap->young_count--;
    hm_fail(heap, HM_NO_MEMORY, "no memory for a %s of %zu bytes", type->name, bytes);
}

/* An atom that dies outside any container's end is counted too, and is no cascade. */
HM_NOINLINE void hm_object_tell_cascade(hm_heap *heap)
{
    if (hm_deallocation_depth(heap) == 0)
        return;
    heap->cascade_told = true;
    heap->unfinished = true;
    hm_emit(heap, &(hm_event){.kind = HM_EVENT_CASCADE_BEGIN});
}
