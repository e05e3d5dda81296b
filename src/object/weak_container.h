/**
 * This module is what WeakSet, WeakKeyDictionary and WeakValueDictionary share: a container over an
 * ordinary set or dict of weak references, whose dead entries drop by themselves, and which can be
 * stepped through while objects die.
 *
 * Words: an *entry* is a weak reference in the data, for a WeakValueDictionary the key it stands
 * under. The *remover* is the callback object all entries share; it knows the container only
 * weakly, so that entries that outlive it do no harm. While an iterator is open, the entries of the
 * dead are *pending*: written down, and removed when the last iterator closes.
 *
 * The rules are those of Lib/weakref.py and Lib/_weakrefset.py of CPython 3.13. A container here is
 * one object with its data, its list of pending entries and its remover; CPython makes it of more
 * (an instance, a function, a tuple, a set), so collections count fewer objects here.
 *
 * Invariant: no entry is pending while no iterator is open; what a function hands out was alive.
 */
#ifndef HM_OBJECT_WEAK_CONTAINER_H
#define HM_OBJECT_WEAK_CONTAINER_H

#include "object/weakref.h"

/** A walk through a weak container: opened by hm_weak_iterator_begin, always ended. */
typedef struct hm_weak_iterator {
    hm_object *container; /**< held; NULL: ended */
    size_t position;
    size_t data_length; /**< at the beginning: the data must not change it */
} hm_weak_iterator;

/** True for a WeakSet, a WeakKeyDictionary or a WeakValueDictionary. */
bool hm_is_weak_container(const hm_object *object);

/** Opens a walk: until it ends, the entries of dying objects stay pending. Holds the container. */
void hm_weak_iterator_begin(hm_heap *heap, hm_object *container, hm_weak_iterator *iterator);

/**
 * Ends a walk, finished or not, and lets go of the container; the last one removes the pending
 * entries. A walk that came to its end by itself has done so already: then nothing happens.
 */
void hm_weak_iterator_end(hm_heap *heap, hm_weak_iterator *iterator);

/** len() of any weak container. */
size_t hm_weak_container_length(hm_heap *heap, hm_object *container);

/** `key in container` for any weak container; false where unhashable too (heap->error tells). */
bool hm_weak_container_contains(hm_heap *heap, hm_object *container, hm_object *key);

#endif
