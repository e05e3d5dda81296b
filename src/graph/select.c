#include "graph/select.h"

#include "base/system_memory.h"
#include "graph/graph_map.h"
#include "object/class.h"

#include <stdlib.h>
#include <string.h>

hm_status hm_graph_select(const hm_graph *graph, hm_graph_predicate wanted, void *context,
                          hm_graph_nodes *list, hm_error *error)
{
    for (size_t node = 0; node < hm_graph_count(graph); node++) {
        if (wanted(graph, (hm_graph_node)node, context) &&
            !hm_graph_nodes_push(list, (hm_graph_node)node))
            return hm_graph_no_memory(error);
    }
    return HM_OK;
}

bool hm_graph_is_root(const hm_graph *graph, hm_graph_node node, void *context)
{
    HM_UNUSED(context);
    return hm_graph_is(graph, node, HM_NODE_ROOT);
}

bool hm_graph_is_of_type(const hm_graph *graph, hm_graph_node node, void *context)
{
    return strcmp(hm_graph_object(graph, node)->type->name, context) == 0;
}

bool hm_graph_is_class(const hm_graph *graph, hm_graph_node node, void *context)
{
    HM_UNUSED(context);
    return hm_is(hm_graph_object(graph, node), &hm_class_type);
}

bool hm_graph_is_tracked(const hm_graph *graph, hm_graph_node node, void *context)
{
    HM_UNUSED(context);
    return hm_is_tracked(hm_graph_object(graph, node));
}

static bool is_leaking(const hm_graph *graph, hm_graph_node node, void *context)
{
    unsigned kinds = *(const unsigned *)context;
    if (hm_is_immortal(hm_graph_object(graph, node)))
        return false;
    bool outside = hm_graph_is(graph, node, HM_NODE_OUTSIDE);
    return ((kinds & HM_LEAK_OUTSIDE) && outside) ||
           ((kinds & HM_LEAK_UNREFERRED) && hm_graph_references(graph, node) == 0) ||
           ((kinds & HM_LEAK_GARBAGE) && !hm_graph_is(graph, node, HM_NODE_ALIVE));
}

hm_status hm_graph_leaking(const hm_graph *graph, unsigned kinds, hm_graph_nodes *list,
                           hm_error *error)
{
    return hm_graph_select(graph, is_leaking, &kinds, list, error);
}

/* Addresses as numbers: the objects they were may be gone. */
typedef struct hm_graph_moment_entry {
    uintptr_t object;
    uintptr_t type;
} moment_entry;

static moment_entry identity_of(const hm_object *object)
{
    return (moment_entry){(uintptr_t)object, (uintptr_t)object->type};
}

static int compare_entries(const void *left, const void *right)
{
    const moment_entry *one = left;
    const moment_entry *other = right;
    if (one->object != other->object)
        return one->object < other->object ? -1 : 1;
    return (one->type > other->type) - (one->type < other->type);
}

hm_status hm_graph_moment_take(const hm_graph *graph, hm_graph_moment *moment, hm_error *error)
{
    size_t count = hm_graph_count(graph);
    moment_entry *entries = hm_system_map((count + 1) * sizeof *entries);
    if (entries == NULL)
        return hm_graph_no_memory(error);
    for (size_t node = 0; node < count; node++)
        entries[node] = identity_of(hm_graph_object(graph, (hm_graph_node)node));
    qsort(entries, count, sizeof *entries, compare_entries);
    hm_graph_moment_destroy(moment);
    *moment = (hm_graph_moment){entries, count};
    return HM_OK;
}

static bool is_new(const hm_graph *graph, hm_graph_node node, void *context)
{
    const hm_graph_moment *moment = context;
    const hm_object *object = hm_graph_object(graph, node);
    moment_entry wanted = identity_of(object);
    if (hm_is_immortal(object))
        return false;
    return moment->length == 0 || bsearch(&wanted, moment->entries, moment->length,
                                          sizeof *moment->entries, compare_entries) == NULL;
}

hm_status hm_graph_made_since(const hm_graph *graph, const hm_graph_moment *moment,
                              hm_graph_nodes *list, hm_error *error)
{
    hm_graph_moment borrowed = *moment;
    return hm_graph_select(graph, is_new, &borrowed, list, error);
}

void hm_graph_moment_destroy(hm_graph_moment *moment)
{
    if (moment->entries != NULL)
        hm_system_unmap(moment->entries, (moment->length + 1) * sizeof *moment->entries);
    *moment = (hm_graph_moment){0};
}
