/* What the environment tells the pool: each test asks in a child, since options are read once. */
#include "cmocka_all.h"

#include "allocators/pool/backing.h"
#include "allocators/pool/options.h"
#include "allocators/pool/window.h"
#include "base/system_memory.h"
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

/* What the kernel says of the mapping that `address` lies in. */
typedef struct mapping {
    bool asks_for_huge_pages; /* "hg" among its flags */
    unsigned long huge_kilobytes;
} mapping;

static mapping mapping_of(const void *address)
{
    char line[1024];
    bool inside = false;
    mapping found = {0};
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (uintptr_t)address >= begin && (uintptr_t)address < end;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found.asks_for_huge_pages = strstr(line, " hg") != NULL;
        if (inside)
            (void)sscanf(line, "AnonHugePages: %lu kB", &found.huge_kilobytes);
    }
    if (file != NULL)
        fclose(file);
    return found;
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
        _exit(mapping_of(hm_pool_malloc(100000)).asks_for_huge_pages);
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

/* A huge block of so many bytes, made at once or grown or shrunk from another. */
static bool child_backs_a_huge_block(const char *value, size_t old_bytes, size_t bytes)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv(HM_POOL_HUGE_PAGES_VARIABLE, value, 1);
        char *block = hm_pool_malloc(old_bytes);
        memset(block, 1, old_bytes);
        block = hm_pool_realloc(block, bytes);
        if (block == NULL || block[(old_bytes < bytes ? old_bytes : bytes) - 1] != 1)
            _exit(2);
        _exit(mapping_of(block).asks_for_huge_pages);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_in_range(WEXITSTATUS(status), 0, 1);
    return WEXITSTATUS(status) == 1;
}

static void test_huge_blocks_are_backed_from_a_size_on(void **state)
{
    HM_UNUSED(state);
    size_t backed = HM_POOL_BACKED_HUGE_BYTES, grown = HM_POOL_BACKED_GROWN_BYTES;
    size_t mebibyte = 1024 * 1024;
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0)
        skip(); /* a kernel without them */
    assert_true(child_backs_a_huge_block("auto", backed, backed));
    assert_false(child_backs_a_huge_block("auto", backed - mebibyte, backed - mebibyte));
    assert_true(child_backs_a_huge_block("auto", 3 * mebibyte, grown));
    assert_true(child_backs_a_huge_block("auto", grown + mebibyte, grown + 2 * mebibyte));
    assert_false(child_backs_a_huge_block("auto", 2 * mebibyte, grown - mebibyte));
    assert_false(child_backs_a_huge_block("auto", grown + 2 * mebibyte, grown + mebibyte));
    assert_true(child_backs_a_huge_block("on", 2 * mebibyte, 2 * mebibyte));
    assert_false(child_backs_a_huge_block("off", 3 * mebibyte, 2 * backed));
}

enum { COLLAPSED_BLOCK_BYTES = 512 };

/* Whether the kernel makes one page of small ones when it is asked to. */
static bool can_collapse(void)
{
    char *pages = hm_system_map_aligned(HM_POOL_ARENA_BYTES, HM_POOL_ARENA_BYTES);
    assert_non_null(pages);
    memset(pages, 1, HM_POOL_ARENA_BYTES);
    bool can = hm_pool_collapse_arena(pages);
    hm_system_unmap(pages, HM_POOL_ARENA_BYTES);
    return can;
}

typedef struct linked_block {
    struct linked_block *before;
    unsigned char bytes[COLLAPSED_BLOCK_BYTES - sizeof(void *)];
} linked_block;

/* Fills so many arenas with small blocks and reads them again; the KiB that are in pages of 2 MiB
   where the first block lies, or -1 where a block does not hold what was written. */
static long fill_arenas(unsigned arenas)
{
    size_t blocks = (size_t)arenas * HM_POOL_ARENA_BYTES / sizeof(linked_block);
    linked_block *first = NULL, *last = NULL;
    for (size_t index = 0; index < blocks; index++) {
        linked_block *block = hm_pool_malloc(sizeof *block);
        memset(block->bytes, (int)(index % 251), sizeof block->bytes);
        block->before = last;
        last = block;
        first = first == NULL ? block : first;
    }
    for (size_t index = blocks; index-- > 0; last = last->before) {
        if (last->bytes[sizeof last->bytes - 1] != index % 251)
            return -1;
    }
    return hm_pool_check() == NULL ? (long)mapping_of(first).huge_kilobytes : -1;
}

static long child_fills_arenas(const char *value, unsigned arenas)
{
    long found = -1;
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv(HM_POOL_HUGE_PAGES_VARIABLE, value, 1);
        found = fill_arenas(arenas);
        _exit(write(channel[1], &found, sizeof found) != sizeof found);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(read(channel[0], &found, sizeof found), sizeof found);
    close(channel[0]);
    close(channel[1]);
    return found;
}

static void test_full_arenas_of_small_pages_are_collapsed(void **state)
{
    HM_UNUSED(state);
    if (!can_collapse())
        skip(); /* before Linux 6.1, or without huge pages */
    assert_int_equal(child_fills_arenas("auto", HM_POOL_SMALL_ARENAS - 1), 0);
    assert_in_range(child_fills_arenas("auto", 3 * HM_POOL_SMALL_ARENAS), 2048, 1 << 20);
    assert_int_equal(child_fills_arenas("off", 3 * HM_POOL_SMALL_ARENAS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retain_0_gives_arenas_back_at_once),
        cmocka_unit_test(test_retain_0_gives_mappings_back_at_once),
        cmocka_unit_test(test_a_longer_delay_keeps_them),
        cmocka_unit_test(test_a_bad_value_is_told_and_the_default_used),
        cmocka_unit_test(test_huge_pages_are_asked_for_where_told),
        cmocka_unit_test(test_huge_blocks_are_backed_from_a_size_on),
        cmocka_unit_test(test_full_arenas_of_small_pages_are_collapsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
