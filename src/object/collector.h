/**
 * This module is the seam between the runtime and a cycle collector: a table of functions the heap
 * calls, so that any algorithm can be put in without touching a type or a workload.
 *
 * A collector may keep a *prefix* in front of each container (list links), bits in the object's
 * collector word (HM_WORD_COLLECTOR: a dense id for side tables, or its state), and side tables in
 * memory from the kernel (base/system_memory.h), never from the allocator under test.
 *
 * Invariant: between two calls from the runtime every tracked object is in exactly one place of
 * the collector's books, and `check` can prove it.
 */
#ifndef HM_OBJECT_COLLECTOR_H
#define HM_OBJECT_COLLECTOR_H

#include "base/status.h"
#include "object/object.h"

#include <stdio.h>

/** 1 in a build that collects at every allocation of a container where collection is automatic. */
#ifndef HM_COLLECT_ALWAYS
#define HM_COLLECT_ALWAYS 0
#endif

enum { HM_GENERATIONS = 3 };

enum {
    HM_COLLECTOR_COLLECTS = 1 << 0,    /**< finds and frees cycles */
    HM_COLLECTOR_ENUMERATES = 1 << 1,  /**< knows every tracked object */
    HM_COLLECTOR_GENERATIONS = 1 << 2, /**< has HM_GENERATIONS of them, else everything is 0 */
    HM_COLLECTOR_FREEZES = 1 << 3,     /**< has a permanent generation */
    HM_COLLECTOR_CPYTHON = 1 << 4,     /**< claims CPython's counts and orders (conformance) */
    /** Its prefix is an hm_gc_link, and the runtime itself appends what is tracked to heap->young
        and takes what is untracked, with its own bits cleared, out of its list: no hook is called.
     */
    HM_COLLECTOR_LINKS = 1 << 5
};

/** Where `enumerate` takes a generation: every tracked object, and the frozen ones only. */
enum { HM_EVERY_GENERATION = -1, HM_PERMANENT_GENERATION = HM_GENERATIONS };

/** How a collector of this heap is driven; part of a cell's identity. */
typedef struct hm_collector_settings {
    bool automatic;                      /**< collects by itself at its thresholds */
    uint32_t thresholds[HM_GENERATIONS]; /**< containers, then younger collections; [0] 0: never */
} hm_collector_settings;

/** What a collection did, as gc.get_stats() counts it, and the objects it looked at. */
typedef struct hm_collection_counts {
    uint64_t collections;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t traversed; /**< objects the collections began with */
} hm_collection_counts;

/** What a gc callback is told; collected and uncollectable are 0 at the start. */
typedef struct hm_gc_info {
    bool stop; /**< phase: "start" or "stop" */
    int generation;
    uint64_t collected;
    uint64_t uncollectable;
} hm_gc_info;

/** A gc callback: may use the heap. False with heap->error: told as unraisable. */
typedef bool (*hm_gc_callback)(hm_heap *heap, const hm_gc_info *info, void *context);

typedef struct hm_gc_callback_entry {
    hm_gc_callback callback;
    void *context;
} hm_gc_callback_entry;

/** What the heap keeps for its collector beside the settings: gc.set_debug, gc.callbacks. */
typedef struct hm_gc_control {
    uint32_t debug;     /**< HM_GC_DEBUG_* of gc/gc.h */
    FILE *debug_stream; /**< NULL: stderr */
    hm_gc_callback_entry *callbacks;
    size_t callback_count, callback_capacity;
} hm_gc_control;

typedef struct hm_collector {
    const char *name;
    const char *brief;     /**< one line for `heapmark list` and the report */
    uint32_t prefix_bytes; /**< in front of each container; a multiple of 16 */
    uint32_t capabilities;
    hm_collector_settings defaults;

    /** Sets up heap->collector_state. HM_NO_MEMORY: nothing is left behind. */
    hm_status (*init)(hm_heap *heap, hm_error *error);
    void (*fini)(hm_heap *heap);

    /** The runtime has set or cleared HM_WORD_TRACKED already; NULL: nothing to do. Not called of a
        collector with HM_COLLECTOR_LINKS. */
    void (*on_track)(hm_heap *heap, hm_object *object);
    void (*on_untrack)(hm_heap *heap, hm_object *object);
    /** A reference to `value` is about to be stored in `owner` (a write barrier); NULL: none. */
    void (*on_store)(hm_heap *heap, hm_object *owner, hm_object *value);

    /** heap->young_count passed heap->young_threshold at an allocation: collect if it is time. */
    void (*step)(hm_heap *heap);
    /** Collects `generation` and all younger; collected + uncollectable. NULL: cannot. */
    int64_t (*collect)(hm_heap *heap, int generation);
    /**
     * Calls `visit` with each tracked object of `generation`, HM_EVERY_GENERATION or
     * HM_PERMANENT_GENERATION, in list order. NULL: cannot.
     */
    void (*enumerate)(hm_heap *heap, int generation, hm_visitor visit, void *context);
    /** Counts since the heap was created, for one generation. */
    hm_collection_counts (*counts)(const hm_heap *heap, int generation);
    /** Collections of the next younger generation since this one's own last. NULL: keeps none. */
    uint32_t (*generation_count)(const hm_heap *heap, int generation);
    /** All tracked objects to the permanent generation, and back to the oldest. NULL: cannot. */
    void (*freeze)(hm_heap *heap);
    void (*unfreeze)(hm_heap *heap);
    /**
     * The list of uncollectable objects (gc.garbage), borrowed; where there is none yet it is made
     * if `make`. NULL: none, or no memory (heap->error).
     */
    hm_object *(*garbage)(hm_heap *heap, bool make);
    /** Bytes of side tables now. */
    size_t (*side_bytes)(const hm_heap *heap);
    /** Walks all its books. HM_WRONG_RESULT with what is wrong; NULL: has none. */
    hm_status (*check)(hm_heap *heap, hm_error *error);
} hm_collector;

#endif
