/**
 * This module is the weak reference: it knows an object without keeping it alive, and can call back
 * when the object dies. One without a callback is shared by all who ask for it.
 *
 * An object heads the doubly linked list of its weak references (hm_type.weaklist_offset); the
 * shared one stands first. Instances with weak references, classes, functions, methods, sets and
 * generators can be referenced weakly, as in CPython.
 *
 * Invariant: a weak reference is in its referent's list, or its referent is NULL.
 */
#ifndef HM_OBJECT_WEAKREF_H
#define HM_OBJECT_WEAKREF_H

#include "object/heap.h"

/** Called once when the referent dies; the reference is dead already. False: heap->error. */
typedef bool (*hm_weakref_callback)(hm_heap *heap, hm_object *weakref, void *context);

extern const hm_type hm_weakref_type;

/** A new reference to a weak reference to `referent`; TypeError where it cannot have one. */
hm_object *hm_weakref_new(hm_heap *heap, hm_object *referent, hm_weakref_callback callback,
                          void *context);

/** A new reference to the object, or NULL where it is dead (no error). */
hm_object *hm_weakref_get(const hm_object *weakref);

/** How many weak references an object has (weakref.getweakrefcount). */
size_t hm_weakref_count(const hm_object *object);

/**
 * For collectors: the first weak reference to `object` in its list, borrowed, or NULL; and the next
 * one of the same referent.
 */
hm_object *hm_weakref_first(const hm_object *object);
hm_object *hm_weakref_following(const hm_object *weakref);

/** True where the weak reference has a callback. */
bool hm_weakref_has_callback(const hm_object *weakref);

/** For collectors: kills the weak reference without calling back. */
void hm_weakref_kill(hm_object *weakref);

/** For collectors: runs the callback of a killed weak reference, once. */
void hm_weakref_call_back(hm_heap *heap, hm_object *weakref);

/** For the deallocation path: kills all weak references, then calls back, newest first. */
void hm_weakref_object_dies(hm_heap *heap, hm_object *object);

#endif
