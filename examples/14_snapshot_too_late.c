/**
 * This program is the lesson on a snapshot taken too late, so that "tracemalloc shows nothing, but
 * memory was full" is no riddle: a snapshot holds the blocks that live now. A list that has died is
 * not in it; only the peak remembers that it was there. To see what fills the peak, the snapshot
 * must be taken while it stands; reset_peak() starts the peak anew before the part one suspects.
 */
#include "examples/example.h"
#include "trace/snapshot.h"

#include <string.h>

#include "object/sites.h"

/** How many blocks that `fill` asked for a snapshot of now has. */
static uint64_t count_blocks_of_fill(hm_heap *heap)
{
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(heap);
    must(heap, snapshot != NULL);
    uint64_t count = 0;
    for (size_t index = 0; index < snapshot->group_count; index++) {
        const hm_traceback *traceback = snapshot->groups[index].traceback;
        if (strcmp(traceback->frames[traceback->length - 1].function, "fill") == 0)
            count += snapshot->groups[index].count;
    }
    hm_trace_snapshot_destroy(snapshot);
    return count;
}

static void show(hm_heap *heap, const char *when, uint64_t blocks_of_fill)
{
    hm_traced_memory memory = hm_trace_get_traced_memory(heap);
    printf("%s\n", when);
    printf("    in the snapshot: %" PRIu64 " blocks of fill()\n", blocks_of_fill);
    printf("    a megabyte is there: %s, was there at the peak: %s\n",
           memory.current_bytes > 1000000 ? "True" : "False",
           memory.peak_bytes > 1000000 ? "True" : "False");
    /* Python's figures have in them what the interpreter needs beside the list. */
    printf("~   current %" PRIu64 " bytes, peak %" PRIu64 " bytes\n", memory.current_bytes,
           memory.peak_bytes);
}

static void fill(hm_heap *heap, hm_object *list)
{
    for (int index = 0; index < 1000; index++)
        must(heap, hm_list_append_new(heap, list, hm_bytes_new(heap, NULL, 1000)));
}

/** Makes 1000 times 1000 bytes; shows what a snapshot taken meanwhile sees, if asked; drops them.
 */
static void work(hm_heap *heap, bool look)
{
    hm_object *list = made(heap, hm_list_new(heap));
    fill(heap, list);
    if (look)
        show(heap, "while the list lives", count_blocks_of_fill(heap));
    hm_decref(heap, list);
}

int main(void)
{
    hm_heap *heap = example_begin();
    must(heap, hm_trace_start(heap, &(hm_trace_options){.frames = 1}));
    work(heap, false);
    show(heap, "after the list has died", count_blocks_of_fill(heap));
    hm_trace_reset_peak(heap);
    show(heap, "after reset_peak()", count_blocks_of_fill(heap));
    work(heap, true);
    hm_trace_stop(heap);

    puts("after stop()");
    if (hm_trace_take_snapshot(heap) == NULL)
        printf("    %s\n", hm_status_name(heap->error.status));
    return example_end(heap);
}
