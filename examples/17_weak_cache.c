/**
 * This program is the lesson on a cache that cannot leak, so that the dict never cleared has a cure
 * without a limit: a WeakValueDictionary knows its values and keeps none. As long as somebody else
 * uses a value, the cache has it; when the last user lets go, the entry drops out by itself.
 *
 * gc.collect() returns 2 at the end: the moon, and the weak reference of its entry, which called
 * back into the cache and so was dropped.
 */
#include "examples/example.h"
#include "object/weak_value_dict.h"

typedef struct globals {
    hm_object *image_class, *cache;
    int loads;
} globals;

/** load(name): a new reference to the image of this name, from the cache where it is there. */
static hm_object *load(hm_heap *heap, globals *names, const char *name)
{
    hm_object *key = made(heap, hm_str_from(heap, name));
    hm_object *image = hm_weak_value_dict_get(heap, names->cache, key);
    if (image == NULL) {
        names->loads++;
        image = made(heap, hm_instance_new(heap, names->image_class));
        must(heap, hm_weak_value_dict_set(heap, names->cache, key, image));
    }
    hm_decref(heap, key);
    return image;
}

/** Prints how often an image was loaded so far, and the names in the cache, in their order. */
static void show(hm_heap *heap, const globals *names, const char *when)
{
    hm_object *items = made(heap, hm_weak_value_dict_items(heap, names->cache));
    printf("%s: loaded %d, in the cache:", when, names->loads);
    for (size_t index = 0; index < hm_list_length(items); index++)
        printf(" %s", hm_str_data(hm_tuple_get(hm_list_get(items, index), 0)));
    puts("");
    hm_decref(heap, items);
}

int main(void)
{
    hm_heap *heap = example_begin();
    hm_class_spec spec = {.name = "Image", .has_dict = true};
    globals names = {.image_class = made(heap, hm_class_new(heap, &spec)),
                     .cache = made(heap, hm_weak_value_dict_new(heap))};
    hm_object *itself = made(heap, hm_str_interned(heap, "itself"));

    hm_object *sun = load(heap, &names, "sun");
    hm_object *moon = load(heap, &names, "moon");
    hm_object *same = load(heap, &names, "sun");
    show(heap, &names, "two images, one of them twice");
    printf("the sun loaded again, one object: %s\n", sun == same ? "True" : "False");

    hm_decref(heap, same);
    show(heap, &names, "one user of the sun is gone");
    hm_decref(heap, sun);
    show(heap, &names, "and the other");
    sun = load(heap, &names, "sun");
    show(heap, &names, "the sun is wanted again");

    must(heap, hm_instance_set(heap, moon, itself, moon));
    hm_decref(heap, moon);
    show(heap, &names, "the moon is lost, but in a cycle");
    int64_t found = hm_gc_collect(heap, 2);
    printf("gc.collect() returns %" PRId64 "\n", found);
    show(heap, &names, "it is collected");

    hm_decref(heap, sun);
    hm_decref(heap, itself);
    hm_decref(heap, names.cache);
    hm_decref(heap, names.image_class);
    return example_end(heap);
}
