#include "object/freelist.h"

#include "object/dict.h"
#include "object/dict_keys.h"
#include "object/list.h"
#include "object/number_layout.h"
#include "object/tuple.h"

/* As many as in CPython 3.13's pycore_freelist.h; tables of dicts as in 3.11 and 3.12. */
enum { MOST_FLOATS = 100, MOST_LISTS = 80, MOST_DICTS = 80, MOST_TUPLES = 2000 };

static bool keeps_lists(unsigned kind)
{
    return kind >= HM_FREELIST_LIST_0 && kind < HM_FREELIST_LIST_0 + HM_FREELIST_SIZES;
}

/* Whether the blocks of this kind are containers: prefix in front, counted as such. */
static bool keeps_containers(unsigned kind)
{
    return kind != HM_FREELIST_FLOAT && kind != HM_FREELIST_DICT_KEYS;
}

/* Bytes of a block, the prefix of a container excluded. */
static size_t bytes_of(unsigned kind)
{
    if (kind == HM_FREELIST_FLOAT)
        return sizeof(hm_float);
    if (kind == HM_FREELIST_DICT_KEYS)
        return HM_SMALLEST_KEYS_BYTES;
    if (kind == HM_FREELIST_DICT)
        return sizeof(hm_dict);
    if (keeps_lists(kind))
        return sizeof(hm_list);
    return offsetof(hm_tuple, items) + (kind - HM_FREELIST_TUPLE_0) * sizeof(hm_object *);
}

/* How many of a kind are kept. */
static uint32_t most_of(unsigned kind)
{
    if (kind == HM_FREELIST_FLOAT)
        return MOST_FLOATS;
    if (kind == HM_FREELIST_DICT_KEYS || kind == HM_FREELIST_DICT)
        return MOST_DICTS;
    return keeps_lists(kind) ? MOST_LISTS : MOST_TUPLES;
}

/* `most` of a kind are kept from here on; it keeps none now. */
static void set_limit(hm_heap *heap, unsigned kind, uint32_t most)
{
    heap->freelists[kind] = most == 0 ? (hm_freelist){.spare = HM_FREELIST_SHUT}
                                      : (hm_freelist){.room = most - 1, .limit = most - 1};
}

void hm_freelists_open(hm_heap *heap)
{
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++)
        set_limit(heap, kind, kind == HM_FREELIST_TUPLE_0 ? 0 : most_of(kind));
}

static void free_kept(hm_heap *heap, unsigned kind, void *block)
{
    size_t bytes = bytes_of(kind);
    if (keeps_lists(kind))
        hm_memory_free(heap, ((hm_list *)block)->items,
                       (kind - HM_FREELIST_LIST_0) * sizeof(hm_object *));
    if (keeps_containers(kind))
        hm_container_free_block(heap, block, bytes);
    else if (kind == HM_FREELIST_FLOAT)
        hm_atom_release_block(heap, block, bytes);
    else
        hm_memory_free(heap, block, bytes);
}

void hm_freelists_clear(hm_heap *heap)
{
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++) {
        void *block;
        while ((block = hm_freelist_pop(heap, kind)) != NULL)
            free_kept(heap, kind, block);
    }
}

void hm_freelists_close(hm_heap *heap)
{
    hm_freelists_clear(heap);
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++)
        set_limit(heap, kind, 0);
}

static uint64_t kept(const hm_heap *heap, unsigned kind)
{
    const hm_freelist *list = &heap->freelists[kind];
    bool spare = list->spare != NULL && list->spare != HM_FREELIST_SHUT;
    return list->limit - list->room + spare;
}

size_t hm_freelists_bytes(const hm_heap *heap)
{
    size_t bytes = 0;
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++) {
        size_t each = bytes_of(kind);
        if (keeps_lists(kind))
            each += (kind - HM_FREELIST_LIST_0) * sizeof(hm_object *);
        if (keeps_containers(kind))
            each += heap->prefix_bytes;
        bytes += kept(heap, kind) * each;
    }
    return bytes;
}

/* Containers kept, and with them atoms where those are asked for too. */
static uint64_t objects_kept(const hm_heap *heap, bool atoms)
{
    uint64_t sum = 0;
    for (unsigned kind = 0; kind < HM_FREELIST_KINDS; kind++) {
        if (keeps_containers(kind) || (atoms && kind == HM_FREELIST_FLOAT))
            sum += kept(heap, kind);
    }
    return sum;
}

uint64_t hm_heap_live_objects(const hm_heap *heap)
{
    uint64_t hidden = heap->interned != NULL; /* the table of interned strings is the heap's own */
    return heap->container_blocks + heap->atom_blocks - objects_kept(heap, true) - hidden;
}

uint64_t hm_heap_tracked_objects(const hm_heap *heap)
{
    return heap->container_blocks - objects_kept(heap, false) - heap->untracked_objects;
}
