/* The decorators around the pool: exact counts, and every defect `debug` is there to find. */
#include "cmocka_all.h"

#include "allocators/decorators.h"
#include "pool_table.h"
#include "shadow.h"

#include <errno.h>
#include <pthread.h>

/* ---- count ---- */

static hm_allocator counted;

static void test_count_is_exact(void **state)
{
    HM_UNUSED(state);
    hm_count_decorate(&pool_table, &counted);
    char *first = counted.malloc(100);
    char *second = counted.calloc(3, 50);
    char *third = counted.aligned_alloc(64, 128);
    hm_count_totals totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, 100 + 150 + 128);
    assert_int_equal(totals.usable_bytes, hm_pool_usable_size(first) + hm_pool_usable_size(second) +
                                              hm_pool_usable_size(third));
    assert_int_equal(totals.blocks, 3);
    first = counted.realloc_sized(first, 100, 1000);
    assert_int_equal(hm_count_read().requested_bytes, 1000 + 150 + 128);
    first = counted.realloc_sized(first, 1000, 10);
    totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, 10 + 150 + 128);
    assert_int_equal(totals.peak_requested_bytes, 1000 + 150 + 128);
    counted.free_sized(first, 10);
    counted.free_sized(second, 150);
    counted.free_sized(third, 128);
    counted.free_sized(NULL, 0);
    totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, 0);
    assert_int_equal(totals.usable_bytes, 0);
    assert_int_equal(totals.blocks, 0);
    assert_int_equal(totals.mallocs, 2);
    assert_int_equal(totals.callocs, 1);
    assert_int_equal(totals.reallocs, 2);
    assert_int_equal(totals.frees, 4);
    assert_int_equal(totals.unsized_calls, 0);
}

static void test_count_tells_calls_without_a_size(void **state)
{
    HM_UNUSED(state);
    hm_count_decorate(&pool_table, &counted);
    void *block = counted.realloc(NULL, 100);
    assert_int_equal(hm_count_read().unsized_calls, 0);
    block = counted.realloc(block, 300);
    assert_int_equal(hm_count_read().unsized_calls, 1);
    counted.free(block);
    hm_count_totals totals = hm_count_read();
    assert_int_equal(totals.unsized_calls, 2);
    assert_int_equal(totals.usable_bytes, 0);
    assert_int_equal(totals.blocks, 0);
}

static void test_count_without_usable_sizes_says_so(void **state)
{
    HM_UNUSED(state);
    hm_allocator bare = pool_table;
    bare.usable_size = NULL;
    hm_count_decorate(&bare, &counted);
    counted.free_sized(counted.malloc(10), 10);
    assert_int_equal(hm_count_read().usable_bytes, HM_UNKNOWN_BYTES);
    assert_int_equal(hm_count_read().requested_bytes, 0);
}

static void *failing_malloc(size_t bytes)
{
    HM_UNUSED(bytes);
    return NULL;
}

static void *failing_realloc(void *block, size_t bytes)
{
    HM_UNUSED(block);
    HM_UNUSED(bytes);
    return NULL;
}

static void test_failures_are_not_counted_as_bytes(void **state)
{
    HM_UNUSED(state);
    hm_allocator failing = pool_table;
    failing.malloc = failing_malloc;
    failing.realloc = failing_realloc;
    hm_count_decorate(&failing, &counted);
    assert_null(counted.malloc(100));
    void *block = counted.calloc(1, 30);
    assert_null(counted.realloc_sized(block, 30, 60));
    hm_count_totals totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, 30);
    assert_int_equal(totals.blocks, 1);
    counted.free_sized(block, 30);
    assert_int_equal(hm_count_read().requested_bytes, 0);
}

static void *count_in_thread(void *argument)
{
    HM_UNUSED(argument);
    for (unsigned index = 0; index < 50000; index++)
        counted.free_sized(counted.malloc(index % 700), index % 700);
    return NULL;
}

static void test_count_is_exact_with_threads(void **state)
{
    HM_UNUSED(state);
    pthread_t threads[2];
    hm_count_decorate(&pool_table, &counted);
    for (unsigned index = 0; index < 2; index++)
        pthread_create(&threads[index], NULL, count_in_thread, NULL);
    for (unsigned index = 0; index < 2; index++)
        pthread_join(threads[index], NULL);
    hm_count_totals totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, 0);
    assert_int_equal(totals.usable_bytes, 0);
    assert_int_equal(totals.mallocs, 100000);
    assert_int_equal(totals.frees, 100000);
    assert_true(totals.peak_requested_bytes <= 2 * 699);
}

static void test_count_under_random_operations(void **state)
{
    HM_UNUSED(state);
    static shadow model;
    hm_count_decorate(&pool_table, &counted);
    shadow_start(&model, &counted, shadow_seed("count"), 5000);
    for (unsigned step = 0; step < 20000; step++) {
        shadow_block *slot = &model.blocks[hm_random_below(&model.random, SHADOW_BLOCKS)];
        if (slot->block == NULL) {
            shadow_new(&model, slot);
        } else {
            counted.free_sized(slot->block, slot->bytes);
            slot->block = NULL;
        }
    }
    hm_count_totals totals = hm_count_read();
    assert_int_equal(totals.requested_bytes, shadow_bytes(&model));
    assert_true(totals.usable_bytes >= totals.requested_bytes);
    assert_true(totals.peak_requested_bytes >= totals.requested_bytes);
    for (size_t index = 0; index < SHADOW_BLOCKS; index++) {
        if (model.blocks[index].block != NULL)
            counted.free_sized(model.blocks[index].block, model.blocks[index].bytes);
    }
    assert_int_equal(hm_count_read().requested_bytes, 0);
    assert_null(model.defect);
}

/* ---- debug ---- */

static hm_allocator guarded;

static int set_up_debug(void **state)
{
    HM_UNUSED(state);
    hm_debug_decorate(&pool_table, &guarded);
    return 0;
}

static void expect_defect(const char *part)
{
    hm_debug_totals totals = hm_debug_read();
    assert_int_equal(totals.defects, 1);
    if (strstr(totals.first_defect, part) == NULL)
        fail_msg("the defect is: %s", totals.first_defect);
}

static void test_debug_fills(void **state)
{
    HM_UNUSED(state);
    unsigned char *block = guarded.malloc(77);
    assert_int_equal((uintptr_t)block % 16, 0);
    assert_true(shadow_is_filled(block, 0xCB, 77));
    assert_int_equal(guarded.usable_size(block), 77);
    guarded.free(block);
    assert_true(shadow_is_filled(block + 8, 0xDB, 60)); /* the pool's link is in the first bytes */
    block = guarded.calloc(7, 11);
    assert_true(shadow_is_filled(block, 0, 77));
    guarded.free(block);
    assert_int_equal(hm_debug_read().defects, 0);
    assert_int_equal(hm_debug_read().live_blocks, 0);
}

static void test_debug_sees_an_over_run(void **state)
{
    HM_UNUSED(state);
    char *block = guarded.malloc(33);
    char kept = block[33];
    block[33] = 0;
    assert_int_equal(hm_debug_check_all(), 1);
    expect_defect("behind the block");
    block[33] = kept;
    guarded.free(block);
    expect_defect("behind the block");
}

static void test_debug_sees_an_under_run_at_free(void **state)
{
    HM_UNUSED(state);
    char *block = guarded.malloc(33);
    block[-1] = 0;
    guarded.free(block);
    expect_defect("before the block");
}

static void test_debug_sees_a_double_free(void **state)
{
    HM_UNUSED(state);
    char *block = guarded.malloc(33);
    guarded.free(block);
    guarded.free(block);
    expect_defect("free of ");
    assert_null(hm_pool_check()); /* the second free went no further */
}

static void test_debug_sees_foreign_pointers(void **state)
{
    HM_UNUSED(state);
    char on_stack[32];
    assert_null(guarded.realloc(on_stack, 64));
    expect_defect("realloc of ");
    guarded.free(NULL);
    assert_int_equal(hm_debug_read().defects, 1);
}

static void test_debug_sees_wrong_sizes(void **state)
{
    HM_UNUSED(state);
    guarded.free_sized(guarded.malloc(40), 41);
    expect_defect("free_sized says 41 bytes");
    char *block = guarded.realloc_sized(guarded.malloc(40), 39, 80);
    assert_int_equal(hm_debug_read().defects, 2);
    guarded.free_sized(block, 80);
    assert_int_equal(hm_debug_read().defects, 2);
}

static void test_debug_fails_when_planned(void **state)
{
    HM_UNUSED(state);
    hm_debug_configure(&(hm_debug_options){.fail_at = 3});
    void *first = guarded.malloc(8), *second = guarded.calloc(1, 8);
    errno = 0;
    assert_null(guarded.realloc(first, 100));
    assert_int_equal(errno, ENOMEM);
    void *third = guarded.malloc(8);
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(third);
    hm_debug_configure(&(hm_debug_options){.fail_at = 1, .fail_after = true});
    assert_null(guarded.malloc(8));
    assert_null(guarded.calloc(8, 8));
    assert_null(guarded.aligned_alloc(64, 64));
    assert_int_equal(hm_debug_read().planned_failures, 4);
    hm_debug_configure(&(hm_debug_options){.fail_at = 0});
    void *fourth = guarded.aligned_alloc(64, 64);
    assert_int_equal((uintptr_t)fourth % 64, 0);
    assert_int_equal(hm_debug_read().live_blocks, 4);
    assert_int_equal(hm_debug_read().live_bytes, 3 * 8 + 64);
    assert_int_equal(hm_debug_read().allocating_calls, 8);
    guarded.free(first);
    guarded.free(second);
    guarded.free(third);
    guarded.free(fourth);
    assert_int_equal(hm_debug_read().live_blocks, 0);
}

static void test_debug_fails_every_third_call(void **state)
{
    HM_UNUSED(state);
    hm_debug_configure(&(hm_debug_options){.fail_every = 3, .fail_at = 1});
    void *blocks[7];
    for (size_t index = 0; index < HM_COUNT_OF(blocks); index++) {
        blocks[index] = guarded.malloc(8);
        assert_int_equal(blocks[index] == NULL, index == 0 || index == 2 || index == 5);
        guarded.free(blocks[index]);
    }
    assert_int_equal(hm_debug_read().planned_failures, 3);
    hm_debug_configure(&(hm_debug_options){0});
}

static void test_debug_under_random_operations(void **state)
{
    HM_UNUSED(state);
    static shadow model;
    shadow_start(&model, &guarded, shadow_seed("debug"), 20000);
    for (unsigned step = 0; step < 30000; step++)
        shadow_step(&model);
    assert_int_equal(hm_debug_read().live_bytes, shadow_bytes(&model));
    assert_int_equal(hm_debug_check_all(), 0);
    shadow_finish(&model);
    assert_null(model.defect);
    assert_int_equal(hm_debug_read().defects, 0);
    assert_int_equal(hm_debug_read().live_blocks, 0);
}

static void test_count_around_debug_passes_sizes_on(void **state)
{
    HM_UNUSED(state);
    hm_count_decorate(&guarded, &counted);
    void *block = counted.realloc_sized(counted.malloc(40), 40, 90);
    assert_int_equal(hm_count_read().requested_bytes, 90);
    counted.free_sized(block, 90);
    assert_int_equal(hm_debug_read().defects, 0);
    assert_int_equal(hm_debug_read().live_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_is_exact),
        cmocka_unit_test(test_count_tells_calls_without_a_size),
        cmocka_unit_test(test_count_without_usable_sizes_says_so),
        cmocka_unit_test(test_failures_are_not_counted_as_bytes),
        cmocka_unit_test(test_count_is_exact_with_threads),
        cmocka_unit_test(test_count_under_random_operations),
        cmocka_unit_test_setup(test_debug_fills, set_up_debug),
        cmocka_unit_test_setup(test_debug_sees_an_over_run, set_up_debug),
        cmocka_unit_test_setup(test_debug_sees_an_under_run_at_free, set_up_debug),
        cmocka_unit_test_setup(test_debug_sees_a_double_free, set_up_debug),
        cmocka_unit_test_setup(test_debug_sees_foreign_pointers, set_up_debug),
        cmocka_unit_test_setup(test_debug_sees_wrong_sizes, set_up_debug),
        cmocka_unit_test_setup(test_debug_fails_when_planned, set_up_debug),
        cmocka_unit_test_setup(test_debug_fails_every_third_call, set_up_debug),
        cmocka_unit_test_setup(test_debug_under_random_operations, set_up_debug),
        cmocka_unit_test_setup(test_count_around_debug_passes_sizes_on, set_up_debug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
