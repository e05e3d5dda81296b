/* Where blocks come from: sites, call frames, native stacks. */
#include "trace_fixture.h"

#include <fnmatch.h>

static void assert_frame(const hm_trace_frame *frame, const char *function, unsigned line)
{
    assert_string_equal(frame->file, __FILE__);
    assert_string_equal(frame->function, function);
    assert_int_equal(frame->line, line);
}

static const hm_traceback *traceback_of(hm_heap *heap, const hm_object *object)
{
    const hm_traceback *traceback = hm_trace_get_object_traceback(heap, object);
    assert_non_null(traceback);
    return traceback;
}

static void test_site(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_new(heap);
    const hm_traceback *traceback = traceback_of(heap, list);
    assert_int_equal(traceback->length, 1);
    assert_int_equal(traceback->total, 1);
    assert_frame(&traceback->frames[0], __func__, __LINE__ - 4);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* A call that is the argument of another does not change the other's site. Over several lines each
 * compiler has its own idea of the line: gcc counts the inner call's, clang the outer one's. */
static void test_calls_in_calls(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_new(heap);
    unsigned outer = __LINE__ + 1;
    assert_true(hm_list_append_new(heap, list,
                                   /* on the next line */
                                   hm_int_new(heap, 1000)));
    const hm_traceback *item = traceback_of(heap, hm_list_get(list, 0));
    assert_in_range(item->frames[0].line, outer, outer + 2);
    hm_trace_snapshot *snapshot = take(heap);
    bool found = false;
    for (size_t index = 0; index < snapshot->group_count; index++) {
        const hm_trace_group *group = &snapshot->groups[index];
        if (strcmp(group->type, "list buffer") != 0)
            continue;
        assert_in_range(group->traceback->frames[0].line, outer, outer + 2);
        found = true;
    }
    assert_true(found);
    hm_trace_snapshot_destroy(snapshot);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_no_site(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(5);
    hm_object *list = (hm_list_new)(heap);
    const hm_traceback *traceback = traceback_of(heap, list);
    assert_int_equal(traceback->length, 1);
    assert_string_equal(traceback->frames[0].file, "<unknown>");
    assert_int_equal(traceback->frames[0].line, 0);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* Lines of the three functions below, from the top of the first. */
enum { INNER = 3, MIDDLE = 9, OUTER = 15 };
static const unsigned first_line = __LINE__ + 1;
static hm_object *inner(hm_heap *heap)
{
    HM_TRACE_FRAME(heap);
    return hm_list_new(heap);
}

static hm_object *middle(hm_heap *heap)
{
    HM_TRACE_FRAME(heap);
    return HM_TRACE_CALL(heap, inner(heap));
}

static hm_object *outer(hm_heap *heap)
{
    HM_TRACE_FRAME(heap);
    return HM_TRACE_CALL(heap, middle(heap));
}

static void assert_nested(hm_heap *heap, hm_object *list, size_t length)
{
    static const char *const functions[] = {"inner", "middle", "outer", "test_frames"};
    static const unsigned lines[] = {INNER, MIDDLE, OUTER};
    const hm_traceback *traceback = traceback_of(heap, list);
    assert_int_equal(traceback->length, length);
    assert_int_equal(traceback->total, 4);
    for (size_t depth = 0; depth < length; depth++) {
        const hm_trace_frame *frame = &traceback->frames[length - 1 - depth];
        assert_string_equal(frame->function, functions[depth]);
        if (depth < 3)
            assert_int_equal(frame->line, first_line + lines[depth]);
    }
}

/* The most recent frame is last, and the limit cuts the oldest off. */
static void test_frames(void **state)
{
    HM_UNUSED(state);
    for (int64_t limit = 1; limit <= 6; limit++) {
        hm_heap *heap = traced_heap(limit);
        hm_object *list = HM_TRACE_CALL(heap, outer(heap));
        assert_nested(heap, list, limit < 4 ? (size_t)limit : 4);
        hm_decref(heap, list);
        assert_null(heap->trace.frame);
        hm_trace_stop(heap);
        fixture_end(heap);
    }
}

/* When a function with a frame returns, its caller's line is current again. */
static void test_leaving_a_frame(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(9);
    HM_TRACE_HERE(heap);
    unsigned line = __LINE__ - 1;
    hm_decref(heap, outer(heap));
    hm_object *list = (hm_list_new)(heap);
    assert_int_equal(traceback_of(heap, list)->length, 1);
    assert_frame(&traceback_of(heap, list)->frames[0], __func__, line);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static hm_object *recurse(hm_heap *heap, int depth)
{
    HM_TRACE_FRAME(heap);
    return depth == 0 ? hm_list_new(heap) : HM_TRACE_CALL(heap, recurse(heap, depth - 1));
}

static void test_deep_recursion(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(500);
    hm_object *list = HM_TRACE_CALL(heap, recurse(heap, 1000));
    const hm_traceback *traceback = traceback_of(heap, list);
    assert_int_equal(traceback->length, 500);
    assert_int_equal(traceback->total, 1002);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* Blocks of one place share one traceback, blocks of many places have many. */
static void test_tracebacks_are_shared(void **state)
{
    HM_UNUSED(state);
    enum { SITES = 5000 };
    static hm_site sites[SITES];
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_sized(heap, 2 * SITES);
    for (size_t index = 0; index < SITES; index++) {
        sites[index] = (hm_site){"many.c", "many", (unsigned)index + 1};
        for (size_t twice = 0; twice < 2; twice++) {
            stand_at(heap, &sites[index]);
            hm_list_set(heap, list, 2 * index + twice, (hm_int_new)(heap, 1000));
        }
    }
    for (size_t index = 0; index < 2 * SITES; index++) {
        const hm_traceback *traceback = traceback_of(heap, hm_list_get(list, index));
        assert_int_equal(traceback->frames[0].line, index / 2 + 1);
        assert_ptr_equal(traceback, traceback_of(heap, hm_list_get(list, index ^ 1)));
    }
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

__attribute__((noinline)) static hm_object *native_inner(hm_heap *heap)
{
    hm_object *list = (hm_list_new)(heap);
    __asm__ volatile(""); /* no tail call */
    return list;
}

__attribute__((noinline)) static hm_object *native_outer(hm_heap *heap)
{
    hm_object *list = native_inner(heap);
    __asm__ volatile("");
    return list;
}

/* The index of the frame of a function, or the length. */
static size_t frame_of(const hm_traceback *traceback, const char *function)
{
    size_t index = 0;
    while (index < traceback->length && strcmp(traceback->frames[index].function, function) != 0)
        index++;
    return index;
}

static void test_native(void **state)
{
    HM_UNUSED(state);
    hm_error error = {0};
    if (hm_trace_native_available(&error) != HM_OK) {
        hm_heap *heap = fixture_heap("generational");
        assert_false(hm_trace_start(heap, &(hm_trace_options){.frames = 8, .native = true}));
        assert_int_equal(heap->error.status, HM_UNAVAILABLE);
        assert_int_equal(fnmatch("*install Debian's lib*", heap->error.message, 0), 0);
        fixture_end(heap);
        print_message("left out: %s\n", error.message);
        skip();
    }
    hm_heap *heap = fixture_heap("generational");
    assert_true(hm_trace_start(heap, &(hm_trace_options){.frames = 32, .native = true}));
    hm_object *list = native_outer(heap);
    const hm_traceback *traceback = traceback_of(heap, list);
    size_t inner_frame = frame_of(traceback, "native_inner");
    size_t outer_frame = frame_of(traceback, "native_outer");
    assert_true(inner_frame < traceback->length);
    assert_int_equal(outer_frame + 1, inner_frame);
    assert_string_equal(traceback->frames[traceback->length - 1].function, "hm_list_new");
    assert_int_equal(fnmatch("*/test_tracebacks.c", traceback->frames[inner_frame].file, 0), 0);
    assert_in_range(traceback->frames[inner_frame].line, first_line, __LINE__);
    assert_true(traceback->frames[outer_frame].line > traceback->frames[inner_frame].line);
    hm_trace_snapshot *snapshot = take(heap);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    assert_int_equal(snapshot->group_count, 1);
    assert_true(frame_of(snapshot->groups[0].traceback, "native_outer") <
                snapshot->groups[0].traceback->length);
    hm_trace_snapshot_destroy(snapshot);
    fixture_end(heap);
}

/* The limit keeps the innermost frames. */
static void test_native_limit(void **state)
{
    HM_UNUSED(state);
    if (hm_trace_native_available(NULL) != HM_OK)
        skip();
    hm_heap *heap = fixture_heap("generational");
    assert_true(hm_trace_start(heap, &(hm_trace_options){.frames = 2, .native = true}));
    hm_object *list = native_outer(heap);
    const hm_traceback *traceback = traceback_of(heap, list);
    assert_int_equal(traceback->length, 2);
    assert_true(traceback->total > 2);
    assert_string_equal(traceback->frames[1].function, "hm_list_new");
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_site),
        cmocka_unit_test(test_calls_in_calls),
        cmocka_unit_test(test_no_site),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_leaving_a_frame),
        cmocka_unit_test(test_deep_recursion),
        cmocka_unit_test(test_tracebacks_are_shared),
        cmocka_unit_test(test_native),
        cmocka_unit_test(test_native_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
