/**
 * This program is the lesson on the object graph, so that "who holds what?" can be read, and seen:
 * objects are nodes, references are arrows. It follows the references of an order, breadth first,
 * and prints one line an arrow; the line that leads back to the start is a cycle. With a file's
 * name it also draws the picture: `18_object_graph order.svg` (needs Graphviz's dot).
 */
#include "examples/example.h"
#include "graph/drawing.h"
#include "graph/select.h"

#include <string.h>

/** Customer has an order, which has it; the order has two lines of one product. */
static hm_object *order_new(hm_heap *heap, hm_object *classes[4])
{
    hm_object *order = made(heap, hm_instance_new(heap, classes[0]));
    hm_object *customer = made(heap, hm_instance_new(heap, classes[1]));
    hm_object *product = made(heap, hm_instance_new(heap, classes[3]));
    hm_object *lines = made(heap, hm_list_new(heap));
    for (int index = 0; index < 2; index++) {
        hm_object *line = made(heap, hm_instance_new(heap, classes[2]));
        hm_store(heap, line, hm_instance_slot(line, 0), hm_incref(product));
        must(heap, hm_list_append_new(heap, lines, line));
    }
    hm_store(heap, customer, hm_instance_slot(customer, 0), hm_incref(order));
    hm_store(heap, order, hm_instance_slot(order, 0), customer);
    hm_store(heap, order, hm_instance_slot(order, 1), lines);
    hm_decref(heap, product);
    return order;
}

static const char *type_name(const hm_graph *graph, hm_graph_node node)
{
    return hm_graph_object(graph, node)->type->name;
}

/** The place of a node in the list, where it is put if it is new. */
static size_t place_of(hm_graph_nodes *seen, hm_graph_node node)
{
    size_t place = 0;
    while (place < seen->length && seen->nodes[place] != node)
        place++;
    if (place == seen->length && !hm_graph_nodes_push(seen, node))
        example_fail("out of memory");
    return place;
}

/** Prints every reference that can be followed from `start`, but for those to classes. */
static void print_references(const hm_graph *graph, hm_graph_node start)
{
    hm_graph_nodes seen = {0};
    place_of(&seen, start);
    for (size_t from = 0; from < seen.length; from++) {
        size_t count;
        const hm_graph_node *referents = hm_graph_referents(graph, seen.nodes[from], &count);
        for (size_t index = 0; index < count; index++) {
            if (hm_graph_is_class(graph, referents[index], NULL))
                continue;
            size_t known = seen.length, to = place_of(&seen, referents[index]);
            printf("%zu %s -> %zu %s%s\n", from, type_name(graph, seen.nodes[from]), to,
                   type_name(graph, seen.nodes[to]), to < known ? ", seen before" : "");
        }
    }
    printf("objects: %zu\n", seen.length);
    hm_graph_nodes_destroy(&seen);
}

static bool is_no_class(const hm_graph *graph, hm_graph_node node, void *context)
{
    return !hm_graph_is_class(graph, node, context);
}

static void draw(const hm_graph *graph, hm_graph_node start, const char *path)
{
    hm_error error = {0};
    hm_graph_nodes starts = {0};
    hm_drawing_options options = hm_drawing_options_default();
    options.filter = is_no_class;
    options.max_depth = 5;
    options.title = "an order";
    place_of(&starts, start);
    hm_drawing *drawing = hm_drawing_around(graph, &starts, &options, &error);
    if (drawing == NULL || hm_drawing_save_svg(drawing, path, &error) != HM_OK)
        example_fail(error.message);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&starts);
}

int main(int argument_count, char **arguments)
{
    hm_heap *heap = example_begin();
    static const char *const slots[][2] = {{"customer", "lines"}, {"order"}, {"product"}, {NULL}};
    static const char *const class_names[] = {"Order", "Customer", "Line", "Product"};
    hm_object *classes[4];
    for (uint32_t index = 0; index < 4; index++) {
        uint32_t slot_count = index == 0 ? 2 : index < 3 ? 1 : 0;
        classes[index] =
            made(heap, hm_class_new(heap, &(hm_class_spec){.name = class_names[index],
                                                           .slot_count = slot_count,
                                                           .slot_names = slots[index]}));
    }
    hm_object *order = order_new(heap, classes);

    hm_error error = {0};
    hm_graph *graph = hm_graph_new(heap, &error);
    if (graph == NULL)
        example_fail(error.message);
    print_references(graph, hm_graph_find(graph, order));
    if (argument_count > 1)
        draw(graph, hm_graph_find(graph, order), arguments[1]);
    hm_graph_free(graph);

    hm_decref(heap, order);
    printf("the order is forgotten: gc.collect() returns %" PRId64 "\n", hm_gc_collect(heap, 2));
    for (size_t index = 0; index < 4; index++)
        hm_decref(heap, classes[index]);
    return example_end(heap);
}
