/**
 * This module is classes and their instances, so that workloads make objects as Python code does:
 * with slots (16 bytes and 8 a slot), with a dict of attributes, with weak references, with a
 * finalizer.
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
    const char *name;       /**< copied into a str of the heap */
    uint32_t slot_count;    /**< __slots__: references in the instance itself */
    bool has_dict;          /**< instances have a dict for attributes, made when first needed */
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

/** Sets attribute `name` (an interned str, borrowed) in the dict to `value` (borrowed). */
bool hm_instance_set(hm_heap *heap, hm_object *instance, hm_object *name,
                     hm_object *value) HM_MUST_USE;

/** The attribute `name`, borrowed, from the instance's dict or its class; NULL: absent. */
hm_object *hm_instance_get(hm_heap *heap, hm_object *instance, hm_object *name);

/** The instance's dict, borrowed, made if need be; NULL: it cannot have one, or no memory. */
hm_object *hm_instance_dict(hm_heap *heap, hm_object *instance);

#endif
