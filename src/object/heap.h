/**
 * This module is the heap: one instance of the object runtime with its allocator, its collector,
 * its free lists and its interned strings, so that several can live in one process, one a thread.
 *
 * Words: a *root* is a slot outside the heap that keeps an object alive; workloads register theirs,
 * so that collectors that trace, and the count of live bytes, know where to begin. The *ledger* is
 * a list of containers kept for collectors that keep none, so that the heap can free leaked cycles.
 *
 * Invariant: a heap is used by one thread at a time; an object belongs to the heap it was made in,
 * except immortal ones, which belong to all.
 */
#ifndef HM_OBJECT_HEAP_H
#define HM_OBJECT_HEAP_H

#include "allocators/allocator.h"
#include "base/status.h"
#include "object/collector.h"
#include "object/event.h"
#include "object/freelist_layout.h"
#include "object/gc_link.h"
#include "object/object.h"
#include "object/site.h"

typedef struct hm_ledger hm_ledger;

/** In hm_heap.ending: no container may be made or die the quick way, because the collector has to
 * be told, of tracking or of stores. */
#define HM_ENDING_TOLD 0x80000000u

/** A registered run of root slots. */
typedef struct hm_roots {
    hm_object **slots;
    size_t count;
} hm_roots;

/**
 * Where errors go that cannot be returned (sys.unraisablehook): a finalizer or callback of `object`
 * (borrowed, may be NULL) failed with `error`. The hook may use the heap. The event sink is told
 * as well (HM_EVENT_UNRAISABLE).
 */
typedef void (*hm_unraisable_hook)(hm_heap *heap, hm_object *object, const hm_error *error,
                                   void *context);

/** How a heap is made. */
typedef struct hm_heap_config {
    const hm_allocator *allocator; /**< copied; must stay usable as long as the heap */
    const hm_collector *collector;
    hm_collector_settings settings; /**< hm_heap_config_default: the collector's defaults */
    hm_event_sink sink;             /**< emit NULL: no events */
    bool freelists;                 /**< CPython's free lists for tuple, list, dict and float */
    bool sized_free;                /**< free through free_sized, which must be there */
    bool ledger;                    /**< let destroy free leaked cycles under `none` too */
    uint64_t hash_seed;             /**< of str and bytes; 0 is a seed like any other */
} hm_heap_config;

/** The heap. Fields are for the runtime, collectors and inline functions; others only read. */
struct hm_heap {
    /* Hot: what allocation, release and tracking touch. */
    hm_allocator allocator;
    hm_gc_link young; /**< HM_COLLECTOR_LINKS: the list that tracked objects join; else empty */
    void (*on_track)(hm_heap *heap, hm_object *object);
    void (*on_untrack)(hm_heap *heap, hm_object *object);
    void (*on_store)(hm_heap *heap, hm_object *owner, hm_object *value);
    uint32_t prefix_bytes;
    uint32_t young_count;     /**< containers allocated minus freed since the last collection */
    uint32_t young_threshold; /**< UINT32_MAX: never step */
    /** How many deaths of containers are nested now, and HM_ENDING_TOLD where the heap is such; so
       0 where a container may die the quick way (runtime.h). */
    uint32_t ending;
    /** Tuples and lists below this size may be made and die the quick way: HM_FREELIST_SIZES where
        `ending` is 0, else 0. One test for both. */
    size_t quick_sizes;
    /* What exists is not counted but derived (hm_heap_live_objects, hm_heap_tracked_objects), so
       that who goes past the allocator and is tracked all its life need not count. */
    uint64_t container_blocks;  /**< of containers, live or on free lists */
    uint64_t atom_blocks;       /**< the same of atoms */
    uint64_t untracked_objects; /**< live containers that are not tracked */
    /** Counted down by each death in a cascade: to 0 when the outermost hm_decref of a container
        that is now running has freed HM_CASCADE_OBJECTS. */
    int64_t cascade_left;
    hm_object *deferred; /**< dead objects whose deallocation waits, linked */
    bool unfinished;     /**< the outermost deallocation has to see to `deferred` at its end,
                              or to the end of a cascade */
    bool links;          /**< the collector has HM_COLLECTOR_LINKS */
    bool sized;
    bool destroying; /**< finalizers, callbacks and collections are over */
    bool cascade_told;
    hm_trace_seam trace; /**< who asks for memory, and who wants to know (src/trace/) */
    hm_freelist freelists[HM_FREELIST_KINDS];

    /* Cold. */
    const hm_collector *collector;
    void *collector_state;
    hm_collector_settings settings;
    hm_gc_control gc;
    hm_event_sink sink;
    hm_error error;         /**< what the last failed call met; HM_OK where none failed */
    struct hm_shown *shown; /**< dicts that were asked of instances (object/dict.h); NULL: none */
    hm_object *interned;    /**< dict of interned str, references not counted; NULL: none yet */
    hm_object *finalizers;  /**< registry of finalize objects, a root; NULL: none yet */
    hm_ledger *ledger;
    hm_roots *roots;
    size_t root_count, root_capacity;
    uint64_t hash_seed;
    hm_unraisable_hook unraisable;
    void *unraisable_context;
};

/** A config with the collector's own defaults, no free lists, with a ledger, no events. */
hm_heap_config hm_heap_config_default(const hm_allocator *allocator, const hm_collector *collector);

/** A new heap, or NULL with `error` set (HM_NO_MEMORY, HM_USAGE_ERROR). */
hm_heap *hm_heap_create(const hm_heap_config *config, hm_error *error);

/**
 * Frees the heap and every object in it, leaked cycles included, without running finalizers or
 * weak-reference callbacks. Registered root slots are set to NULL. What leaked is read before.
 * Under a collector that keeps no list and without a ledger, unreachable cycles cannot be found and
 * stay allocated; so do those of objects that the kernel refused the ledger room for, which is told
 * as unraisable (HM_NO_MEMORY). Needs no memory.
 */
void hm_heap_destroy(hm_heap *heap);

/** Registers `count` slots as roots; false: out of memory. The slots must hold NULL or objects. */
bool hm_heap_add_roots(hm_heap *heap, hm_object **slots, size_t count) HM_MUST_USE;

/** Forgets the slots registered under this address; the references in them stay the caller's. */
void hm_heap_remove_roots(hm_heap *heap, hm_object **slots);

/**
 * Collects `generation` and all younger (gc.collect); 0 under a collector that cannot; -1 with
 * ValueError where there is no such generation.
 */
int64_t hm_heap_collect(hm_heap *heap, int generation);

/** Mortal objects that exist. */
uint64_t hm_heap_live_objects(const hm_heap *heap);

/** Containers that the collector knows. */
uint64_t hm_heap_tracked_objects(const hm_heap *heap);

/** Counts over all generations. */
hm_collection_counts hm_heap_collection_counts(const hm_heap *heap);

/** The list of objects that could not be collected (gc.garbage), borrowed; NULL: none so far. */
hm_object *hm_heap_garbage(hm_heap *heap);

/**
 * sys.getrefcount: one more than there are references, for the question itself; an immortal object
 * has HM_IMMORTAL_COUNT.
 */
static inline uint32_t hm_getrefcount(const hm_object *object)
{
    return hm_is_immortal(object) ? HM_IMMORTAL_COUNT : object->reference_count + 1;
}

/**
 * sys.getsizeof: hm_object_size, and for a container the collector's prefix. As in CPython up to
 * 3.13, an instance is told without its attributes' values.
 */
static inline size_t hm_getsizeof(const hm_heap *heap, const hm_object *object)
{
    size_t own =
        object->type->flags & HM_TYPE_INSTANCE ? object->type->basic_size : hm_object_size(object);
    return own + (hm_is_container(object) ? heap->prefix_bytes : 0);
}

/** Sets the hook; NULL: none. */
void hm_heap_set_unraisable_hook(hm_heap *heap, hm_unraisable_hook hook, void *context);

/**
 * L: the requested bytes of all mortal objects reachable from the registered roots, prefix
 * excluded. The trace uses kernel memory, given back before it returns. `*objects`, where not
 * NULL, receives how many. False: the kernel refused memory (heap->error).
 */
bool hm_heap_live_bytes(hm_heap *heap, uint64_t *bytes, uint64_t *objects) HM_MUST_USE;

/** Where a heap's requested bytes are, as far as a trace finds them. Bytes as the runtime asked. */
typedef struct hm_heap_account {
    uint64_t live_bytes; /**< L, as hm_heap_live_bytes */
    uint64_t live_objects;
    uint64_t prefix_bytes; /**< the collector's, in front of the containers in L and in own_bytes */
    /** The heap itself: its record, tables and free lists, the table of interned strings, and what
        only the collector's garbage list holds. */
    uint64_t own_bytes;
} hm_heap_account;

/**
 * Accounts for what is requested and reachable: whatever else the heap has requested and not freed
 * belongs to objects that nothing reaches any more. Memory as hm_heap_live_bytes. False: the kernel
 * refused memory (heap->error).
 */
bool hm_heap_take_account(hm_heap *heap, hm_heap_account *account) HM_MUST_USE;

/** Walks the whole heap: counts against references found, the collector's books. */
hm_status hm_heap_check(hm_heap *heap, hm_error *error);

/** Sets the heap's error; returns false, so that `return hm_fail(heap, …)` reads well. */
bool hm_fail(hm_heap *heap, hm_status status, const char *format, ...) HM_PRINTF(3, 4);

/** hm_track of what is marked and counted as tracked. */
static HM_ALWAYS_INLINE void hm_tell_tracked(hm_heap *heap, hm_object *object)
{
    if (HM_LIKELY(heap->links))
        hm_gc_list_append(&heap->young, hm_gc_link_of(object));
    else if (heap->on_track != NULL)
        heap->on_track(heap, object);
}

/** Shows a container to its collector. */
static HM_ALWAYS_INLINE void hm_track(hm_heap *heap, hm_object *object)
{
    HM_ASSERT(!hm_is_tracked(object));
    object->collector_word |= HM_WORD_TRACKED;
    heap->untracked_objects--;
    hm_tell_tracked(heap, object);
}

/** hm_track of an object just made by hm_container_allocate, or taken from a free list like it. */
static HM_ALWAYS_INLINE void hm_track_new(hm_heap *heap, hm_object *object)
{
    object->collector_word = HM_WORD_TRACKED;
    hm_tell_tracked(heap, object);
}

/** Takes a container out of its collector's sight. */
static HM_ALWAYS_INLINE void hm_untrack(hm_heap *heap, hm_object *object)
{
    HM_ASSERT(hm_is_tracked(object));
    heap->untracked_objects++;
    if (HM_LIKELY(heap->links)) {
        object->collector_word &= ~(HM_WORD_TRACKED | HM_WORD_COLLECTOR);
        hm_gc_list_remove(hm_gc_link_of(object));
        return;
    }
    object->collector_word &= ~HM_WORD_TRACKED;
    if (heap->on_untrack != NULL)
        heap->on_untrack(heap, object);
}

/**
 * Puts `value` (stolen; may be NULL) into a slot of `owner` and drops what was there. Every store
 * of a reference into a container goes through here, or through hm_store_first.
 */
static HM_ALWAYS_INLINE void hm_store(hm_heap *heap, hm_object *owner, hm_object **slot,
                                      hm_object *value)
{
    hm_object *old = *slot;
    if (heap->on_store != NULL && value != NULL)
        heap->on_store(heap, owner, value);
    *slot = value;
    hm_xdecref(heap, old);
}

/** hm_store into a slot that has never held anything. */
static HM_ALWAYS_INLINE void hm_store_first(hm_heap *heap, hm_object *owner, hm_object **slot,
                                            hm_object *value)
{
    if (heap->on_store != NULL && value != NULL)
        heap->on_store(heap, owner, value);
    *slot = value;
}

/** The write barrier's part of hm_store_first for `count` values: hm_store_first_all. */
void hm_tell_stores(hm_heap *heap, hm_object *owner, hm_object *const *values, size_t count);

/** hm_store_first of new references to `count` values into slots that have never held anything. */
static HM_ALWAYS_INLINE void hm_store_first_all(hm_heap *heap, hm_object *owner, hm_object **slots,
                                                hm_object *const *values, size_t count)
{
    if (HM_UNLIKELY(heap->on_store != NULL))
        hm_tell_stores(heap, owner, values, count);
    for (size_t index = 0; index < count; index++)
        slots[index] = hm_incref(values[index]);
}

#endif
