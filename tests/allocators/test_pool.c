/* The pool in one thread: random operations against a model, and each function's edges. */
#include "cmocka_all.h"

#include "allocators/pool/size_class.h"
#include "pool_table.h"
#include "shadow.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_pool_is_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

static void run_random(const char *name, size_t max_bytes, unsigned steps)
{
    static shadow model;
    shadow_start(&model, &pool_table, shadow_seed(name), max_bytes);
    for (unsigned step = 0; step < steps; step++) {
        shadow_step(&model);
        if (step % 5000 == 0)
            assert_pool_is_whole();
    }
    hm_allocator_stats stats;
    hm_pool_stats(&stats);
    assert_true(stats.allocated_bytes >= shadow_bytes(&model));
    assert_true(stats.active_bytes >= stats.allocated_bytes);
    assert_true(stats.resident_bytes >= stats.active_bytes);
    shadow_finish(&model);
    if (model.defect != NULL)
        fail_msg("%s", model.defect);
    hm_pool_stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
    assert_int_equal(stats.active_bytes, 0);
    assert_pool_is_whole();
}

static void test_random_small(void **state)
{
    HM_UNUSED(state);
    run_random("random_small", 1024, 200000);
}

static void test_random_up_to_large(void **state)
{
    HM_UNUSED(state);
    run_random("random_up_to_large", 200 * 1024, 40000);
}

static void test_random_up_to_huge(void **state)
{
    HM_UNUSED(state);
    run_random("random_up_to_huge", 4 << 20, 4000);
}

static void test_usable_size_is_the_class(void **state)
{
    HM_UNUSED(state);
    for (size_t bytes = 0; bytes <= HM_POOL_SMALL_MAX; bytes += 61) {
        void *block = hm_pool_malloc(bytes);
        assert_int_equal(hm_pool_usable_size(block), hm_pool_class_bytes(hm_pool_class_of(bytes)));
        memset(block, 1, hm_pool_usable_size(block));
        hm_pool_free(block);
    }
    assert_int_equal(hm_pool_usable_size(NULL), 0);
    assert_pool_is_whole();
}

static void test_usable_size_of_large_blocks_is_whole_kernel_pages(void **state)
{
    HM_UNUSED(state);
    static const size_t sizes[] = {32769, 40960, 1 << 20, (1 << 20) + 1, 5000000};
    hm_pool_purge(); /* a mapping that is used again may be an eighth larger */
    for (size_t index = 0; index < HM_COUNT_OF(sizes); index++) {
        void *block = hm_pool_malloc(sizes[index]);
        assert_int_equal(hm_pool_usable_size(block), (sizes[index] + 4095) & ~(size_t)4095);
        memset(block, 1, hm_pool_usable_size(block));
        hm_pool_free(block);
    }
    assert_pool_is_whole();
}

static void test_realloc_within_a_class_stays(void **state)
{
    HM_UNUSED(state);
    void *block = hm_pool_malloc(100);
    assert_ptr_equal(hm_pool_realloc(block, 112), block);
    assert_ptr_equal(hm_pool_realloc(block, 97), block);
    assert_ptr_equal(hm_pool_realloc(block, 90), block); /* would save less than a quarter */
    void *smaller = hm_pool_realloc(block, 20);
    assert_ptr_not_equal(smaller, block);
    assert_int_equal(hm_pool_usable_size(smaller), 32);
    hm_pool_free(smaller);
}

static void test_realloc_of_a_large_block_grows_in_place_where_there_is_room(void **state)
{
    HM_UNUSED(state);
    hm_pool_purge(); /* an arena of its own: the pages behind the block are free */
    char *block = hm_pool_malloc(40000);
    memset(block, 7, 40000);
    assert_ptr_equal(hm_pool_realloc(block, 400000), block);
    assert_int_equal(block[39999], 7);
    assert_true(hm_pool_usable_size(block) >= 400000);
    assert_ptr_equal(hm_pool_realloc(block, 50000), block);
    assert_int_equal(block[39999], 7);
    hm_pool_free(block);
    assert_pool_is_whole();
}

static void test_realloc_across_every_kind(void **state)
{
    HM_UNUSED(state);
    static const size_t sizes[] = {10,      30000,  33000, 900000, 3000000, 9000000,
                                   2000000, 500000, 20000, 48,     1};
    unsigned char *block = NULL;
    size_t previous = 0;
    for (size_t index = 0; index < HM_COUNT_OF(sizes); index++) {
        block = hm_pool_realloc(block, sizes[index]);
        assert_non_null(block);
        size_t kept = previous < sizes[index] ? previous : sizes[index];
        for (size_t at = 0; at < kept; at++)
            assert_int_equal(block[at], (unsigned char)(at * 31 + 7));
        for (size_t at = 0; at < sizes[index]; at++)
            block[at] = (unsigned char)(at * 31 + 7);
        previous = sizes[index];
    }
    hm_pool_free(block);
    assert_int_equal(hm_pool_count().huge_blocks, 0);
    assert_pool_is_whole();
}

static void test_calloc_is_zero_on_reused_memory(void **state)
{
    HM_UNUSED(state);
    static const size_t sizes[] = {24, 500, 5000, 60000, 900000, 3000000};
    for (size_t index = 0; index < HM_COUNT_OF(sizes); index++) {
        for (unsigned round = 0; round < 3; round++) {
            unsigned char *block = hm_pool_calloc(1, sizes[index]);
            assert_true(shadow_is_filled(block, 0, sizes[index]));
            memset(block, 0xff, sizes[index]);
            hm_pool_free(block);
        }
    }
}

static void test_aligned_alloc(void **state)
{
    HM_UNUSED(state);
    for (size_t alignment = 1; alignment <= (size_t)8 << 20; alignment *= 2) {
        for (size_t bytes = 0; bytes <= 100000; bytes += 33333) {
            void *block = hm_pool_aligned_alloc(alignment, bytes);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % alignment, 0);
            memset(block, 1, bytes);
            hm_pool_free(block);
        }
    }
    errno = 0;
    assert_null(hm_pool_aligned_alloc(24, 100));
    assert_int_equal(errno, EINVAL);
    assert_null(hm_pool_aligned_alloc(0, 100));
    assert_pool_is_whole();
}

static void test_impossible_sizes_fail_with_enomem(void **state)
{
    HM_UNUSED(state);
    void *block = hm_pool_malloc(10);
    static const size_t impossible = SIZE_MAX - 100;
    errno = 0;
    assert_null(hm_pool_malloc(impossible));
    assert_int_equal(errno, ENOMEM);
    assert_null(hm_pool_malloc(PTRDIFF_MAX));
    errno = 0;
    assert_null(hm_pool_calloc(SIZE_MAX / 2, 3));
    assert_int_equal(errno, ENOMEM);
    assert_null(hm_pool_realloc(block, impossible));
    assert_null(hm_pool_aligned_alloc(64, impossible));
    hm_pool_free(block);
    hm_pool_free(NULL);
    hm_pool_free_sized(NULL, 10);
}

static void test_zero_bytes_give_distinct_blocks(void **state)
{
    HM_UNUSED(state);
    void *first = hm_pool_malloc(0), *second = hm_pool_calloc(0, 8);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    first = hm_pool_realloc(first, 0);
    assert_non_null(first);
    hm_pool_free(first);
    hm_pool_free(second);
}

/* Runs `free` of a bad pointer in a child; it must abort and not go on. */
static void assert_free_aborts(void *pointer)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        hm_pool_free(pointer);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_foreign_pointers_are_recognised(void **state)
{
    HM_UNUSED(state);
    char on_stack[64];
    char *huge = hm_pool_malloc(3 << 20);
    char *large = hm_pool_malloc(100000);
    assert_free_aborts(on_stack);
    assert_free_aborts((void *)(uintptr_t)0x10);
    assert_free_aborts((void *)(uintptr_t)0xffff800000001000u);
    assert_free_aborts(huge + 4096);
    assert_free_aborts(large + 16); /* inside a block, which is not its beginning */
    hm_pool_free(huge);
    hm_pool_free(large);
    assert_free_aborts(huge);
    assert_free_aborts(large); /* it is cached now, as it was */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_small),
        cmocka_unit_test(test_random_up_to_large),
        cmocka_unit_test(test_random_up_to_huge),
        cmocka_unit_test(test_usable_size_is_the_class),
        cmocka_unit_test(test_usable_size_of_large_blocks_is_whole_kernel_pages),
        cmocka_unit_test(test_realloc_within_a_class_stays),
        cmocka_unit_test(test_realloc_of_a_large_block_grows_in_place_where_there_is_room),
        cmocka_unit_test(test_realloc_across_every_kind),
        cmocka_unit_test(test_calloc_is_zero_on_reused_memory),
        cmocka_unit_test(test_aligned_alloc),
        cmocka_unit_test(test_impossible_sizes_fail_with_enomem),
        cmocka_unit_test(test_zero_bytes_give_distinct_blocks),
        cmocka_unit_test(test_foreign_pointers_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
