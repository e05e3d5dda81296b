#include "graph/nodes.h"

#include "base/system_memory.h"

enum { FIRST_CAPACITY = 1024 };

static bool grow(hm_graph_nodes *list)
{
    size_t bytes = list->capacity * sizeof *list->nodes;
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
    hm_graph_node *nodes = bytes == 0
                               ? hm_system_map(capacity * sizeof *nodes)
                               : hm_system_remap(list->nodes, bytes, capacity * sizeof *nodes);
    if (nodes == NULL)
        return false;
    list->nodes = nodes;
    list->capacity = capacity;
    return true;
}

bool hm_graph_nodes_push(hm_graph_nodes *list, hm_graph_node node)
{
    if (list->length == list->capacity && !grow(list))
        return false;
    list->nodes[list->length++] = node;
    return true;
}

bool hm_graph_nodes_contain(const hm_graph_nodes *list, hm_graph_node node)
{
    for (size_t index = 0; index < list->length; index++) {
        if (list->nodes[index] == node)
            return true;
    }
    return false;
}

void hm_graph_nodes_destroy(hm_graph_nodes *list)
{
    hm_system_unmap(list->nodes, list->capacity * sizeof *list->nodes);
    *list = (hm_graph_nodes){0};
}
