/*
 * This module tests the peak of a program against the pages it is known to touch, started by a
 * parent that is much larger than it: the parent's size must not show.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARENT_BYTES = 200 << 20, PAGES = 5000, GIVEN_BACK = 12000 };

typedef struct told {
    uint64_t rss, peak, maxrss, grown;
} told;

/* fork, not posix_spawn: the child must be a copy of the large parent for a moment. */
static told run_child(unsigned kept, unsigned given_back)
{
    int channel[2], status;
    char first[16], second[16], line[256] = "";
    told found = {0};
    snprintf(first, sizeof first, "%u", kept);
    snprintf(second, sizeof second, "%u", given_back);
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], STDOUT_FILENO);
        execl(HM_TOUCH_PAGES, HM_TOUCH_PAGES, first, second, (char *)NULL);
        _exit(126);
    }
    close(channel[1]);
    assert_true(read(channel[0], line, sizeof line - 1) > 0);
    close(channel[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(sscanf(line,
                            "rss=%" SCNu64 " peak=%" SCNu64 " maxrss=%" SCNu64 " grown=%" SCNu64,
                            &found.rss, &found.peak, &found.maxrss, &found.grown),
                     4);
    return found;
}

static void peak_is_right_to_a_page(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    told found = run_child(PAGES, 0);
    assert_in_range(found.grown, PAGES * page, (PAGES + 1) * page);
    assert_in_range(found.peak, PAGES * page, found.rss + page);
}

/* What was touched before the reset was higher, and is gone. */
static void a_reset_forgets_what_was_before(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    told found = run_child(PAGES, GIVEN_BACK);
    assert_in_range(found.grown, PAGES * page, (PAGES + 1) * page);
    assert_true(found.peak < GIVEN_BACK * page);
}

static void the_parent_s_size_does_not_show(void **state)
{
    (void)state;
    size_t page = hm_system_page_bytes();
    told small = run_child(PAGES, 0);
    char *memory = hm_system_map(PARENT_BYTES);
    assert_non_null(memory);
    memset(memory, 1, PARENT_BYTES);
    told large = run_child(PAGES, 0);
    hm_system_unmap(memory, PARENT_BYTES);
    print_message("ru_maxrss, for comparison: %" PRIu64 " from a small parent, %" PRIu64
                  " from a large one\n",
                  small.maxrss, large.maxrss);
    assert_in_range(large.grown, PAGES * page, (PAGES + 1) * page);
    assert_true(large.peak < PARENT_BYTES / 2);
    /* Where the loader puts things differs by some pages from start to start. */
    assert_in_range(large.peak, small.peak - 100 * page, small.peak + 100 * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peak_is_right_to_a_page),
        cmocka_unit_test(a_reset_forgets_what_was_before),
        cmocka_unit_test(the_parent_s_size_does_not_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
