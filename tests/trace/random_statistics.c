/*
 * This program traces random allocations from random places twice, and prints both snapshots and
 * what it says of them, so that CPython's own tracemalloc can be asked the same
 * (test_statistics.py).
 *
 *     random_statistics SEED FOLDER
 *
 * FOLDER gets old.json, new.json, and one file of lines for each question.
 */
#include "allocators/backend.h"
#include "base/random.h"
#include "gc/collectors.h"
#include "heapmark.h"
#include "trace/print.h"

#include <stdlib.h>

enum { FILES = 4, LINES = 5, SLOTS = 400, FRAME_LIMIT = 3, DEPTH = 5 };

static hm_site sites[FILES * LINES];
static hm_object *slots[SLOTS];
static const char *folder;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "random_statistics: %s\n", what);
    exit(2);
}

static void name_sites(void)
{
    static const char *const files[FILES] = {"/lib/a.c", "/lib/b.c", "/lib/sub/a.c", "main.c"};
    for (unsigned index = 0; index < FILES * LINES; index++)
        sites[index] = (hm_site){files[index / LINES], "f", index % LINES + 1};
}

/* Replaces a random slot by a new object, from under a random number of frames. */
static void step(hm_heap *heap, hm_random *random, uint64_t depth)
{
    const hm_site *site = &sites[hm_random_below(random, FILES * LINES)];
    if (depth > 0) {
        hm_call_frame frame;
        hm_call_frame_enter(&frame, &heap->trace, site);
        step(heap, random, depth - 1);
        hm_call_frame_leave(&frame);
        return;
    }
    hm_object **slot = &slots[hm_random_below(random, SLOTS)];
    hm_xdecref(heap, *slot);
    *slot = NULL;
    heap->trace.site = site;
    if (hm_random_below(random, 5) > 0)
        *slot = hm_bytes_new(heap, NULL, 1 + hm_random_below(random, 40) * 100);
}

static FILE *create(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    if (stream == NULL)
        fail(path);
    return stream;
}

static void write_snapshot(const char *name, const hm_trace_snapshot *snapshot)
{
    FILE *stream = create(name);
    if (hm_trace_write_json(stream, snapshot, NULL) != HM_OK || fclose(stream) != 0)
        fail(name);
}

static void write_statistics(const char *name, hm_trace_statistics *statistics)
{
    if (statistics == NULL)
        fail(name);
    FILE *stream = create(name);
    hm_trace_print_statistics(stream, statistics, statistics->length);
    if (fclose(stream) != 0)
        fail(name);
    hm_trace_statistics_destroy(statistics);
}

/* Each way to count, of a snapshot and of the difference to an older one. */
static void ask(const char *prefix, const hm_trace_snapshot *snapshot, const hm_trace_snapshot *old)
{
    static const char *const keys[] = {"filename", "lineno", "traceback"};
    char name[256];
    for (int key = HM_TRACE_BY_FILE; key <= HM_TRACE_BY_TRACEBACK; key++) {
        for (int cumulative = 0; cumulative < (key == HM_TRACE_BY_TRACEBACK ? 1 : 2);
             cumulative++) {
            hm_trace_key by = (hm_trace_key)key;
            snprintf(name, sizeof name, "%s statistics %s %d", prefix, keys[key], cumulative);
            write_statistics(name, hm_trace_get_statistics(snapshot, by, cumulative, NULL));
            snprintf(name, sizeof name, "%s compare_to %s %d", prefix, keys[key], cumulative);
            write_statistics(name, hm_trace_compare_to(snapshot, old, by, cumulative, NULL));
        }
    }
}

static void ask_filtered(const hm_trace_snapshot *snapshot, const hm_trace_snapshot *old)
{
    /* The same list stands in test_statistics.py. */
    static const hm_trace_filter filters[] = {
        {.inclusive = true, .file = "/lib/*"},
        {.inclusive = true, .file = "*/[ab].c", .line = 2},
        {.inclusive = true, .file = "main.c", .all_frames = true},
        {.inclusive = false, .file = "/lib/sub/?.c"},
        {.inclusive = false, .file = "main.c", .line = 3, .all_frames = true},
    };
    for (unsigned set = 1; set < 1u << HM_COUNT_OF(filters); set++) {
        hm_trace_filter chosen[HM_COUNT_OF(filters)];
        size_t count = 0;
        for (unsigned index = 0; index < HM_COUNT_OF(filters); index++) {
            if (set & 1u << index)
                chosen[count++] = filters[index];
        }
        hm_trace_snapshot *kept = hm_trace_filter_traces(snapshot, chosen, count, NULL);
        char prefix[32];
        snprintf(prefix, sizeof prefix, "filter%u", set);
        ask(prefix, kept, old);
        hm_trace_snapshot_destroy(kept);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: random_statistics SEED FOLDER");
    folder = argv[2];
    name_sites();
    hm_random random;
    hm_random_seed(&random, strtoull(argv[1], NULL, 10));
    hm_allocator libc = {
        .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};
    hm_heap_config config = hm_heap_config_default(&libc, &hm_collector_generational);
    hm_heap *heap = hm_heap_create(&config, NULL);
    if (heap == NULL || !hm_trace_start(heap, &(hm_trace_options){.frames = FRAME_LIMIT}))
        fail("cannot start");
    hm_trace_snapshot *snapshots[2];
    for (int moment = 0; moment < 2; moment++) {
        for (int count = 0; count < 700; count++)
            step(heap, &random, hm_random_below(&random, DEPTH));
        if ((snapshots[moment] = hm_trace_take_snapshot(heap)) == NULL)
            fail("no snapshot");
    }
    write_snapshot("old.json", snapshots[0]);
    write_snapshot("new.json", snapshots[1]);
    ask("all", snapshots[1], snapshots[0]);
    ask_filtered(snapshots[1], snapshots[0]);
    hm_trace_snapshot_destroy(snapshots[0]);
    hm_trace_snapshot_destroy(snapshots[1]);
    for (int slot = 0; slot < SLOTS; slot++)
        hm_xdecref(heap, slots[slot]);
    hm_trace_stop(heap);
    hm_heap_destroy(heap);
    return 0;
}
