/**
 * This program is the lesson on tracemalloc, so that "where did the memory go?" gets lines for an
 * answer: from start() on every block is remembered with the line that asked for it; a snapshot is
 * all of them at one moment, and its statistics are sums by line, the largest first. Twelve lines
 * make something here and keep it; the top ten are shown.
 *
 * Including object/sites.h is all a C file needs for its lines to be known.
 */
#include "examples/example.h"
#include "trace/print.h"

#include <string.h>

#include "object/sites.h"

enum { TOP = 10 };

static hm_object *point_class;

/** for _ in range(times): store.append(make()), on a line of the function it stands in. */
#define KEEP(times, make)                                                                          \
    for (int time = 0; time < (times); time++)                                                     \
    must(heap, hm_list_append_new(heap, store, (make)))

static void make_pages(hm_heap *heap, hm_object *store)
{
    KEEP(100, hm_bytes_new(heap, NULL, 10000));
}

static void make_rows(hm_heap *heap, hm_object *store)
{
    KEEP(200, hm_list_sized(heap, 500));
}

static void make_points(hm_heap *heap, hm_object *store)
{
    KEEP(6000, hm_instance_new(heap, point_class));
}

static void make_lists(hm_heap *heap, hm_object *store)
{
    KEEP(4000, hm_list_new(heap));
}

static void make_sets(hm_heap *heap, hm_object *store)
{
    KEEP(600, hm_set_new(heap));
}

static void make_floats(hm_heap *heap, hm_object *store)
{
    KEEP(3000, hm_float_new(heap, time + .5));
}

static void make_dicts(hm_heap *heap, hm_object *store)
{
    KEEP(900, hm_dict_new(heap));
}

static void make_names(hm_heap *heap, hm_object *store)
{
    KEEP(500, hm_bytes_new(heap, NULL, 20));
}

static void make_keys(hm_heap *heap, hm_object *store)
{
    KEEP(200, hm_bytes_new(heap, NULL, 30));
}

static void make_blocks(hm_heap *heap, hm_object *store)
{
    KEEP(10, hm_bytes_new(heap, NULL, 500));
}

static void make_marks(hm_heap *heap, hm_object *store)
{
    KEEP(20, hm_float_new(heap, time + .5));
}

static void make_nothing(hm_heap *heap, hm_object *store)
{
    KEEP(3, hm_incref(&hm_none));
}

int main(void)
{
    static void (*const makers[])(hm_heap *, hm_object *) = {
        make_pages, make_rows,  make_points, make_lists,  make_sets,  make_floats,
        make_dicts, make_names, make_keys,   make_blocks, make_marks, make_nothing};
    static const char *const slots[] = {"x", "y"};
    hm_heap *heap = example_begin();
    hm_class_spec spec = {.name = "Point", .slot_count = 2, .slot_names = slots};
    hm_error error = {0};
    point_class = made(heap, hm_class_new(heap, &spec));
    hm_object *stores = made(heap, hm_list_new(heap));
    for (size_t index = 0; index < HM_COUNT_OF(makers); index++)
        must(heap, hm_list_append_new(heap, stores, hm_list_new(heap)));

    must(heap, hm_trace_start(heap, &(hm_trace_options){.frames = 1}));
    for (size_t index = 0; index < HM_COUNT_OF(makers); index++)
        makers[index](heap, hm_list_get(stores, index));
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(heap);
    must(heap, snapshot != NULL);
    hm_trace_stop(heap);

    hm_trace_statistics *top = hm_trace_get_statistics(snapshot, HM_TRACE_BY_LINE, false, &error);
    if (top == NULL || top->length < TOP)
        example_fail(top == NULL ? error.message : "there are fewer than ten lines");
    for (int place = 0; place < TOP; place++) {
        char text[512]; /* "file:line: size=…, count=…, average=…" */
        hm_trace_statistic_format(&top->items[place], false, text, sizeof(text));
        const hm_trace_frame *frame = &top->items[place].traceback.frames[0];
        printf("%d. %s: %s\n", place + 1, frame->function, strstr(text, "size="));
        printf("~    line %u\n", frame->line); /* another file, another line */
    }
    hm_trace_statistics_destroy(top);
    hm_trace_snapshot_destroy(snapshot);
    hm_decref(heap, stores);
    hm_decref(heap, point_class);
    return example_end(heap);
}
