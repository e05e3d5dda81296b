/*
 * This program measures what tracing costs a small list: pairs of rounds, one traced and one not,
 * in random order, each the best of a few runs, so that a slow moment of the machine hits both.
 *
 *     list_cost BACKEND PAIRS [ITEMS [native]]
 *
 * It prints one line a pair: nanoseconds a list untraced and traced. Then, as `memory`, the bytes
 * the tracer holds for each of a million traces.
 */
#include "allocators/backend.h"
#include "base/random.h"
#include "gc/collectors.h"
#include "heapmark.h"
#include "object/sites.h"
#include "trace/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LISTS = 20000, RUNS = 5 };

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* [a] * items, made and dropped. */
static double run_ns(hm_heap *heap, size_t items)
{
    double start = now_ns();
    for (int count = 0; count < LISTS; count++) {
        hm_object *list = hm_list_sized(heap, items);
        if (list == NULL)
            exit(3);
        hm_decref(heap, list);
    }
    return (now_ns() - start) / LISTS;
}

static double round_ns(hm_heap *heap, size_t items, const hm_trace_options *options)
{
    if (options != NULL && !hm_trace_start(heap, options)) {
        fprintf(stderr, "list_cost: %s\n", heap->error.message);
        exit(3);
    }
    double best = run_ns(heap, items);
    for (int run = 1; run < RUNS; run++) {
        double next = run_ns(heap, items);
        best = next < best ? next : best;
    }
    hm_trace_stop(heap);
    return best;
}

static void print_pairs(hm_heap *heap, size_t items, long pairs, const hm_trace_options *options)
{
    hm_random random;
    hm_random_seed(&random, 1);
    for (long pair = 0; pair < pairs; pair++) {
        double off = 0, on = 0;
        bool traced_first = hm_random_below(&random, 2) == 1;
        if (traced_first)
            on = round_ns(heap, items, options);
        off = round_ns(heap, items, NULL);
        if (!traced_first)
            on = round_ns(heap, items, options);
        printf("%.3f %.3f\n", off, on);
    }
}

/* A list of so many ints, all traced; and what a snapshot of them takes. */
static void print_memory(hm_heap *heap, const hm_trace_options *options)
{
    enum { TRACES = 1000000 };
    hm_object *list = hm_list_sized(heap, TRACES);
    if (list == NULL || !hm_trace_start(heap, options))
        exit(3);
    uint64_t before = hm_trace_get_tracemalloc_memory(heap);
    for (size_t index = 0; index < TRACES; index++)
        hm_list_set(heap, list, index, hm_int_new(heap, 1000 + (int64_t)index));
    uint64_t bytes = hm_trace_get_tracemalloc_memory(heap) - before;
    double start = now_ns();
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(heap);
    double snapshot_ns = now_ns() - start;
    printf("memory %.2f\n", (double)bytes / TRACES);
    printf("snapshot %.1f\n", snapshot_ns / TRACES);
    hm_trace_snapshot_destroy(snapshot);
    hm_trace_stop(heap);
    hm_decref(heap, list);
}

int main(int argc, char **argv)
{
    hm_error error = {0};
    hm_backend_spec backend = {0};
    hm_allocator allocator = {0};
    if (argc < 3 || hm_backend_parse(argv[1], &backend, &error) != HM_OK ||
        hm_backend_bind(&backend, &allocator, &error) != HM_OK) {
        fprintf(stderr, "usage: list_cost BACKEND PAIRS [ITEMS [native]] %s\n", error.message);
        return 2;
    }
    hm_heap_config config = hm_heap_config_default(&allocator, &hm_collector_generational);
    hm_heap *heap = hm_heap_create(&config, &error);
    if (heap == NULL)
        return 3;
    size_t items = argc > 3 ? strtoul(argv[3], NULL, 10) : 8;
    bool native = argc > 4 && strcmp(argv[4], "native") == 0;
    print_pairs(heap, items, strtol(argv[2], NULL, 10),
                &(hm_trace_options){.frames = native ? 16 : 1, .native = native});
    print_memory(heap, &(hm_trace_options){.frames = 1});
    hm_heap_destroy(heap);
    hm_backend_spec_clear(&backend);
    return 0;
}
