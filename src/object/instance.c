#include "object/class.h"

#include "object/class_layout.h"
#include "object/dict.h"
#include "object/runtime.h"
#include "object/text.h"
#include "object/tuple.h"

bool hm_instance_share_name(hm_object *instance, hm_object *name)
{
    return hm_shared_names_add(&hm_class_of(instance)->shared, name);
}

hm_object *hm_instance_class(const hm_object *instance)
{
    return &hm_class_of(instance)->base;
}

hm_object **hm_instance_slot(hm_object *instance, size_t index)
{
    const hm_class *class = hm_class_of(instance);
    HM_ASSERT(index < class->slot_count);
    return (hm_object **)(void *)((char *)instance + class->slots_offset) + index;
}

/* named_slot by equality. */
static HM_NOINLINE hm_object **find_slot(const hm_object *instance, const hm_object *name)
{
    const hm_class *class = hm_class_of(instance);
    for (uint32_t index = 0; index < class->slot_count; index++) {
        if (hm_object_equal(hm_tuple_get(class->slot_names, index), name))
            return hm_slots_of(instance) + index;
    }
    return NULL;
}

/* The slot of this name, or NULL. */
static HM_ALWAYS_INLINE hm_object **named_slot(const hm_object *instance, const hm_object *name)
{
    const hm_class *class = hm_class_of(instance);
    if (class->slot_names == NULL)
        return NULL;
    size_t place = hm_shared_names_guess(&class->shared, name);
    if (HM_LIKELY(class->shared.names[place] == name) && class->attributes_offset == 0)
        return hm_slots_of(instance) + place;
    return find_slot(instance, name);
}

static bool no_attribute(hm_heap *heap, const hm_object *instance, hm_object *name)
{
    return hm_fail(heap, HM_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                   instance->type->name, hm_str_data(name));
}

hm_object *hm_instance_dict(hm_heap *heap, hm_object *instance)
{
    hm_attributes *attributes = hm_attributes_of(instance);
    if (attributes == NULL) {
        hm_fail(heap, HM_TYPE_ERROR, "a %s has no dict", instance->type->name);
        return NULL;
    }
    return hm_attributes_dict(heap, instance, attributes, &hm_class_of(instance)->shared);
}

/* The values of an open instance where `name` has place `*place` among them; NULL: it may have
 * one, or lie elsewhere. */
static HM_ALWAYS_INLINE hm_attributes *values_with(hm_object *instance, const hm_object *name,
                                                   size_t *place)
{
    const hm_class *class = hm_class_of(instance);
    hm_attributes *attributes = hm_open_attributes(instance);
    *place = hm_shared_names_guess(&class->shared, name);
    bool found = class->open && class->shared.names[*place] == name && attributes->dict == NULL;
    HM_ASSERT(!found || *place < attributes->capacity);
    return HM_LIKELY(found) ? attributes : NULL;
}

static HM_NOINLINE bool set_anywhere(hm_heap *heap, hm_object *instance, hm_object *name,
                                     hm_object *value)
{
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = hm_attributes_of(instance);
    if (slot != NULL) {
        hm_store(heap, instance, slot, hm_incref(value));
        return true;
    }
    if (attributes == NULL)
        return no_attribute(heap, instance, name);
    return hm_attributes_set(heap, instance, attributes, &hm_class_of(instance)->shared, name,
                             value);
}

static HM_NOINLINE bool drop(hm_heap *heap, hm_object *old)
{
    hm_decref(heap, old);
    return true;
}

bool hm_instance_set(hm_heap *heap, hm_object *instance, hm_object *name, hm_object *value)
{
    size_t place;
    hm_attributes *attributes = values_with(instance, name, &place);
    if (HM_UNLIKELY(attributes == NULL) || HM_UNLIKELY(heap->on_store != NULL))
        return set_anywhere(heap, instance, name, value);
    hm_object *old = attributes->items[place];
    hm_incref(value);
    if (old == NULL) {
        hm_attributes_begin(attributes, place, value);
        return true;
    }
    attributes->items[place] = value;
    return drop(heap, old);
}

static HM_NOINLINE hm_object *get_anywhere(hm_heap *heap, hm_object *instance, hm_object *name)
{
    const hm_class *class = hm_class_of(instance);
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = hm_attributes_of(instance);
    hm_object *value = NULL;
    if (slot != NULL)
        value = *slot;
    else if (attributes != NULL)
        value = hm_attributes_get(heap, attributes, &class->shared, name);
    return value != NULL ? value : hm_dict_get(heap, class->attributes, name);
}

hm_object *hm_instance_get(hm_heap *heap, hm_object *instance, hm_object *name)
{
    size_t place;
    const hm_attributes *attributes = values_with(instance, name, &place);
    if (HM_LIKELY(attributes != NULL) && HM_LIKELY(attributes->items[place] != NULL))
        return attributes->items[place];
    return get_anywhere(heap, instance, name);
}

bool hm_instance_delete(hm_heap *heap, hm_object *instance, hm_object *name)
{
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = hm_attributes_of(instance);
    if (slot != NULL && *slot != NULL) {
        hm_store(heap, instance, slot, NULL);
        return true;
    }
    if (attributes != NULL &&
        hm_attributes_delete(heap, attributes, &hm_class_of(instance)->shared, name))
        return true;
    return no_attribute(heap, instance, name);
}

bool hm_instance_next_attribute(const hm_object *instance, size_t *position, hm_object **name,
                                hm_object **value)
{
    const hm_class *class = hm_class_of(instance);
    for (; *position < class->slot_count; (*position)++) {
        hm_object *held = *hm_instance_slot((hm_object *)(uintptr_t)instance, *position);
        if (held == NULL)
            continue;
        *value = held;
        *name = class->slot_names == NULL ? NULL : hm_tuple_get(class->slot_names, *position);
        (*position)++;
        return true;
    }
    const hm_attributes *attributes = hm_attributes_of(instance);
    if (attributes == NULL)
        return false;
    size_t rest = *position - class->slot_count;
    bool found = hm_attributes_next(attributes, &class->shared, &rest, name, value);
    *position = rest + class->slot_count;
    return found;
}
