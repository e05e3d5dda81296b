/**
 * This module is the workload `collect-graph`, so that one full collection can be measured on one
 * graph, all of it alive or all of it garbage, on heapmark's collectors and on CPython's.
 *
 * Models a collection of the oldest generation of a program that holds trees, chains or a web of
 * objects. Objects are lists: of two children and the parent (tree), of the previous and the next
 * (chain), of the next on one round through all and three at random (random). Every object is part
 * of a cycle, so that a graph without its root is garbage as a whole, and none of it dies before.
 *
 * Where collecting frees the graph, it is built anew in the restore phase, which is not timed.
 * Under a collector that cannot collect nothing is found. It has no numbers that need a source.
 */
#include "base/random.h"
#include "workloads/layer.h"
#include "workloads/parameters.h"

enum { SHAPE, OBJECTS, GARBAGE, PARAMETERS };
enum { TREE, RANDOM, CHAIN };
enum { LEFT, RIGHT, PARENT, TREE_LINKS };
enum { PREVIOUS, NEXT, CHAIN_LINKS };
enum { ROUND, RANDOM_LINKS = 4 };

static const char *const shapes[] = {"tree", "random", "chain", NULL};
static const char *const amounts[] = {"0", "100", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [SHAPE] = {"shape", "", "how objects refer to each other", 0, CHAIN, RANDOM, shapes, false},
    [OBJECTS] = {"objects", "objects", "objects of the graph", 2, 10000000, 100000, NULL, true},
    [GARBAGE] = {"garbage", "", "percent of the graph that is garbage", 0, 1, 0, amounts, false},
};

typedef struct collect_graph {
    hm_lane lane;
    size_t objects;
    bool garbage;
    bool there;           /* the graph exists: not collected yet */
    hm_layer_slots nodes; /* while it is built */
    hm_layer_slots root;
    hm_table round;  /* uint32_t: the order of the round through all, of random */
    uint64_t linked; /* a sum over the links as they were drawn */
} collect_graph;

/* Building. */

static void put_link(collect_graph *state, size_t from, size_t index, size_t to)
{
    hm_layer_object **nodes = state->nodes.at;
    hm_layer_list_set(state->lane.heap, nodes[from], index, hm_layer_keep(nodes[to]));
    state->linked = hm_checksum_add(state->linked, from * 31 + index * 7 + to);
}

static void link_tree(collect_graph *state, hm_random *random)
{
    HM_UNUSED(random);
    for (size_t node = 1; node < state->objects; node++) {
        size_t parent = (node - 1) / 2;
        put_link(state, parent, node % 2 == 1 ? LEFT : RIGHT, node);
        put_link(state, node, PARENT, parent);
    }
}

static void link_chain(collect_graph *state, hm_random *random)
{
    HM_UNUSED(random);
    for (size_t node = 1; node < state->objects; node++) {
        put_link(state, node - 1, NEXT, node);
        put_link(state, node, PREVIOUS, node - 1);
    }
}

static void link_at_random(collect_graph *state, hm_random *random)
{
    uint32_t *round = state->round.at;
    for (size_t node = 0; node < state->objects; node++) {
        size_t earlier = (size_t)hm_random_below(random, node + 1);
        round[node] = round[earlier];
        round[earlier] = (uint32_t)node;
    }
    for (size_t place = 0; place < state->objects; place++)
        put_link(state, round[place], ROUND, round[(place + 1) % state->objects]);
    for (size_t node = 0; node < state->objects; node++) {
        for (size_t index = ROUND + 1; index < RANDOM_LINKS; index++)
            put_link(state, node, index, (size_t)hm_random_below(random, state->objects));
    }
}

/** How a shape is linked, and how many links an object has. */
static const struct {
    size_t links;
    void (*link)(collect_graph *state, hm_random *random);
} shape_table[] = {
    [TREE] = {TREE_LINKS, link_tree},
    [RANDOM] = {RANDOM_LINKS, link_at_random},
    [CHAIN] = {CHAIN_LINKS, link_chain},
};

/** Builds the graph, the same each time; its first object is the root. */
static bool build_graph(collect_graph *state)
{
    int64_t shape = state->lane.parameters[SHAPE];
    hm_random random;
    hm_random_seed(&random, state->lane.seed);
    for (size_t node = 0; node < state->objects; node++) {
        state->nodes.at[node] = hm_layer_list_sized(state->lane.heap, shape_table[shape].links);
        if (state->nodes.at[node] == NULL)
            return hm_layer_failed(&state->lane, "collect-graph: making a graph");
    }
    state->linked = state->lane.seed;
    shape_table[shape].link(state, &random);
    state->root.at[0] = hm_layer_keep(state->nodes.at[0]);
    hm_layer_slots_drop(&state->lane, &state->nodes);
    state->there = true;
    return true;
}

/* Collecting. */

/** Collects; false: what was found is not `expected` objects. */
static bool collect(collect_graph *state, size_t expected)
{
    hm_heap *heap = state->lane.heap;
    int64_t found = hm_layer_collect(heap);
    if (found < 0)
        return hm_layer_failed(&state->lane, "collect-graph: a collection");
    if (!hm_layer_can_collect(heap))
        expected = 0;
    if ((uint64_t)found != expected)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "collect-graph: a collection found %lld objects instead of %zu",
                            (long long)found, expected);
    return true;
}

/** Lets go of the root: all is garbage from here on. */
static void let_go(collect_graph *state)
{
    hm_layer_slots_drop(&state->lane, &state->root);
    state->there = false;
}

static bool restore(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    collect_graph *state = hm_lanes_at(opaque, thread);
    return state->there || !state->garbage || build_graph(state);
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    collect_graph *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        if (!state->there && !build_graph(state)) /* no restore phase came before */
            return false;
        if (state->garbage)
            let_go(state);
        if (!collect(state, state->garbage ? state->objects : 0))
            return false;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, state->linked);
    }
    return true;
}

/** What was there before is set apart; a first collection makes what stays old. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    collect_graph *state = hm_lanes_at(opaque, thread);
    if (!hm_layer_set_apart(state->lane.heap))
        return hm_layer_failed(&state->lane, "collect-graph: setting apart what was there before");
    return build_graph(state) && (state->garbage || collect(state, 0));
}

/** The last graph goes: all of it must be found. */
static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    collect_graph *state = hm_lanes_at(opaque, thread);
    if (!state->there)
        return true;
    let_go(state);
    return collect(state, state->objects);
}

static bool open_lane(void *opaque)
{
    collect_graph *state = opaque;
    const int64_t *values = state->lane.parameters;
    state->objects = (size_t)values[OBJECTS];
    state->garbage = values[GARBAGE] != 0;
    return hm_layer_slots_open(&state->lane, &state->nodes, state->objects) &&
           hm_layer_slots_open(&state->lane, &state->root, 1) &&
           (values[SHAPE] != RANDOM ||
            hm_table_open(&state->lane, &state->round, state->objects, sizeof(uint32_t)));
}

static void close_lane(void *opaque)
{
    collect_graph *state = opaque;
    hm_layer_slots_close(&state->lane, &state->nodes);
    hm_layer_slots_close(&state->lane, &state->root);
    hm_table_close(&state->round);
}

const hm_workload hm_collect_graph_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const double list_bytes = 64, link_bytes = 8;
    const hm_workload *self = &hm_collect_graph_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    double object = list_bytes + link_bytes * (double)shape_table[values[SHAPE]].links;
    return hm_parameters_fit(self, object * (double)values[OBJECTS], "objects", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(collect_graph), open_lane, close_lane);
}

static uint64_t most_iterations(const int64_t *values)
{
    return values[GARBAGE] != 0 ? 1 : 0;
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[OBJECTS];
}

const hm_workload hm_collect_graph_workload = {
    .name = "collect-graph",
    .brief = "Full collections of one graph, all alive or all garbage",
    .group = "object",
    .operation = "one object looked at or freed by a full collection",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_COLLECTION | HM_MEASURES_COLLECTION,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"restore", HM_PHASE_RESTORE, restore},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .most_iterations = most_iterations,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
