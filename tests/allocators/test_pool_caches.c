/* What a thread and the pool keep of what was freed: how much, for how long, and that it is used.
 */
#include "cmocka_all.h"

#include "allocators/pool/cache.h"
#include "allocators/pool/huge.h"
#include "allocators/pool/large.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/options.h"
#include "pool_table.h"
#include "shadow.h"

#include <pthread.h>

enum { BATCH = 1000, BATCH_BYTES = 1024 };

static void assert_pool_is_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

static unsigned limit_of(size_t bytes)
{
    const hm_pool_bin *bin = hm_pool_local_bin(hm_pool_this_local, hm_pool_class_of(bytes));
    return (unsigned)(bin->ceiling - bin->floor);
}

static void run_batch(size_t bytes, unsigned count)
{
    static unsigned char *blocks[4 * BATCH];
    for (unsigned index = 0; index < count; index++) {
        blocks[index] = hm_pool_malloc(bytes);
        memset(blocks[index], (int)(index % 251), bytes);
    }
    for (unsigned index = 0; index < count; index++) {
        assert_true(shadow_is_filled(blocks[index], (unsigned char)(index % 251), bytes));
        hm_pool_free(blocks[index]);
    }
}

/* So much that caches that are not in use lose their extra. */
static void work_elsewhere(void)
{
    for (unsigned round = 0; round < HM_POOL_REFILLS_OF_WORK; round++)
        run_batch(16, 4 * BATCH);
}

static uint64_t cached_mapping_bytes(void)
{
    hm_pool_lock();
    uint64_t bytes = hm_pool_huge_read().cached_bytes;
    hm_pool_unlock();
    return bytes;
}

/* ---- caches of blocks ---- */

static void test_a_cache_grows_until_it_holds_the_batch(void **state)
{
    HM_UNUSED(state);
    hm_pool_free(hm_pool_malloc(BATCH_BYTES));
    unsigned first = limit_of(BATCH_BYTES);
    assert_int_equal(first, HM_POOL_CACHE_BYTES_FIRST / BATCH_BYTES);
    for (unsigned round = 0; round < 10; round++) {
        run_batch(BATCH_BYTES, BATCH);
        assert_pool_is_whole();
    }
    assert_true(limit_of(BATCH_BYTES) >= BATCH);
    assert_int_equal(hm_pool_this_local->extra_bytes,
                     (limit_of(BATCH_BYTES) - first) * BATCH_BYTES);
    uint32_t refills = hm_pool_this_local->refills;
    run_batch(BATCH_BYTES, BATCH);
    assert_int_equal(hm_pool_this_local->refills, refills);
}

static void test_an_idle_cache_gives_back_what_it_grew_by(void **state)
{
    HM_UNUSED(state);
    hm_allocator_stats stats;
    for (unsigned round = 0; round < 10; round++)
        run_batch(BATCH_BYTES, BATCH);
    assert_true(limit_of(BATCH_BYTES) >= BATCH);
    work_elsewhere();
    const hm_pool_bin *bin = hm_pool_local_bin(hm_pool_this_local, hm_pool_class_of(BATCH_BYTES));
    assert_int_equal(limit_of(BATCH_BYTES), HM_POOL_CACHE_BYTES_FIRST / BATCH_BYTES);
    assert_true((unsigned)(bin->top - bin->floor) <= limit_of(BATCH_BYTES));
    assert_int_equal(hm_pool_this_local->extra_bytes, 0);
    assert_pool_is_whole();
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
}

static void test_the_extra_of_a_thread_is_bounded(void **state)
{
    HM_UNUSED(state);
    for (unsigned round = 0; round < 10; round++) {
        for (size_t bytes = 512; bytes <= 4096; bytes += 512) {
            run_batch(bytes, BATCH);
            assert_true(hm_pool_this_local->extra_bytes <= HM_POOL_CACHE_EXTRA_BYTES_MAX);
        }
    }
    assert_true(hm_pool_this_local->extra_bytes > HM_POOL_CACHE_EXTRA_BYTES_MAX / 2);
    assert_pool_is_whole();
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

/* What runs over and was never refilled is no batch that comes again. */
static void test_frees_alone_let_no_cache_grow(void **state)
{
    HM_UNUSED(state);
    enum { BYTES = 3000, BLOCKS = 200 };
    static void *blocks[BLOCKS];
    hm_pool_purge();
    work_elsewhere();
    for (unsigned index = 0; index < BLOCKS; index++)
        blocks[index] = hm_pool_malloc(BYTES);
    unsigned first = limit_of(BYTES);
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    assert_true(limit_of(BYTES) <= 2 * first);
}

/* ---- cached runs ---- */

static void test_a_large_block_is_used_again_without_the_lock(void **state)
{
    HM_UNUSED(state);
    hm_allocator_stats stats;
    hm_pool_purge();
    char *block = hm_pool_malloc(100000);
    memset(block, 1, 100000);
    hm_pool_free(block);
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
    assert_int_equal(stats.active_bytes, 0);
    assert_true(stats.resident_bytes >= 100000);
    hm_pool_lock(); /* not recursive: a call that wanted it would never return */
    char *again = hm_pool_malloc(99000);
    size_t usable_bytes = hm_pool_usable_size(again);
    hm_pool_free(again);
    hm_pool_unlock();
    assert_ptr_equal(again, block);
    assert_int_equal(usable_bytes, 102400); /* of its own request, in kernel pages */
    assert_pool_is_whole();
    hm_pool_purge();
    assert_int_equal(hm_pool_this_local->runs.bytes, 0);
    assert_int_equal(hm_pool_count().arenas, 0);
}

static void test_cached_runs_are_bounded_and_grow_old(void **state)
{
    HM_UNUSED(state);
    enum { BLOCKS = 100 };
    void *blocks[BLOCKS];
    for (unsigned index = 0; index < BLOCKS; index++)
        blocks[index] = hm_pool_malloc(40000 + index * 5000);
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    assert_true(hm_pool_this_local->runs.bytes <= HM_POOL_RUN_CACHE_BYTES_MAX);
    assert_true(hm_pool_this_local->runs.bytes > HM_POOL_RUN_CACHE_BYTES_MAX / 2);
    assert_pool_is_whole();
    work_elsewhere();
    assert_int_equal(hm_pool_this_local->runs.bytes, 0);
    assert_pool_is_whole();
}

static void *free_a_block(void *block)
{
    hm_pool_free(block);
    return NULL;
}

static void test_a_dead_threads_runs_go_back(void **state)
{
    HM_UNUSED(state);
    pthread_t thread;
    hm_pool_purge();
    assert_int_equal(pthread_create(&thread, NULL, free_a_block, hm_pool_malloc(500000)), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

/* ---- cached mappings ---- */

static void test_a_huge_blocks_mapping_is_used_again(void **state)
{
    HM_UNUSED(state);
    hm_allocator_stats stats;
    hm_pool_purge();
    unsigned char *block = hm_pool_malloc(2000000);
    memset(block, 1, 2000000);
    hm_pool_free(block);
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
    assert_true(stats.resident_bytes >= 2000000);
    unsigned char *larger = hm_pool_malloc(2100000);
    assert_ptr_not_equal(larger, block);
    unsigned char *again = hm_pool_calloc(1, 1900000);
    assert_ptr_equal(again, block);
    assert_true(shadow_is_filled(again, 0, 1900000));
    assert_in_range(hm_pool_usable_size(again), 1900000, 1900000 + 1900000 / 8);
    unsigned char *much_smaller = hm_pool_malloc(1500000);
    hm_pool_free(again);
    assert_ptr_not_equal(hm_pool_realloc(much_smaller, 1600000), block);
    hm_pool_purge();
    assert_int_equal(cached_mapping_bytes(), 0);
    hm_pool_free(larger);
    hm_pool_free(much_smaller);
    hm_pool_purge();
    assert_int_equal(hm_pool_count().huge_blocks, 0);
}

static void test_cached_mappings_are_a_part_of_what_is_live(void **state)
{
    HM_UNUSED(state);
    enum { BLOCKS = 64 };
    void *blocks[BLOCKS];
    hm_pool_purge();
    for (unsigned index = 0; index < BLOCKS; index++)
        blocks[index] = hm_pool_malloc(3000000); /* not written to */
    uint64_t live_bytes = BLOCKS * (uint64_t)3000000, most = 0;
    for (unsigned index = 0; index < BLOCKS; index++) {
        hm_pool_free(blocks[index]);
        uint64_t cached_bytes = cached_mapping_bytes();
        most = cached_bytes > most ? cached_bytes : most;
        live_bytes -= 3000000;
        uint64_t bound = (live_bytes + 4000000) / HM_POOL_HUGE_CACHE_PART;
        if (index < 8 && bound > HM_POOL_HUGE_CACHE_BYTES_LEAST)
            assert_true(cached_bytes <= bound);
    }
    assert_true(most > HM_POOL_HUGE_CACHE_BYTES_LEAST);
    hm_pool_free(hm_pool_malloc(3000000));
    assert_true(cached_mapping_bytes() <= HM_POOL_HUGE_CACHE_BYTES_LEAST);
    hm_pool_purge();
}

static void test_cached_mappings_grow_old(void **state)
{
    HM_UNUSED(state);
    hm_pool_purge();
    hm_pool_free(hm_pool_malloc(2000000));
    assert_int_equal(cached_mapping_bytes(), 2002944);
    for (unsigned miss = 0; miss <= HM_POOL_RETAIN_DEFAULT / HM_POOL_HUGE_EVENTS; miss++)
        hm_pool_free(hm_pool_malloc(((size_t)10 << 20) + miss)); /* too large to be cached */
    assert_int_equal(cached_mapping_bytes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cache_grows_until_it_holds_the_batch),
        cmocka_unit_test(test_an_idle_cache_gives_back_what_it_grew_by),
        cmocka_unit_test(test_the_extra_of_a_thread_is_bounded),
        cmocka_unit_test(test_frees_alone_let_no_cache_grow),
        cmocka_unit_test(test_a_large_block_is_used_again_without_the_lock),
        cmocka_unit_test(test_cached_runs_are_bounded_and_grow_old),
        cmocka_unit_test(test_a_dead_threads_runs_go_back),
        cmocka_unit_test(test_a_huge_blocks_mapping_is_used_again),
        cmocka_unit_test(test_cached_mappings_are_a_part_of_what_is_live),
        cmocka_unit_test(test_cached_mappings_grow_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
