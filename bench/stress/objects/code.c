/**
 * This module is the bodies: finalizers, callbacks, the code of generators and functions, which
 * change the program's objects while the runtime is at work, and notice when they are called at the
 * wrong time or once too often.
 *
 * A body touches its own object, what that refers to, and slots: all else may be half taken apart.
 * It makes no weak references, because one to garbage that is made by a finalizer lives on while
 * the garbage is taken apart, in CPython too.
 */
#include "bench/stress/objects/world.h"
#include "object/weakref_layout.h"

enum { DEEPEST = 4 };

/* ---- what bodies do ---- */

static void keep(hm_objects_world *world, uint32_t node, size_t slot)
{
    hm_object *object = hm_objects_object(world, node);
    if (object == NULL)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "%s is freed that a living object refers to",
                          hm_objects_name(world, node));
    hm_incref(object);
    hm_objects_place(world, slot, node);
}

static void make_garbage(hm_objects_world *world)
{
    if (!hm_objects_has_room(world))
        return;
    uint32_t node = hm_objects_reserve(world, HM_OBJECTS_IS_LIST);
    hm_object *list = hm_list_new(world->heap);
    hm_objects_born(world, node, list);
    hm_objects_link(world, node, node, HM_OBJECTS_NOBODY);
    HM_CHECK(hm_list_append(world->heap, list, list));
    hm_decref(world->heap, list);
}

static void append_to(hm_objects_world *world, size_t slot, uint32_t self)
{
    uint32_t list = world->slot_nodes[slot];
    if (list == HM_OBJECTS_NOBODY || world->nodes[list].is != HM_OBJECTS_IS_LIST ||
        world->nodes[list].edge_count >= HM_OBJECTS_MOST_EDGES)
        return;
    hm_objects_link(world, list, self, HM_OBJECTS_NOBODY);
    HM_CHECK(hm_list_append(world->heap, world->slots[slot], hm_objects_object(world, self)));
}

static void keep_referent(hm_objects_world *world, uint32_t self, size_t slot)
{
    const hm_objects_node *node = &world->nodes[self];
    uint32_t to =
        node->edge_count == 0 ? HM_OBJECTS_NOBODY : node->edges[slot % node->edge_count].to;
    if (to != HM_OBJECTS_NOBODY && to != HM_OBJECTS_NONE)
        keep(world, to, slot);
}

/* What is dying gives nothing. */
static void look_at_weakrefs(hm_objects_world *world)
{
    for (size_t slot = 0; slot < HM_OBJECTS_SLOTS; slot++) {
        uint32_t id = world->slot_nodes[slot];
        if (id == HM_OBJECTS_NOBODY || world->nodes[id].is != HM_OBJECTS_IS_WEAKREF)
            continue;
        hm_object *object = hm_weakref_get(world->slots[slot]);
        if (object != NULL && hm_objects_node_of(world, object) != world->nodes[id].subject)
            HM_OBJECTS_DEFECT(world, WEAKREF_OUTLIVES, "a weak reference gives what is dying");
        hm_xdecref(world->heap, object);
    }
}

static bool run_kind(hm_objects_world *world, uint32_t self, unsigned body, size_t slot)
{
    switch (body) {
    case 1:
        keep(world, self, slot);
        return true;
    case 2:
        hm_objects_place(world, slot, HM_OBJECTS_NOBODY);
        hm_objects_place(world, (slot + 1) % HM_OBJECTS_SLOTS, HM_OBJECTS_NOBODY);
        return true;
    case 3:
        make_garbage(world);
        return true;
    case 4:
        hm_gc_collect(world->heap, (int)(slot % HM_GENERATIONS));
        return true;
    case 5:
        return hm_fail(world->heap, HM_RUNTIME_ERROR, "a body that fails");
    case 6:
        append_to(world, slot, self);
        return true;
    case 7:
        keep_referent(world, self, slot);
        return true;
    case 8:
        look_at_weakrefs(world);
        return true;
    default:
        return true;
    }
}

/* Runs the body of node `of` for the object `self`. */
static bool run(hm_objects_world *world, uint32_t of, uint32_t self)
{
    world->bodies++;
    if (world->ending || world->depth >= DEEPEST)
        return true;
    world->depth++;
    bool done = run_kind(world, self, world->nodes[of].body, world->nodes[of].body_slot);
    world->depth--;
    return done;
}

/* ---- when they are called ---- */

static hm_objects_node *known(hm_objects_world *world, const hm_object *object, hm_objects_type is,
                              const char *what)
{
    uint32_t id = hm_objects_node_of(world, object);
    if (id == HM_OBJECTS_NONE || world->nodes[id].is != is || world->destroying)
        HM_OBJECTS_DEFECT(world, FINALIZED_EARLY, "%s runs for an object that %s", what,
                          world->destroying ? "is destroyed with its heap" : "does not live");
    return &world->nodes[id];
}

/* Told of a finalizer or a cleanup. */
static void ends(hm_objects_world *world, hm_objects_node *node, bool again_allowed)
{
    uint32_t id = (uint32_t)(node - world->nodes);
    if (node->finalized > 0 && !again_allowed)
        HM_OBJECTS_DEFECT(world, FINALIZED_TWICE, "the finalizer of %s runs again",
                          hm_objects_name(world, id));
    node->finalized = 1;
    node->finalized_at = world->steps;
    if (world->collecting && (node->flags & HM_OBJECTS_SWEPT) != 0 && !again_allowed &&
        hm_weakref_first(node->object) != NULL)
        HM_OBJECTS_DEFECT(
            world, WEAKREF_OUTLIVES,
            "the finalizer of %s sees a weak reference to it that the collection left alive",
            hm_objects_name(world, id));
    if (node->is == HM_OBJECTS_IS_GENERATOR || again_allowed)
        hm_objects_suspect(world, id);
    if (hm_objects_is_reached(world, id))
        HM_OBJECTS_DEFECT(world, FINALIZED_EARLY, "a collection finalizes %s that can be reached",
                          hm_objects_name(world, id));
}

bool hm_objects_finalize(hm_heap *heap, hm_object *self, void *context)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    HM_UNUSED(context);
    hm_objects_node *node = known(world, self, HM_OBJECTS_IS_INSTANCE, "a finalizer");
    if (node->roots > 0 && !world->collecting)
        HM_OBJECTS_DEFECT(world, FINALIZED_EARLY,
                          "an instance is finalized that the program holds");
    ends(world, node, (node->flags & HM_OBJECTS_LEGACY) != 0);
    uint32_t id = (uint32_t)(node - world->nodes);
    return run(world, id, id);
}

static uint32_t called_back(hm_objects_world *world, const hm_object *weakref)
{
    hm_objects_node *node = known(world, weakref, HM_OBJECTS_IS_WEAKREF, "a callback");
    if (node->called > 0)
        HM_OBJECTS_DEFECT(world, CALLED_TWICE, "a weak reference calls back again");
    if (hm_weakref_peek(weakref) != NULL)
        HM_OBJECTS_DEFECT(world, WEAKREF_EARLY, "a weak reference calls back that is not dead");
    node->called = 1;
    return (uint32_t)(node - world->nodes);
}

bool hm_objects_call_back(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    uint32_t id = called_back(hm_objects_now, weakref);
    return run(hm_objects_now, id, id);
}

/* ---- functions ---- */

static hm_object *run_callback(hm_heap *heap, hm_frame *frame)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    uint32_t weak = called_back(world, frame->locals[0]);
    return run(world, hm_objects_node_of(world, frame->function), weak) ? &hm_none : NULL;
}

/* The first argument is the finalize object's node. What it holds it loses now. */
static hm_object *run_finalize(hm_heap *heap, hm_frame *frame)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    uint32_t id = (uint32_t)(hm_int_value(frame->locals[0]) - HM_OBJECTS_NODES);
    hm_objects_node *node = &world->nodes[id];
    if (node->called > 0)
        HM_OBJECTS_DEFECT(world, CALLED_TWICE, "a finalize object calls again");
    node->called = 1;
    hm_objects_weak_leave(world, id);
    world->finalizes_alive--;
    world->bodies++;
    hm_objects_uncount(world, id);
    hm_objects_uncount(world, id);
    hm_objects_unlink_from(world, id, 0);
    return &hm_none;
}

static hm_object *run_plain(hm_heap *heap, hm_frame *frame)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    uint32_t function = hm_objects_node_of(world, frame->function);
    return run(world, function, function) ? &hm_none : NULL;
}

#define PLAIN(locals)                                                                              \
    {                                                                                              \
        .name = "plain", .argument_count = 1, .local_count = (locals), .optional_count = 1,        \
        .run = run_plain                                                                           \
    }

const hm_code *hm_objects_code(unsigned which)
{
    static const hm_code codes[HM_OBJECTS_CODES] = {
        {.name = "called", .argument_count = 1, .local_count = 1, .run = run_callback},
        {.name = "called", .argument_count = 1, .local_count = 3, .run = run_callback},
        {.name = "at the end", .argument_count = 2, .local_count = 2, .run = run_finalize},
        PLAIN(2),
        PLAIN(1),
        PLAIN(5),
        PLAIN(2),
        PLAIN(9),
    };
    return &codes[which % HM_OBJECTS_CODES];
}

#undef PLAIN

/* ---- generators ---- */

static void finished(hm_objects_world *world, uint32_t id)
{
    hm_objects_unlink_from(world, id, 0);
    world->nodes[id].status = HM_GENERATOR_FINISHED;
}

/* Yields its locals one after the other, and runs its body in between. */
static hm_object *resume(hm_heap *heap, hm_generator *generator)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    hm_objects_node *node =
        known(world, &generator->base.base, HM_OBJECTS_IS_GENERATOR, "a generator");
    uint32_t id = (uint32_t)(node - world->nodes), state = generator->state++;
    if (state >= generator->base.length || !run(world, id, id)) {
        finished(world, id);
        return NULL;
    }
    node->status = HM_GENERATOR_SUSPENDED;
    hm_object *local = generator->locals[state];
    return local == NULL ? &hm_none : hm_incref(local);
}

static bool clean_up(hm_heap *heap, hm_generator *generator)
{
    hm_objects_world *world = hm_objects_now;
    HM_UNUSED(heap);
    hm_objects_node *node =
        known(world, &generator->base.base, HM_OBJECTS_IS_GENERATOR, "a generator's cleanup");
    uint32_t id = (uint32_t)(node - world->nodes);
    ends(world, node, false);
    bool done = run(world, id, id);
    finished(world, id);
    return done;
}

const hm_generator_code *hm_objects_generator_code(bool cleans_up)
{
    static const hm_generator_code codes[] = {
        {.name = "plain", .local_count = 3, .resume = resume},
        {.name = "careful", .local_count = 3, .resume = resume, .cleanup = clean_up},
    };
    return &codes[cleans_up ? 1 : 0];
}

/* ---- the steps ---- */

static void next(hm_objects_world *world, uint32_t node)
{
    hm_object *item = hm_generator_next(world->heap, hm_objects_object(world, node));
    hm_xdecref(world->heap, item);
}

/* What was never started keeps its locals; without a cleanup nobody tells that they are dropped. */
static void close_it(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    bool cleans_up = (node->flags & HM_OBJECTS_FINALIZES) != 0;
    if (node->status == HM_GENERATOR_CREATED)
        world->nodes[id].status = HM_GENERATOR_FINISHED;
    else if (node->status == HM_GENERATOR_SUSPENDED && !cleans_up)
        finished(world, id);
    (void)hm_generator_close(world->heap, hm_objects_object(world, id));
}

static bool may_call(const hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    return node->is == HM_OBJECTS_IS_METHOD ||
           (node->is == HM_OBJECTS_IS_FUNCTION && node->slots > HM_OBJECTS_FINALIZE_CODE);
}

void hm_objects_run_code(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t node = hm_objects_hold(world, step->slot);
    bool generator = world->nodes[node].is == HM_OBJECTS_IS_GENERATOR;
    if (step->kind == HM_OBJECTS_RESUME && generator)
        next(world, node);
    else if (step->kind == HM_OBJECTS_CLOSE && generator)
        close_it(world, node);
    else if (step->kind == HM_OBJECTS_CALL && may_call(world, node))
        hm_xdecref(world->heap, hm_call(world->heap, hm_objects_object(world, node), NULL, 0));
}
