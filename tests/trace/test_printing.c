/* Text that people who know tracemalloc recognise. */
#include "trace_fixture.h"

#include "trace/print.h"

#include <unistd.h>

static const char *formatted(hm_trace_statistic statistic, bool compared)
{
    static char text[256];
    static const hm_trace_frame frame = {"lib/base.c", "read", 414};
    if (statistic.type == NULL)
        statistic.traceback = (hm_traceback){&frame, 1, 1};
    return hm_trace_statistic_format(&statistic, compared, text, sizeof text);
}

static void test_statistics_as_text(void **state)
{
    HM_UNUSED(state);
    assert_string_equal(formatted((hm_trace_statistic){.size_bytes = 429875, .count = 6}, false),
                        "lib/base.c:414: size=420 KiB, count=6, average=70.0 KiB");
    assert_string_equal(
        formatted((hm_trace_statistic){.size_bytes = 8369152,
                                       .count = 71332,
                                       .size_difference = 4534272,
                                       .count_difference = 39369},
                  true),
        "lib/base.c:414: size=8173 KiB (+4428 KiB), count=71332 (+39369), average=117 B");
    assert_string_equal(
        formatted((hm_trace_statistic){.size_difference = -300, .count_difference = -1}, true),
        "lib/base.c:414: size=0 B (-300 B), count=0 (-1)");
    assert_string_equal(
        formatted((hm_trace_statistic){.type = "list buffer", .size_bytes = 80, .count = 1}, false),
        "list buffer: size=80 B, count=1, average=80 B");
}

typedef struct text_page {
    char *text;
    size_t size;
    FILE *stream;
} text_page;

static void open_page(text_page *page)
{
    page->stream = open_memstream(&page->text, &page->size);
    assert_non_null(page->stream);
}

static void assert_page(text_page *page, const char *expected)
{
    fclose(page->stream);
    assert_string_equal(page->text, expected);
    free(page->text);
}

/* 2048 bytes from a file that can be read, 1024 and 512 from ones that cannot. */
static void test_top(void **state)
{
    HM_UNUSED(state);
    char file[] = "/tmp/heapmark-trace-XXXXXX";
    int descriptor = mkstemp(file);
    assert_true(descriptor >= 0);
    static const char source[] = "first\n    text = read(path);\nlast\n";
    assert_int_equal(write(descriptor, source, sizeof source - 1), sizeof source - 1);
    close(descriptor);
    const hm_site sites[] = {{file, "load", 2}, {"no/a.c", "a", 1}, {"no/b.c", "b", 7}};
    hm_heap *heap = traced_heap(1);
    hm_object *objects[3];
    for (size_t index = 0; index < 3; index++) {
        stand_at(heap, &sites[index]);
        objects[index] = block_of(heap, (size_t)2048 >> index);
    }
    hm_trace_snapshot *snapshot = take(heap);
    text_page top;
    char expected[512];
    open_page(&top);
    assert_int_equal(hm_trace_print_top(top.stream, snapshot, HM_TRACE_BY_LINE, 2, NULL), HM_OK);
    snprintf(expected, sizeof expected,
             "Top 2 lines\n#1: %s:2: 2.0 KiB\n    text = read(path);\n#2: no/a.c:1: 1.0 KiB\n"
             "1 other: 0.5 KiB\nTotal allocated size: 3.5 KiB\n",
             file);
    assert_page(&top, expected);
    open_page(&top);
    assert_int_equal(hm_trace_print_top(top.stream, snapshot, HM_TRACE_BY_TYPE, 10, NULL), HM_OK);
    assert_page(&top, "Top 10 types\n#1: bytes: 3.5 KiB\nTotal allocated size: 3.5 KiB\n");
    open_page(&top);
    hm_trace_print_traceback(top.stream, hm_trace_get_object_traceback(heap, objects[0]));
    snprintf(expected, sizeof expected, "  File \"%s\", line 2, in load\n    text = read(path);\n",
             file);
    assert_page(&top, expected);
    unlink(file);
    hm_trace_snapshot_destroy(snapshot);
    for (size_t index = 0; index < 3; index++)
        hm_decref(heap, objects[index]);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_differences_as_text(void **state)
{
    HM_UNUSED(state);
    static const hm_site site = {"a.c", "a", 1}, other = {"b.c", "b", 2};
    hm_heap *heap = traced_heap(1);
    hm_trace_snapshot *old = take(heap);
    stand_at(heap, &site);
    hm_object *first = block_of(heap, 100);
    stand_at(heap, &other);
    hm_object *second = block_of(heap, 20000);
    hm_trace_snapshot *new = take(heap);
    hm_trace_statistics *changes = hm_trace_compare_to(new, old, HM_TRACE_BY_LINE, false, NULL);
    text_page lines;
    open_page(&lines);
    hm_trace_print_statistics(lines.stream, changes, 10);
    assert_page(&lines, "b.c:2: size=19.5 KiB (+19.5 KiB), count=1 (+1), average=19.5 KiB\n"
                        "a.c:1: size=100 B (+100 B), count=1 (+1), average=100 B\n");
    hm_trace_statistics_destroy(changes);
    hm_trace_snapshot_destroy(old);
    hm_trace_snapshot_destroy(new);
    hm_decref(heap, first);
    hm_decref(heap, second);
    hm_trace_stop(heap);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_as_text),
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_differences_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
