/**
 * This program is the lesson on generators against lists, in bytes, so that "use a generator" has a
 * number. Both give the same 100000 squares to the same sum. The list has them all at once: 8 bytes
 * a reference and 28 a number. The generator has one at a time, and its own few locals.
 */
#include "examples/example.h"
#include "trace/trace.h"

enum { COUNT = 100000 };

/* def squares(count): for number in range(count): yield number * number */
enum { NUMBER, LIMIT };

static hm_object *resume_squares(hm_heap *heap, hm_generator *generator)
{
    int64_t number = generator->counters[NUMBER];
    if (number == generator->counters[LIMIT])
        return NULL;
    generator->counters[NUMBER]++;
    return hm_int_new(heap, number * number);
}

static const hm_generator_code squares_code = {.name = "squares", .resume = resume_squares};

static hm_object *squares(hm_heap *heap, int64_t count)
{
    hm_object *generator = made(heap, hm_generator_new(heap, &squares_code));
    ((hm_generator *)generator)->counters[LIMIT] = count;
    return generator;
}

/** sum(squares(COUNT)) */
static int64_t sum_generator(hm_heap *heap)
{
    hm_object *generator = squares(heap, COUNT), *item;
    int64_t sum = 0;
    while ((item = hm_generator_next(heap, generator)) != NULL) {
        sum += hm_int_value(item);
        hm_decref(heap, item);
    }
    must(heap, heap->error.status == HM_OK);
    hm_decref(heap, generator);
    return sum;
}

/** [number * number for number in range(COUNT)] */
static hm_object *make_list(hm_heap *heap)
{
    hm_object *list = made(heap, hm_list_new(heap));
    for (int64_t number = 0; number < COUNT; number++)
        must(heap, hm_list_append_new(heap, list, hm_int_new(heap, number * number)));
    return list;
}

/** sum([number * number for number in range(COUNT)]) */
static int64_t sum_list(hm_heap *heap)
{
    hm_object *list = make_list(heap);
    int64_t sum = 0;
    for (size_t index = 0; index < hm_list_length(list); index++)
        sum += hm_int_value(hm_list_get(list, index));
    hm_decref(heap, list);
    return sum;
}

static void show_sizes(hm_heap *heap)
{
    hm_object *list = make_list(heap);
    hm_object *generator = squares(heap, COUNT);
    size_t numbers = 0;
    for (size_t index = 0; index < hm_list_length(list); index++)
        numbers += hm_getsizeof(heap, hm_list_get(list, index));
    printf("the list: %zu bytes\n", hm_getsizeof(heap, list));
    printf("the numbers in it: %zu bytes\n", numbers);
    /* A frame is part of its generator, and frames differ from version to version, and from ours.
     */
    printf("~ the generator: %zu bytes\n", hm_getsizeof(heap, generator));
    hm_decref(heap, generator);
    hm_decref(heap, list);
}

/** Returns the most bytes allocated while `run` ran (tracemalloc's peak). */
static uint64_t measure_peak(hm_heap *heap, const char *what, int64_t (*run)(hm_heap *heap))
{
    must(heap, hm_trace_start(heap, &(hm_trace_options){.frames = 1}));
    int64_t sum = run(heap);
    uint64_t peak_bytes = hm_trace_get_traced_memory(heap).peak_bytes;
    hm_trace_stop(heap);
    printf("sum of the %s: %" PRId64 "\n", what, sum);
    /* What an interpreter allocates for its own ends while it runs is in Python's figure. */
    printf("~ most bytes in use meanwhile: %" PRIu64 "\n", peak_bytes);
    return peak_bytes;
}

int main(void)
{
    hm_heap *heap = example_begin();
    show_sizes(heap);
    uint64_t list_bytes = measure_peak(heap, "list", sum_list);
    uint64_t generator_bytes = measure_peak(heap, "generator", sum_generator);
    printf("the list takes more than 1000 times the memory: %s\n",
           list_bytes > 1000 * generator_bytes ? "True" : "False");
    return example_end(heap);
}
