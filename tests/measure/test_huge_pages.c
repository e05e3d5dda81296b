/*
 * This module tests the bytes in huge pages against memory that asked for them and memory that
 * refused them.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"
#include "bench/measure/huge_pages.h"
#include "bench/measure/machine.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HUGE_BYTES = 2 << 20, REGION_BYTES = 8 * HUGE_BYTES };

static int file;

static uint64_t read_now(void)
{
    uint64_t bytes = 0;
    assert_true(hm_huge_pages_read(file, &bytes));
    return bytes;
}

/* How many more bytes are in huge pages while a touched region with this advice is there. */
static uint64_t grown_by(int advice)
{
    uint64_t before = read_now();
    char *region = hm_system_map_aligned(REGION_BYTES, HUGE_BYTES);
    assert_non_null(region);
    assert_int_equal(madvise(region, REGION_BYTES, advice), 0);
    memset(region, 1, REGION_BYTES);
    uint64_t during = read_now();
    hm_system_unmap(region, REGION_BYTES);
    assert_int_equal(read_now(), before);
    return during - before;
}

static void memory_that_refuses_them_has_none(void **state)
{
    (void)state;
    assert_int_equal(grown_by(MADV_NOHUGEPAGE), 0);
}

static void memory_that_asks_for_them_is_counted(void **state)
{
    (void)state;
    static hm_machine machine;
    hm_machine_read(&machine);
    if (strcmp(machine.thp, "never") == 0 || machine.thp[0] == '\0')
        skip();
    uint64_t grown = grown_by(MADV_HUGEPAGE);
    /* The kernel gives what it has: whole huge pages, and never more than were asked for. */
    assert_int_equal(grown % HUGE_BYTES, 0);
    assert_in_range(grown, HUGE_BYTES, REGION_BYTES);
}

static void a_file_that_is_not_there_is_no_number(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_false(hm_huge_pages_read(-1, &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_refuses_them_has_none),
        cmocka_unit_test(memory_that_asks_for_them_is_counted),
        cmocka_unit_test(a_file_that_is_not_there_is_no_number),
    };
    file = hm_huge_pages_open();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    close(file);
    return failed;
}
