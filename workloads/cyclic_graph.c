/**
 * This module is the workload `cyclic-graph`, so that the price of cyclic garbage can be measured
 * by the shape and size of the cycles, by what hangs on them, by the live objects around them, and
 * against the two ways programs avoid it: unlinking by hand, and weak back links.
 *
 * Models: trees whose nodes know their parents, doubly linked lists, object graphs, closures: a
 * graph of nodes with slots is built, walked and let go. Stresses: the collector (finding the
 * cycles among live background objects, clearing them, running finalizers), and the allocator with
 * blocks that come back late and in a collector's order.
 *
 * Numbers: cyclotron (github.com/nascheme/cyclotron), the benchmark CPython's developers use for
 * their collectors, sweeps cycles of 10, 100 and 1000 objects, payloads from 0 to 300,000 bytes and
 * 100 to 30,000 live objects; the defaults are its largest cycle and background, with a
 * payload that makes a block of the commonest class. pyperformance's gc_collect links 20 nodes both
 * ways. The random graph of 4 links a node is the one CPython's collection costs are known for
 * (docs/workloads.md). One graph in ten is left as garbage by default, as on most of a program's
 * paths reference counts suffice.
 */
#include "workloads/cyclic_graph_shapes.h"
#include "workloads/lanes.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"

#include "object/sites.h" /* last: every allocating call below is a site */

enum { SHAPE, NODES, DEGREE, PAYLOAD, LIVE, GARBAGE, FINALIZERS, BACK_LINKS, BREAK, PARAMETERS };
enum { STRONG, WEAK };
enum { LEAVE, BY_HAND };

/* The slots of a node: a number, its payload, then the links. */
enum { NODE_NUMBER, NODE_PAYLOAD, NODE_LINKS };

enum { PLAIN_CLASS, FINALIZED_CLASS, FINALIZED_COUNT, KEPT_SLOTS };

static const char *const back_links[] = {"strong", "weak", NULL};
static const char *const breaks[] = {"leave", "by-hand", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [SHAPE] = {"shape", "", "how the nodes are linked", 0, HM_SHAPES - 1, HM_SHAPE_RING,
               hm_shape_names, false},
    [NODES] = {"nodes", "objects", "nodes of the graph that one iteration builds", 1, 1000000, 1000,
               NULL, true},
    [DEGREE] = {"degree", "links", "links a node in random, children in tree-with-parents", 1, 64,
                4, NULL, true},
    [PAYLOAD] = {"payload", "bytes", "bytes object that hangs on each node; 0: none", 0, 1 << 20,
                 24, NULL, true},
    [LIVE] = {"live", "objects", "live containers in the background", 0, 10000000, 30000, NULL,
              true},
    [GARBAGE] = {"garbage", "%", "share of the graphs that are dropped with their cycles intact", 0,
                 100, 10, NULL, false},
    [FINALIZERS] = {"finalizers", "%", "share of the nodes that have a finalizer", 0, 100, 0, NULL,
                    false},
    [BACK_LINKS] = {"back-links", "", "whether links to the previous node or the parent own it", 0,
                    WEAK, STRONG, back_links, false},
    [BREAK] = {"break", "", "leave: `garbage` says which; by-hand: every graph is unlinked", 0,
               BY_HAND, LEAVE, breaks, false},
};

typedef struct cyclic_graph {
    hm_lane lane;
    uint32_t nodes, links;
    size_t payload;
    bool weak;
    hm_table targets;     /**< uint32_t, a row of `links` a node: see hm_shape_fill */
    hm_table classes;     /**< uint8_t: PLAIN_CLASS or FINALIZED_CLASS, one a node */
    uint64_t finalizable; /**< nodes of FINALIZED_CLASS in a graph */
    hm_table neighbours;  /**< uint32_t, two a background object */
    hm_slots graph;       /**< the nodes, while the graph is built and walked */
    hm_slots background;
    hm_slots kept;        /**< the classes and the finalizers' count */
    uint64_t garbage_due; /**< in hundredths of a graph */
} cyclic_graph;

/* Setup: every decision that is not the work itself. */

static void plan_classes(cyclic_graph *state)
{
    uint8_t *classes = state->classes.at;
    uint64_t share = (uint64_t)state->lane.parameters[FINALIZERS];
    uint64_t due = 0;
    for (uint32_t node = 0; node < state->nodes; node++) {
        due += share;
        classes[node] = due >= 100 ? FINALIZED_CLASS : PLAIN_CLASS;
        state->finalizable += due >= 100;
        due -= due >= 100 ? 100 : 0;
    }
}

/** Two older background objects for each: the heap between them is walked in no order. */
static void plan_background(cyclic_graph *state, hm_random *random)
{
    uint32_t *neighbours = state->neighbours.at;
    for (size_t index = 0; index < state->background.count; index++) {
        neighbours[2 * index] = (uint32_t)hm_random_below(random, index);
        neighbours[2 * index + 1] = (uint32_t)hm_random_below(random, index);
    }
}

static bool open_lane(void *opaque)
{
    cyclic_graph *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    uint32_t shape = (uint32_t)values[SHAPE], degree = (uint32_t)values[DEGREE];
    state->nodes = (uint32_t)values[NODES];
    state->links = hm_shape_links(shape, degree);
    state->payload = (size_t)values[PAYLOAD];
    state->weak = values[BACK_LINKS] == WEAK;
    size_t live = (size_t)values[LIVE];
    if (!hm_table_open(lane, &state->targets, (size_t)state->nodes * state->links,
                       sizeof(uint32_t)) ||
        !hm_table_open(lane, &state->classes, state->nodes, sizeof(uint8_t)) ||
        !hm_slots_open(lane, &state->graph, state->nodes) ||
        !hm_slots_open(lane, &state->kept, KEPT_SLOTS))
        return false;
    if (live != 0 && (!hm_table_open(lane, &state->neighbours, 2 * live, sizeof(uint32_t)) ||
                      !hm_slots_open(lane, &state->background, live)))
        return false;
    hm_random random;
    hm_random_seed(&random, lane->seed);
    hm_shape_fill(shape, degree, state->nodes, &random, state->targets.at);
    plan_classes(state);
    plan_background(state, &random);
    return true;
}

/* Building what stays. */

/** A finalizer that counts, in a bytes object which its class keeps alive. */
static bool count_finalized(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(self);
    uint64_t count;
    unsigned char *data = hm_bytes_data(context);
    __builtin_memcpy(&count, data, sizeof count);
    count++;
    __builtin_memcpy(data, &count, sizeof count);
    return true;
}

static uint64_t finalized(const cyclic_graph *state)
{
    uint64_t count;
    __builtin_memcpy(&count, hm_bytes_data(state->kept.at[FINALIZED_COUNT]), sizeof count);
    return count;
}

/** The class of nodes with a finalizer: its attributes own the count the finalizer gets. */
static hm_object *make_finalized_class(cyclic_graph *state, hm_class_spec spec)
{
    hm_heap *heap = state->lane.heap;
    hm_object *count = state->kept.at[FINALIZED_COUNT];
    spec.name = "FinalizedNode";
    spec.finalizer = count_finalized;
    spec.context = count;
    hm_object *class_object = hm_class_new(heap, &spec);
    hm_object *key = hm_str_from(heap, "finalized");
    if (class_object == NULL || key == NULL ||
        !hm_dict_set(heap, hm_class_attributes(class_object), key, count)) {
        hm_xdecref(heap, class_object);
        class_object = NULL;
    }
    hm_xdecref(heap, key);
    return class_object;
}

static bool build_classes(cyclic_graph *state)
{
    hm_object **kept = state->kept.at;
    hm_heap *heap = state->lane.heap;
    static const uint64_t zero;
    hm_class_spec spec = {
        .name = "Node", .slot_count = NODE_LINKS + state->links, .has_weakrefs = state->weak};
    kept[FINALIZED_COUNT] = hm_bytes_new(heap, &zero, sizeof zero);
    if (kept[FINALIZED_COUNT] != NULL)
        kept[PLAIN_CLASS] = hm_class_new(heap, &spec);
    if (kept[PLAIN_CLASS] != NULL)
        kept[FINALIZED_CLASS] = make_finalized_class(state, spec);
    return kept[FINALIZED_CLASS] != NULL ||
           hm_lane_heap_failed(&state->lane, "cyclic-graph: making the classes");
}

/** A background object: a list of its number and two older background objects. */
static bool build_background(cyclic_graph *state)
{
    hm_heap *heap = state->lane.heap;
    hm_object **background = state->background.at;
    const uint32_t *neighbours = state->neighbours.at;
    for (size_t index = 0; index < state->background.count; index++) {
        hm_object *list = background[index] = hm_list_new(heap);
        if (list == NULL || !hm_list_append_new(heap, list, hm_int_new(heap, (int64_t)index)))
            return hm_lane_heap_failed(&state->lane, "cyclic-graph: making the background");
        for (size_t which = 0; which < 2 && index != 0; which++) {
            if (!hm_list_append(heap, list, background[neighbours[2 * index + which]]))
                return hm_lane_heap_failed(&state->lane, "cyclic-graph: making the background");
        }
    }
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    cyclic_graph *state = hm_lanes_at(opaque, thread);
    return build_classes(state) && build_background(state);
}

/* The work: build, link, walk, unlink, drop. */

static uint64_t seed_of(const cyclic_graph *state, uint32_t node)
{
    return hm_scramble(state->lane.seed + state->lane.iteration * state->nodes + node);
}

/** The number in a node's first slot: one of the shared small ints, so that it costs no block. */
static int64_t number_of(uint64_t seed)
{
    return (int64_t)(seed >> 56);
}

static bool make_node(cyclic_graph *state, uint32_t index)
{
    hm_heap *heap = state->lane.heap;
    const uint8_t *classes = state->classes.at;
    uint64_t seed = seed_of(state, index);
    hm_object *node = hm_instance_new(heap, state->kept.at[classes[index]]);
    if (node == NULL)
        return false;
    state->graph.at[index] = node;
    hm_store_first(heap, node, hm_instance_slot(node, NODE_NUMBER),
                   hm_int_new(heap, number_of(seed)));
    if (state->payload == 0)
        return true;
    hm_object *payload = hm_bytes_new(heap, NULL, state->payload);
    if (payload == NULL)
        return false;
    hm_payload_fill(hm_bytes_data(payload), state->payload, seed, false);
    hm_store_first(heap, node, hm_instance_slot(node, NODE_PAYLOAD), payload);
    return true;
}

static bool link_node(cyclic_graph *state, uint32_t index)
{
    hm_heap *heap = state->lane.heap;
    const uint32_t *row = (uint32_t *)state->targets.at + (size_t)index * state->links;
    hm_object *node = state->graph.at[index];
    for (uint32_t link = 0; link < state->links; link++) {
        if (row[link] == HM_LINK_NONE)
            continue;
        hm_object *target = state->graph.at[row[link] & HM_LINK_NODE];
        hm_object *value = state->weak && (row[link] & HM_LINK_BACK) != 0
                               ? hm_weakref_new(heap, target, NULL, NULL)
                               : hm_incref(target);
        if (value == NULL)
            return false;
        hm_store(heap, node, hm_instance_slot(node, NODE_LINKS + link), value);
    }
    return true;
}

static bool build_graph(cyclic_graph *state)
{
    for (uint32_t index = 0; index < state->nodes; index++) {
        if (!make_node(state, index))
            return hm_lane_heap_failed(&state->lane, "cyclic-graph: making a node");
    }
    for (uint32_t index = 0; index < state->nodes; index++) {
        if (!link_node(state, index))
            return hm_lane_heap_failed(&state->lane, "cyclic-graph: linking a node");
    }
    return true;
}

/** Follows one link to the node it leads to, borrowed: the graph's slots own every node. */
static hm_object *follow(hm_heap *heap, hm_object *held)
{
    if (!hm_is(held, &hm_weakref_type))
        return held;
    hm_object *node = hm_weakref_get(held);
    hm_xdecref(heap, node);
    return node;
}

/** Reads one node and all it links to; false: something is not what was built. */
static bool walk_node(cyclic_graph *state, uint32_t index, uint64_t *sum)
{
    const uint32_t *row = (uint32_t *)state->targets.at + (size_t)index * state->links;
    uint64_t seed = seed_of(state, index);
    hm_object *node = state->graph.at[index];
    bool right = hm_int_value(*hm_instance_slot(node, NODE_NUMBER)) == number_of(seed);
    if (state->payload != 0)
        right &= hm_payload_read(hm_bytes_data(*hm_instance_slot(node, NODE_PAYLOAD)),
                                 state->payload, seed, false, sum);
    for (uint32_t link = 0; link < state->links; link++) {
        hm_object *held = *hm_instance_slot(node, NODE_LINKS + link);
        if (row[link] == HM_LINK_NONE) {
            right &= held == NULL;
            continue;
        }
        hm_object *target = held == NULL ? NULL : follow(state->lane.heap, held);
        if (target == NULL || target != state->graph.at[row[link] & HM_LINK_NODE])
            return false;
        *sum = *sum * 31 + (uint64_t)hm_int_value(*hm_instance_slot(target, NODE_NUMBER));
    }
    return right;
}

static bool walk_graph(cyclic_graph *state, uint64_t *sum)
{
    for (uint32_t index = 0; index < state->nodes; index++) {
        if (!walk_node(state, index, sum))
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "cyclic-graph: node %u is not what was built", index);
    }
    return true;
}

/** Takes every link out, as a program's close() would; copes with a graph built by half. */
static void unlink_graph(cyclic_graph *state)
{
    hm_heap *heap = state->lane.heap;
    for (uint32_t index = 0; index < state->graph.count; index++) {
        hm_object *node = state->graph.at[index];
        for (uint32_t link = 0; node != NULL && link < state->links; link++)
            hm_store(heap, node, hm_instance_slot(node, NODE_LINKS + link), NULL);
    }
}

/** Whether the graph of this iteration keeps its cycles when it is dropped. */
static bool leaves_garbage(cyclic_graph *state)
{
    if (state->lane.parameters[BREAK] == BY_HAND)
        return false;
    state->garbage_due += (uint64_t)state->lane.parameters[GARBAGE];
    if (state->garbage_due < 100)
        return false;
    state->garbage_due -= 100;
    return true;
}

/** Drops the graph; one that was unlinked must be gone at once, its finalizers run. */
static bool drop_graph(cyclic_graph *state)
{
    if (leaves_garbage(state)) {
        hm_slots_drop(&state->lane, &state->graph);
        return true;
    }
    uint64_t objects = hm_heap_live_objects(state->lane.heap);
    uint64_t before = finalized(state);
    unlink_graph(state);
    hm_slots_drop(&state->lane, &state->graph);
    uint64_t dead = objects - hm_heap_live_objects(state->lane.heap);
    uint64_t ran = finalized(state) - before;
    uint64_t expected = state->nodes * (state->payload != 0 ? (uint64_t)2 : 1);
    if (dead < expected || ran != state->finalizable)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "cyclic-graph: of %llu objects %llu died when their graph was "
                            "unlinked, and %llu of %llu finalizers ran",
                            (unsigned long long)expected, (unsigned long long)dead,
                            (unsigned long long)ran, (unsigned long long)state->finalizable);
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    cyclic_graph *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t sum = 0;
        if (!build_graph(state) || !walk_graph(state, &sum) || !drop_graph(state))
            return false;
        state->lane.iteration++;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    }
    return true;
}

/* Letting go. */

/** Reads the background back: each list must still hold its number and its neighbours. */
static bool read_background(cyclic_graph *state)
{
    const uint32_t *neighbours = state->neighbours.at;
    hm_object **background = state->background.at;
    uint64_t sum = 0;
    for (size_t index = 0; index < state->background.count; index++) {
        const hm_object *list = background[index];
        bool right = hm_list_length(list) == (index == 0 ? 1u : 3u) &&
                     hm_int_value(hm_list_get(list, 0)) == (int64_t)index;
        for (size_t which = 0; right && which < 2 && index != 0; which++) {
            right = hm_list_get(list, 1 + which) == background[neighbours[2 * index + which]];
            sum = sum * 31 + neighbours[2 * index + which];
        }
        if (!right)
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "cyclic-graph: background object %zu is not what was built", index);
    }
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    cyclic_graph *state = hm_lanes_at(opaque, thread);
    if (!read_background(state))
        return false;
    hm_slots_drop(&state->lane, &state->background);
    hm_slots_drop(&state->lane, &state->kept);
    return true;
}

static void close_lane(void *opaque)
{
    cyclic_graph *state = opaque;
    unlink_graph(state);
    hm_slots_close(&state->lane, &state->graph);
    hm_slots_close(&state->lane, &state->background);
    hm_slots_close(&state->lane, &state->kept);
    hm_table_close(&state->neighbours);
    hm_table_close(&state->classes);
    hm_table_close(&state->targets);
}

/* What a set of values must fulfil. */

const hm_workload hm_cyclic_graph_workload;

static hm_status validate_combination(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_cyclic_graph_workload;
    uint32_t shape = (uint32_t)values[SHAPE];
    if (!hm_shape_has_degree(shape) &&
        hm_parameter_without_effect(self, values, DEGREE,
                                    "any shape but random and tree-with-parents", error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[BREAK] == BY_HAND &&
        hm_parameter_without_effect(self, values, GARBAGE, "break by-hand", error) != HM_OK)
        return HM_USAGE_ERROR;
    if (!hm_shape_has_back_links(shape) && values[BACK_LINKS] == WEAK)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "cyclic-graph: shape %s has no back links that could be weak; pair, "
                            "doubly-linked and tree-with-parents have",
                            hm_shape_names[shape]);
    if (shape == HM_SHAPE_PAIR && values[NODES] % 2 != 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "cyclic-graph: nodes %lld do not make pairs; an even number does",
                            (long long)values[NODES]);
    return HM_OK;
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_cyclic_graph_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        validate_combination(values, error) != HM_OK)
        return HM_USAGE_ERROR;
    double links = hm_shape_links((uint32_t)values[SHAPE], (uint32_t)values[DEGREE]);
    double weak = values[BACK_LINKS] == WEAK ? 88 : 0;
    double node = 64 + links * (8 + sizeof(uint32_t)) + weak + 48 + (double)values[PAYLOAD];
    return hm_parameters_fit(self, node * (double)values[NODES] + 136 * (double)values[LIVE],
                             "nodes, degree, payload or live", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(cyclic_graph), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[NODES];
}

const hm_workload hm_cyclic_graph_workload = {
    .name = "cyclic-graph",
    .brief = "Graphs with cycles that are built, walked and dropped, unlinked or as garbage",
    .group = "object",
    .operation = "one node created, linked and dropped",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_COLLECTION,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
