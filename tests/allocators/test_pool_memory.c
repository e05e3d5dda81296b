/* What the pool takes from the kernel it gives back, and its account agrees with the kernel's. */
#include "cmocka_all.h"

#include "allocators/pool/local_pool.h"
#include "allocators/pool/options.h"
#include "pool_table.h"
#include "shadow.h"

#include <unistd.h>

enum { MEBIBYTE = 1 << 20, BLOCKS = 200000, BLOCK_BYTES = 256 };

static char *blocks[BLOCKS];

/* Column `index` of /proc/self/statm in bytes: 0 is mapped, 1 is resident. */
static size_t process_bytes(unsigned index)
{
    unsigned long values[2] = {0, 0};
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &values[0], &values[1]), 2);
    fclose(file);
    return values[index] * (size_t)sysconf(_SC_PAGESIZE);
}

static void fill(unsigned count)
{
    for (unsigned index = 0; index < count; index++) {
        blocks[index] = hm_pool_malloc(BLOCK_BYTES);
        assert_non_null(blocks[index]);
        memset(blocks[index], 1, BLOCK_BYTES);
    }
}

static void assert_pool_is_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

/* Kept for a while, so that a drop and a build-up fault in no page twice, then unmapped while the
   program goes on. */
static void test_empty_arenas_stay_for_a_delay(void **state)
{
    HM_UNUSED(state);
    fill(BLOCKS);
    unsigned full = hm_pool_count().arenas;
    size_t mapped = process_bytes(0), resident = process_bytes(1);
    assert_true(full >= 24);
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    assert_int_equal(hm_pool_count().arenas, full);
    assert_true(hm_pool_count().spare_arenas + 2 >=
                full); /* those of a bin's and the cache's slabs */
    fill(BLOCKS);
    assert_int_equal(hm_pool_count().arenas, full);
#ifndef HM_SANITIZED
    assert_true(process_bytes(1) <= resident + HM_POOL_ARENA_BYTES); /* one was not full before */
#else
    HM_UNUSED(resident);
#endif
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    unsigned steps = HM_POOL_RETAIN_DEFAULT / HM_POOL_EVENTS_OF_WORK * HM_POOL_REFILLS_OF_WORK;
    for (unsigned step = 0; step < steps + 2 * HM_POOL_REFILLS_OF_WORK; step++)
        hm_pool_free(hm_pool_malloc(100000)); /* a large block: as much work as a refill */
    assert_true(hm_pool_count().arenas <= 3);
    assert_true(process_bytes(0) + (size_t)(full - 3) * HM_POOL_ARENA_BYTES <= mapped);
    assert_pool_is_whole();
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
    assert_pool_is_whole();
}

/* Blocks that only go through caches and slabs let arenas grow old as well. */
static void test_work_without_runs_ages_empty_arenas(void **state)
{
    HM_UNUSED(state);
    enum { BATCH = 600, BATCH_BYTES = 8192, ROUNDS = 10000 };
    static char *batch[BATCH];
    fill(BLOCKS);
    for (unsigned index = 0; index < BLOCKS; index++)
        hm_pool_free(blocks[index]);
    for (unsigned index = 0; index < BATCH; index++)
        batch[index] = hm_pool_malloc(BATCH_BYTES);
    assert_true(hm_pool_count().spare_arenas >= 10);
    for (unsigned round = 0; round < ROUNDS && hm_pool_count().spare_arenas > 2; round++) {
        for (unsigned index = 0; index < BATCH; index += 2) /* so that no slab gets empty */
            hm_pool_free(batch[index]);
        for (unsigned index = 0; index < BATCH; index += 2)
            batch[index] = hm_pool_malloc(BATCH_BYTES);
    }
    assert_true(hm_pool_count().spare_arenas <= 2);
    for (unsigned index = 0; index < BATCH; index++)
        hm_pool_free(batch[index]);
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

/* Every tenth slab keeps a block: the pages of the others must go at a purge. */
static void test_purge_returns_the_pages_of_empty_slabs(void **state)
{
    HM_UNUSED(state);
    fill(BLOCKS);
    hm_allocator_stats stats;
    size_t kept = 0;
    for (unsigned index = 0; index < BLOCKS; index++) {
        if (index % 640 < 1)
            kept++;
        else
            hm_pool_free(blocks[index]);
    }
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, kept * BLOCK_BYTES);
    size_t before = process_bytes(1);
    uint64_t before_told = stats.resident_bytes;
    hm_pool_purge();
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, kept * BLOCK_BYTES);
    assert_true(stats.resident_bytes + 20 * MEBIBYTE < before_told);
#ifndef HM_SANITIZED /* sanitizers keep shadow pages of their own */
    assert_true(process_bytes(1) + 20 * MEBIBYTE < before);
#else
    HM_UNUSED(before);
#endif
    assert_pool_is_whole();
    for (unsigned index = 0; index < BLOCKS; index += 640) {
        assert_true(shadow_is_filled((unsigned char *)blocks[index], 1, BLOCK_BYTES));
        hm_pool_free(blocks[index]);
    }
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

static void test_active_counts_slabs_with_a_live_block(void **state)
{
    HM_UNUSED(state);
    hm_allocator_stats stats;
    fill(6400);
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 6400 * BLOCK_BYTES);
    assert_int_equal(stats.active_bytes, 6400 * BLOCK_BYTES); /* 64 whole pages a slab */
    for (unsigned index = 0; index < 6400; index++) {
        if (index % 64 != 0)
            hm_pool_free(blocks[index]);
    }
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 100 * BLOCK_BYTES);
    assert_int_equal(stats.active_bytes, 6400 * BLOCK_BYTES);
    for (unsigned index = 0; index < 6400; index += 64)
        hm_pool_free(blocks[index]);
    hm_pool_stats(&stats);
    assert_int_equal(stats.active_bytes, 0);
}

static void test_really_big_blocks_return_at_once(void **state)
{
    HM_UNUSED(state);
    size_t mapped = process_bytes(0);
    char *block = hm_pool_malloc(100 * MEBIBYTE);
    assert_non_null(block);
    hm_allocator_stats stats;
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 100 * MEBIBYTE);
    assert_true(process_bytes(0) >= mapped + 100 * MEBIBYTE);
    hm_pool_free(block);
    assert_true(process_bytes(0) <= mapped + MEBIBYTE);
    assert_int_equal(hm_pool_count().huge_blocks, 0);
}

/* New runs must come from the fuller arena, or the emptier one never drains. */
static void test_runs_come_from_the_fullest_arena(void **state)
{
    HM_UNUSED(state);
    enum { RUN_BYTES = 64 * 1024, RUNS = 96 };
    char *runs[RUNS];
    hm_pool_purge();
    for (unsigned index = 0; index < RUNS; index++) /* three arenas of 32 runs */
        runs[index] = hm_pool_malloc(RUN_BYTES);
    assert_int_equal(hm_pool_count().arenas, 3);
    uintptr_t fuller = (uintptr_t)runs[40] / HM_POOL_ARENA_BYTES;
    for (unsigned index = 0; index < 20; index++)
        hm_pool_free(runs[index]);
    hm_pool_free(runs[40]);
    hm_pool_free(runs[41]);
    hm_pool_purge(); /* so that this thread keeps none of them for itself */
    for (unsigned index = 0; index < 2; index++) {
        runs[40 + index] = hm_pool_malloc(RUN_BYTES);
        assert_int_equal((uintptr_t)runs[40 + index] / HM_POOL_ARENA_BYTES, fuller);
    }
    for (unsigned index = 20; index < RUNS; index++)
        hm_pool_free(runs[index]);
    hm_pool_purge();
    assert_int_equal(hm_pool_count().arenas, 0);
}

/* Freed blocks of part-used arenas are used again before new arenas are mapped. */
static void test_steady_churn_does_not_grow(void **state)
{
    HM_UNUSED(state);
    hm_random random;
    hm_random_seed(&random, shadow_seed("steady_churn"));
    enum { LIVE = 20000 };
    static char *live[LIVE];
    for (unsigned index = 0; index < LIVE; index++)
        live[index] = hm_pool_malloc(16 + hm_random_below(&random, 497));
    unsigned arenas = hm_pool_count().arenas;
    for (unsigned step = 0; step < 400000; step++) {
        size_t index = (size_t)hm_random_below(&random, LIVE);
        hm_pool_free(live[index]);
        live[index] = hm_pool_malloc(16 + hm_random_below(&random, 497));
    }
    assert_true(hm_pool_count().arenas <= arenas + arenas / 2 + 1);
    for (unsigned index = 0; index < LIVE; index++)
        hm_pool_free(live[index]);
    assert_pool_is_whole();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_arenas_stay_for_a_delay),
        cmocka_unit_test(test_work_without_runs_ages_empty_arenas),
        cmocka_unit_test(test_purge_returns_the_pages_of_empty_slabs),
        cmocka_unit_test(test_active_counts_slabs_with_a_live_block),
        cmocka_unit_test(test_really_big_blocks_return_at_once),
        cmocka_unit_test(test_runs_come_from_the_fullest_arena),
        cmocka_unit_test(test_steady_churn_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
