#include "graph/chain.h"

#include "base/system_memory.h"
#include "graph/edge.h"
#include "graph/graph_map.h"
#include "graph/repr.h"
#include "graph/select.h"

/* A breadth-first search: `came_from` is 1 + the node before it, 0 where it was not yet seen. */
typedef struct breadth_first {
    const hm_graph *graph;
    const hm_chain_search *search;
    hm_graph_node *came_from;
    hm_graph_nodes queue;
    hm_graph_node found;
} breadth_first;

static bool is_wanted(const breadth_first *state, hm_graph_node node)
{
    return state->search->wanted(state->graph, node, state->search->context);
}

static bool is_passable(const breadth_first *state, hm_graph_node node)
{
    return state->search->filter == NULL ||
           state->search->filter(state->graph, node, state->search->context);
}

static bool enter_neighbours(breadth_first *state, hm_graph_node node)
{
    size_t count = 0;
    const hm_graph_node *ends = state->search->direction == HM_GRAPH_REFERENTS
                                    ? hm_graph_referents(state->graph, node, &count)
                                    : hm_graph_referrers(state->graph, node, &count);
    for (size_t edge = 0; edge < count; edge++) {
        if (state->came_from[ends[edge]] != 0 || !is_passable(state, ends[edge]))
            continue;
        state->came_from[ends[edge]] = node + 1;
        if (!hm_graph_nodes_push(&state->queue, ends[edge]))
            return false;
    }
    return true;
}

/* `edge_of_depth` is where the nodes of the next depth begin in the queue. */
static bool run(breadth_first *state)
{
    size_t depth = 0;
    size_t edge_of_depth = 1;
    for (size_t next = 0; next < state->queue.length; next++) {
        if (next == edge_of_depth) {
            depth++;
            edge_of_depth = state->queue.length;
        }
        hm_graph_node node = state->queue.nodes[next];
        if (is_wanted(state, node)) {
            state->found = node;
            return true;
        }
        if (depth < state->search->max_depth && !enter_neighbours(state, node))
            return false;
    }
    return true;
}

/* The way back from what was found; a search along references has it the wrong way round. */
static bool write_chain(const breadth_first *state, hm_graph_node start, hm_graph_nodes *chain)
{
    for (hm_graph_node node = state->found;; node = state->came_from[node] - 1) {
        if (!hm_graph_nodes_push(chain, node))
            return false;
        if (node == start)
            break;
    }
    if (state->search->direction == HM_GRAPH_REFERRERS)
        return true;
    for (size_t low = 0, high = chain->length - 1; low < high; low++, high--) {
        hm_graph_node swapped = chain->nodes[low];
        chain->nodes[low] = chain->nodes[high];
        chain->nodes[high] = swapped;
    }
    return true;
}

hm_status hm_chain_find(const hm_graph *graph, hm_graph_node start, const hm_chain_search *search,
                        hm_graph_nodes *chain, hm_error *error)
{
    hm_status status = HM_OK;
    size_t bytes = (hm_graph_count(graph) + 1) * sizeof(hm_graph_node);
    breadth_first state = {.graph = graph, .search = search, .found = HM_GRAPH_NONE};
    chain->length = 0;
    state.came_from = hm_system_map(bytes);
    if (state.came_from == NULL || !hm_graph_nodes_push(&state.queue, start))
        goto no_memory;
    state.came_from[start] = start + 1;
    if (!run(&state))
        goto no_memory;
    if (state.found != HM_GRAPH_NONE && !write_chain(&state, start, chain))
        goto no_memory;
    goto end;

no_memory:
    status = hm_graph_no_memory(error);
    chain->length = 0;
end:
    hm_graph_nodes_destroy(&state.queue);
    hm_system_unmap(state.came_from, bytes);
    return status;
}

hm_status hm_chain_from_root(const hm_graph *graph, hm_graph_node node, hm_graph_nodes *chain,
                             hm_error *error)
{
    const hm_chain_search search = {.direction = HM_GRAPH_REFERRERS,
                                    .wanted = hm_graph_is_root,
                                    .max_depth = HM_GRAPH_NO_LIMIT};
    return hm_chain_find(graph, node, &search, chain, error);
}

static void print_object(hm_object *object, FILE *file)
{
    char text[HM_REPR_BYTES];
    hm_repr_type(object, text);
    fputs(text, file);
    hm_repr_write(object, text);
    if (text[0] != '\0')
        fprintf(file, " (%s)", text);
}

hm_status hm_chain_print(const hm_graph *graph, const hm_graph_nodes *chain, FILE *file,
                         hm_error *error)
{
    for (size_t index = 0; index < chain->length; index++) {
        hm_object *object = hm_graph_object(graph, chain->nodes[index]);
        print_object(object, file);
        if (index + 1 == chain->length)
            break;
        char name[HM_EDGE_NAME_BYTES];
        hm_edge_name_between(object, hm_graph_object(graph, chain->nodes[index + 1]), name);
        fprintf(file, name[0] == '\0' ? "%s -> " : " %s -> ", name);
    }
    fputc('\n', file);
    if (ferror(file))
        return hm_error_set(error, HM_IO_ERROR, "a chain of references could not be written");
    return HM_OK;
}
