/**
 * This program is the lesson on cycles, so that the collector's reason to be is seen: two objects
 * that refer to each other have a count of 1 each for ever, whoever else has let go of them.
 * Counting alone never frees them; that is a leak. The collector finds what only refers to itself,
 * frees it, and gc.collect() returns how many objects that were.
 */
#include "examples/example.h"

/** How many instances of the class exist, found or lost. */
static size_t count_alive(hm_heap *heap, const hm_object *node_class)
{
    hm_object *objects = made(heap, hm_gc_get_objects(heap, HM_GC_ALL));
    size_t count = 0;
    for (size_t index = 0; index < hm_list_length(objects); index++)
        count += hm_list_get(objects, index)->type->owner == node_class;
    hm_decref(heap, objects);
    return count;
}

static void collect(hm_heap *heap, const hm_object *node_class)
{
    printf("gc.collect() returns %" PRId64, hm_gc_collect(heap, 2));
    printf(", nodes alive: %zu\n", count_alive(heap, node_class));
}

int main(void)
{
    hm_heap *heap = example_begin();
    hm_object *other = made(heap, hm_str_interned(heap, "other"));
    hm_object *node_class =
        made(heap, hm_class_new(heap, &(hm_class_spec){.name = "Node", .has_dict = true}));

    hm_object *a = made(heap, hm_instance_new(heap, node_class));
    hm_object *b = made(heap, hm_instance_new(heap, node_class));
    must(heap, hm_instance_set(heap, a, other, b));
    hm_decref(heap, a);
    hm_decref(heap, b);
    printf("a refers to b, no cycle: nodes alive: %zu\n", count_alive(heap, node_class));

    a = made(heap, hm_instance_new(heap, node_class));
    b = made(heap, hm_instance_new(heap, node_class));
    must(heap, hm_instance_set(heap, a, other, b));
    must(heap, hm_instance_set(heap, b, other, a));
    hm_decref(heap, a);
    hm_decref(heap, b);
    printf("a refers to b and b to a: nodes alive: %zu\n", count_alive(heap, node_class));
    collect(heap, node_class);
    collect(heap, node_class);

    /* A ring of a thousand is no harder; one name for one of them keeps them all. */
    hm_object *first = made(heap, hm_instance_new(heap, node_class));
    hm_object *last = hm_incref(first);
    for (int index = 1; index < 1000; index++) {
        hm_object *node = made(heap, hm_instance_new(heap, node_class));
        must(heap, hm_instance_set(heap, last, other, node));
        hm_decref(heap, last);
        last = node;
    }
    must(heap, hm_instance_set(heap, last, other, first));
    hm_decref(heap, last);
    puts("a ring of 1000, one of them has a name");
    collect(heap, node_class);
    hm_decref(heap, first);
    puts("the name is gone");
    collect(heap, node_class);

    hm_decref(heap, node_class);
    hm_decref(heap, other);
    return example_end(heap);
}
