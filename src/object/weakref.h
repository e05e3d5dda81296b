/**
 * This module is the weak reference: it knows an object without keeping it alive, and can call back
 * when the object dies. One without a callback is shared by all who ask for it.
 *
 * An object heads the doubly linked list of its weak references and proxies
 * (hm_type.weaklist_offset): the shared reference, the shared proxy, then those with callbacks, the
 * newest first. Instances with weak references, classes, functions, methods, sets, generators and
 * the weak containers can be referenced weakly, as in CPython.
 *
 * The order at an object's death. By its last reference: its finalizer, which sees the weak
 * references alive; then all are killed; then the callbacks, newest first. By a collection: all
 * weak references to garbage are killed; the callbacks of those that are not garbage themselves;
 * then the finalizers. A callback that brings cycles (object, weak reference, callback, object) is
 * collected with them and not called.
 *
 * Two weak references are equal where both live and their referents are equal, or they are one; the
 * hash is the referent's (hm_object_equal, hm_object_hash).
 *
 * Invariant: a weak reference is in its referent's list, or its referent is NULL.
 */
#ifndef HM_OBJECT_WEAKREF_H
#define HM_OBJECT_WEAKREF_H

#include "object/heap.h"

/** Called once when the referent dies; the reference is dead already. False: heap->error. */
typedef bool (*hm_weakref_callback)(hm_heap *heap, hm_object *weakref, void *context);

extern const hm_type hm_weakref_type;

/**
 * A new reference to a weak reference to `referent`, with a callback in C or none (NULL: the shared
 * one). The caller keeps `context` alive. NULL: TypeError where the object cannot have weak
 * references, MemoryError.
 */
hm_object *hm_weakref_new(hm_heap *heap, hm_object *referent, hm_weakref_callback callback,
                          void *context);

/**
 * weakref.ref(referent, callable): like hm_weakref_new; at the referent's death hm_call gets
 * `callable` (borrowed: counted by the weak reference until then; NULL or None: none) with the weak
 * reference as its argument. The result is dropped; a failure is told as unraisable.
 */
hm_object *hm_weakref_new_calling(hm_heap *heap, hm_object *referent, hm_object *callable);

/** The object the weak reference will call, borrowed; NULL: none, or one in C (__callback__). */
hm_object *hm_weakref_callback_object(const hm_object *weakref);

/** A new reference to the object, or NULL where it is dead (no error). */
hm_object *hm_weakref_get(const hm_object *weakref);

/** How many weak references and proxies an object has (weakref.getweakrefcount); 0: or cannot. */
size_t hm_weakref_count(const hm_object *object);

/** A new list of an object's weak references and proxies, in order (weakref.getweakrefs). */
hm_object *hm_weakref_list(hm_heap *heap, hm_object *object);

/**
 * For collectors: the first weak reference or proxy to `object` in its list, borrowed, or NULL; and
 * the next one of the same referent.
 */
hm_object *hm_weakref_first(const hm_object *object);
hm_object *hm_weakref_following(const hm_object *weakref);

/** For collectors: true where the weak reference has a callback, and is not itself dying. */
bool hm_weakref_has_callback(const hm_object *weakref);

/** For collectors: kills the weak reference without calling back (_PyWeakref_ClearRef). */
void hm_weakref_kill(hm_object *weakref);

/**
 * For collectors: runs the callback of a killed weak reference, which the caller holds. The weak
 * reference keeps its callback, as on CPython's collector path; call it once only.
 */
void hm_weakref_call_back(hm_heap *heap, hm_object *weakref);

/**
 * For the deallocation path: kills all weak references, then calls back, newest first; the
 * callbacks are dropped when all have run, oldest first (PyObject_ClearWeakRefs of 3.13). A tracked
 * tuple holds both meanwhile, as there; without memory for it they are held and called all the
 * same.
 */
void hm_weakref_object_dies(hm_heap *heap, hm_object *object);

/** Kills all weak references to `object`; none calls back
 * (_PyWeakref_ClearWeakRefsExceptCallbacks).
 */
void hm_weakref_kill_all(hm_object *object);

#endif
