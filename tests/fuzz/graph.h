/**
 * This module is the state of the target `runtime`: a heap, slots that hold its objects, and the
 * bodies (finalizers, callbacks, generators) that change them while the runtime works.
 *
 * Words: an *action* is one call of the runtime, chosen by a byte, with operands chosen by the next
 * ones. A *body* is code that the runtime calls back; what it does is chosen when its class or
 * function is made, so that it needs no bytes when it runs.
 *
 * Invariant: a slot holds a reference or NULL; every other reference lies in an object, or is held
 * for the action that runs, because a body may empty the slot an operand came from.
 */
#ifndef HM_TESTS_FUZZ_GRAPH_H
#define HM_TESTS_FUZZ_GRAPH_H

#include "gc/collectors.h"
#include "gc/gc.h"
#include "heapmark.h"
#include "tests/fuzz/fuzz.h"

enum {
    GRAPH_SLOTS = 16,
    GRAPH_BODIES = 8,
    GRAPH_DEEPEST = 6,
    GRAPH_MOST_OBJECTS = 3000,
    GRAPH_HELD = 16
};

typedef struct fuzz_graph fuzz_graph;

/** What a body is told: whose it is, and which of the bodies. */
typedef struct graph_body {
    fuzz_graph *graph;
    unsigned kind;
} graph_body;

struct fuzz_graph {
    hm_heap *heap;
    hm_object *slots[GRAPH_SLOTS];
    graph_body bodies[GRAPH_BODIES];
    unsigned depth; /**< bodies running */
    unsigned runs;  /**< of bodies so far: they end at a number of them */
    hm_object *held[GRAPH_HELD];
    size_t held_count;
    bool keeps_garbage; /**< something was made that a collection must not free */
};

/** The graph of the input that is being run: a function's body gets no context. */
extern fuzz_graph *graph_now;

/** Puts `value` (stolen; may be NULL) into a slot and drops what was there. */
void graph_put(fuzz_graph *graph, size_t slot, hm_object *value);

/** A slot's object, borrowed; None where it is empty. */
hm_object *graph_get(const fuzz_graph *graph, size_t slot);

/** The slot that the next byte names; its object, as graph_get, held until the action ends. */
size_t graph_slot(fuzz_bytes *bytes);
hm_object *graph_operand(fuzz_graph *graph, fuzz_bytes *bytes);

/** Lets go of the operands. */
void graph_let_go(fuzz_graph *graph);

/** Whether more objects may be made. */
bool graph_has_room(const fuzz_graph *graph);

/** Runs a body; `self` (borrowed) may be NULL. False: it failed, with the heap's error set. */
bool graph_run_body(fuzz_graph *graph, unsigned kind, hm_object *self);

/** Makes an object of the kind that the next byte names; a new reference, or NULL. */
hm_object *graph_make(fuzz_graph *graph, fuzz_bytes *bytes);

/** An action on a weak container. */
void graph_use_weak_container(fuzz_graph *graph, fuzz_bytes *bytes);

/** Does what the next bytes say. */
void graph_act(fuzz_graph *graph, fuzz_bytes *bytes);

#endif
