/**
 * This module is how a class and its instances lie in memory, shared by class.c, where they are
 * made and die, and instance.c, where attributes are set and read.
 *
 * An instance is its head, the head of its weak references, its slots, and its attributes, each
 * only where its class asked for it: where the attributes' values begin, the type's basic_size
 * ends. An *open* instance is the common one: attributes and no slots, so all of it lies at known
 * places.
 */
#ifndef HM_OBJECT_CLASS_LAYOUT_H
#define HM_OBJECT_CLASS_LAYOUT_H

#include "object/attributes.h"
#include "object/class.h"

typedef struct hm_class {
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
    bool open;                  /* instances are open */
    hm_shared_names shared;
    hm_type instance_type;
} hm_class;

/* Where an open instance has what it has beside its head. */
enum {
    HM_OPEN_WEAKLIST = sizeof(hm_object),
    HM_OPEN_ATTRIBUTES = HM_OPEN_WEAKLIST + sizeof(hm_object *)
};

/** Bytes of an open instance with so many places. */
static HM_ALWAYS_INLINE size_t hm_open_instance_bytes(size_t places)
{
    return HM_OPEN_ATTRIBUTES + sizeof(hm_object *) + hm_attributes_values_bytes(places);
}

/** The head of an open instance's weak references. */
static HM_ALWAYS_INLINE hm_object **hm_open_weaklist(hm_object *instance)
{
    return (hm_object **)(void *)((char *)instance + HM_OPEN_WEAKLIST);
}

static HM_ALWAYS_INLINE hm_attributes *hm_open_attributes(hm_object *instance)
{
    return (hm_attributes *)(void *)((char *)instance + HM_OPEN_ATTRIBUTES);
}

/** The class that the type of an instance lies in. */
static HM_ALWAYS_INLINE hm_class *hm_class_of_type(const hm_type *type)
{
    HM_ASSERT(type->flags & HM_TYPE_INSTANCE);
    return (hm_class *)(void *)((char *)(uintptr_t)type - offsetof(hm_class, instance_type));
}

static HM_ALWAYS_INLINE hm_class *hm_class_of(const hm_object *instance)
{
    return hm_class_of_type(instance->type);
}

/** The attributes of an instance, or NULL where it has slots only. */
static HM_ALWAYS_INLINE hm_attributes *hm_attributes_of(const hm_object *instance)
{
    uint32_t offset = hm_class_of(instance)->attributes_offset;
    if (offset == 0)
        return NULL;
    return (hm_attributes *)(void *)((char *)(uintptr_t)instance + offset);
}

static HM_ALWAYS_INLINE hm_object **hm_slots_of(const hm_object *instance)
{
    uint32_t offset = hm_class_of(instance)->slots_offset;
    return (hm_object **)(void *)((char *)(uintptr_t)instance + offset);
}

#endif
