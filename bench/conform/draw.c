/**
 * This module is the picture of a program's own objects when the program has ended, so that what a
 * file builds can be looked at.
 */
#include "bench/conform/draw.h"

#include "bench/strings.h"
#include "graph/drawing.h"

#include <stdlib.h>
#include <string.h>

/* Neighbours drawn of one object; a picture of more says nothing. */
enum { MOST_NEIGHBOURS = 100 };

static bool ends_with(const char *path, const char *end)
{
    size_t length = strlen(path);
    return length > strlen(end) && strcmp(path + length - strlen(end), end) == 0;
}

bool hm_conform_can_draw(const char *path)
{
    return ends_with(path, ".svg") || ends_with(path, ".dot");
}

static int compare_labels(const void *left, const void *right)
{
    uint64_t first = ((const hm_conform_label *)left)->sequence;
    uint64_t second = ((const hm_conform_label *)right)->sequence;
    return first < second ? -1 : first > second;
}

/* The nodes of the objects with labels, in the order they got them. */
static hm_status find_own(const hm_conform_labels *labels, const hm_graph *graph,
                          hm_graph_nodes *nodes, hm_error *error)
{
    hm_conform_label *own = hm_grow(NULL, labels->count + 1, sizeof *own);
    size_t count = 0;
    hm_status status = HM_OK;
    for (size_t at = 0; at < labels->size; at++) {
        if (labels->slots[at].object != NULL)
            own[count++] = labels->slots[at];
    }
    qsort(own, count, sizeof *own, compare_labels);
    for (size_t index = 0; status == HM_OK && index < count; index++) {
        hm_graph_node node = hm_graph_find(graph, own[index].object);
        if (node != HM_GRAPH_NONE && !hm_graph_nodes_push(nodes, node))
            status = hm_error_set(error, HM_NO_MEMORY, "no memory for the nodes of a picture");
    }
    free(own);
    return status;
}

/* A root slot of the machine by the program's word for it; a text's slot by none, as the text is
 * seen. */
static const char *root_name(hm_object *const *slot, void *context)
{
    const hm_conform_machine *machine = context;
    const hm_conform_program *program = machine->program;
    for (uint32_t symbol = 0; symbol < program->symbol_count; symbol++) {
        if (slot == &machine->globals[symbol])
            return program->symbols[symbol];
    }
    const hm_conform_definition *definition = program->definitions;
    for (; definition != NULL; definition = definition->next) {
        if (slot == &machine->defined[definition->index])
            return definition->name;
    }
    return "";
}

hm_status hm_conform_draw(hm_conform_machine *machine, const char *path, hm_error *error)
{
    hm_drawing_options options = hm_drawing_options_default();
    hm_graph_nodes own = {0};
    hm_drawing *drawing = NULL;
    hm_graph *graph = hm_graph_new(machine->heap, error);
    if (graph == NULL)
        return error->status;
    options.max_depth = 1;
    options.too_many = MOST_NEIGHBOURS;
    options.title = machine->program->name;
    options.root_name = root_name;
    options.context = machine;
    hm_status status = find_own(&machine->labels, graph, &own, error);
    if (status == HM_OK) {
        drawing = hm_drawing_around(graph, &own, &options, error);
        status = drawing == NULL           ? error->status
                 : ends_with(path, ".svg") ? hm_drawing_save_svg(drawing, path, error)
                                           : hm_drawing_save_dot(drawing, path, error);
    }
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&own);
    hm_graph_free(graph);
    return status;
}
