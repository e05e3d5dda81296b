#include "object/class.h"

#include "object/dict.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text.h"
#include "object/weakref.h"

typedef struct class_object {
    hm_object base;
    hm_object *name;
    hm_object *attributes;
    hm_object *weaklist;
    hm_finalizer finalizer;
    void *context;
    uint32_t slot_count;
    uint32_t slots_offset;
    uint32_t dict_offset; /* 0: instances have no dict */
    hm_type instance_type;
} class_object;

static void class_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(class_object));
}

const hm_type hm_class_type = {
    .name = "type",
    .basic_size = sizeof(class_object),
    .flags = HM_TYPE_CONTAINER,
    .weaklist_offset = offsetof(class_object, weaklist),
    .references = {.fixed_offset = offsetof(class_object, name), .fixed_count = 2},
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

/* The class may die with its last instance, and the instance's type lies in the class: drop it
 * last. */
static void instance_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object *owner = object->type->owner;
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, object->type->basic_size);
    hm_decref(heap, owner);
}

/* Lays an instance out: head, weak references, dict, slots; each only where asked for. */
static void lay_out(class_object *class, const hm_class_spec *spec)
{
    hm_type *type = &class->instance_type;
    uint32_t offset = sizeof(hm_object);
    if (spec->has_dict || spec->has_weakrefs) {
        type->weaklist_offset = offset;
        offset += (uint32_t)sizeof(hm_object *);
    }
    type->references.fixed_offset = (uint16_t)offset;
    type->references.fixed_count = (uint16_t)(spec->slot_count + (spec->has_dict ? 1 : 0));
    class->dict_offset = spec->has_dict ? offset : 0;
    if (spec->has_dict)
        offset += (uint32_t)sizeof(hm_object *);
    class->slots_offset = offset;
    type->basic_size = offset + spec->slot_count * (uint32_t)sizeof(hm_object *);
}

static void describe_instances(class_object *class, const hm_class_spec *spec)
{
    class->instance_type = (hm_type){.name = hm_str_data(class->name),
                                     .flags = HM_TYPE_CONTAINER | HM_TYPE_INSTANCE,
                                     .owner = &class->base,
                                     .clear = hm_object_clear_slots,
                                     .deallocate = instance_deallocate};
    if (spec->finalizer != NULL)
        class->instance_type.finalize = instance_finalize;
    if (spec->legacy_finalizer)
        class->instance_type.flags |= HM_TYPE_LEGACY_FINALIZER;
    lay_out(class, spec);
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
    class->weaklist = NULL;
    class->finalizer = spec->finalizer;
    class->context = spec->context;
    class->slot_count = spec->slot_count;
    hm_object *name = hm_str_from(heap, spec->name);
    hm_object *attributes = name == NULL ? NULL : hm_dict_new(heap);
    hm_store_first(heap, &class->base, &class->name, name);
    hm_store_first(heap, &class->base, &class->attributes, attributes);
    if (attributes == NULL) {
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
    hm_object *instance = hm_object_allocate(heap, &class->instance_type, bytes);
    if (instance == NULL) {
        hm_decref(heap, object);
        return NULL;
    }
    hm_object **field = (hm_object **)(void *)(instance + 1);
    for (size_t index = 0; index < (bytes - sizeof(hm_object)) / sizeof(hm_object *); index++)
        field[index] = NULL;
    hm_track(heap, instance);
    return instance;
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

hm_object *hm_instance_dict(hm_heap *heap, hm_object *instance)
{
    const class_object *class = class_of(instance);
    if (class->dict_offset == 0) {
        hm_fail(heap, HM_TYPE_ERROR, "a %s has no dict", instance->type->name);
        return NULL;
    }
    hm_object **slot = (hm_object **)(void *)((char *)instance + class->dict_offset);
    if (*slot == NULL) {
        hm_object *dict = hm_dict_new(heap);
        if (dict != NULL)
            hm_store(heap, instance, slot, dict);
    }
    return *slot;
}

bool hm_instance_set(hm_heap *heap, hm_object *instance, hm_object *name, hm_object *value)
{
    hm_object *dict = hm_instance_dict(heap, instance);
    return dict != NULL && hm_dict_set(heap, dict, name, value);
}

hm_object *hm_instance_get(hm_heap *heap, hm_object *instance, hm_object *name)
{
    const class_object *class = class_of(instance);
    hm_object *value = NULL;
    if (class->dict_offset != 0) {
        hm_object *dict = *(hm_object **)(void *)((char *)instance + class->dict_offset);
        value = dict == NULL ? NULL : hm_dict_get(heap, dict, name);
    }
    return value != NULL ? value : hm_dict_get(heap, class->attributes, name);
}
