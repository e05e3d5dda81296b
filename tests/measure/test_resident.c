/*
 * This module tests RSS and peak against memory touched on purpose, page by page.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"
#include "bench/measure/resident.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 3000 };
#ifdef HM_VALGRIND /* whose translations and shadow pages come and go too */
enum { LEAST = PAGES - PAGES / 10, MOST = PAGES + PAGES / 10 };
#else
enum { LEAST = PAGES, MOST = PAGES + 1 };
#endif

static hm_resident resident;

static int open_resident(void **state)
{
    hm_error error;
    (void)state;
    if (hm_resident_open(&resident, 0, &error) != HM_OK)
        return 1;
    /* Once before it counts: the code and stack of the readers become resident. */
    uint64_t bytes;
    return !(hm_resident_reset_peak(&resident) && hm_resident_read(&resident, &bytes) &&
             hm_resident_peak(&resident, &bytes));
}

static int close_resident(void **state)
{
    (void)state;
    hm_resident_close(&resident);
    return 0;
}

static uint64_t read_now(void)
{
    uint64_t bytes = 0;
    assert_true(hm_resident_read(&resident, &bytes));
    return bytes;
}

static uint64_t peak_now(void)
{
    uint64_t bytes = 0;
    assert_true(hm_resident_peak(&resident, &bytes));
    return bytes;
}

static char *touch(size_t pages)
{
    size_t page = hm_system_page_bytes();
    char *memory = hm_system_map(pages * page);
    assert_non_null(memory);
    madvise(memory, pages * page, MADV_NOHUGEPAGE);
    for (size_t index = 0; index < pages; index++)
        ((volatile char *)memory)[index * page] = 1;
    return memory;
}

static void rss_grows_by_what_is_touched(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    uint64_t before = read_now();
    char *memory = touch(PAGES);
    uint64_t during = read_now();
    hm_system_unmap(memory, PAGES * page);
    uint64_t after = read_now();
    assert_in_range(during - before, LEAST * page, MOST * page);
    assert_in_range(during - after, LEAST * page, MOST * page);
}

static void peak_is_right_to_a_page(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    assert_true(hm_resident_reset_peak(&resident));
    uint64_t before = read_now();
    char *memory = touch(PAGES);
    uint64_t peak = peak_now();
    hm_system_unmap(memory, PAGES * page);
    assert_in_range(peak - before, LEAST * page, MOST * page);
}

static void peak_stays_when_memory_goes(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    size_t slack = (size_t)HM_RESIDENT_PEAK_SLACK_PAGES * (size_t)sysconf(_SC_NPROCESSORS_CONF);
    assert_true(hm_resident_reset_peak(&resident));
    uint64_t before = read_now();
    hm_system_unmap(touch(PAGES), PAGES * page);
    uint64_t grown = peak_now() - before;
    assert_true(grown <= MOST * page);
    assert_true(grown + slack * page >= LEAST * page);
}

static void reset_forgets_the_peak(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    size_t slack = (size_t)HM_RESIDENT_PEAK_SLACK_PAGES * (size_t)sysconf(_SC_NPROCESSORS_CONF);
    hm_system_unmap(touch(PAGES), PAGES * page);
    uint64_t high = peak_now();
    assert_true(hm_resident_reset_peak(&resident));
    assert_true(peak_now() + LEAST * page <= high + slack * page);
    uint64_t now = read_now();
    assert_true(peak_now() >= now);
}

static void another_process_is_read_but_not_reset(void **state)
{
    (void)state;
    hm_resident theirs;
    hm_error error;
    uint64_t bytes;
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(hm_resident_open(&theirs, child, &error), HM_OK);
    assert_true(hm_resident_read(&theirs, &bytes));
    assert_true(bytes > 0);
    assert_false(hm_resident_reset_peak(&theirs));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_false(hm_resident_read(&theirs, &bytes));
    assert_false(hm_resident_peak(&theirs, &bytes));
    hm_resident_close(&theirs);
    assert_int_equal(hm_resident_open(&theirs, child, &error), HM_IO_ERROR);
    assert_string_not_equal(error.message, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rss_grows_by_what_is_touched),
        cmocka_unit_test(peak_is_right_to_a_page),
        cmocka_unit_test(peak_stays_when_memory_goes),
        cmocka_unit_test(reset_forgets_the_peak),
        cmocka_unit_test(another_process_is_read_but_not_reset),
    };
    return cmocka_run_group_tests(tests, open_resident, close_resident);
}
