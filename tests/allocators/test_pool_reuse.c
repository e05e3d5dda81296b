/* This module tests the pool where the blocks freed first are handed out first
   (HEAPMARK_POOL_REUSE=oldest): in that order, with blocks of one age on pages of their own, and in
   all else as it is by default. Options are read once, so what is compared runs in children. */
#include "cmocka_all.h"

#include "allocators/pool/cache.h"
#include "allocators/pool/options.h"
#include "pool_table.h"
#include "shadow.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVE = 20000, ROUNDS = 40, LEAST = 16, MOST = 512, PAGE = 4096 };

static void assert_pool_is_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

static int compare_pages(const void *left, const void *right)
{
    uintptr_t one = *(const uintptr_t *)left, other = *(const uintptr_t *)right;
    return one < other ? -1 : one > other;
}

/* Kernel pages that blocks from `first` on lie in, in percent of the least that could hold them. */
static unsigned spread_of(char *const *blocks, const uint32_t *sizes, size_t first)
{
    static uintptr_t pages[2 * LIVE];
    size_t count = 0, different = 0, bytes = 0;
    for (size_t index = first; index < LIVE; index++) {
        bytes += sizes[index];
        pages[count++] = (uintptr_t)blocks[index] / PAGE;
        pages[count++] = ((uintptr_t)blocks[index] + sizes[index] - 1) / PAGE;
    }
    qsort(pages, count, sizeof *pages, compare_pages);
    for (size_t index = 0; index < count; index++)
        different += index == 0 || pages[index] != pages[index - 1];
    return (unsigned)(100 * different * PAGE / bytes);
}

/* The youngest tenth after the oldest block was replaced again and again. The queue turns whole, so
   that the youngest are the last ones. */
static unsigned spread_after_churn(void)
{
    static char *blocks[LIVE];
    static uint32_t sizes[LIVE];
    hm_random random;
    hm_random_seed(&random, 1);
    for (unsigned round = 0; round <= ROUNDS; round++) {
        for (size_t index = 0; index < LIVE; index++) {
            hm_pool_free(blocks[index]);
            sizes[index] = LEAST + (uint32_t)hm_random_below(&random, MOST - LEAST + 1);
            blocks[index] = hm_pool_malloc(sizes[index]);
        }
    }
    return spread_of(blocks, sizes, LIVE - LIVE / 10);
}

static unsigned child_spread(const char *reuse)
{
    unsigned *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv(HM_POOL_REUSE_VARIABLE, reuse, 1);
        *shared = spread_after_churn();
        _exit(hm_pool_check() != NULL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    unsigned spread = *shared;
    munmap(shared, PAGE);
    return spread;
}

/* Twenty-four classes of 2000 blocks leave a page or two begun each: of a tenth, as much again. */
static void test_blocks_of_one_age_share_their_pages(void **state)
{
    HM_UNUSED(state);
    unsigned oldest = child_spread("oldest"), newest = child_spread("newest");
    print_message("pages of the youngest tenth, of the least: oldest %u %%, newest %u %%\n", oldest,
                  newest);
    assert_true(oldest <= 200);
    assert_true(newest > 2 * oldest);
}

/* ---- in this process: the oldest first ---- */

static void test_what_was_freed_first_comes_first(void **state)
{
    HM_UNUSED(state);
    enum { COUNT = 8, BYTES = 3000 };
    void *freed[COUNT];
    hm_pool_bin *bin;
    for (unsigned index = 0; index < COUNT; index++)
        freed[index] = hm_pool_malloc(BYTES);
    bin = hm_pool_local_bin(hm_pool_this_local, hm_pool_class_of(BYTES));
    assert_ptr_not_equal(bin->rack->freed, bin);
    void *rest[64];
    unsigned taken = 0;
    while (bin->top != bin->floor)
        rest[taken++] = hm_pool_malloc(BYTES);
    for (unsigned index = 0; index < COUNT; index++)
        hm_pool_free(freed[(5 * index) % COUNT]);
    for (unsigned index = 0; index < COUNT; index++)
        assert_ptr_equal(hm_pool_malloc(BYTES), freed[(5 * index) % COUNT]);
    for (unsigned index = 0; index < COUNT; index++)
        hm_pool_free(freed[index]);
    while (taken > 0)
        hm_pool_free(rest[--taken]);
    assert_pool_is_whole();
}

static void run_batch(size_t bytes, unsigned count)
{
    static unsigned char *blocks[4000];
    for (unsigned index = 0; index < count; index++) {
        blocks[index] = hm_pool_malloc(bytes);
        memset(blocks[index], (int)(index % 251), bytes);
    }
    for (unsigned index = 0; index < count; index++) {
        assert_true(shadow_is_filled(blocks[index], (unsigned char)(index % 251), bytes));
        if (index % 3 == 0)
            hm_pool_free_sized(blocks[index], bytes);
        else
            hm_pool_free(blocks[index]);
    }
}

static void test_caches_grow_and_shrink_as_pairs(void **state)
{
    HM_UNUSED(state);
    hm_allocator_stats stats;
    for (unsigned round = 0; round < 20; round++)
        run_batch(1024, 1000);
    const hm_pool_bin *bin = hm_pool_local_bin(hm_pool_this_local, hm_pool_class_of(1024));
    unsigned limit = (unsigned)(bin->ceiling - bin->floor);
    assert_true(limit > HM_POOL_CACHE_BYTES_FIRST / 1024);
    assert_int_equal(bin->rack->freed->ceiling - bin->rack->freed->floor, limit);
    assert_pool_is_whole();
    for (unsigned round = 0; round < 4 * HM_POOL_REFILLS_OF_WORK; round++)
        run_batch(16, 4000);
    assert_int_equal(bin->ceiling - bin->floor, HM_POOL_CACHE_BYTES_FIRST / 1024);
    assert_true(bin->top <= bin->ceiling && bin->rack->freed->top <= bin->rack->freed->ceiling);
    assert_pool_is_whole();
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

enum { HANDED = 30000 };
static unsigned char *handed[HANDED];

static void *free_all(void *context)
{
    HM_UNUSED(context);
    for (unsigned index = 0; index < HANDED; index++)
        hm_pool_free(handed[index]);
    hm_pool_purge();
    return NULL;
}

static void test_another_thread_may_free_them(void **state)
{
    HM_UNUSED(state);
    pthread_t thread;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned index = 0; index < HANDED; index++) {
            handed[index] = hm_pool_malloc(16 + index % 500);
            memset(handed[index], 1, 16 + index % 500);
        }
        assert_int_equal(pthread_create(&thread, NULL, free_all, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_pool_is_whole();
    }
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_of_one_age_share_their_pages), /* before the pool is used */
        cmocka_unit_test(test_what_was_freed_first_comes_first),
        cmocka_unit_test(test_caches_grow_and_shrink_as_pairs),
        cmocka_unit_test(test_another_thread_may_free_them),
    };
    setenv(HM_POOL_REUSE_VARIABLE, "oldest", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
