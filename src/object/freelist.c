#include "object/freelist.h"

typedef struct freelist {
    hm_object *head;
    uint32_t length;
} freelist;

struct hm_freelists {
    freelist lists[HM_FREELIST_KINDS];
    size_t bytes[HM_FREELIST_KINDS]; /* of the objects on each list, all of one size */
};

/* Lengths as in CPython 3.13's pycore_freelist.h. */
static uint32_t longest(unsigned kind)
{
    switch (kind) {
    case HM_FREELIST_FLOAT:
        return 100;
    case HM_FREELIST_LIST:
    case HM_FREELIST_DICT:
        return 80;
    default:
        return 2000;
    }
}

static hm_object **link_of(hm_object *object)
{
    return (hm_object **)(void *)(object + 1);
}

bool hm_freelists_create(hm_heap *heap)
{
    heap->freelists = hm_memory_allocate_zeroed(heap, 1, sizeof *heap->freelists);
    return heap->freelists != NULL;
}

void hm_freelists_clear(hm_heap *heap)
{
    if (heap->freelists == NULL)
        return;
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++) {
        freelist *list = &heap->freelists->lists[kind];
        while (list->head != NULL) {
            hm_object *object = list->head;
            list->head = *link_of(object);
            hm_object_release_block(heap, object, heap->freelists->bytes[kind]);
        }
        list->length = 0;
    }
}

void hm_freelists_destroy(hm_heap *heap)
{
    if (heap->freelists == NULL)
        return;
    hm_freelists_clear(heap);
    hm_memory_free(heap, heap->freelists, sizeof *heap->freelists);
    heap->freelists = NULL;
}

size_t hm_freelists_bytes(const hm_heap *heap)
{
    if (heap->freelists == NULL)
        return 0;
    size_t bytes = sizeof *heap->freelists;
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++) {
        const freelist *list = &heap->freelists->lists[kind];
        if (list->head == NULL)
            continue;
        size_t prefix = hm_is_container(list->head) ? heap->prefix_bytes : 0;
        bytes += list->length * (heap->freelists->bytes[kind] + prefix);
    }
    return bytes;
}

hm_object *hm_freelist_take_one(hm_heap *heap, unsigned kind, const hm_type *type)
{
    if (heap->freelists->lists[kind].head == NULL)
        return NULL;
    freelist *list = &heap->freelists->lists[kind];
    hm_object *object = list->head;
    list->head = *link_of(object);
    list->length--;
    hm_object_begin(heap, object, type);
    return object;
}

bool hm_freelist_keep(hm_heap *heap, unsigned kind, hm_object *object, size_t bytes)
{
    freelist *list = &heap->freelists->lists[kind];
    if (heap->destroying || list->length >= longest(kind))
        return false;
    heap->freelists->bytes[kind] = bytes;
    *link_of(object) = list->head;
    list->head = object;
    list->length++;
    return true;
}
