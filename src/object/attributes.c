#include "object/attributes.h"

#include "object/dict.h"
#include "object/dict_keys.h"
#include "object/memory.h"

#include <string.h>

enum { FIRST_CAPACITY = 4 };

typedef struct values {
    uint8_t capacity;
    uint8_t count;                      /* values set */
    uint8_t order[HM_SHARED_NAMES_MAX]; /* their places, in the order they were set */
    hm_object *items[];
} values;

static values *values_of(const hm_attributes *field)
{
    return (*field & 1) == 0 ? NULL : (values *)(*field - 1);
}

static hm_object *dict_of(const hm_attributes *field)
{
    return (*field & 1) != 0 ? NULL : (hm_object *)*field;
}

static size_t block_bytes(size_t capacity)
{
    return offsetof(values, items) + capacity * sizeof(hm_object *);
}

/* The dict where it only shows the attributes. */
static hm_object *showing_dict(const hm_attributes *field)
{
    hm_object *dict = dict_of(field);
    return dict != NULL && hm_dict_shows(dict) != NULL ? dict : NULL;
}

size_t hm_attributes_bytes(const hm_attributes *field)
{
    const values *block = values_of(field);
    if (block != NULL)
        return block_bytes(block->capacity);
    return showing_dict(field) == NULL ? 0 : hm_object_size(showing_dict(field));
}

/* The place of a name that is not the same object as a shared one, or -1. */
static HM_NOINLINE int place_of_equal(const hm_shared_names *shared, const hm_object *name)
{
    for (uint32_t place = 0; place < shared->count; place++) {
        if (hm_object_equal(shared->names[place], name))
            return (int)place;
    }
    return -1;
}

/* The place of a name, or -1. Names are interned as a rule, so identity is tried first. */
static HM_ALWAYS_INLINE int place_of(const hm_shared_names *shared, const hm_object *name)
{
    for (uint32_t place = 0; place < shared->count; place++) {
        if (HM_LIKELY(shared->names[place] == name))
            return (int)place;
    }
    return place_of_equal(shared, name);
}

void hm_shared_names_init(hm_shared_names *shared)
{
    shared->count = 0;
    shared->usable = HM_SHARED_NAMES_MAX;
}

static HM_NOINLINE int add_place(hm_shared_names *shared, hm_object *name)
{
    if (shared->usable == 0)
        return -1;
    shared->usable--;
    shared->names[shared->count] = hm_incref(name);
    return (int)shared->count++;
}

bool hm_shared_names_add(hm_shared_names *shared, hm_object *name)
{
    return place_of(shared, name) >= 0 || add_place(shared, name) >= 0;
}

/* The first block of an instance has room for all names there are. */
static HM_ALWAYS_INLINE values *new_block(hm_heap *heap, uint32_t shared_count)
{
    size_t capacity = shared_count > FIRST_CAPACITY ? shared_count : FIRST_CAPACITY;
    values *block = hm_memory_allocate(heap, block_bytes(capacity));
    if (HM_UNLIKELY(block == NULL)) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for %zu attributes", capacity);
        return NULL;
    }
    block->capacity = (uint8_t)capacity;
    block->count = 0;
    hm_clear_slots(block->items, capacity);
    return block;
}

/* A larger block with room for all names there are, or NULL. */
static HM_NOINLINE values *grow_block(hm_heap *heap, values *block, uint32_t shared_count)
{
    size_t capacity = block->capacity;
    size_t wanted = shared_count > FIRST_CAPACITY ? shared_count : FIRST_CAPACITY;
    if (wanted < 2 * capacity)
        wanted = 2 * capacity < HM_SHARED_NAMES_MAX ? 2 * capacity : HM_SHARED_NAMES_MAX;
    block = hm_memory_resize(heap, block, block_bytes(capacity), block_bytes(wanted));
    if (block == NULL) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for %zu attributes", wanted);
        return NULL;
    }
    block->capacity = (uint8_t)wanted;
    hm_clear_slots(block->items + capacity, wanted - capacity);
    return block;
}

/* The block, made or made larger where there is no room for a value at `place`; NULL: no memory. */
static HM_ALWAYS_INLINE values *block_with(hm_heap *heap, hm_attributes *field, uint32_t place,
                                           uint32_t shared_count)
{
    values *block = values_of(field);
    if (block != NULL && HM_LIKELY(place < block->capacity))
        return block;
    block = block == NULL ? new_block(heap, shared_count) : grow_block(heap, block, shared_count);
    if (HM_LIKELY(block != NULL))
        *field = (hm_attributes)block + 1;
    return block;
}

/* A store where the attributes lie in a dict, or must from now on. */
static HM_NOINLINE bool set_in_dict(hm_heap *heap, hm_object *instance, hm_attributes *field,
                                    hm_shared_names *shared, hm_object *name, hm_object *value)
{
    if (showing_dict(field) != NULL && hm_shared_names_add(shared, name))
        return hm_dict_set_shown(heap, dict_of(field), name, value);
    hm_object *dict = hm_attributes_dict(heap, instance, field, shared);
    return dict != NULL && hm_dict_set(heap, dict, name, value);
}

bool hm_attributes_set(hm_heap *heap, hm_object *instance, hm_attributes *field,
                       hm_shared_names *shared, hm_object *name, hm_object *value)
{
    int place = -1;
    if (HM_LIKELY(dict_of(field) == NULL)) {
        place = place_of(shared, name);
        if (HM_UNLIKELY(place < 0))
            place = add_place(shared, name);
    }
    if (HM_UNLIKELY(place < 0))
        return set_in_dict(heap, instance, field, shared, name, value);
    values *block = block_with(heap, field, (uint32_t)place, shared->count);
    if (HM_UNLIKELY(block == NULL))
        return false;
    if (block->items[place] == NULL)
        block->order[block->count++] = (uint8_t)place;
    hm_store(heap, instance, &block->items[place], hm_incref(value));
    return true;
}

hm_object *hm_attributes_get(hm_heap *heap, const hm_attributes *field,
                             const hm_shared_names *shared, hm_object *name)
{
    const values *block = values_of(field);
    if (block == NULL) {
        hm_object *dict = dict_of(field);
        return dict == NULL ? NULL : hm_dict_get(heap, dict, name);
    }
    int place = place_of(shared, name);
    return place < 0 || place >= block->capacity ? NULL : block->items[place];
}

static void forget_order(values *block, int place)
{
    uint8_t index = 0;
    while (block->order[index] != place)
        index++;
    block->count--;
    for (; index < block->count; index++)
        block->order[index] = block->order[index + 1];
}

bool hm_attributes_delete(hm_heap *heap, hm_attributes *field, hm_shared_names *shared,
                          hm_object *name)
{
    values *block = values_of(field);
    if (dict_of(field) == NULL || showing_dict(field) != NULL)
        hm_shared_names_add(shared, name);
    if (block == NULL) {
        hm_object *dict = dict_of(field);
        if (dict == NULL || hm_dict_get(heap, dict, name) == NULL)
            return false;
        return hm_dict_delete(heap, dict, name);
    }
    int place = place_of(shared, name);
    if (place < 0 || place >= block->capacity || block->items[place] == NULL)
        return false;
    hm_object *value = block->items[place];
    block->items[place] = NULL;
    forget_order(block, place);
    hm_decref(heap, value);
    return true;
}

static void drop_block(hm_heap *heap, values *block)
{
    size_t left = block->count;
    for (size_t place = 0; left > 0; place++) {
        if (block->items[place] == NULL)
            continue;
        hm_decref(heap, block->items[place]);
        left--;
    }
    hm_memory_free(heap, block, block_bytes(block->capacity));
}

static bool fill(hm_heap *heap, hm_object *dict, const values *block, const hm_shared_names *shared)
{
    for (uint8_t index = 0; index < block->count; index++) {
        uint8_t place = block->order[index];
        if (!hm_dict_set(heap, dict, shared->names[place], block->items[place]))
            return false;
    }
    return true;
}

hm_object *hm_attributes_dict(hm_heap *heap, hm_object *instance, hm_attributes *field,
                              const hm_shared_names *shared)
{
    if (dict_of(field) != NULL)
        return dict_of(field);
    hm_object *dict = hm_dict_new(heap);
    if (dict == NULL)
        return NULL;
    /* The allocation may have collected, and a finalizer may have asked for the same dict. */
    hm_attributes before = *field;
    if (dict_of(field) != NULL ||
        (values_of(field) != NULL && !fill(heap, dict, values_of(field), shared)) ||
        !hm_dict_show(heap, dict, instance)) {
        hm_decref(heap, dict);
        return dict_of(field);
    }
    if (heap->on_store != NULL)
        heap->on_store(heap, instance, dict);
    *field = (hm_attributes)dict;
    if (values_of(&before) != NULL)
        drop_block(heap, values_of(&before));
    return dict;
}

/* The values in the order of the shared names, as where they lie in a block. */
static void traverse_shown(const hm_object *dict, const hm_shared_names *shared, hm_visitor visit,
                           void *context)
{
    for (uint32_t place = 0; place < shared->count; place++) {
        size_t position = 0;
        hm_object *key, *value;
        while (hm_dict_next(dict, &position, &key, &value)) {
            if (hm_object_equal(key, shared->names[place])) {
                visit(value, context);
                break;
            }
        }
    }
}

void hm_attributes_traverse(const hm_attributes *field, const hm_shared_names *shared,
                            hm_visitor visit, void *context)
{
    values *block = values_of(field);
    if (block != NULL)
        hm_visit_slots(block->items, block->capacity, visit, context);
    else if (showing_dict(field) != NULL)
        traverse_shown(showing_dict(field), shared, visit, context);
    else if (dict_of(field) != NULL)
        visit(dict_of(field), context);
}

typedef struct held_values {
    hm_object *values[HM_SHARED_NAMES_MAX];
    size_t count;
} held_values;

static void hold_value(hm_object *value, void *context)
{
    held_values *held = context;
    held->values[held->count++] = hm_incref(value);
}

/* A dict that outlives its instance keeps the order of the shared names. */
static void keep_order(hm_object *object, const hm_shared_names *shared)
{
    hm_dict *dict = (hm_dict *)object;
    hm_shown *shown = dict->shown;
    shown->ordered_keys = dict->keys;
    shown->ordered_count = dict->keys->entry_count;
    shown->order_length = 0;
    for (uint32_t place = 0; place < shared->count; place++) {
        size_t entry = hm_dict_find_entry(object, shared->names[place]);
        if (entry < shown->ordered_count)
            shown->order[shown->order_length++] = (uint8_t)entry;
    }
}

/* The dict is not tracked by that, as in CPython: what it holds may be lost with it. Where it dies
 * with its instance, its values are dropped in the order of the shared names, not its own. */
static void drop_showing_dict(hm_heap *heap, hm_object *dict, const hm_shared_names *shared)
{
    held_values held = {.count = 0};
    if (dict->reference_count == 1)
        traverse_shown(dict, shared, hold_value, &held);
    else
        keep_order(dict, shared);
    hm_dict_stop_showing(dict);
    hm_decref(heap, dict);
    for (size_t index = 0; index < held.count; index++)
        hm_decref(heap, held.values[index]);
}

/* Takes the values out first, so that whatever dropping them runs sees none. */
void hm_attributes_clear(hm_heap *heap, hm_attributes *field, const hm_shared_names *shared)
{
    values *block = values_of(field);
    hm_object *dict = dict_of(field);
    bool showing = showing_dict(field) != NULL;
    *field = 0;
    if (block != NULL)
        drop_block(heap, block);
    else if (showing)
        drop_showing_dict(heap, dict, shared);
    else
        hm_xdecref(heap, dict);
}

bool hm_attributes_next(const hm_attributes *field, const hm_shared_names *shared, size_t *position,
                        hm_object **name, hm_object **value)
{
    const values *block = values_of(field);
    if (block == NULL)
        return dict_of(field) != NULL && hm_dict_next(dict_of(field), position, name, value);
    if (*position >= block->count)
        return false;
    uint8_t place = block->order[(*position)++];
    *name = shared->names[place];
    *value = block->items[place];
    return true;
}
