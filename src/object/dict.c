#include "object/dict.h"

#include "object/dict_index.h"
#include "object/freelist.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text.h"

static size_t dict_size(const hm_object *object)
{
    return sizeof(hm_dict) + hm_dict_keys_bytes(((const hm_dict *)object)->keys);
}

/* The order of a dict that outlived its instance and got no key since; else NULL. */
static const hm_shown *ordered_of(const hm_dict *dict)
{
    const hm_shown *shown = dict->shown;
    bool ordered = shown != NULL && shown->ordered_keys == dict->keys &&
                   shown->ordered_count == dict->keys->entry_count;
    return ordered ? shown : NULL;
}

/* A dict that shows an instance's attributes refers to nothing itself: the instance does. */
static void dict_traverse(hm_object *object, hm_visitor visit, void *context)
{
    if (hm_dict_shows(object) != NULL)
        return;
    const hm_dict_keys *keys = ((hm_dict *)object)->keys;
    const hm_shown *ordered = ordered_of((const hm_dict *)object);
    for (size_t place = 0; ordered != NULL && place < ordered->order_length; place++) {
        hm_object *value = hm_dict_keys_pair(keys, ordered->order[place])->value;
        if (value != NULL)
            visit(value, context);
    }
    for (size_t entry = 0; entry < keys->entry_count && ordered == NULL; entry++) {
        const hm_dict_pair *pair = hm_dict_keys_pair(keys, entry);
        if (pair->key == NULL)
            continue;
        visit(pair->value, context);
        visit(pair->key, context);
    }
}

/* Drops a table that no dict has any more with all that is in it. */
static HM_ALWAYS_INLINE void drop_table(hm_heap *heap, hm_dict_keys *keys)
{
    size_t bytes = keys->entry_bytes;
    char *at = (char *)(keys + 1) + bytes - sizeof(hm_dict_pair);
    for (size_t count = keys->entry_count; count > 0; count--, at += bytes) {
        const hm_dict_pair *pair = (const hm_dict_pair *)(void *)at;
        hm_xdecref(heap, pair->key);
        hm_xdecref(heap, pair->value);
    }
    hm_dict_keys_free(heap, keys);
}

/* Takes the table out of the dict first, so that whatever dropping entries runs sees it empty. */
static void drop_entries(hm_heap *heap, hm_dict *dict)
{
    hm_dict_keys *keys = dict->keys;
    const hm_shown *ordered = ordered_of(dict);
    hm_shown order = ordered == NULL ? (hm_shown){.dict = NULL} : *ordered;
    dict->keys = hm_dict_keys_empty;
    dict->length = 0;
    dict->version++;
    for (size_t place = 0; place < order.order_length; place++) {
        hm_object **value = &hm_dict_keys_pair(keys, order.order[place])->value;
        hm_object *dropped = *value;
        *value = NULL;
        hm_xdecref(heap, dropped);
    }
    drop_table(heap, keys);
}

size_t hm_dict_find_entry(const hm_object *object, const hm_object *key)
{
    const hm_dict_keys *keys = ((const hm_dict *)object)->keys;
    size_t entry = 0;
    for (; entry < keys->entry_count; entry++) {
        const hm_object *candidate = hm_dict_keys_pair(keys, entry)->key;
        if (candidate != NULL && hm_object_equal(candidate, key))
            break;
    }
    return entry;
}

bool hm_dict_show(hm_heap *heap, hm_object *dict, hm_object *instance)
{
    hm_shown *shown = hm_memory_allocate(heap, sizeof *shown);
    if (shown == NULL)
        return hm_fail(heap, HM_NO_MEMORY, "no memory for an instance's dict");
    *shown = (hm_shown){.instance = instance, .dict = dict, .next = heap->shown};
    if (heap->shown != NULL)
        heap->shown->previous = shown;
    heap->shown = shown;
    ((hm_dict *)dict)->shown = shown;
    return true;
}

static void forget_shown(hm_heap *heap, hm_dict *dict)
{
    hm_shown *shown = dict->shown;
    if (shown->previous != NULL)
        shown->previous->next = shown->next;
    else
        heap->shown = shown->next;
    if (shown->next != NULL)
        shown->next->previous = shown->previous;
    hm_memory_free(heap, shown, sizeof *shown);
    dict->shown = NULL;
}

static void dict_deallocate(hm_heap *heap, hm_object *object)
{
    drop_entries(heap, (hm_dict *)object);
    if (((hm_dict *)object)->shown != NULL)
        forget_shown(heap, (hm_dict *)object);
    hm_freelist_give(heap, HM_FREELIST_DICT, object, sizeof(hm_dict));
}

/* The same, nested and counted. */
static HM_NOINLINE void die_in_order(hm_heap *heap, hm_object *object)
{
    if (!hm_die_begin(heap, object))
        return;
    drop_table(heap, ((hm_dict *)object)->keys);
    hm_object_count_death(heap);
    hm_die_end(heap);
    hm_freelist_give_block(heap, HM_FREELIST_DICT, object, sizeof(hm_dict));
}

/* Drops a reference, unless its object would die by it: false. */
static HM_ALWAYS_INLINE bool drop_survivor(hm_object *object)
{
    uint32_t references = object->reference_count - 1;
    if (HM_LIKELY((int32_t)references > 0))
        object->reference_count = references;
    return references != 0;
}

/* The next entry's. */
static HM_ALWAYS_INLINE hm_dict_pair *step(hm_dict_pair *pair, size_t entry_bytes)
{
    return (hm_dict_pair *)(void *)((char *)pair + entry_bytes);
}

/* Drops what the table, from which nothing was removed, refers to up to the first object that would
 * die by it; false where there is one: what was dropped is in it no more. */
static HM_ALWAYS_INLINE bool drop_survivors(hm_dict_keys *keys)
{
    hm_dict_pair *pair = hm_dict_keys_pair(keys, 0), *first = pair;
    size_t bytes = keys->entry_bytes, left = keys->entry_count;
    do {
        if (HM_UNLIKELY(!drop_survivor(pair->key)))
            break;
        if (HM_UNLIKELY(!drop_survivor(pair->value))) {
            pair->key = NULL;
            break;
        }
        pair = step(pair, bytes);
    } while (--left > 0);
    for (; left > 0 && first != pair; first = step(first, bytes))
        *first = (hm_dict_pair){NULL, NULL};
    return left == 0;
}

static HM_ALWAYS_INLINE void free_table(hm_heap *heap, hm_dict_keys *keys)
{
    if (!hm_dict_is_small(keys))
        hm_dict_keys_free(heap, keys);
    else if (keys != hm_dict_keys_empty && !hm_freelist_push(heap, HM_FREELIST_DICT_KEYS, keys))
        hm_memory_free(heap, keys, HM_SMALLEST_KEYS_BYTES);
}

/* The end of a dict that has dropped what it held. */
static HM_NOINLINE void die_empty(hm_heap *heap, hm_object *object)
{
    free_table(heap, ((hm_dict *)object)->keys);
    if (hm_is_tracked(object))
        hm_gc_list_remove(hm_gc_link_of(object));
    else
        heap->untracked_objects--;
    if (!hm_freelist_push(heap, HM_FREELIST_DICT, object))
        hm_container_free_block(heap, object, sizeof(hm_dict));
}

/* The same where it and its table, which had entries, are kept for the next dict; false: nothing is
 * done. */
static HM_ALWAYS_INLINE bool die_into_spares(hm_heap *heap, hm_object *object)
{
    hm_dict_keys *keys = ((hm_dict *)object)->keys;
    hm_freelist *tables = &heap->freelists[HM_FREELIST_DICT_KEYS];
    hm_freelist *dicts = &heap->freelists[HM_FREELIST_DICT];
    bool taken = ((uintptr_t)tables->spare | (uintptr_t)dicts->spare) != 0;
    if (!hm_dict_is_small(keys) || taken || hm_is_tracked(object))
        return false;
    tables->spare = keys;
    dicts->spare = object;
    heap->untracked_objects--;
    return true;
}

/* The quick way, for a dict that never showed an instance's attributes, up to the first entry that
 * dies too. */
static void dict_die(hm_heap *heap, hm_object *object)
{
    hm_dict *dict = (hm_dict *)object;
    if (HM_UNLIKELY(dict->shown != NULL)) {
        hm_object_deallocate(heap, object);
        return;
    }
    if (HM_UNLIKELY(heap->ending != 0) || HM_UNLIKELY(dict->length != dict->keys->entry_count))
        die_in_order(heap, object);
    else if (dict->length == 0)
        die_empty(heap, object);
    else if (!drop_survivors(dict->keys))
        die_in_order(heap, object);
    else if (HM_UNLIKELY(!die_into_spares(heap, object)))
        die_empty(heap, object);
}

const hm_type hm_dict_type = {.name = "dict",
                              .basic_size = sizeof(hm_dict),
                              .flags = HM_TYPE_CONTAINER | HM_TYPE_DICT,
                              .traverse = dict_traverse,
                              .clear = hm_dict_clear,
                              .size = dict_size,
                              .die = dict_die,
                              .deallocate = dict_deallocate};

/* Makes a dict that shows nothing an empty one. */
static HM_ALWAYS_INLINE hm_object *begin(hm_object *object)
{
    hm_dict *dict = (hm_dict *)object;
    dict->length = 0;
    dict->version = 0;
    dict->keys = hm_dict_keys_empty;
    return object;
}

static HM_NOINLINE hm_object *new_without_spare(hm_heap *heap)
{
    hm_object *object = hm_freelist_take(heap, HM_FREELIST_DICT, &hm_dict_type);
    if (object == NULL)
        object = hm_object_allocate(heap, &hm_dict_type, sizeof(hm_dict));
    if (object == NULL)
        return NULL;
    ((hm_dict *)object)->shown = NULL;
    return begin(object);
}

hm_object *hm_dict_new(hm_heap *heap)
{
    hm_object *object = hm_freelist_take_spare(&heap->freelists[HM_FREELIST_DICT]);
    if (HM_UNLIKELY(object == NULL))
        return new_without_spare(heap);
    hm_object_begin_again(object);
    heap->untracked_objects++;
    return begin(object);
}

void hm_dict_clear(hm_heap *heap, hm_object *dict)
{
    drop_entries(heap, (hm_dict *)dict);
}

bool hm_dict_next(const hm_object *object, size_t *position, hm_object **key, hm_object **value)
{
    const hm_dict_keys *keys = ((const hm_dict *)object)->keys;
    for (; *position < keys->entry_count; (*position)++) {
        const hm_dict_pair *pair = hm_dict_keys_pair(keys, *position);
        if (pair->key == NULL)
            continue;
        *key = pair->key;
        *value = pair->value;
        (*position)++;
        return true;
    }
    return false;
}
