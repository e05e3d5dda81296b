/*
 * This module tests clocks, kernel counts and foreign CPU time against work done on purpose.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"
#include "bench/measure/clock.h"
#include "bench/measure/foreign.h"
#include "bench/measure/usage.h"

#include <regex.h>
#include <stddef.h>
#include <sys/mman.h>

static void sleeping_takes_wall_time_but_no_cpu_time(void **state)
{
    (void)state;
    uint64_t wall = hm_clock_wall_ns(), cpu = hm_clock_cpu_ns();
    hm_clock_sleep_until(wall + 50000000);
    uint64_t slept = hm_clock_wall_ns() - wall, used = hm_clock_cpu_ns() - cpu;
    assert_true(slept >= 50000000);
    assert_true(used < slept / 2);
}

static void spinning_takes_cpu_time(void **state)
{
    (void)state;
    uint64_t cpu = hm_clock_cpu_ns(), wall = hm_clock_wall_ns();
    while (hm_clock_cpu_ns() - cpu < 5000000)
        continue;
    assert_true(hm_clock_wall_ns() > wall);
}

static void touched_pages_are_minor_faults(void **state)
{
    (void)state;
    enum { PAGES = 500 };
    size_t page = hm_system_page_bytes();
    char *memory = hm_system_map(PAGES * page);
    assert_non_null(memory);
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    hm_usage before = hm_usage_read();
    for (size_t index = 0; index < PAGES; index++)
        ((volatile char *)memory)[index * page] = 1;
    hm_usage after = hm_usage_read();
    hm_usage between = hm_usage_between(&before, &after);
    hm_system_unmap(memory, PAGES * page);
    assert_in_range(between.minor_page_faults, PAGES, PAGES + PAGES / 2);
    assert_int_equal(between.major_page_faults, 0);
}

static void sleeping_is_a_voluntary_switch(void **state)
{
    (void)state;
    hm_usage before = hm_usage_read();
    for (int times = 0; times < 3; times++)
        hm_clock_sleep_until(hm_clock_wall_ns() + 1000000);
    hm_usage after = hm_usage_read();
    assert_true(hm_usage_between(&before, &after).voluntary_context_switches >= 3);
}

static void cpu_totals_add_up(void **state)
{
    (void)state;
    hm_cpu_totals totals;
    const uint64_t tick_ns = 10000000; /* 100 a second on every Linux this builds on */
    assert_true(hm_cpu_totals_parse("cpu  1 2 3 40 50 6 7 8 1000 2000\ncpu0 …\n", &totals));
    assert_int_equal(totals.busy_ns, (1 + 2 + 3 + 6 + 7) * tick_ns);
    assert_int_equal(totals.steal_ns, 8 * tick_ns);
    assert_true(totals.tells_steal);
    assert_int_equal(totals.total_ns, (1 + 2 + 3 + 40 + 50 + 6 + 7 + 8) * tick_ns);
    /* A kernel without the field steal; what stands on the next line is not it. */
    assert_true(hm_cpu_totals_parse("cpu  1 2 3 40 50 6 7\n99 99\n", &totals));
    assert_int_equal(totals.total_ns, (1 + 2 + 3 + 40 + 50 + 6 + 7) * tick_ns);
    assert_int_equal(totals.steal_ns, 0);
    assert_false(totals.tells_steal);
    assert_false(hm_cpu_totals_parse("cpu  1 2 3", &totals));
    assert_false(hm_cpu_totals_parse("intr 1 2 3 4 5 6 7 8", &totals));
    assert_true(hm_cpu_totals_read(&totals));
    assert_true(totals.busy_ns > 0 && totals.total_ns > totals.busy_ns);
}

static void foreign_share_leaves_out_our_own(void **state)
{
    (void)state;
    const hm_cpu_totals before = {.busy_ns = 1000, .total_ns = 5000};
    const hm_cpu_totals after = {.busy_ns = 1600, .total_ns = 7000};
    assert_true(hm_foreign_cpu_share(&before, &after, 0) == 0.3);
    assert_true(hm_foreign_cpu_share(&before, &after, 400) == 0.1);
    assert_true(hm_foreign_cpu_share(&before, &after, 600) == 0);
    assert_true(hm_foreign_cpu_share(&before, &after, 900) == 0);
    assert_true(hm_foreign_cpu_share(&before, &before, 0) < 0);
}

static void stolen_share_is_of_all_cpu_time(void **state)
{
    (void)state;
    hm_cpu_totals before = {.steal_ns = 100, .total_ns = 5000, .tells_steal = true};
    hm_cpu_totals after = {.steal_ns = 600, .total_ns = 7000, .tells_steal = true};
    assert_true(hm_steal_share(&before, &after) == 0.25);
    assert_true(hm_steal_share(&after, &after) < 0);
    after.tells_steal = false;
    assert_true(hm_steal_share(&before, &after) < 0);
}

static void pressure_only_grows(void **state)
{
    (void)state;
    hm_pressure first, second;
    if (!hm_pressure_read(&first))
        skip();
    assert_true(hm_pressure_read(&second));
    assert_true(second.cpu_us >= first.cpu_us && second.memory_us >= first.memory_us &&
                second.io_us >= first.io_us);
}

static void time_of_day_has_its_form(void **state)
{
    (void)state;
    char text[HM_CLOCK_TEXT_BYTES];
    regex_t form;
    assert_int_equal(regcomp(&form, "^20[0-9]{2}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}[.][0-9]{3}Z$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    assert_int_equal(regexec(&form, hm_clock_now_text(text), 0, NULL, 0), 0);
    regfree(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeping_takes_wall_time_but_no_cpu_time),
        cmocka_unit_test(spinning_takes_cpu_time),
        cmocka_unit_test(touched_pages_are_minor_faults),
        cmocka_unit_test(sleeping_is_a_voluntary_switch),
        cmocka_unit_test(cpu_totals_add_up),
        cmocka_unit_test(foreign_share_leaves_out_our_own),
        cmocka_unit_test(stolen_share_is_of_all_cpu_time),
        cmocka_unit_test(pressure_only_grows),
        cmocka_unit_test(time_of_day_has_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
