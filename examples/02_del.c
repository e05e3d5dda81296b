/**
 * This program is the lesson on `del`, so that nobody takes it for "free": del drops a name (or an
 * item), which is one reference. The object dies when the last one goes, by whatever way: del,
 * another value for the same name, the end of the container that held it.
 *
 * In C a name is a pointer that owns a reference, and `del` is hm_decref.
 */
#include "examples/example.h"

/** __del__: says whose end it is. */
static bool say_goodbye(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    printf("    %s is gone\n", hm_str_data(*hm_instance_slot(self, 0)));
    return true;
}

/** Noisy(name): a new reference to an object that says when it goes. */
static hm_object *noisy_new(hm_heap *heap, hm_object *noisy_class, const char *name)
{
    hm_object *noisy = made(heap, hm_instance_new(heap, noisy_class));
    hm_store(heap, noisy, hm_instance_slot(noisy, 0), made(heap, hm_str_from(heap, name)));
    return noisy;
}

int main(void)
{
    hm_heap *heap = example_begin();
    static const char *const slots[] = {"name"};
    hm_class_spec spec = {
        .name = "Noisy", .slot_count = 1, .slot_names = slots, .finalizer = say_goodbye};
    hm_object *noisy_class = made(heap, hm_class_new(heap, &spec));

    hm_object *a = noisy_new(heap, noisy_class, "the first");
    hm_object *b = hm_incref(a);
    puts("del a: it has another name");
    hm_decref(heap, a);
    puts("del b: that was its last name");
    hm_decref(heap, b);

    puts("c = None: another value is as good as del");
    hm_object *c = noisy_new(heap, noisy_class, "the second");
    hm_object *old = c;
    c = &hm_none;
    hm_decref(heap, old);

    puts("del items[0]: an item is a reference too");
    hm_object *items = made(heap, hm_list_new(heap));
    must(heap, hm_list_append_new(heap, items, noisy_new(heap, noisy_class, "the third")));
    must(heap, hm_list_delete(heap, items, 0));

    puts("del items: a container takes along what only it held");
    must(heap, hm_list_append_new(heap, items, noisy_new(heap, noisy_class, "the fourth")));
    must(heap, hm_list_append_new(heap, items, noisy_new(heap, noisy_class, "the fifth")));
    hm_object *kept = hm_incref(hm_list_get(items, 0));
    hm_decref(heap, items);
    puts("del kept: the fourth had been held here");
    hm_decref(heap, kept);

    puts("the loop is over: its variable still has the last item");
    hm_object *loop = made(heap, hm_list_new(heap));
    must(heap, hm_list_append_new(heap, loop, noisy_new(heap, noisy_class, "the sixth")));
    hm_object *item = NULL;
    for (size_t index = 0; index < hm_list_length(loop); index++) {
        hm_xdecref(heap, item);
        item = hm_incref(hm_list_get(loop, index));
    }
    hm_decref(heap, loop);
    puts("del item");
    hm_decref(heap, item);

    hm_decref(heap, noisy_class);
    return example_end(heap);
}
