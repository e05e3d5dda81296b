/**
 * This module is classes and their instances, so that workloads make objects as Python code does:
 * with slots (16 bytes and 8 a slot), with attributes of any name or weak references (16 more for
 * either), with a finalizer.
 *
 * A class is a tracked object that carries the hm_type of its instances; each instance counts a
 * reference to its class, as in CPython since 3.8.
 */
#ifndef HM_OBJECT_CLASS_H
#define HM_OBJECT_CLASS_H

#include "object/heap.h"

/**
 * A finalizer (__del__): may store `self` somewhere and so bring it back. False: it failed, with
 * heap->error set; that is told as HM_EVENT_UNRAISABLE and goes no further.
 */
typedef bool (*hm_finalizer)(hm_heap *heap, hm_object *self, void *context);

/** What a class is made from. */
typedef struct hm_class_spec {
    const char *name;              /**< copied into a str of the heap */
    uint32_t slot_count;           /**< __slots__: references in the instance itself */
    const char *const *slot_names; /**< slot_count of them, copied; NULL: they have none */
    bool has_dict;          /**< instances have attributes of any name (see object/attributes.h) */
    bool has_weakrefs;      /**< instances can be weakly referenced; always so with a dict */
    bool legacy_finalizer;  /**< the finalizer makes a cycle uncollectable (tp_del) */
    hm_finalizer finalizer; /**< NULL: none */
    void *context;          /**< handed to the finalizer; the caller keeps it alive */
} hm_class_spec;

extern const hm_type hm_class_type;

/** A new class, or NULL. */
hm_object *hm_class_new(hm_heap *heap, const hm_class_spec *spec);

/** The class's name, borrowed. */
hm_object *hm_class_name(const hm_object *class_object);

/** The class's own attributes (a dict), borrowed. */
hm_object *hm_class_attributes(const hm_object *class_object);

/** A new instance with empty slots, tracked, or NULL. */
hm_object *hm_instance_new(hm_heap *heap, hm_object *class_object);

/** The class of an instance, borrowed. */
hm_object *hm_instance_class(const hm_object *instance);

/** The address of slot `index` (below slot_count), to read or to hm_store into. */
hm_object **hm_instance_slot(hm_object *instance, size_t index);

/**
 * Sets attribute `name` (an interned str, borrowed) to `value` (borrowed): a slot of that name, or
 * one of the instance's own. False: MemoryError; AttributeError where it can have no such
 * attribute.
 */
bool hm_instance_set(hm_heap *heap, hm_object *instance, hm_object *name,
                     hm_object *value) HM_MUST_USE;

/** The attribute `name`, borrowed, of the instance or its class; NULL: absent (no error). */
hm_object *hm_instance_get(hm_heap *heap, hm_object *instance, hm_object *name);

/**
 * Removes attribute `name`. False: AttributeError where the instance has none of that name.
 */
bool hm_instance_delete(hm_heap *heap, hm_object *instance, hm_object *name) HM_MUST_USE;

/**
 * The instance's `__dict__`, borrowed: made of its attributes when first asked for, and where they
 * live from then on. NULL: it cannot have one, or no memory.
 */
hm_object *hm_instance_dict(hm_heap *heap, hm_object *instance);

/**
 * Steps through the attributes (slots that are set, then those of the dict) wherever they lie:
 * start with `*position` 0; false at the end. Name and value are borrowed; the name is NULL for a
 * slot that the class gave none. The instance must not change in between.
 */
bool hm_instance_next_attribute(const hm_object *instance, size_t *position, hm_object **name,
                                hm_object **value);

#endif
