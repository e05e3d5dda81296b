/**
 * This program is the lesson on generations and gc.get_stats(), so that its figures can be read:
 * one record a generation, from the youngest to the oldest, with how often it was collected, how
 * many objects went and how many could not. A collection counts in the generation it was asked for,
 * and takes the younger ones along; what it leaves alive moves to the next older one.
 */
#include "examples/example.h"

static void show_stats(hm_heap *heap)
{
    hm_error error = {0};
    fputs("    ", stdout);
    if (hm_gc_write_stats(heap, stdout, &error) != HM_OK)
        example_fail(error.message);
    fputs("\n", stdout);
}

/** How many of the lists in `kept` are in this generation; the lists are the lesson's own. */
static size_t count_in_generation(hm_heap *heap, const hm_object *kept, int generation)
{
    hm_object *objects = made(heap, hm_gc_get_objects(heap, generation));
    size_t count = 0;
    for (size_t index = 0; index < hm_list_length(objects); index++) {
        for (size_t other = 0; other < hm_list_length(kept); other++)
            count += hm_list_get(objects, index) == hm_list_get(kept, other);
    }
    hm_decref(heap, objects);
    return count;
}

static void lose_cycles(hm_heap *heap, int count)
{
    for (int cycle = 0; cycle < count; cycle++) {
        hm_object *list = made(heap, hm_list_new(heap));
        must(heap, hm_list_append(heap, list, list));
        hm_decref(heap, list);
    }
}

int main(void)
{
    hm_heap *heap = example_begin();
    puts("at first");
    show_stats(heap);

    hm_object *kept = made(heap, hm_list_new(heap));
    for (int item = 0; item < 3; item++)
        must(heap, hm_list_append_new(heap, kept, made(heap, hm_list_new(heap))));
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        lose_cycles(heap, 10 * (generation + 1));
        printf("kept lists by generation: %zu, %zu, %zu\n", count_in_generation(heap, kept, 0),
               count_in_generation(heap, kept, 1), count_in_generation(heap, kept, 2));
        int64_t found = hm_gc_collect(heap, generation);
        printf("gc.collect(%d) returns %" PRId64 "\n", generation, found);
        show_stats(heap);
    }

    puts("a generation there is not");
    if (hm_gc_collect(heap, 3) < 0)
        printf("    %s: %s\n", hm_status_name(heap->error.status), heap->error.message);
    hm_decref(heap, kept);
    return example_end(heap);
}
