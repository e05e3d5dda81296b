/**
 * This program is the lesson on sys.getsizeof, so that its answer is not taken for what a thing
 * costs: it is the object alone, with the blocks only it owns and the collector's 16 bytes, not
 * what it refers to. And what it is depends on how the thing was made: a list that grew has room to
 * grow on, one of known length has not.
 */
#include "examples/example.h"

/** Prints the size of `object` (stolen). */
static void show(hm_heap *heap, const char *what, hm_object *object)
{
    printf("%s: %zu\n", what, hm_getsizeof(heap, made(heap, object)));
    hm_decref(heap, object);
}

static void show_atoms(hm_heap *heap)
{
    show(heap, "1", hm_int_new(heap, 1));
    show(heap, "2 ** 30", hm_int_new(heap, INT64_C(1) << 30));
    show(heap, "2 ** 60", hm_int_new(heap, INT64_C(1) << 60));
    show(heap, "1.5", hm_float_new(heap, 1.5));
    show(heap, "True", hm_bool_get(true));
    show(heap, "None", &hm_none);
    show(heap, "b''", hm_bytes_new(heap, "", 0));
    show(heap, "b'abc'", hm_bytes_new(heap, "abc", 3));
    /* 8 bytes more up to Python 3.11. */
    show(heap, "~ ''", hm_str_from(heap, ""));
    show(heap, "~ 'abc'", hm_str_from(heap, "abc"));
}

static void show_containers(hm_heap *heap)
{
    static const char *const slots[] = {"x", "y"};
    hm_class_spec spec = {.name = "Point", .slot_count = 2, .slot_names = slots};
    hm_object *slotted = made(heap, hm_class_new(heap, &spec));
    hm_object *open =
        made(heap, hm_class_new(heap, &(hm_class_spec){.name = "P", .has_dict = true}));
    show(heap, "()", hm_tuple_new(heap, 0));
    show(heap, "(None, None, None)",
         hm_tuple_of(heap, (hm_object *[]){&hm_none, &hm_none, &hm_none}, 3));
    show(heap, "[]", hm_list_new(heap));
    show(heap, "[None] * 1000", hm_list_sized(heap, 1000));
    show(heap, "{}", hm_dict_new(heap));
    show(heap, "set()", hm_set_new(heap));
    show(heap, "an instance with two slots", hm_instance_new(heap, slotted));
    /* 8 bytes more in Python 3.11. Its attributes are not in it, in no version up to 3.13. */
    show(heap, "~ an instance with attributes", hm_instance_new(heap, open));
    hm_decref(heap, open);
    hm_decref(heap, slotted);
}

/** Appends ints one by one and prints the size wherever it changed. */
static void show_growth_of_list(hm_heap *heap)
{
    hm_object *list = made(heap, hm_list_new(heap));
    printf("a list that grows:");
    for (size_t before = 0, count = 0; count <= 100; count++) {
        size_t now = hm_getsizeof(heap, list);
        if (now != before)
            printf(" %zu", now);
        before = now;
        must(heap, hm_list_append_new(heap, list, hm_int_new(heap, (int64_t)count)));
    }
    puts("");
    hm_decref(heap, list);
}

static void show_growth_of_dict(hm_heap *heap)
{
    hm_object *dict = made(heap, hm_dict_new(heap));
    printf("a dict that grows:");
    for (size_t before = 0, count = 0; count <= 100; count++) {
        size_t now = hm_getsizeof(heap, dict);
        if (now != before)
            printf(" %zu", now);
        before = now;
        hm_object *key = made(heap, hm_int_new(heap, (int64_t)count));
        must(heap, hm_dict_set(heap, dict, key, key));
        hm_decref(heap, key);
    }
    puts("");
    hm_decref(heap, dict);
}

/** The same million numbers in a list that grew, and in one made to measure. */
static void show_two_ways_to_a_million(hm_heap *heap)
{
    hm_object *grown = made(heap, hm_list_new(heap));
    hm_object *measured = made(heap, hm_list_sized(heap, 1000000));
    for (size_t index = 0; index < 1000000; index++) {
        hm_object *number = made(heap, hm_int_new(heap, (int64_t)index));
        must(heap, hm_list_append(heap, grown, number));
        hm_list_set(heap, measured, index, number);
    }
    show(heap, "[i for i in range(1000000)]", grown);
    show(heap, "list(range(1000000))", measured);
}

static void show_what_is_not_in_it(hm_heap *heap)
{
    hm_object *inner = made(heap, hm_list_sized(heap, 1000));
    hm_object *outer = made(heap, hm_list_sized(heap, 1));
    hm_list_set(heap, outer, 0, inner);
    size_t alone = hm_getsizeof(heap, outer);
    printf("[[None] * 1000]: %zu, and what it refers to: %zu\n", alone,
           alone + hm_getsizeof(heap, inner));
    hm_decref(heap, outer);
}

int main(void)
{
    hm_heap *heap = example_begin();
    show_atoms(heap);
    show_containers(heap);
    show_growth_of_list(heap);
    show_growth_of_dict(heap);
    show_two_ways_to_a_million(heap);
    show_what_is_not_in_it(heap);
    return example_end(heap);
}
