/**
 * This module is a heap of the runtime and the model it is held against, so that what every object
 * holds, how often it is counted, whether it lives, and how often its finalizer ran is known
 * without asking the runtime.
 *
 * Words: a *node* is an object that the program made, as the model knows it, dead or alive; node 0
 * is None. An *edge* is a reference from one node to another, with a name where it has a key or is
 * an attribute; what an edge does not hold is HM_OBJECTS_NOBODY. *Roots* are the slots and what the
 * step that runs holds. A *body* is code that the runtime calls back: a finalizer, a callback, a
 * generator's or a function's. A *suspect* has been unreachable when a collection began, or has a
 * finalizer that runs after its weak references died: it may live on, brought back by that, and its
 * weak references are dead although it lives.
 * To *settle* is to hold what a step has killed against the model.
 *
 * Invariant: between two steps an object is alive if a root or a living node refers to it, and its
 * count is the number of those references. The model's own memory comes from the kernel.
 */
#ifndef HM_BENCH_STRESS_OBJECTS_WORLD_H
#define HM_BENCH_STRESS_OBJECTS_WORLD_H

#include "bench/stress/objects/ledger.h"
#include "bench/stress/objects/operation.h"
#include "bench/stress/record.h"
#include "gc/collectors.h"
#include "gc/gc.h"
#include "heapmark.h"

#define HM_OBJECTS_NOBODY UINT32_MAX

enum {
    HM_OBJECTS_NONE = 0,
    HM_OBJECTS_NODES = 1 << 16,   /**< that a heap may make; then it ends and a new one begins */
    HM_OBJECTS_MOST_ALIVE = 4000, /**< from here on a step makes nothing */
    HM_OBJECTS_MOST_HELD = 8,
    HM_OBJECTS_MOST_EDGES = 40, /**< that stores give one object; only WIDE makes more */
    HM_OBJECTS_WEAK_CONTAINERS = 8,
    HM_OBJECTS_NAMES = 4,
    HM_OBJECTS_ATTRIBUTE = 100, /**< the edges of attributes have names from here on */
    HM_OBJECTS_BODIES = 9,
    HM_OBJECTS_CODES = 8,
    HM_OBJECTS_CALLBACK_CODES = 2, /**< the first ones are for weak references to call … */
    HM_OBJECTS_FINALIZE_CODE = 2   /**< … and this one for finalize objects */
};

typedef enum hm_objects_type {
    HM_OBJECTS_IS_NONE,
    HM_OBJECTS_IS_LIST,
    HM_OBJECTS_IS_TUPLE,
    HM_OBJECTS_IS_DICT,
    HM_OBJECTS_IS_SET,
    HM_OBJECTS_IS_CLASS,
    HM_OBJECTS_IS_INSTANCE,
    HM_OBJECTS_IS_CELL,
    HM_OBJECTS_IS_FUNCTION,
    HM_OBJECTS_IS_METHOD,
    HM_OBJECTS_IS_FRAME,
    HM_OBJECTS_IS_GENERATOR,
    HM_OBJECTS_IS_TEXT,
    HM_OBJECTS_IS_INT,
    HM_OBJECTS_IS_FLOAT,
    HM_OBJECTS_IS_WEAKREF, /**< and proxies */
    HM_OBJECTS_IS_FINALIZE,
    HM_OBJECTS_IS_WEAK_SET,
    HM_OBJECTS_IS_WEAK_KEYS,
    HM_OBJECTS_IS_WEAK_VALUES
} hm_objects_type;

typedef struct hm_objects_edge {
    uint32_t to;
    uint32_t name; /**< of a dict: the key's node, counted as well */
} hm_objects_edge;

/** Bits of hm_objects_node.flags. */
enum {
    HM_OBJECTS_FINALIZES = 1, /**< class, instance: has a finalizer; generator: cleans up */
    HM_OBJECTS_LEGACY = 2,    /**< whose cycles are not collected */
    HM_OBJECTS_HAS_NAMES = 4, /**< class, instance: attributes of any name */
    HM_OBJECTS_HAS_WEAK = 8,  /**< can be referred to weakly */
    HM_OBJECTS_IN_WEAK = 16,  /**< has been in a weak container */
    HM_OBJECTS_SUSPECT = 32,  /**< for good */
    HM_OBJECTS_CALLS = 64,    /**< weak reference: calls back natively */
    HM_OBJECTS_PROXY = 128,   /**< weak reference: is a proxy */
    HM_OBJECTS_FOGGED = 256,  /**< weak container: what it holds is not known any more */
    HM_OBJECTS_FROZEN = 512,
    HM_OBJECTS_LIVES = 1024, /**< weak reference, finalize object: it has not been killed */
    HM_OBJECTS_KEPT_BY_LEGACY = 4096, /**< in this step: a legacy finalizer keeps it */
    HM_OBJECTS_SWEPT = 2048           /**< in this step: unreachable when a full collection began */
};

typedef struct hm_objects_node {
    hm_object *object; /**< NULL: dead, or not made yet */
    const hm_type *type;
    hm_objects_edge *edges;
    uint32_t edge_count, edge_room;
    uint32_t count;                 /**< references to it that are known */
    uint32_t maybe;                 /**< references that there may be besides */
    uint32_t roots;                 /**< of `count`: those of slots and of the running step */
    uint32_t subject;               /**< weak reference, finalize object: what it is about */
    uint32_t weak_first, weak_next; /**< those about this node; the next one of the same subject */
    uint32_t alive_at;              /**< its place in world->alive */
    uint32_t mark;
    uint64_t reached_at;   /**< the collection that it could be reached at the beginning of, last */
    uint64_t finalized_at; /**< the step in which its finalizer ran last */
    uint64_t suspect_at;   /**< the step that made it one last */
    uint16_t flags;
    uint8_t is; /**< hm_objects_type */
    uint8_t body, body_slot;
    uint8_t slots;  /**< class, instance: named by numbers; function: which code */
    uint8_t status; /**< generator */
    uint8_t finalized, called;
    uint16_t value; /**< text, number */
} hm_objects_node;

typedef struct hm_objects_world {
    hm_heap *heap;
    hm_objects_ledger ledger;
    hm_stress_record *record;
    hm_allocator allocator; /**< with the ledger around it */
    uint64_t heaps;
    hm_collector_spec collector;
    unsigned thread;
    uint64_t seed;
    hm_objects_node *nodes;
    uint32_t node_count;
    uint32_t *alive, alive_count;
    uint32_t *dead, dead_count;        /**< by the running step */
    uint32_t *suspects, suspect_count; /**< of collections in the running step */
    uint32_t *stack;                   /**< of the marking */
    uint32_t mark;
    hm_object *slots[HM_OBJECTS_SLOTS];
    uint32_t slot_nodes[HM_OBJECTS_SLOTS];
    hm_object *names[HM_OBJECTS_NAMES];
    hm_object *finalize_function;
    uint32_t held[HM_OBJECTS_MOST_HELD], held_count;
    uint32_t weak_containers[HM_OBJECTS_WEAK_CONTAINERS];
    uint32_t finalizes_alive;
    char *room; /**< of edges */
    size_t room_used;
    hm_objects_edge *spare[32]; /**< by the logarithm of their room */
    uint64_t base_objects;      /**< of the heap before the program makes any */
    unsigned depth;             /**< of bodies */
    uint64_t bodies;            /**< that ran */
    uint64_t collections;       /**< that began */
    uint64_t steps;
    int generation; /**< that is being collected */
    bool collecting, ending, destroying, thresholds_lowered, frozen;
} hm_objects_world;

/** The one whose heap this thread is using. */
extern _Thread_local hm_objects_world *hm_objects_now;

#define HM_OBJECTS_DEFECT(world, kind, ...)                                                        \
    hm_stress_record_defect((world)->record, (world)->thread, HM_STRESS_##kind, __VA_ARGS__)

/* ---- model.c: nodes, edges, roots ---- */

/** "a list", "an instance". */
const char *hm_objects_name(const hm_objects_world *world, uint32_t node);

/** A node without an object. The world has room: hm_objects_has_room. */
uint32_t hm_objects_reserve(hm_objects_world *world, hm_objects_type is);

/** The node has this object from now on; NULL: what was to be made was refused, a defect. */
hm_objects_node *hm_objects_born(hm_objects_world *world, uint32_t node, hm_object *object);

/** Whether more may be made. */
bool hm_objects_has_room(const hm_objects_world *world);

/** The node of an object; None: it is of none. */
uint32_t hm_objects_node_of(const hm_objects_world *world, const hm_object *object);

/** Its object, borrowed; NULL of HM_OBJECTS_NOBODY. */
hm_object *hm_objects_object(const hm_objects_world *world, uint32_t node);

/** Counts a reference to the node, or one less. NOBODY and None are not counted. */
void hm_objects_count(hm_objects_world *world, uint32_t node);
void hm_objects_uncount(hm_objects_world *world, uint32_t node);

/** A new edge at the end. */
void hm_objects_link(hm_objects_world *world, uint32_t from, uint32_t to, uint32_t name);

/** Takes the edge at `index` away, those behind it move up. */
void hm_objects_unlink(hm_objects_world *world, uint32_t from, uint32_t index);

/** Gives the edge at `index` another end. */
void hm_objects_relink(hm_objects_world *world, uint32_t from, uint32_t index, uint32_t to);

/** All edges from `index` on. */
void hm_objects_unlink_from(hm_objects_world *world, uint32_t from, uint32_t index);

/** The edge of this name; edge_count: there is none. */
uint32_t hm_objects_find_edge(const hm_objects_world *world, uint32_t from, uint32_t name);

/** Puts the node in a slot (its new reference is stolen) and drops what was there. */
void hm_objects_place(hm_objects_world *world, size_t slot, uint32_t node);

/** Gives the memory of all edges back, of an old heap's nodes. */
void hm_objects_forget_edges(hm_objects_world *world);

/** Holds what the slot holds until hm_objects_release: its node, None where it is empty. */
uint32_t hm_objects_hold(hm_objects_world *world, size_t slot);
void hm_objects_release(hm_objects_world *world);

/** Marks what the roots reach, all or without the values of weak keys; marked: mark is the world's.
 */
void hm_objects_mark(hm_objects_world *world, bool weak_keys_hold);
static inline bool hm_objects_marked(const hm_objects_world *world, uint32_t node)
{
    return world->nodes[node].mark == world->mark;
}

/** Whether a collection runs, at whose beginning the node could be reached, and it still can be. */
bool hm_objects_is_reached(hm_objects_world *world, uint32_t node);

/** Marks the node and what it reaches as well. */
void hm_objects_mark_more(hm_objects_world *world, uint32_t node, bool weak_keys_hold);

/** Told by the ledger: the block with this node's object is given back. */
void hm_objects_died(hm_objects_world *world, uint32_t node);

/* ---- the steps ---- */

void hm_objects_make(hm_objects_world *world, const hm_objects_step *step);      /* make.c */
void hm_objects_make_weak(hm_objects_world *world, const hm_objects_step *step); /* weak.c */
void hm_objects_change(hm_objects_world *world, const hm_objects_step *step);    /* change.c */
void hm_objects_run_code(hm_objects_world *world, const hm_objects_step *step);  /* code.c */
void hm_objects_collect(hm_objects_world *world, const hm_objects_step *step);   /* collect.c */
void hm_objects_ask(hm_objects_world *world, const hm_objects_step *step);       /* collect.c */

/** It may live on with its weak references dead: told of what a collection finds unreachable, and
    of what is finalized after its weak references. */
void hm_objects_suspect(hm_objects_world *world, uint32_t node);

/** A collector that collects by itself has done so. */
void hm_objects_check_automatic(hm_objects_world *world);

/** Weak containers: stores, takes out, clears (weak.c). */
void hm_objects_weak_store(hm_objects_world *world, uint32_t container, uint32_t key,
                           uint32_t value, const hm_objects_step *step);
void hm_objects_weak_cut(hm_objects_world *world, uint32_t container, const hm_objects_step *step);
void hm_objects_weak_clear(hm_objects_world *world, uint32_t container);

/** Takes entries of the dead out of the model's weak containers, or fogs those of suspects. */
void hm_objects_weak_forget(hm_objects_world *world, uint32_t node);
void hm_objects_weak_fog(hm_objects_world *world, uint32_t node);

/** Holds a weak reference or a finalize object against the model. */
void hm_objects_check_weak(hm_objects_world *world, uint32_t weak);

/** The weak reference or finalize object is dead, and no more among those about its subject. */
void hm_objects_weak_leave(hm_objects_world *world, uint32_t weak);

/** A node's object dies: it is no more among those that know others. */
void hm_objects_weak_died(hm_objects_world *world, uint32_t node);

/* ---- code.c: what bodies are ---- */

bool hm_objects_finalize(hm_heap *heap, hm_object *self, void *context);
bool hm_objects_call_back(hm_heap *heap, hm_object *weakref, void *context);
const hm_code *hm_objects_code(unsigned which);
const hm_generator_code *hm_objects_generator_code(bool cleans_up);

/* ---- checks ---- */

/** Holds what died in the step against the model (settle.c). */
void hm_objects_settle(hm_objects_world *world);

/** Holds every object against the model (check.c). */
void hm_objects_check(hm_objects_world *world);

/** One object's contents (contents.c). */
void hm_objects_check_contents(hm_objects_world *world, uint32_t node);

/** Collects until nothing happens any more; then what nothing refers to must be dead. */
void hm_objects_collect_all(hm_objects_world *world);

/** A heap's event sink (collect.c). */
void hm_objects_on_event(void *context, const hm_event *event);

/* ---- life.c ---- */

/** What a world is made of. */
typedef struct hm_objects_setting {
    const hm_allocator *allocator; /**< decorated by the ledger */
    hm_collector_spec collector;
    hm_stress_record *record;
} hm_objects_setting;

/** Makes the model; the heap begins at once, on this thread. */
hm_objects_world *hm_objects_world_new(const hm_objects_setting *setting, unsigned thread,
                                       uint64_t seed);

/** Ends the heap: everything is dropped, collected, destroyed, and nothing may be left. */
void hm_objects_heap_end(hm_objects_world *world);

/** A heap after the end of the last one. */
void hm_objects_heap_begin(hm_objects_world *world);

/** Gives the model's memory back; the heap has ended. */
void hm_objects_world_free(hm_objects_world *world);

/** After a crash: names a defect and ends the process where an object that can be reached is dead.
 */
void hm_objects_explain(void);

/** One step, and what it did held against the model. THREAD and FORK are the caller's. */
void hm_objects_do(hm_objects_world *world, const hm_objects_step *step);

#endif
