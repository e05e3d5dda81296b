/**
 * This module is how a weak container lies in memory and what its three kinds share, for the
 * runtime's own files.
 */
#ifndef HM_OBJECT_WEAK_CONTAINER_LAYOUT_H
#define HM_OBJECT_WEAK_CONTAINER_LAYOUT_H

#include "object/weak_container.h"

typedef struct hm_weak_container {
    hm_object base;
    hm_object *data;    /* set or dict */
    hm_object *pending; /* list of entries to be removed */
    hm_object *remover; /* every entry's callback object */
    hm_object *weaklist;
    void (*discard)(hm_heap *heap, struct hm_weak_container *container, hm_object *entry);
    size_t pop_position; /* WeakSet: where the next pop begins to look */
    uint32_t walks;      /* iterators open */
    bool deleted_some;   /* WeakKeyDictionary: a pending entry may be gone already */
} hm_weak_container;

/** The references of a container's type. */
#define HM_WEAK_CONTAINER_REFERENCES                                                               \
    {                                                                                              \
        .fixed_offset = offsetof(hm_weak_container, data), .fixed_count = 3                        \
    }

/**
 * A new tracked container over `data` (stolen; NULL fails), or NULL. `discard` removes an entry
 * from the data where it is there and dead, and cannot fail.
 */
hm_object *hm_weak_container_new(hm_heap *heap, const hm_type *type, hm_object *data,
                                 void (*discard)(hm_heap *, hm_weak_container *, hm_object *));

/** A hm_type.clear. */
void hm_weak_container_clear(hm_heap *heap, hm_object *object);

/** A hm_type.deallocate. */
void hm_weak_container_deallocate(hm_heap *heap, hm_object *object);

/** The callback of entries: makes `entry` pending, or removes it. `remover` is its context. */
bool hm_weak_container_forget(hm_heap *heap, hm_object *remover, hm_object *entry);

/** The same as a hm_weakref_callback, where the weak reference itself is the entry. */
bool hm_weak_container_forget_reference(hm_heap *heap, hm_object *weakref, void *remover);

/** Removes all that is pending. */
void hm_weak_container_commit(hm_heap *heap, hm_weak_container *container);

/** A new list of what a walk gives by `next` (a new reference; NULL: its end, or heap->error). */
hm_object *hm_weak_container_list(hm_heap *heap, hm_object *container,
                                  hm_object *(*next)(hm_heap *, hm_weak_iterator *));

/** False where the walk has ended, and, with RuntimeError, where the data changed size: it ends. */
bool hm_weak_iterator_check(hm_heap *heap, hm_weak_iterator *iterator) HM_MUST_USE;

/** The next entry of a dict's data, borrowed. False: as hm_weak_iterator_check, or it was the last:
 * the walk ends. */
bool hm_weak_iterator_entry(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                            hm_object **value) HM_MUST_USE;

#endif
