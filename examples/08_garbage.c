/**
 * This program is the lesson on gc.garbage, so that a leak can be looked at instead of guessed. As
 * a rule the list stays empty: what the collector finds, it frees. With DEBUG_SAVEALL it keeps what
 * it finds there, so one sees what was lost, and of what type. Whoever looks must empty the list,
 * or the leak is his.
 *
 * Objects the collector cannot free land there too. In Python that takes an extension type of the
 * old kind (tp_del), none of which is left in the standard library; since 3.4 a __del__ in a cycle
 * is no obstacle.
 */
#include "examples/example.h"

typedef struct globals {
    hm_object *node_class, *other, *data;
} globals;

static void lose_pair(hm_heap *heap, const globals *names)
{
    hm_object *a = made(heap, hm_instance_new(heap, names->node_class));
    hm_object *b = made(heap, hm_instance_new(heap, names->node_class));
    hm_object *data = made(heap, hm_list_new(heap));
    must(heap, hm_instance_set(heap, a, names->other, b));
    must(heap, hm_instance_set(heap, b, names->other, a));
    must(heap, hm_instance_set(heap, a, names->data, data));
    hm_decref(heap, data);
    hm_decref(heap, b);
    hm_decref(heap, a);
}

static void collect(hm_heap *heap)
{
    int64_t found = hm_gc_collect(heap, 2);
    size_t kept = hm_list_length(made(heap, hm_gc_garbage(heap)));
    printf("gc.collect() returns %" PRId64 ", in gc.garbage: %zu\n", found, kept);
}

int main(void)
{
    hm_heap *heap = example_begin();
    hm_class_spec spec = {.name = "Node", .has_dict = true};
    globals names = {.node_class = made(heap, hm_class_new(heap, &spec)),
                     .other = made(heap, hm_str_interned(heap, "other")),
                     .data = made(heap, hm_str_interned(heap, "data"))};

    puts("as a rule");
    lose_pair(heap, &names);
    collect(heap);

    puts("with DEBUG_SAVEALL");
    hm_gc_set_debug(heap, HM_GC_DEBUG_SAVEALL);
    lose_pair(heap, &names);
    collect(heap);
    hm_object *garbage = hm_gc_garbage(heap);
    for (size_t index = 0; index < hm_list_length(garbage); index++)
        printf("    a %s\n", hm_list_get(garbage, index)->type->name);

    puts("the list keeps them alive: nothing new is found");
    collect(heap);

    puts("off again, and the list emptied: now they are lost, and found for good");
    hm_gc_set_debug(heap, 0);
    hm_list_clear(heap, garbage);
    collect(heap);

    hm_decref(heap, names.node_class);
    hm_decref(heap, names.other);
    hm_decref(heap, names.data);
    return example_end(heap);
}
