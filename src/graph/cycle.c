#include "graph/cycle.h"

#include "base/system_memory.h"
#include "graph/graph_map.h"
#include "graph/repr.h"

#include <inttypes.h>

/*
 * Tarjan's search with its stack of calls as data. `order` numbers the nodes as they are first
 * seen, from 1; `low` is the lowest order a node is known to reach within its component; `open`
 * holds the nodes whose component is not complete. A complete component is known by the node it was
 * closed at.
 */
typedef struct tarjan {
    const hm_graph *graph;
    size_t nodes;
    uint32_t *order;
    uint32_t *low;
    uint32_t *component; /* 1 + the node it was closed at; 0: open or not seen */
    uint64_t *cursor;    /* the node's next edge */
    hm_graph_nodes open;
    hm_graph_nodes path; /* the nodes being visited: the stack of calls */
    uint32_t seen;
} tarjan;

static bool prepare(tarjan *state, const hm_graph *graph)
{
    state->graph = graph;
    state->nodes = hm_graph_count(graph);
    state->order = hm_system_map((state->nodes + 1) * sizeof *state->order);
    state->low = hm_system_map((state->nodes + 1) * sizeof *state->low);
    state->component = hm_system_map((state->nodes + 1) * sizeof *state->component);
    state->cursor = hm_system_map((state->nodes + 1) * sizeof *state->cursor);
    return state->order != NULL && state->low != NULL && state->component != NULL &&
           state->cursor != NULL;
}

static void dispose(tarjan *state)
{
    hm_system_unmap(state->order, (state->nodes + 1) * sizeof *state->order);
    hm_system_unmap(state->low, (state->nodes + 1) * sizeof *state->low);
    hm_system_unmap(state->component, (state->nodes + 1) * sizeof *state->component);
    hm_system_unmap(state->cursor, (state->nodes + 1) * sizeof *state->cursor);
    hm_graph_nodes_destroy(&state->open);
    hm_graph_nodes_destroy(&state->path);
}

static bool begin_visit(tarjan *state, hm_graph_node node)
{
    state->order[node] = state->low[node] = ++state->seen;
    state->cursor[node] = state->graph->forward.first[node];
    return hm_graph_nodes_push(&state->open, node) && hm_graph_nodes_push(&state->path, node);
}

static void lower(tarjan *state, hm_graph_node node, uint32_t value)
{
    if (value < state->low[node])
        state->low[node] = value;
}

static void close_component(tarjan *state, hm_graph_node node)
{
    hm_graph_node member;
    do {
        member = state->open.nodes[--state->open.length];
        state->component[member] = node + 1;
    } while (member != node);
}

static void end_visit(tarjan *state, hm_graph_node node)
{
    state->path.length--;
    if (state->low[node] == state->order[node])
        close_component(state, node);
    if (state->path.length != 0)
        lower(state, state->path.nodes[state->path.length - 1], state->low[node]);
}

/* Goes on with the innermost visit: to a node not yet seen, or to its end. */
static bool step(tarjan *state)
{
    hm_graph_node node = state->path.nodes[state->path.length - 1];
    while (state->cursor[node] < state->graph->forward.first[node + 1]) {
        hm_graph_node referent = state->graph->forward.ends[state->cursor[node]++];
        if (state->order[referent] == 0)
            return begin_visit(state, referent);
        if (state->component[referent] == 0)
            lower(state, node, state->order[referent]);
    }
    end_visit(state, node);
    return true;
}

static bool run(tarjan *state)
{
    for (size_t node = 0; node < state->nodes; node++) {
        if (state->order[node] == 0 && !begin_visit(state, (hm_graph_node)node))
            return false;
        while (state->path.length != 0) {
            if (!step(state))
                return false;
        }
    }
    return true;
}

static bool refers_to_itself(const hm_graph *graph, hm_graph_node node)
{
    size_t count = 0;
    const hm_graph_node *referents = hm_graph_referents(graph, node, &count);
    for (size_t edge = 0; edge < count; edge++) {
        if (referents[edge] == node)
            return true;
    }
    return false;
}

/* Members of each component, in `order`, which is done with, by the node it was closed at. */
static void count_members(tarjan *state)
{
    for (size_t node = 0; node < state->nodes; node++)
        state->order[node] = 0;
    for (size_t node = 0; node < state->nodes; node++)
        state->order[state->component[node] - 1]++;
}

static bool is_in_cycle(const tarjan *state, size_t node)
{
    return state->order[state->component[node] - 1] > 1 ||
           refers_to_itself(state->graph, (hm_graph_node)node);
}

/* Numbers the cycles by their first members, in `low`, which is done with. */
static size_t number_cycles(tarjan *state)
{
    size_t count = 0;
    for (size_t node = 0; node < state->nodes; node++)
        state->low[node] = 0;
    for (size_t node = 0; node < state->nodes; node++) {
        if (!is_in_cycle(state, node))
            continue;
        uint32_t *number = &state->low[state->component[node] - 1];
        if (*number == 0)
            *number = (uint32_t)++count;
    }
    return count;
}

static bool write_cycles(const tarjan *state, size_t count, hm_cycles *cycles)
{
    cycles->nodes = state->nodes;
    cycles->length = count;
    cycles->cycles = hm_system_map((count + 1) * sizeof *cycles->cycles);
    cycles->of_node = hm_system_map((state->nodes + 1) * sizeof *cycles->of_node);
    if (cycles->cycles == NULL || cycles->of_node == NULL)
        return false;
    for (size_t node = 0; node < state->nodes; node++) {
        uint32_t number = state->low[state->component[node] - 1];
        if (number == 0)
            continue;
        hm_cycle *cycle = &cycles->cycles[number - 1];
        cycles->of_node[node] = number;
        if (cycle->objects++ == 0)
            cycle->first = (hm_graph_node)node;
        cycle->alive = hm_graph_is(state->graph, (hm_graph_node)node, HM_NODE_ALIVE);
        cycle->bytes += hm_object_size(hm_graph_object(state->graph, (hm_graph_node)node));
    }
    return true;
}

hm_status hm_cycles_find(const hm_graph *graph, hm_cycles *cycles, hm_error *error)
{
    tarjan state = {0};
    hm_status status = HM_OK;
    hm_cycles_destroy(cycles);
    bool complete = prepare(&state, graph) && run(&state);
    if (complete) {
        count_members(&state);
        complete = write_cycles(&state, number_cycles(&state), cycles);
    }
    if (!complete) {
        hm_cycles_destroy(cycles);
        status = hm_graph_no_memory(error);
    }
    dispose(&state);
    return status;
}

void hm_cycles_destroy(hm_cycles *cycles)
{
    hm_system_unmap(cycles->cycles, (cycles->length + 1) * sizeof *cycles->cycles);
    hm_system_unmap(cycles->of_node, (cycles->nodes + 1) * sizeof *cycles->of_node);
    *cycles = (hm_cycles){0};
}

hm_status hm_cycle_members(const hm_cycles *cycles, size_t cycle, hm_graph_nodes *list,
                           hm_error *error)
{
    for (size_t node = 0; node < cycles->nodes; node++) {
        if (cycles->of_node[node] == cycle + 1 && !hm_graph_nodes_push(list, (hm_graph_node)node))
            return hm_graph_no_memory(error);
    }
    return HM_OK;
}

hm_status hm_cycles_print(const hm_graph *graph, const hm_cycles *cycles, size_t limit, FILE *file,
                          hm_error *error)
{
    size_t length = limit == 0 || limit > cycles->length ? cycles->length : limit;
    fprintf(file, "%10s %12s  %-7s  %s\n", "objects", "bytes", "state", "first");
    for (size_t index = 0; index < length; index++) {
        const hm_cycle *cycle = &cycles->cycles[index];
        char name[HM_REPR_BYTES];
        hm_repr_type(hm_graph_object(graph, cycle->first), name);
        fprintf(file, "%10zu %12" PRIu64 "  %-7s  %s\n", cycle->objects, cycle->bytes,
                cycle->alive ? "alive" : "garbage", name);
    }
    if (ferror(file))
        return hm_error_set(error, HM_IO_ERROR, "a table of cycles could not be written");
    return HM_OK;
}
