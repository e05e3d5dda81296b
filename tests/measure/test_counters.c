/*
 * This module tests the counters with events that every kernel has (page faults, CPU time), so
 * that opening, grouping and reading are proved on machines without hardware counters too; the
 * scaling is tested on answers of the kernel that are made up.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"
#include "bench/measure/counters.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGES = 500, FAULT_SLACK = 40 };

static const hm_counter_event software[] = {
    {"task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    {"page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
};
/* No kernel has this one. */
#define NONSENSE(name)                                                                             \
    {                                                                                              \
        name, PERF_TYPE_SOFTWARE, 0x123456789                                                      \
    }

static hm_counters counters;
static hm_counts counts;

static int finish(void **state)
{
    (void)state;
    hm_counters_close(&counters);
    return 0;
}

static void touch_pages(void)
{
    size_t page = hm_system_page_bytes();
    char *memory = hm_system_map(PAGES * page);
    assert_non_null(memory);
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    for (size_t index = 0; index < PAGES; index++)
        ((volatile char *)memory)[index * page] = 1;
    hm_system_unmap(memory, PAGES * page);
}

static void open_or_skip(const hm_counter_event *events, size_t count)
{
    hm_counters_open(&counters, events, count);
    if (strstr(counters.absent, "forbids") != NULL) {
        print_message("not tested: %s\n", counters.absent);
        skip();
    }
}

static void assert_near(uint64_t value, uint64_t expected)
{
    assert_in_range(value, expected, expected + FAULT_SLACK);
}

static void only_what_lies_between_start_and_stop_is_counted(void **state)
{
    (void)state;
    open_or_skip(software, 2);
    touch_pages();
    hm_counters_start(&counters);
    touch_pages();
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    assert_string_equal(counts.absent, "");
    assert_true(counts.running_share == 1);
    assert_near(counts.values[1], PAGES);
    uint64_t clock_ns = counts.values[0];
    assert_true(clock_ns > 0);
    touch_pages();
    hm_counters_start(&counters);
    touch_pages();
    touch_pages();
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    assert_near(counts.values[1], 3 * PAGES);
    assert_true(counts.values[0] > clock_ns);
}

static void what_is_absent_is_named_and_the_rest_is_counted(void **state)
{
    (void)state;
    const hm_counter_event events[] = {NONSENSE("first"), software[1], NONSENSE("third"),
                                       software[0]};
    open_or_skip(events, 4);
    hm_counters_start(&counters);
    touch_pages();
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    assert_int_equal(counts.count, 4);
    assert_true(counts.values[0] == HM_COUNTER_ABSENT);
    assert_true(counts.values[2] == HM_COUNTER_ABSENT);
    assert_near(counts.values[1], PAGES);
    assert_true(counts.values[3] > 0 && counts.values[3] != HM_COUNTER_ABSENT);
    assert_non_null(strstr(counts.absent, "first"));
    assert_non_null(strstr(counts.absent, "third"));
    assert_null(strstr(counts.absent, "page_faults"));
}

static void the_same_reason_is_said_once(void **state)
{
    (void)state;
    const hm_counter_event events[] = {NONSENSE("first"), NONSENSE("second"), NONSENSE("third")};
    open_or_skip(events, 3);
    hm_counters_start(&counters);
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    for (int index = 0; index < 3; index++)
        assert_true(counts.values[index] == HM_COUNTER_ABSENT);
    assert_true(counts.running_share == 0);
    assert_string_equal(counts.absent, "first, second, third: this machine, or the virtual machine "
                                       "it is, does not count it");
}

static void make_up(void)
{
    counters =
        (hm_counters){.count = 3, .leader = -1, .descriptors = {7, -1, 8}, .ids = {41, 0, 42}};
    counts = (hm_counts){.count = 3};
    for (int index = 0; index < 3; index++)
        counts.values[index] = HM_COUNTER_ABSENT;
}

static int forget(void **state)
{
    (void)state;
    counters = (hm_counters){0};
    return 0;
}

static void counts_are_scaled_by_the_share_of_time_they_ran(void **state)
{
    (void)state;
    make_up();
    const uint64_t words[] = {2, 1000, 250, 10, 42, 7, 41};
    assert_true(hm_counters_parse(&counters, words, 7, &counts));
    assert_true(counts.running_share == 0.25);
    assert_int_equal(counts.values[0], 28);
    assert_true(counts.values[1] == HM_COUNTER_ABSENT);
    assert_int_equal(counts.values[2], 40);
    const uint64_t unscaled[] = {2, 1000, 1000, UINT64_MAX - 1, 42, 1, 41};
    assert_true(hm_counters_parse(&counters, unscaled, 7, &counts));
    assert_true(counts.values[2] == UINT64_MAX - 1);
    assert_true(counts.running_share == 1);
}

static void a_group_that_never_ran_is_absent_not_zero(void **state)
{
    (void)state;
    make_up();
    const uint64_t words[] = {2, 1000, 0, 0, 42, 0, 41};
    assert_true(hm_counters_parse(&counters, words, 7, &counts));
    for (int index = 0; index < 3; index++)
        assert_true(counts.values[index] == HM_COUNTER_ABSENT);
    assert_non_null(strstr(counts.absent, "never"));
}

static void an_answer_cut_short_is_refused(void **state)
{
    (void)state;
    make_up();
    const uint64_t words[] = {2, 1000, 1000, 10, 42, 7, 41};
    for (size_t length = 0; length < 7; length++)
        assert_false(hm_counters_parse(&counters, words, length, &counts));
    assert_true(counts.values[0] == HM_COUNTER_ABSENT);
}

static void hardware_is_counted_or_absent_with_a_reason(void **state)
{
    (void)state;
    enum { LOOPS = 1000000 };
    hm_counters_open(&counters, hm_hardware_counters, HM_HARDWARE_COUNTERS);
    hm_counters_start(&counters);
    for (volatile int loop = 0; loop < LOOPS; loop++)
        continue;
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    print_message("absent: %s\n", counts.absent[0] == '\0' ? "nothing" : counts.absent);
    if (counts.values[HM_COUNTER_INSTRUCTIONS] != HM_COUNTER_ABSENT)
        assert_true(counts.values[HM_COUNTER_INSTRUCTIONS] >= LOOPS);
    for (size_t index = 0; index < HM_HARDWARE_COUNTERS; index++) {
        bool absent = counts.values[index] == HM_COUNTER_ABSENT;
        assert_true(!absent || counts.absent[0] != '\0');
        assert_false(absent && counts.running_share > 0 &&
                     strstr(counts.absent, hm_hardware_counters[index].name) == NULL);
    }
}

static void none_opened_is_harmless(void **state)
{
    (void)state;
    counters = (hm_counters){0};
    hm_counters_start(&counters);
    hm_counters_stop(&counters);
    hm_counters_read(&counters, &counts);
    assert_int_equal(counts.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(only_what_lies_between_start_and_stop_is_counted, finish),
        cmocka_unit_test_teardown(what_is_absent_is_named_and_the_rest_is_counted, finish),
        cmocka_unit_test_teardown(the_same_reason_is_said_once, finish),
        cmocka_unit_test_teardown(counts_are_scaled_by_the_share_of_time_they_ran, forget),
        cmocka_unit_test_teardown(a_group_that_never_ran_is_absent_not_zero, forget),
        cmocka_unit_test_teardown(an_answer_cut_short_is_refused, forget),
        cmocka_unit_test_teardown(hardware_is_counted_or_absent_with_a_reason, finish),
        cmocka_unit_test_teardown(none_opened_is_harmless, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
