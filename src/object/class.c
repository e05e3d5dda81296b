#include "object/class.h"

#include "object/attributes.h"
#include "object/dict.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text.h"
#include "object/tuple.h"
#include "object/weakref.h"

typedef struct class_object {
    hm_object base;
    hm_object *name;
    hm_object *attributes;
    hm_object *slot_names; /* tuple of str; NULL: the slots have no names */
    hm_object *weaklist;
    hm_finalizer finalizer;
    void *context;
    uint32_t slot_count;
    uint32_t slots_offset;
    uint32_t attributes_offset; /* of the hm_attributes; 0: instances have slots only */
    hm_shared_names shared;
    hm_type instance_type;
} class_object;

static void class_traverse(hm_object *object, hm_visitor visit, void *context)
{
    const hm_shared_names *shared = &((class_object *)object)->shared;
    hm_visit_slots(shared->names, shared->count, visit, context);
}

static void class_deallocate(hm_heap *heap, hm_object *object)
{
    hm_shared_names *shared = &((class_object *)object)->shared;
    hm_object_clear_slots(heap, object);
    while (shared->count > 0)
        hm_decref(heap, shared->names[--shared->count]);
    hm_object_free(heap, object, sizeof(class_object));
}

const hm_type hm_class_type = {
    .name = "type",
    .basic_size = sizeof(class_object),
    .flags = HM_TYPE_CONTAINER,
    .weaklist_offset = offsetof(class_object, weaklist),
    .references = {.fixed_offset = offsetof(class_object, name), .fixed_count = 3},
    .traverse = class_traverse,
    .die = hm_object_deallocate,
    .deallocate = class_deallocate};

static class_object *class_of(const hm_object *instance)
{
    HM_ASSERT(instance->type->flags & HM_TYPE_INSTANCE);
    return (class_object *)instance->type->owner;
}

static void instance_finalize(hm_heap *heap, hm_object *object)
{
    class_object *class = class_of(object);
    if (!class->finalizer(heap, object, class->context) && heap->error.status == HM_OK)
        hm_fail(heap, HM_RUNTIME_ERROR, "the finalizer of a %s failed", object->type->name);
}

/* The field of attributes, or NULL where instances have slots only. */
static hm_attributes *attributes_of(const hm_object *instance)
{
    uint32_t offset = class_of(instance)->attributes_offset;
    if (offset == 0)
        return NULL;
    return (hm_attributes *)(void *)((char *)(uintptr_t)instance + offset);
}

static void instance_traverse(hm_object *object, hm_visitor visit, void *context)
{
    hm_attributes_traverse(attributes_of(object), &class_of(object)->shared, visit, context);
}

static void instance_clear(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_attributes_clear(heap, attributes_of(object), &class_of(object)->shared);
}

static size_t instance_size(const hm_object *object)
{
    return object->type->basic_size + hm_attributes_bytes(attributes_of(object));
}

/* The class may die with its last instance, and the instance's type lies in the class: drop it
 * last. */
static void instance_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object *owner = object->type->owner;
    object->type->clear(heap, object);
    hm_object_free(heap, object, object->type->basic_size);
    hm_decref(heap, owner);
}

/* What has no finalizer and no weak references needs none of hm_object_deallocate's order. */
static void instance_die(hm_heap *heap, hm_object *object)
{
    const hm_type *type = object->type;
    if (HM_UNLIKELY(type->finalize != NULL) || hm_has_weak_references(object, type)) {
        hm_object_deallocate(heap, object);
        return;
    }
    if (!hm_die_begin(heap, object))
        return;
    class_object *class = (class_object *)type->owner;
    size_t bytes = type->basic_size;
    hm_object **slots = (hm_object **)(void *)((char *)object + class->slots_offset);
    for (uint32_t index = 0; index < class->slot_count; index++)
        hm_xdecref(heap, slots[index]);
    hm_attributes *attributes = attributes_of(object);
    if (attributes != NULL && *attributes != 0)
        hm_attributes_clear(heap, attributes, &class->shared);
    hm_object_count_death(heap);
    hm_die_end(heap);
    hm_container_release_block(heap, object, bytes);
    hm_decref(heap, &class->base);
}

/* Lays an instance out: head, weak references, attributes, slots; each only where asked for. */
static void lay_out(class_object *class, const hm_class_spec *spec)
{
    hm_type *type = &class->instance_type;
    uint32_t offset = sizeof(hm_object);
    if (spec->has_dict || spec->has_weakrefs) {
        type->weaklist_offset = offset;
        offset += (uint32_t)sizeof(hm_object *);
    }
    class->attributes_offset = spec->has_dict ? offset : 0;
    /* CPython 3.12 and later have both words where there is either. */
    if (spec->has_dict || spec->has_weakrefs)
        offset += (uint32_t)sizeof(hm_attributes);
    class->slots_offset = offset;
    type->references.fixed_offset = (uint16_t)offset;
    type->references.fixed_count = (uint16_t)spec->slot_count;
    type->basic_size = offset + spec->slot_count * (uint32_t)sizeof(hm_object *);
}

static void describe_instances(class_object *class, const hm_class_spec *spec)
{
    class->instance_type = (hm_type){.name = hm_str_data(class->name),
                                     .flags = HM_TYPE_CONTAINER | HM_TYPE_INSTANCE,
                                     .owner = &class->base,
                                     .clear = hm_object_clear_slots,
                                     .die = instance_die,
                                     .deallocate = instance_deallocate};
    if (spec->has_dict) {
        class->instance_type.traverse = instance_traverse;
        class->instance_type.clear = instance_clear;
        class->instance_type.size = instance_size;
    }
    if (spec->finalizer != NULL)
        class->instance_type.finalize = instance_finalize;
    if (spec->legacy_finalizer)
        class->instance_type.flags |= HM_TYPE_LEGACY_FINALIZER;
    lay_out(class, spec);
}

/* A tuple of the slots' names; NULL without an error where they have none. */
static hm_object *make_slot_names(hm_heap *heap, const hm_class_spec *spec)
{
    if (spec->slot_names == NULL || spec->slot_count == 0)
        return NULL;
    hm_object *names = hm_tuple_new(heap, spec->slot_count);
    for (uint32_t index = 0; names != NULL && index < spec->slot_count; index++) {
        hm_object *name = hm_str_interned(heap, spec->slot_names[index]);
        if (name != NULL) {
            hm_tuple_set(heap, names, index, name);
        } else {
            hm_decref(heap, names);
            names = NULL;
        }
    }
    return names;
}

static bool fill_class(hm_heap *heap, class_object *class, const hm_class_spec *spec)
{
    hm_store_first(heap, &class->base, &class->name, hm_str_from(heap, spec->name));
    if (class->name == NULL)
        return false;
    hm_store_first(heap, &class->base, &class->attributes, hm_dict_new(heap));
    if (class->attributes == NULL)
        return false;
    hm_store_first(heap, &class->base, &class->slot_names, make_slot_names(heap, spec));
    return class->slot_names != NULL || spec->slot_names == NULL || spec->slot_count == 0;
}

hm_object *hm_class_new(hm_heap *heap, const hm_class_spec *spec)
{
    if (spec->slot_count >= UINT16_MAX) {
        hm_fail(heap, HM_VALUE_ERROR, "a class has at most %d slots, not %u", UINT16_MAX - 1,
                spec->slot_count);
        return NULL;
    }
    class_object *class =
        (class_object *)hm_object_allocate(heap, &hm_class_type, sizeof(class_object));
    if (class == NULL)
        return NULL;
    class->name = NULL;
    class->attributes = NULL;
    class->slot_names = NULL;
    class->weaklist = NULL;
    class->finalizer = spec->finalizer;
    class->context = spec->context;
    class->slot_count = spec->slot_count;
    hm_shared_names_init(&class->shared);
    if (!fill_class(heap, class, spec)) {
        hm_decref(heap, &class->base);
        return NULL;
    }
    describe_instances(class, spec);
    hm_track(heap, &class->base);
    return &class->base;
}

hm_object *hm_class_name(const hm_object *object)
{
    return ((const class_object *)object)->name;
}

hm_object *hm_class_attributes(const hm_object *object)
{
    return ((const class_object *)object)->attributes;
}

hm_object *hm_instance_new(hm_heap *heap, hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_class_type));
    class_object *class = (class_object *)object;
    size_t bytes = class->instance_type.basic_size;
    hm_incref(object);
    hm_object *instance = hm_container_allocate(heap, &class->instance_type, bytes);
    if (instance == NULL) {
        hm_decref(heap, object);
        return NULL;
    }
    hm_clear_slots((hm_object **)(void *)(instance + 1),
                   (bytes - sizeof(hm_object)) / sizeof(hm_object *));
    hm_shared_names_use(&class->shared);
    hm_track_new(heap, instance);
    return instance;
}

bool hm_instance_share_name(hm_object *instance, hm_object *name)
{
    return hm_shared_names_add(&class_of(instance)->shared, name);
}

hm_object *hm_instance_class(const hm_object *instance)
{
    return &class_of(instance)->base;
}

hm_object **hm_instance_slot(hm_object *instance, size_t index)
{
    const class_object *class = class_of(instance);
    HM_ASSERT(index < class->slot_count);
    return (hm_object **)(void *)((char *)instance + class->slots_offset) + index;
}

/* named_slot of an instance whose slots have names. */
static HM_NOINLINE hm_object **find_slot(const hm_object *instance, const hm_object *name)
{
    const class_object *class = class_of(instance);
    for (uint32_t index = 0; index < class->slot_count; index++) {
        if (hm_object_equal(hm_tuple_get(class->slot_names, index), name))
            return hm_instance_slot((hm_object *)(uintptr_t)instance, index);
    }
    return NULL;
}

/* The slot of this name, or NULL. */
static HM_ALWAYS_INLINE hm_object **named_slot(const hm_object *instance, const hm_object *name)
{
    return class_of(instance)->slot_names == NULL ? NULL : find_slot(instance, name);
}

static bool no_attribute(hm_heap *heap, const hm_object *instance, hm_object *name)
{
    return hm_fail(heap, HM_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                   instance->type->name, hm_str_data(name));
}

hm_object *hm_instance_dict(hm_heap *heap, hm_object *instance)
{
    hm_attributes *attributes = attributes_of(instance);
    if (attributes == NULL) {
        hm_fail(heap, HM_TYPE_ERROR, "a %s has no dict", instance->type->name);
        return NULL;
    }
    return hm_attributes_dict(heap, instance, attributes, &class_of(instance)->shared);
}

bool hm_instance_set(hm_heap *heap, hm_object *instance, hm_object *name, hm_object *value)
{
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = attributes_of(instance);
    if (slot != NULL) {
        hm_store(heap, instance, slot, hm_incref(value));
        return true;
    }
    if (attributes == NULL)
        return no_attribute(heap, instance, name);
    return hm_attributes_set(heap, instance, attributes, &class_of(instance)->shared, name, value);
}

hm_object *hm_instance_get(hm_heap *heap, hm_object *instance, hm_object *name)
{
    const class_object *class = class_of(instance);
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = attributes_of(instance);
    hm_object *value = NULL;
    if (slot != NULL)
        value = *slot;
    else if (attributes != NULL)
        value = hm_attributes_get(heap, attributes, &class->shared, name);
    return value != NULL ? value : hm_dict_get(heap, class->attributes, name);
}

bool hm_instance_delete(hm_heap *heap, hm_object *instance, hm_object *name)
{
    hm_object **slot = named_slot(instance, name);
    hm_attributes *attributes = attributes_of(instance);
    if (slot != NULL && *slot != NULL) {
        hm_store(heap, instance, slot, NULL);
        return true;
    }
    if (attributes != NULL &&
        hm_attributes_delete(heap, attributes, &class_of(instance)->shared, name))
        return true;
    return no_attribute(heap, instance, name);
}

bool hm_instance_next_attribute(const hm_object *instance, size_t *position, hm_object **name,
                                hm_object **value)
{
    const class_object *class = class_of(instance);
    for (; *position < class->slot_count; (*position)++) {
        hm_object *held = *hm_instance_slot((hm_object *)(uintptr_t)instance, *position);
        if (held == NULL)
            continue;
        *value = held;
        *name = class->slot_names == NULL ? NULL : hm_tuple_get(class->slot_names, *position);
        (*position)++;
        return true;
    }
    const hm_attributes *attributes = attributes_of(instance);
    if (attributes == NULL)
        return false;
    size_t rest = *position - class->slot_count;
    bool found = hm_attributes_next(attributes, &class->shared, &rest, name, value);
    *position = rest + class->slot_count;
    return found;
}
