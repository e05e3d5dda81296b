/**
 * This module is the object: a reference count, a word for the collector and a type, so that every
 * value of the runtime can be counted, traversed and freed in one way.
 *
 * Words: a *container* is an object that can hold references to others and so be part of a cycle;
 * an *atom* cannot. A container is *tracked* while its collector knows it. An *immortal* object is
 * shared by all heaps, never counted and never freed. *To own a new reference* is to have to drop
 * it with hm_decref; a *borrowed* one lives as long as its owner; a *stolen* one is the callee's
 * from then on.
 *
 * Invariant: the count of a live mortal object is at least the number of slots that hold it, and
 * each of the two 32-bit words is always read and written at that width (mixing widths costs a
 * store-forward stall).
 */
#ifndef HM_OBJECT_OBJECT_H
#define HM_OBJECT_OBJECT_H

#include "base/attributes.h"
#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hm_heap hm_heap;
typedef struct hm_type hm_type;

/** The head of every object: 16 bytes. */
typedef struct hm_object {
    uint32_t reference_count;
    uint32_t collector_word; /**< HM_WORD_* flags, and below them the collector's own bits */
    const hm_type *type;
} hm_object;

/** The head of an object with a number of items: tuple, str, bytes, list. */
typedef struct hm_variable_object {
    hm_object base;
    size_t length;
} hm_variable_object;

/** The count of an immortal object, as sys.getrefcount shows it in CPython 3.12 and later. */
#define HM_IMMORTAL_COUNT UINT32_MAX

/* The collector word: three flags of the runtime, the other bits the collector's. */
#define HM_WORD_FINALIZED 0x80000000u /**< its finalizer has run; it never runs again */
#define HM_WORD_DEFERRED  0x40000000u /**< dead, its deallocation waits (see deallocate.c) */
#define HM_WORD_TRACKED   0x20000000u /**< its collector knows it */
#define HM_WORD_COLLECTOR 0x1fffffffu /**< the collector's own bits: a dense id, or its state */

/** Called with each object another one refers to; `referent` is never NULL, and is borrowed. */
typedef void (*hm_visitor)(hm_object *referent, void *context);

/**
 * Where an object's references lie, as data: a run of fixed slots and one vector of slots, so that
 * a collector's inner loop needs no indirect call on a mixed heap. Slots may hold NULL.
 */
typedef struct hm_references {
    uint16_t fixed_offset;  /**< bytes from the object's start to the first fixed slot */
    uint16_t fixed_count;   /**< 0: none */
    uint16_t vector_offset; /**< to the first item, or to the pointer to it; 0: no vector */
    uint16_t length_offset; /**< to the size_t that counts the vector's items */
    bool vector_is_pointer; /**< the items lie in a block of their own (list) */
    bool vector_backwards;  /**< visited from the last item on, as CPython visits list and tuple */
} hm_references;

enum {
    HM_TYPE_CONTAINER = 1 << 0, /**< has the collector's prefix; may be tracked */
    HM_TYPE_TUPLE = 1 << 1,     /**< for the untracking rules of collectors */
    HM_TYPE_DICT = 1 << 2,
    HM_TYPE_WEAKREF = 1 << 3,
    HM_TYPE_INSTANCE = 1 << 4,         /**< an instance of a class; `owner` is that class */
    HM_TYPE_LEGACY_FINALIZER = 1 << 5, /**< its finalizer makes a cycle uncollectable */
    HM_TYPE_STR = 1 << 6,
    HM_TYPE_INT = 1 << 7,
    HM_TYPE_WEAKREFS_FIRST = 1 << 8 /**< weak references die before its finalizer (generator) */
};

/** A type: what the runtime and the collectors must know of an object, and what to do with it. */
struct hm_type {
    const char *name;
    uint32_t basic_size; /**< bytes without items, head included, collector's prefix not */
    uint32_t item_size;  /**< bytes an item that lies in the object itself; 0: none does */
    uint32_t flags;
    uint32_t weaklist_offset; /**< to the slot that heads its weak references; 0: none possible */
    hm_references references;
    hm_object *owner; /**< the class of an instance type (borrowed here, counted by instances) */

    /** References no descriptor can say (dict, set); NULL: the descriptor says all. */
    void (*traverse)(hm_object *object, hm_visitor visit, void *context);
    /** Drops what may be part of a cycle; the object stays valid. NULL: holds nothing to clear. */
    void (*clear)(hm_heap *heap, hm_object *object);
    /** Runs its finalizer, once in its life; may bring it back to life. NULL: has none. */
    void (*finalize)(hm_heap *heap, hm_object *object);
    /** Ends its life when its count has become 0: hm_object_deallocate, or a shorter way to the
       same end for a type that can have no finalizer, or no weak references, or is an atom. */
    void (*die)(hm_heap *heap, hm_object *object);
    /** Drops its references and frees its memory; finalizer and weak references are done. */
    void (*deallocate)(hm_heap *heap, hm_object *object);
    /** Bytes of the object and the blocks only it owns, prefix excluded; NULL: basic + items. */
    size_t (*size)(const hm_object *object);
};

/** True where the object is never counted nor freed. */
static inline bool hm_is_immortal(const hm_object *object)
{
    return (int32_t)object->reference_count < 0;
}

/** Adds a reference and returns the object. Nothing to do for an immortal one. */
static HM_ALWAYS_INLINE hm_object *hm_incref(hm_object *object)
{
    uint32_t count;
    if (HM_LIKELY(!__builtin_add_overflow(object->reference_count, 1u, &count)))
        object->reference_count = count;
    return object;
}

/** hm_incref for a reference that may be NULL. */
static inline hm_object *hm_xincref(hm_object *object)
{
    return object == NULL ? NULL : hm_incref(object);
}

/** Ends the life of a container whose count has just become 0: finalizer, weak references, memory.
 * A hm_type.die. */
void hm_object_deallocate(hm_heap *heap, hm_object *object);

/**
 * Debug builds: a decref found a count of 0. RuntimeError in heap->error, told as unraisable; the
 * object stays as it is (CPython's debug build ends the process: _Py_NegativeRefcount).
 */
void hm_object_negative_count(hm_heap *heap, hm_object *object);

/** Drops a reference the caller owns; at the last one the object dies (CPython's Py_DECREF). */
static HM_ALWAYS_INLINE void hm_decref(hm_heap *heap, hm_object *object)
{
#if HM_DEBUG >= 1
    if (HM_UNLIKELY(object->reference_count == 0)) {
        hm_object_negative_count(heap, object);
        return;
    }
#endif
    uint32_t count = object->reference_count - 1;
    if (count == 0) {
        object->reference_count = 0;
        object->type->die(heap, object);
    } else if (HM_LIKELY((int32_t)count > 0)) { /* else it is immortal */
        object->reference_count = count;
    }
}

/** hm_decref for a reference that may be NULL. */
static HM_ALWAYS_INLINE void hm_xdecref(hm_heap *heap, hm_object *object)
{
    if (object != NULL)
        hm_decref(heap, object);
}

/** Python's id(): unlike that of any other object alive at the same time. */
static inline uint64_t hm_id(const hm_object *object)
{
    return (uint64_t)(uintptr_t)object;
}

/** True while the object's collector knows it (gc.is_tracked). */
static inline bool hm_is_tracked(const hm_object *object)
{
    return (object->collector_word & HM_WORD_TRACKED) != 0;
}

/** True for an object that can be part of a cycle, tracked or not. */
static inline bool hm_is_container(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_CONTAINER) != 0;
}

/**
 * False for what a collector will never see in a cycle: atoms, and tuples found to hold only atoms
 * (CPython's _PyObject_GC_MAY_BE_TRACKED).
 */
static inline bool hm_may_be_tracked(const hm_object *object)
{
    return hm_is_container(object) &&
           (hm_is_tracked(object) || !(object->type->flags & HM_TYPE_TUPLE));
}

/** True where the object is an instance of exactly this type. */
static inline bool hm_is(const hm_object *object, const hm_type *type)
{
    return object->type == type;
}

/**
 * Makes `count` new slots empty. The stores are atomic so that they stay stores: a compiler would
 * make a call of memset of the loop, which costs more than the few slots most objects have.
 */
static HM_ALWAYS_INLINE void hm_clear_slots(hm_object **slots, size_t count)
{
    for (size_t index = 0; index < count; index++)
        __atomic_store_n(&slots[index], NULL, __ATOMIC_RELAXED);
}

/** Calls `visit` with each object in `count` slots from `slots` on; skips NULL. */
static HM_ALWAYS_INLINE void hm_visit_slots(hm_object *const *slots, size_t count, hm_visitor visit,
                                            void *context)
{
    for (size_t index = 0; index < count; index++) {
        if (slots[index] != NULL)
            visit(slots[index], context);
    }
}

/** The same from the last slot to the first. */
static HM_ALWAYS_INLINE void hm_visit_slots_backwards(hm_object *const *slots, size_t count,
                                                      hm_visitor visit, void *context)
{
    while (count-- > 0) {
        if (slots[count] != NULL)
            visit(slots[count], context);
    }
}

/**
 * Calls `visit` with every object that `object` refers to, in the order of CPython's tp_traverse:
 * it decides the order of objects in a collector's lists, and so that of finalizers.
 */
static HM_ALWAYS_INLINE void hm_object_traverse(hm_object *object, hm_visitor visit, void *context)
{
    const hm_type *type = object->type;
    const hm_references *references = &type->references;
    char *base = (char *)object;
    if (references->fixed_count != 0)
        hm_visit_slots((hm_object *const *)(void *)(base + references->fixed_offset),
                       references->fixed_count, visit, context);
    if (references->vector_offset != 0) {
        void *vector = base + references->vector_offset;
        size_t length = *(const size_t *)(const void *)(base + references->length_offset);
        if (references->vector_is_pointer)
            vector = *(void **)vector;
        if (references->vector_backwards)
            hm_visit_slots_backwards((hm_object *const *)vector, length, visit, context);
        else
            hm_visit_slots((hm_object *const *)vector, length, visit, context);
    }
    if (type->traverse != NULL)
        type->traverse(object, visit, context);
    if (type->owner != NULL)
        visit(type->owner, context);
}

/**
 * Bytes requested from the allocator for this object: itself and the blocks only it owns,
 * collector's prefix excluded (sys.getsizeof without the GC header).
 */
size_t hm_object_size(const hm_object *object);

/**
 * Stores in `*hash` what Python's hash() would be for. HM_TYPE_ERROR in the heap's error and false:
 * a list, dict or set is not hashable. Strings hash with the heap's seed.
 */
bool hm_object_hash(hm_heap *heap, hm_object *object, uint64_t *hash) HM_MUST_USE;

/** Python's ==: by value for numbers, str, bytes and tuples of such; by identity otherwise. */
bool hm_object_equal(const hm_object *left, const hm_object *right);

/** The one None. Immortal: owning or borrowing it is the same. */
extern hm_object hm_none;
extern const hm_type hm_none_type;

#endif
