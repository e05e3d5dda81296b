/* What the environment tells the pool: each test asks in a child, since options are read once. */
#include "cmocka_all.h"

#include "allocators/pool/options.h"
#include "allocators/pool/window.h"
#include "pool_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 40000, BLOCK_BYTES = 256 };

/* What a child saw. */
typedef struct seen {
    unsigned spare_arenas;
    char complaint[512];
} seen;

/* Builds up 10 MB and drops it; the exit code is the number of spare arenas. */
static int build_up_and_drop(void)
{
    static void *blocks[BLOCKS];
    for (unsigned index = 0; index < BLOCKS; index++) {
        blocks[index] = hm_pool_malloc(BLOCK_BYTES);
        memset(blocks[index], 1, BLOCK_BYTES);
    }
    if (hm_pool_count().arenas < 4)
        return 100;
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    return (int)hm_pool_count().spare_arenas;
}

static seen run_with(const char *variable, const char *value)
{
    seen result = {0};
    int ends[2], status = -1;
    fflush(NULL);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        setenv(variable, value, 1);
        _exit(build_up_and_drop());
    }
    close(ends[1]);
    for (size_t length = 0; length < sizeof result.complaint - 1;) {
        ssize_t got =
            read(ends[0], result.complaint + length, sizeof result.complaint - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    result.spare_arenas = (unsigned)WEXITSTATUS(status);
    return result;
}

static void test_retain_0_gives_arenas_back_at_once(void **state)
{
    HM_UNUSED(state);
    seen result = run_with(HM_POOL_RETAIN_VARIABLE, "0");
    assert_int_equal(result.spare_arenas, 0);
    assert_string_equal(result.complaint, "");
}

/* Whether a freed huge block's mapping is still there: mincore fails where nothing is mapped. */
static bool child_keeps_a_mapping(const char *value)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        unsigned char resident;
        setenv(HM_POOL_RETAIN_VARIABLE, value, 1);
        void *block = hm_pool_malloc(2000000);
        memset(block, 1, 2000000);
        hm_pool_free(block);
        _exit(mincore(block, 4096, &resident) == 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

static void test_retain_0_gives_mappings_back_at_once(void **state)
{
    HM_UNUSED(state);
    assert_false(child_keeps_a_mapping("0"));
    assert_true(child_keeps_a_mapping("4096"));
}

static void test_a_longer_delay_keeps_them(void **state)
{
    HM_UNUSED(state);
    seen result = run_with(HM_POOL_RETAIN_VARIABLE, "1000000");
    assert_true(result.spare_arenas >= 3 && result.spare_arenas < 100);
    assert_string_equal(result.complaint, "");
}

static void test_a_bad_value_is_told_and_the_default_used(void **state)
{
    HM_UNUSED(state);
    static const char *const bad[] = {"", "-1", "many", "12x", "1000000001"};
    for (size_t index = 0; index < HM_COUNT_OF(bad); index++) {
        seen result = run_with(HM_POOL_RETAIN_VARIABLE, bad[index]);
        assert_non_null(strstr(result.complaint, "pool: HEAPMARK_POOL_RETAIN="));
        assert_non_null(strstr(result.complaint, "the default, 4096, is used"));
        assert_ptr_equal(strchr(result.complaint, '\n'),
                         result.complaint + strlen(result.complaint) - 1);
        assert_true(result.spare_arenas >= 3 && result.spare_arenas < 100);
    }
    seen result = run_with(HM_POOL_HUGE_PAGES_VARIABLE, "yes");
    assert_non_null(
        strstr(result.complaint,
               "HEAPMARK_POOL_HUGE_PAGES=yes is not auto, on or off; the default, auto, is used"));
    result = run_with(HM_POOL_REUSE_VARIABLE, "first");
    assert_non_null(
        strstr(result.complaint,
               "HEAPMARK_POOL_REUSE=first is not newest or oldest; the default, newest, is used"));
}

/* Whether the mapping that `address` lies in asks for huge pages ("hg" among its flags). */
static bool asks_for_huge_pages(const void *address)
{
    char line[1024];
    bool inside = false, asks = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            asks = strstr(line, " hg") != NULL;
    }
    if (file != NULL)
        fclose(file);
    return asks;
}

/* Of the first block of a child, or of the last where it has allocated `build_up_bytes` before. */
static bool child_asks_for_huge_pages(const char *value, size_t build_up_bytes)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv(HM_POOL_HUGE_PAGES_VARIABLE, value, 1);
        for (size_t bytes = 0; bytes < build_up_bytes; bytes += BLOCK_BYTES)
            hm_pool_malloc(BLOCK_BYTES);
        _exit(asks_for_huge_pages(hm_pool_malloc(100000)));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

static void test_huge_pages_are_asked_for_where_told(void **state)
{
    HM_UNUSED(state);
    size_t small_bytes = (size_t)HM_POOL_SMALL_ARENAS * HM_POOL_ARENA_BYTES;
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0)
        skip(); /* a kernel without them */
    assert_true(child_asks_for_huge_pages("on", 0));
    assert_false(child_asks_for_huge_pages("off", 0));
    assert_false(child_asks_for_huge_pages("off", 2 * small_bytes));
    assert_false(child_asks_for_huge_pages("auto", 0));
    assert_false(child_asks_for_huge_pages("auto", small_bytes / 2));
    assert_true(child_asks_for_huge_pages("auto", small_bytes + HM_POOL_ARENA_BYTES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retain_0_gives_arenas_back_at_once),
        cmocka_unit_test(test_retain_0_gives_mappings_back_at_once),
        cmocka_unit_test(test_a_longer_delay_keeps_them),
        cmocka_unit_test(test_a_bad_value_is_told_and_the_default_used),
        cmocka_unit_test(test_huge_pages_are_asked_for_where_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
