#include "object/attributes.h"

#include "object/dict.h"
#include "object/dict_keys.h"
#include "object/memory.h"

#include <string.h>

/* The dict where it only shows the attributes. */
static hm_object *showing_dict(const hm_attributes *attributes)
{
    hm_object *dict = attributes->dict;
    return dict != NULL && hm_dict_shows(dict) != NULL ? dict : NULL;
}

size_t hm_attributes_bytes(const hm_attributes *attributes)
{
    size_t shown = showing_dict(attributes) == NULL ? 0 : hm_object_size(attributes->dict);
    return hm_attributes_values_bytes(attributes->capacity) + shown;
}

void hm_shared_names_init(hm_shared_names *shared)
{
    *shared = (hm_shared_names){.usable = HM_SHARED_NAMES_MAX};
}

/* Names are interned as a rule, so identity is tried first. */
int hm_shared_names_find(const hm_shared_names *shared, const hm_object *name)
{
    for (uint32_t place = 0; place < shared->count; place++) {
        if (shared->names[place] == name)
            return (int)place;
    }
    for (uint32_t place = 0; place < shared->count; place++) {
        if (hm_object_equal(shared->names[place], name))
            return (int)place;
    }
    return -1;
}

/* The place of a name, or -1. */
static HM_ALWAYS_INLINE int place_of(const hm_shared_names *shared, const hm_object *name)
{
    size_t guess = hm_shared_names_guess(shared, name);
    return shared->names[guess] == name ? (int)guess : hm_shared_names_find(shared, name);
}

static int add_place(hm_shared_names *shared, hm_object *name)
{
    if (shared->usable == 0)
        return -1;
    shared->usable--;
    *hm_shared_names_guess_of(shared, name) = (uint8_t)shared->count;
    shared->names[shared->count] = hm_incref(name);
    return (int)shared->count++;
}

bool hm_shared_names_add(hm_shared_names *shared, hm_object *name)
{
    return place_of(shared, name) >= 0 || add_place(shared, name) >= 0;
}

/* A store where the attributes lie in a dict, or must from now on. */
static bool set_in_dict(hm_heap *heap, hm_object *instance, hm_attributes *attributes,
                        hm_shared_names *shared, hm_object *name, hm_object *value)
{
    if (showing_dict(attributes) != NULL && hm_shared_names_add(shared, name))
        return hm_dict_set_shown(heap, attributes->dict, name, value);
    hm_object *dict = hm_attributes_dict(heap, instance, attributes, shared);
    return dict != NULL && hm_dict_set(heap, dict, name, value);
}

bool hm_attributes_set(hm_heap *heap, hm_object *instance, hm_attributes *attributes,
                       hm_shared_names *shared, hm_object *name, hm_object *value)
{
    int place = -1;
    if (attributes->dict == NULL) {
        place = place_of(shared, name);
        if (place < 0)
            place = add_place(shared, name);
    }
    if (place < 0)
        return set_in_dict(heap, instance, attributes, shared, name, value);
    HM_ASSERT(place < attributes->capacity);
    if (attributes->items[place] == NULL) {
        if (heap->on_store != NULL)
            heap->on_store(heap, instance, value);
        hm_attributes_begin(attributes, (size_t)place, hm_incref(value));
    } else {
        hm_store(heap, instance, &attributes->items[place], hm_incref(value));
    }
    return true;
}

hm_object *hm_attributes_get(hm_heap *heap, const hm_attributes *attributes,
                             const hm_shared_names *shared, hm_object *name)
{
    if (attributes->dict != NULL)
        return hm_dict_get(heap, attributes->dict, name);
    int place = place_of(shared, name);
    return place < 0 ? NULL : attributes->items[place];
}

static void forget_order(hm_attributes *attributes, int place)
{
    uint8_t *order = hm_attributes_order(attributes);
    uint8_t index = 0;
    while (order[index] != place)
        index++;
    attributes->count--;
    for (; index < attributes->count; index++)
        order[index] = order[index + 1];
}

bool hm_attributes_delete(hm_heap *heap, hm_attributes *attributes, hm_shared_names *shared,
                          hm_object *name)
{
    hm_object *dict = attributes->dict;
    if (dict == NULL || showing_dict(attributes) != NULL)
        hm_shared_names_add(shared, name);
    if (dict != NULL)
        return hm_dict_get(heap, dict, name) != NULL && hm_dict_delete(heap, dict, name);
    int place = place_of(shared, name);
    if (place < 0 || attributes->items[place] == NULL)
        return false;
    hm_object *value = attributes->items[place];
    attributes->items[place] = NULL;
    forget_order(attributes, place);
    hm_decref(heap, value);
    return true;
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

static void drop_held(hm_heap *heap, const held_values *held)
{
    for (size_t index = 0; index < held->count; index++)
        hm_decref(heap, held->values[index]);
}

/* Takes the values out first, so that whatever dropping them runs sees none. */
static void drop_values(hm_heap *heap, hm_attributes *attributes)
{
    held_values held;
    held.count = 0;
    for (size_t place = 0; place < attributes->capacity; place++) {
        if (attributes->items[place] == NULL)
            continue;
        held.values[held.count++] = attributes->items[place];
        attributes->items[place] = NULL;
    }
    attributes->count = 0;
    drop_held(heap, &held);
}

static bool fill(hm_heap *heap, hm_object *dict, const hm_attributes *attributes,
                 const hm_shared_names *shared)
{
    for (uint8_t index = 0; index < attributes->count; index++) {
        uint8_t place = hm_attributes_order(attributes)[index];
        if (!hm_dict_set(heap, dict, shared->names[place], attributes->items[place]))
            return false;
    }
    return true;
}

hm_object *hm_attributes_dict(hm_heap *heap, hm_object *instance, hm_attributes *attributes,
                              const hm_shared_names *shared)
{
    if (attributes->dict != NULL)
        return attributes->dict;
    hm_object *dict = hm_dict_new(heap);
    if (dict == NULL)
        return NULL;
    /* The allocation may have collected, and a finalizer may have asked for the same dict. */
    if (attributes->dict != NULL || !fill(heap, dict, attributes, shared) ||
        !hm_dict_show(heap, dict, instance)) {
        hm_decref(heap, dict);
        return attributes->dict;
    }
    if (heap->on_store != NULL)
        heap->on_store(heap, instance, dict);
    attributes->dict = dict;
    drop_values(heap, attributes);
    return dict;
}

/* The values in the order of the shared names, as where they lie in the instance. */
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

void hm_attributes_traverse(const hm_attributes *attributes, const hm_shared_names *shared,
                            hm_visitor visit, void *context)
{
    if (attributes->dict == NULL)
        hm_visit_slots(attributes->items, attributes->capacity, visit, context);
    else if (showing_dict(attributes) != NULL)
        traverse_shown(attributes->dict, shared, visit, context);
    else
        visit(attributes->dict, context);
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
    drop_held(heap, &held);
}

void hm_attributes_clear(hm_heap *heap, hm_attributes *attributes, const hm_shared_names *shared)
{
    hm_object *dict = attributes->dict;
    bool showing = showing_dict(attributes) != NULL;
    attributes->dict = NULL;
    if (dict == NULL)
        drop_values(heap, attributes);
    else if (showing)
        drop_showing_dict(heap, dict, shared);
    else
        hm_decref(heap, dict);
}

void hm_attributes_end(hm_heap *heap, hm_attributes *attributes, const hm_shared_names *shared)
{
    if (attributes->dict != NULL) {
        hm_attributes_clear(heap, attributes, shared);
        return;
    }
    for (size_t place = 0; place < attributes->capacity; place++)
        hm_xdecref(heap, attributes->items[place]);
}

bool hm_attributes_next(const hm_attributes *attributes, const hm_shared_names *shared,
                        size_t *position, hm_object **name, hm_object **value)
{
    if (attributes->dict != NULL)
        return hm_dict_next(attributes->dict, position, name, value);
    if (*position >= attributes->count)
        return false;
    uint8_t place = hm_attributes_order(attributes)[(*position)++];
    *name = shared->names[place];
    *value = attributes->items[place];
    return true;
}
