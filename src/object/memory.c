#include "object/memory.h"

#include "object/runtime.h"

hm_object *hm_object_allocate(hm_heap *heap, const hm_type *type, size_t bytes)
{
    size_t prefix = 0;
    if (type->flags & HM_TYPE_CONTAINER) {
        prefix = heap->prefix_bytes;
        if (HM_UNLIKELY(++heap->young_count > heap->young_threshold))
            heap->collector->step(heap);
    }
#if HM_TRACE
    heap->trace.allocating = type;
#endif
    char *block = hm_memory_allocate(heap, bytes + prefix);
    if (HM_UNLIKELY(block == NULL)) {
        if (type->flags & HM_TYPE_CONTAINER && heap->young_count > 0)
            heap->young_count--;
        hm_fail(heap, HM_NO_MEMORY, "no memory for a %s of %zu bytes", type->name, bytes);
        return NULL;
    }
    hm_object *object = (hm_object *)(void *)(block + prefix);
    object->reference_count = 1;
    object->collector_word = 0;
    object->type = type;
    heap->live_objects++;
    return object;
}

void hm_object_release_block(hm_heap *heap, hm_object *object, size_t bytes)
{
    size_t prefix = 0;
    if (object->type->flags & HM_TYPE_CONTAINER) {
        prefix = heap->prefix_bytes;
        if (heap->young_count > 0)
            heap->young_count--;
    }
    hm_memory_free(heap, (char *)object - prefix, bytes + prefix);
}

void hm_object_free(hm_heap *heap, hm_object *object, size_t bytes)
{
    hm_object_count_death(heap);
    hm_object_release_block(heap, object, bytes);
}
