/*
 * This module tests the readers of small files, so that an absent file is never taken for a zero.
 */
#include "cmocka_all.h"

#include "bench/measure/proc_file.h"

#include <stddef.h>
#include <string.h>

static void finds_numbers_by_their_line(void **state)
{
    (void)state;
    const char *text = "VmPeak:\t  12 kB\nVmHWM:\t     34 kB\nThreads:\t5\nName:\tx\n";
    uint64_t value = 0;
    assert_true(hm_proc_find_number(text, "VmHWM", &value));
    assert_int_equal(value, 34 * 1024);
    assert_true(hm_proc_find_number(text, "Threads", &value));
    assert_int_equal(value, 5);
    assert_false(hm_proc_find_number(text, "HWM", &value));
    assert_false(hm_proc_find_number(text, "Name", &value));
    assert_false(hm_proc_find_number("", "VmHWM", &value));
    assert_int_equal(value, 5);
}

static void absence_is_told(void **state)
{
    (void)state;
    char text[32] = "before";
    assert_false(hm_proc_read_file("/nonexistent/file", text, sizeof text));
    assert_string_equal(text, "");
    assert_false(hm_proc_read_line("/dev/null", text, sizeof text));
}

static void reads_no_more_than_fits(void **state)
{
    (void)state;
    char text[8];
    memset(text, 'x', sizeof text);
    assert_true(hm_proc_read_file("/proc/self/status", text, sizeof text));
    assert_int_equal(strlen(text), sizeof text - 1);
    assert_memory_equal(text, "Name:", 5);
    assert_true(hm_proc_read_line("/proc/sys/kernel/ostype", text, sizeof text));
    assert_string_equal(text, "Linux");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_numbers_by_their_line),
        cmocka_unit_test(absence_is_told),
        cmocka_unit_test(reads_no_more_than_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
