/* Snapshots: what they hold, by type and domain, and what filters keep. */
#include "trace_fixture.h"

#include "trace/print.h"

#include <jansson.h>

static const hm_site site_a = {"lib/a.c", "alpha", 10};
static const hm_site site_b = {"lib/b.c", "beta", 20};
static const hm_site site_b2 = {"lib/b.c", "beta", 21};

static uint64_t sum_of_type(const hm_trace_snapshot *snapshot, const char *type, uint64_t *count)
{
    uint64_t bytes = 0;
    *count = 0;
    for (size_t index = 0; index < snapshot->group_count; index++) {
        if (strcmp(snapshot->groups[index].type, type) != 0)
            continue;
        bytes += snapshot->groups[index].size_bytes;
        *count += snapshot->groups[index].count;
    }
    return bytes;
}

static void assert_type(const hm_trace_snapshot *snapshot, const char *type, uint64_t bytes,
                        uint64_t count)
{
    uint64_t found;
    uint64_t sum = sum_of_type(snapshot, type, &found);
    if (sum != bytes || found != count)
        fail_msg("%s: %llu bytes in %llu traces, not %llu in %llu", type, (unsigned long long)sum,
                 (unsigned long long)found, (unsigned long long)bytes, (unsigned long long)count);
}

static void test_while_off(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    assert_null(hm_trace_take_snapshot(heap));
    assert_int_equal(heap->error.status, HM_RUNTIME_ERROR);
    assert_string_equal(
        heap->error.message,
        "the tracemalloc module must be tracing memory allocations to take a snapshot");
    fixture_end(heap);
}

static void test_empty(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(3);
    hm_trace_snapshot *snapshot = take(heap);
    assert_int_equal(snapshot->group_count, 0);
    assert_int_equal(snapshot->traceback_limit, 3);
    hm_trace_statistics *statistics =
        hm_trace_get_statistics(snapshot, HM_TRACE_BY_LINE, false, NULL);
    assert_int_equal(statistics->length, 0);
    hm_trace_statistics_destroy(statistics);
    hm_trace_snapshot_destroy(snapshot);
    hm_trace_snapshot_destroy(NULL);
    hm_trace_statistics_destroy(NULL);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* Objects by their type's name, buffers by their owner's, under a collector with a prefix and one
 * without. */
static void check_types(const char *collector)
{
    hm_heap *heap = fixture_heap(collector);
    trace_start(heap, 1);
    uint64_t prefix = heap->prefix_bytes;
    hm_object *slots[1] = {NULL};
    hm_object *numbers = hm_list_new(heap), *empty = hm_list_new(heap), *dict = hm_dict_new(heap);
    hm_object *set = hm_set_new(heap), *tuple = hm_tuple_new(heap, 3);
    for (int64_t number = 1000; number < 1100; number++) {
        hm_object *item = hm_int_new(heap, number);
        assert_true(hm_list_append(heap, numbers, item) && hm_dict_set(heap, dict, item, item) &&
                    hm_set_add(heap, set, item));
        hm_decref(heap, item);
    }
    assert_true(hm_heap_add_roots(heap, slots, 1));
    hm_trace_snapshot *snapshot = take(heap);
    uint64_t count;
    assert_type(snapshot, "int", 28 * 100, 100);
    assert_type(snapshot, "list", 2 * (40 + prefix), 2);
    assert_type(snapshot, "list buffer", hm_object_size(numbers) - 40, 1);
    assert_type(snapshot, "dict", 48 + prefix, 1);
    assert_type(snapshot, "dict buffer", hm_object_size(dict) - 48, 1);
    assert_type(snapshot, "set", 200 + prefix, 1);
    assert_type(snapshot, "set buffer", hm_object_size(set) - 200, 1);
    assert_type(snapshot, "tuple", 24 + 24 + prefix, 1);
    assert_true(sum_of_type(snapshot, "buffer", &count) > 0); /* the heap's list of roots */
    assert_int_equal(count, 1);
    hm_trace_snapshot_destroy(snapshot);
    hm_heap_remove_roots(heap, slots);
    hm_object *const all[] = {numbers, empty, dict, set, tuple};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_types(void **state)
{
    HM_UNUSED(state);
    check_types("generational");
    check_types("none");
}

/* An instance goes by its class's name, also after the class and the heap have gone. */
static void test_instances(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "Point", .slot_count = 2});
    trace_start(heap, 1);
    hm_object *points[2];
    for (int index = 0; index < 2; index++)
        points[index] = hm_instance_new(heap, class);
    hm_trace_snapshot *snapshot = take(heap);
    hm_decref(heap, points[0]);
    hm_decref(heap, points[1]);
    hm_decref(heap, class);
    hm_trace_stop(heap);
    fixture_end(heap);
    assert_int_equal(snapshot->group_count, 1);
    assert_string_equal(snapshot->groups[0].type, "Point");
    assert_int_equal(snapshot->groups[0].domain, HM_TRACE_OBJECTS);
    assert_int_equal(snapshot->groups[0].count, 2);
    assert_int_equal(snapshot->groups[0].size_bytes, 2 * (16 + 16 + 16));
    assert_string_equal(snapshot->groups[0].traceback->frames[0].file, __FILE__);
    hm_trace_snapshot_destroy(snapshot);
}

/* 100 bytes from a.c:10, 200 from b.c:20, 300 from b.c:21 called from a.c:10, and a list of 10
 * from b.c:20. */
typedef struct sample {
    hm_heap *heap;
    hm_object *objects[4];
    hm_trace_snapshot *snapshot;
} sample;

static sample make_sample(void)
{
    sample made = {.heap = traced_heap(4)};
    hm_heap *heap = made.heap;
    stand_at(heap, &site_a);
    made.objects[0] = block_of(heap, 100);
    stand_at(heap, &site_b);
    made.objects[1] = block_of(heap, 200);
    made.objects[3] = (hm_list_sized)(heap, 10);
    stand_at(heap, &site_a);
    hm_call_frame frame;
    hm_call_frame_enter(&frame, &heap->trace, &site_b2);
    made.objects[2] = block_of(heap, 300);
    hm_call_frame_leave(&frame);
    made.snapshot = take(heap);
    return made;
}

static void end_sample(sample *made)
{
    hm_trace_snapshot_destroy(made->snapshot);
    for (size_t index = 0; index < HM_COUNT_OF(made->objects); index++)
        hm_decref(made->heap, made->objects[index]);
    hm_trace_stop(made->heap);
    fixture_end(made->heap);
}

/* Bytes that the filters keep. */
static uint64_t kept(const sample *made, const hm_trace_filter *filters, size_t count)
{
    hm_trace_snapshot *filtered = hm_trace_filter_traces(made->snapshot, filters, count, NULL);
    uint64_t bytes = 0;
    for (size_t index = 0; index < filtered->group_count; index++)
        bytes += filtered->groups[index].size_bytes;
    hm_trace_snapshot_destroy(filtered);
    return bytes;
}

static void test_filters(void **state)
{
    HM_UNUSED(state);
    enum { A = 100, B20 = 200, LIST = 56, ITEMS = 80, B21 = 300 };
    static const struct {
        hm_trace_filter filter;
        uint64_t bytes;
    } cases[] = {
        {{.inclusive = true, .file = "lib/a.c"}, A},
        {{.inclusive = true, .file = "lib/*"}, A + B20 + LIST + ITEMS + B21},
        {{.inclusive = true, .file = "*b.c"}, B20 + LIST + ITEMS + B21},
        {{.inclusive = true, .file = "*/[!a].c"}, B20 + LIST + ITEMS + B21},
        {{.inclusive = true, .file = "b.c"}, 0},
        {{.inclusive = true, .file = "lib/b.c", .line = 21}, B21},
        {{.inclusive = false, .file = "lib/b.c", .line = 21}, A + B20 + LIST + ITEMS},
        {{.inclusive = true, .file = "lib/a.c", .all_frames = true}, A + B21},
        {{.inclusive = false, .file = "lib/a.c", .all_frames = true}, B20 + LIST + ITEMS},
        {{.inclusive = true, .line = 10, .all_frames = true}, A + B21},
        {{.inclusive = true, .type = "list*"}, LIST + ITEMS},
        {{.inclusive = false, .type = "bytes"}, LIST + ITEMS},
        {{.inclusive = true, .domain = HM_TRACE_BUFFERS}, ITEMS},
        {{.inclusive = false, .domain = HM_TRACE_BUFFERS}, A + B20 + LIST + B21},
        {{.inclusive = true, .file = "lib/b.c", .domain = HM_TRACE_OBJECTS}, B20 + LIST + B21},
        {{.inclusive = false, .file = "lib/b.c", .domain = HM_TRACE_OBJECTS}, A + ITEMS},
    };
    sample made = make_sample();
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        uint64_t bytes = kept(&made, &cases[index].filter, 1);
        if (bytes != cases[index].bytes)
            fail_msg("filter %zu keeps %llu bytes, not %llu", index, (unsigned long long)bytes,
                     (unsigned long long)cases[index].bytes);
    }
    end_sample(&made);
}

/* Any inclusive one lets in, every exclusive one keeps out, and none at all keeps everything. */
static void test_filters_together(void **state)
{
    HM_UNUSED(state);
    const hm_trace_filter filters[] = {
        {.inclusive = true, .file = "lib/a.c"},
        {.inclusive = true, .file = "lib/b.c"},
        {.inclusive = false, .type = "list*"},
        {.inclusive = false, .file = "lib/b.c", .line = 21},
    };
    sample made = make_sample();
    assert_int_equal(kept(&made, NULL, 0), 736);
    assert_int_equal(kept(&made, filters, 2), 736);
    assert_int_equal(kept(&made, filters, 3), 600);
    assert_int_equal(kept(&made, filters, 4), 300);
    assert_int_equal(kept(&made, filters + 2, 2), 300);
    end_sample(&made);
}

static void test_json(void **state)
{
    HM_UNUSED(state);
    sample made = make_sample();
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    hm_error error = {0};
    assert_int_equal(hm_trace_write_json(stream, made.snapshot, &error), HM_OK);
    fclose(stream);
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    const char *format, *type;
    json_t *tracebacks, *groups;
    json_int_t limit, sum = 0;
    assert_int_equal(json_unpack(document, "{s:s, s:I, s:o, s:o}", "format", &format,
                                 "traceback_limit", &limit, "tracebacks", &tracebacks, "groups",
                                 &groups),
                     0);
    assert_string_equal(format, "heapmark-snapshot");
    assert_int_equal(limit, 4);
    assert_int_equal(json_array_size(tracebacks), 3);
    assert_int_equal(json_array_size(groups), 5);
    for (size_t index = 0; index < json_array_size(groups); index++) {
        json_int_t place, bytes, count, line;
        assert_int_equal(json_unpack(json_array_get(groups, index), "{s:I, s:I, s:I, s:s}",
                                     "traceback", &place, "size_bytes", &bytes, "count", &count,
                                     "type", &type),
                         0);
        sum += bytes;
        json_t *frames = json_object_get(json_array_get(tracebacks, (size_t)place), "frames");
        json_t *last = json_array_get(frames, json_array_size(frames) - 1);
        assert_int_equal(json_unpack(last, "{s:I}", "line", &line), 0);
        if (bytes == 300)
            assert_int_equal(line, 21);
    }
    assert_int_equal(sum, 736);
    json_decref(document);
    free(text);
    stream = fopen("/dev/full", "w");
    assert_non_null(stream);
    assert_int_equal(hm_trace_write_json(stream, made.snapshot, &error), HM_IO_ERROR);
    fclose(stream);
    end_sample(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_while_off), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_types),     cmocka_unit_test(test_instances),
        cmocka_unit_test(test_filters),   cmocka_unit_test(test_filters_together),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
