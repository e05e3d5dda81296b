/**
 * This program is the lesson on the smallest leaks, so that they are known on sight: an object that
 * refers to itself. Hardly anybody writes `self.me = self`; but a bound method kept by its own
 * object, a child that knows its parent, and a function that calls itself by its local name are the
 * same thing. Each is made a hundred times and forgotten; the collector's return value says how
 * many objects stayed behind. Then the two cures: break the circle by hand, or make one side weak.
 */
#include "examples/example.h"

typedef struct globals {
    hm_object *item_class, *handle, *other;
} globals;

static hm_object *do_nothing(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    HM_UNUSED(frame);
    return &hm_none;
}

static const hm_code handle_code = {"handle", 1, 1, 0, do_nothing};

static void refer_to_itself(hm_heap *heap, const globals *names)
{
    hm_object *item = made(heap, hm_instance_new(heap, names->item_class));
    must(heap, hm_instance_set(heap, item, names->other, item));
    hm_decref(heap, item);
}

static void refer_to_itself_and_break(hm_heap *heap, const globals *names)
{
    hm_object *item = made(heap, hm_instance_new(heap, names->item_class));
    must(heap, hm_instance_set(heap, item, names->other, item));
    must(heap, hm_instance_delete(heap, item, names->other));
    hm_decref(heap, item);
}

static void contain_itself(hm_heap *heap, const globals *names)
{
    HM_UNUSED(names);
    hm_object *list = made(heap, hm_list_new(heap));
    must(heap, hm_list_append(heap, list, list));
    hm_decref(heap, list);
}

static void keep_own_method(hm_heap *heap, const globals *names)
{
    hm_object *item = made(heap, hm_instance_new(heap, names->item_class));
    hm_object *method = made(heap, hm_method_new(heap, names->handle, item));
    must(heap, hm_instance_set(heap, item, names->other, method));
    hm_decref(heap, method);
    hm_decref(heap, item);
}

static void know_the_parent(hm_heap *heap, const globals *names)
{
    hm_object *parent = made(heap, hm_instance_new(heap, names->item_class));
    hm_object *child = made(heap, hm_instance_new(heap, names->item_class));
    must(heap, hm_instance_set(heap, parent, names->other, child));
    must(heap, hm_instance_set(heap, child, names->other, parent));
    hm_decref(heap, child);
    hm_decref(heap, parent);
}

static void know_the_parent_weakly(hm_heap *heap, const globals *names)
{
    hm_object *parent = made(heap, hm_instance_new(heap, names->item_class));
    hm_object *child = made(heap, hm_instance_new(heap, names->item_class));
    hm_object *weak = made(heap, hm_weakref_new(heap, parent, NULL, NULL));
    must(heap, hm_instance_set(heap, parent, names->other, child));
    must(heap, hm_instance_set(heap, child, names->other, weak));
    hm_decref(heap, weak);
    hm_decref(heap, child);
    hm_decref(heap, parent);
}

static void leak(hm_heap *heap, const globals *names, const char *what,
                 void (*make)(hm_heap *heap, const globals *names))
{
    for (int time = 0; time < 100; time++)
        make(heap, names);
    printf("100 times %s: gc.collect() returns %" PRId64 "\n", what, hm_gc_collect(heap, 2));
}

int main(void)
{
    hm_heap *heap = example_begin();
    hm_class_spec spec = {.name = "Item", .has_dict = true};
    globals names = {.item_class = made(heap, hm_class_new(heap, &spec)),
                     .handle = made(heap, hm_function_new(heap, &handle_code, NULL, NULL)),
                     .other = made(heap, hm_str_interned(heap, "other"))};

    leak(heap, &names, "an object that is its own attribute", refer_to_itself);
    leak(heap, &names, "a list that contains itself", contain_itself);
    leak(heap, &names, "an object that keeps its own method", keep_own_method);
    leak(heap, &names, "a child that knows its parent", know_the_parent);
    leak(heap, &names, "the attribute, deleted in time", refer_to_itself_and_break);
    leak(heap, &names, "a child that knows its parent weakly", know_the_parent_weakly);

    hm_decref(heap, names.item_class);
    hm_decref(heap, names.handle);
    hm_decref(heap, names.other);
    return example_end(heap);
}
