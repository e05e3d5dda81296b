/**
 * This module is how a weak reference lies in memory, for the runtime's own files: references,
 * proxies and the keyed references of a WeakValueDictionary share it.
 *
 * Words: a *counted* callback is an object, held and traversed by the weak reference; a *native*
 * one is a C function with a context that nobody counts. *Shared* is the one weak reference without
 * a callback that all askers get, of each of the kinds reference and proxy.
 *
 * Invariant: the shared ones stand at the head of their referent's list, the reference before the
 * proxy; behind them the newest comes first.
 */
#ifndef HM_OBJECT_WEAKREF_LAYOUT_H
#define HM_OBJECT_WEAKREF_LAYOUT_H

#include "object/weakref.h"

/** 64 bytes, as CPython's PyWeakReference. */
typedef struct hm_weak_reference {
    hm_object base;
    hm_object *referent; /* not counted; NULL: dead */
    union {
        hm_object *callback; /* counted; NULL: none. Given to `invoke` as its context */
        void *context;       /* of hm_weakref_native_type */
    };
    uint64_t hash; /* HM_WEAKREF_NOT_HASHED: not asked for yet */
    struct hm_weak_reference *next;
    union {
        struct hm_weak_reference *previous;
        void *taken; /* the callback, taken out while the referent's death calls it */
    };
    hm_weakref_callback invoke; /* NULL: the callback is called by hm_call */
} hm_weak_reference;

#define HM_WEAKREF_NOT_HASHED UINT64_MAX

/** A weak reference with an uncounted context. */
extern const hm_type hm_weakref_native_type;

/** The references a counted weak reference holds. */
#define HM_WEAKREF_REFERENCES                                                                      \
    {                                                                                              \
        .fixed_offset = offsetof(hm_weak_reference, callback), .fixed_count = 1                    \
    }

/**
 * A new reference to a weak reference of `type`, of at least basic_size bytes, to `referent`: the
 * shared one where `callback` is NULL and one lives. `callback` (borrowed) is called by `invoke`,
 * or by hm_call where that is NULL. NULL: TypeError where the referent cannot have one,
 * MemoryError.
 */
hm_object *hm_weakref_make(hm_heap *heap, const hm_type *type, hm_object *referent,
                           hm_weakref_callback invoke, void *callback);

/** The referent where it lives, borrowed, or NULL. */
hm_object *hm_weakref_peek(const hm_object *weakref);

/** Kills the weak reference and drops its callback: a hm_type.clear (CPython's clear_weakref). */
void hm_weakref_clear(hm_heap *heap, hm_object *weakref);

/** hm_weakref_clear, and frees it: a hm_type.deallocate. */
void hm_weakref_deallocate(hm_heap *heap, hm_object *weakref);

/** hash() of a weak reference: its referent's, kept. False: TypeError, dead or unhashable. */
bool hm_weakref_hash(hm_heap *heap, hm_object *weakref, uint64_t *hash) HM_MUST_USE;

/** True for a proxy of either type. */
bool hm_is_weakproxy(const hm_object *object);

#endif
