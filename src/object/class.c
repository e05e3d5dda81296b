#include "object/class.h"

#include "object/class_layout.h"
#include "object/dict.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text.h"
#include "object/tuple.h"
#include "object/weakref.h"

static void class_traverse(hm_object *object, hm_visitor visit, void *context)
{
    const hm_shared_names *shared = &((hm_class *)object)->shared;
    hm_visit_slots(shared->names, shared->count, visit, context);
}

static void class_deallocate(hm_heap *heap, hm_object *object)
{
    hm_shared_names *shared = &((hm_class *)object)->shared;
    hm_object_clear_slots(heap, object);
    while (shared->count > 0)
        hm_decref(heap, shared->names[--shared->count]);
    hm_object_free(heap, object, sizeof(hm_class));
}

const hm_type hm_class_type = {
    .name = "type",
    .basic_size = sizeof(hm_class),
    .flags = HM_TYPE_CONTAINER,
    .weaklist_offset = offsetof(hm_class, weaklist),
    .references = {.fixed_offset = offsetof(hm_class, name), .fixed_count = 3},
    .traverse = class_traverse,
    .die = hm_object_deallocate,
    .deallocate = class_deallocate};

static void instance_finalize(hm_heap *heap, hm_object *object)
{
    hm_class *class = hm_class_of(object);
    if (!class->finalizer(heap, object, class->context) && heap->error.status == HM_OK)
        hm_fail(heap, HM_RUNTIME_ERROR, "the finalizer of a %s failed", object->type->name);
}

static void instance_traverse(hm_object *object, hm_visitor visit, void *context)
{
    hm_attributes_traverse(hm_attributes_of(object), &hm_class_of(object)->shared, visit, context);
}

static void instance_clear(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_attributes_clear(heap, hm_attributes_of(object), &hm_class_of(object)->shared);
}

static size_t instance_size(const hm_object *object)
{
    return object->type->basic_size + hm_attributes_bytes(hm_attributes_of(object));
}

/* Bytes of the instance's block. */
static HM_ALWAYS_INLINE size_t block_bytes(const hm_object *instance)
{
    const hm_attributes *attributes = hm_attributes_of(instance);
    size_t values = attributes == NULL ? 0 : hm_attributes_values_bytes(attributes->capacity);
    return instance->type->basic_size + values;
}

/* The class may die with its last instance, and the instance's type lies in the class: drop it
 * last. */
static void instance_deallocate(hm_heap *heap, hm_object *object)
{
    hm_class *class = hm_class_of(object);
    object->type->clear(heap, object);
    hm_object_free(heap, object, block_bytes(object));
    hm_decref(heap, &class->base);
}

/* What has no finalizer and no weak references needs none of hm_object_deallocate's order. */
static void instance_die(hm_heap *heap, hm_object *object)
{
    const hm_type *type = object->type;
    if (hm_has_weak_references(object, type)) {
        hm_object_deallocate(heap, object);
        return;
    }
    if (!hm_die_begin(heap, object))
        return;
    hm_class *class = hm_class_of_type(type);
    hm_attributes *attributes = hm_attributes_of(object);
    size_t bytes = block_bytes(object);
    hm_object **slots = hm_slots_of(object);
    for (uint32_t index = 0; index < class->slot_count; index++)
        hm_xdecref(heap, slots[index]);
    if (attributes != NULL)
        hm_attributes_end(heap, attributes, &class->shared);
    hm_object_count_death(heap);
    hm_die_end(heap);
    hm_container_release_block(heap, object, bytes);
    hm_decref(heap, &class->base);
}

/* Drops references (NULL: none) up to the first whose object would die by it; false where there is
 * one: the slots before it are empty then. */
static HM_ALWAYS_INLINE bool drop_survivors(hm_object **slots, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        hm_object *object = slots[index];
        if (object == NULL)
            continue;
        int32_t references = (int32_t)object->reference_count;
        if (HM_LIKELY(references > 1)) {
            object->reference_count = (uint32_t)references - 1;
        } else if (references == 1) { /* else it is immortal */
            while (index-- > 0)
                slots[index] = NULL;
            return false;
        }
    }
    return true;
}

/* The quick way, where the class outlives the instance and so does all that the slots hold; false:
 * it lives, with what is left in them. */
static HM_ALWAYS_INLINE bool dies_quickly(hm_heap *heap, hm_object *object, hm_object **slots,
                                          size_t count)
{
    hm_class *class = hm_class_of(object);
    if (HM_UNLIKELY(!hm_may_die_quickly(heap, object, 0)) ||
        HM_UNLIKELY((int32_t) class->base.reference_count <= 1))
        return false;
    /* First: where nobody but the slots holds the class besides, one of them is its last. */
    class->base.reference_count--;
    if (HM_UNLIKELY(!drop_survivors(slots, count))) {
        class->base.reference_count++;
        return false;
    }
    hm_gc_list_remove(hm_gc_link_of(object));
    return true;
}

/* Of an open instance without a finalizer. */
static void open_instance_die(hm_heap *heap, hm_object *object)
{
    hm_attributes *attributes = hm_open_attributes(object);
    size_t places = attributes->capacity;
    if (HM_UNLIKELY(*hm_open_weaklist(object) != NULL) || HM_UNLIKELY(attributes->dict != NULL) ||
        HM_UNLIKELY(!dies_quickly(heap, object, attributes->items, places)))
        instance_die(heap, object);
    else
        hm_container_free_block(heap, object, hm_open_instance_bytes(places));
}

/* Of an instance that has slots only and no finalizer. */
static void record_die(hm_heap *heap, hm_object *object)
{
    const hm_class *class = hm_class_of(object);
    size_t bytes = class->instance_type.basic_size;
    if (hm_has_weak_references(object, &class->instance_type) ||
        HM_UNLIKELY(!dies_quickly(heap, object, hm_slots_of(object), class->slot_count)))
        instance_die(heap, object);
    else
        hm_container_free_block(heap, object, bytes);
}

/* Lays an instance out: head, weak references, slots, attributes; each only where asked for. */
static void lay_out(hm_class *class, const hm_class_spec *spec)
{
    hm_type *type = &class->instance_type;
    bool open_words = spec->has_dict || spec->has_weakrefs;
    uint32_t offset = sizeof(hm_object);
    if (open_words) {
        type->weaklist_offset = offset;
        offset += (uint32_t)sizeof(hm_object *);
    }
    class->slots_offset = offset;
    type->references.fixed_offset = (uint16_t)offset;
    type->references.fixed_count = (uint16_t)spec->slot_count;
    offset += spec->slot_count * (uint32_t)sizeof(hm_object *);
    class->attributes_offset = spec->has_dict ? offset : 0;
    /* CPython 3.12 and later have both words where there is either. */
    type->basic_size = offset + (open_words ? (uint32_t)sizeof(hm_object *) : 0);
}

static void describe_instances(hm_class *class, const hm_class_spec *spec)
{
    class->open = spec->has_dict && spec->slot_count == 0;
    class->instance_type = (hm_type){.name = hm_str_data(class->name),
                                     .flags = HM_TYPE_CONTAINER | HM_TYPE_INSTANCE,
                                     .owner = &class->base,
                                     .clear = hm_object_clear_slots,
                                     .die = spec->has_dict ? instance_die : record_die,
                                     .deallocate = instance_deallocate};
    if (class->open)
        class->instance_type.die = open_instance_die;
    if (spec->has_dict) {
        class->instance_type.traverse = instance_traverse;
        class->instance_type.clear = instance_clear;
        class->instance_type.size = instance_size;
    }
    if (spec->finalizer != NULL) {
        class->instance_type.finalize = instance_finalize;
        class->instance_type.die = hm_object_deallocate;
    }
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

/* A record has no names to share but those of its slots: where they stand is where the slots do. */
static void share_slot_names(hm_class *class)
{
    if (class->attributes_offset != 0 || class->slot_names == NULL)
        return;
    for (uint32_t index = 0; index < class->slot_count; index++) {
        if (!hm_shared_names_add(&class->shared, hm_tuple_get(class->slot_names, index)))
            return;
    }
}

static bool fill_class(hm_heap *heap, hm_class *class, const hm_class_spec *spec)
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

/* In CPython a class's dict has descriptors, or a finalizer's function, so that it is always
 * tracked; only a class with nothing at all has atoms alone. They come after the class itself. */
static bool has_descriptors(const hm_class_spec *spec)
{
    return spec->has_dict || spec->has_weakrefs || spec->slot_count != 0 ||
           (spec->finalizer != NULL && !spec->legacy_finalizer);
}

hm_object *hm_class_new(hm_heap *heap, const hm_class_spec *spec)
{
    if (spec->slot_count >= UINT16_MAX) {
        hm_fail(heap, HM_VALUE_ERROR, "a class has at most %d slots, not %u", UINT16_MAX - 1,
                spec->slot_count);
        return NULL;
    }
    hm_class *class = (hm_class *)hm_object_allocate(heap, &hm_class_type, sizeof(hm_class));
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
    share_slot_names(class);
    hm_track(heap, &class->base);
    if (has_descriptors(spec))
        hm_dict_stay_tracked(heap, class->attributes);
    return &class->base;
}

hm_object *hm_class_name(const hm_object *object)
{
    return ((const hm_class *)object)->name;
}

hm_object *hm_class_attributes(const hm_object *object)
{
    return ((const hm_class *)object)->attributes;
}

/* hm_instance_new of a class that is not open. */
static HM_NOINLINE hm_object *new_instance(hm_heap *heap, hm_class *class)
{
    size_t places = class->attributes_offset == 0 ? 0 : hm_shared_names_places(&class->shared);
    size_t fixed_bytes = class->instance_type.basic_size;
    size_t bytes = fixed_bytes;
    if (class->attributes_offset != 0)
        bytes += hm_attributes_values_bytes(places);
    hm_incref(&class->base);
    hm_object *instance = hm_container_allocate(heap, &class->instance_type, bytes);
    if (HM_UNLIKELY(instance == NULL)) {
        hm_decref(heap, &class->base);
        return NULL;
    }
    hm_clear_slots((hm_object **)(void *)(instance + 1),
                   (fixed_bytes - sizeof(hm_object)) / sizeof(hm_object *));
    if (class->attributes_offset != 0) {
        hm_attributes_init(hm_attributes_of(instance), places);
        hm_shared_names_use(&class->shared);
    }
    hm_track_new(heap, instance);
    return instance;
}

hm_object *hm_instance_new(hm_heap *heap, hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_class_type));
    hm_class *class = (hm_class *)object;
    if (!class->open)
        return new_instance(heap, class);
    size_t places = hm_shared_names_places(&class->shared);
    hm_incref(object);
    hm_object *instance =
        hm_container_allocate(heap, &class->instance_type, hm_open_instance_bytes(places));
    if (HM_UNLIKELY(instance == NULL)) {
        hm_decref(heap, object);
        return NULL;
    }
    *hm_open_weaklist(instance) = NULL;
    hm_attributes_init(hm_open_attributes(instance), places);
    hm_shared_names_use(&class->shared);
    hm_track_new(heap, instance);
    return instance;
}
