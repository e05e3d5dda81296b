/*
 * This module tests what `count` keeps beside its sums: the table of usable sizes, and the page
 * that another process looks at; and with it what the pool tells of its size classes.
 */
#include "cmocka_all.h"

#include "allocators/decorators.h"
#include "pool_table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 400, STEPS = 20000, LARGEST = 3 << 20 };

static hm_allocator counted;
static void *blocks[BLOCKS];
static size_t sizes[BLOCKS];
static unsigned seed;

static int decorate(void **state)
{
    (void)state;
    hm_count_share(NULL);
    hm_count_decorate(&pool_table, &counted);
    return 0;
}

static unsigned pick(unsigned limit)
{
    return (unsigned)rand_r(&seed) % limit;
}

/* Mostly small, some large, few huge. */
static size_t pick_size(void)
{
    unsigned kind = pick(100);
    return 1 + pick(kind < 90 ? 600 : kind < 98 ? 100000 : LARGEST);
}

static void change(unsigned place)
{
    size_t bytes = pick_size();
    if (blocks[place] != NULL && pick(3) == 0) {
        blocks[place] = counted.realloc_sized(blocks[place], sizes[place], bytes);
        sizes[place] = bytes;
    } else if (blocks[place] != NULL) {
        counted.free_sized(blocks[place], sizes[place]);
        blocks[place] = NULL;
    } else {
        blocks[place] = pick(2) ? counted.malloc(bytes) : counted.calloc(1, bytes);
        sizes[place] = bytes;
    }
}

static void free_all(void)
{
    for (unsigned place = 0; place < BLOCKS; place++) {
        if (blocks[place] != NULL)
            counted.free_sized(blocks[place], sizes[place]);
        blocks[place] = NULL;
    }
}

typedef struct sums {
    uint64_t usable_bytes, requested_bytes, blocks, slots, classes;
} sums;

/* The class holds exactly the model's blocks of its usable size. */
static void check_class(void *context, const hm_count_class *size_class)
{
    sums *found = context;
    uint64_t requested = 0, of_size = 0;
    for (unsigned place = 0; place < BLOCKS; place++) {
        if (blocks[place] == NULL || hm_pool_usable_size(blocks[place]) != size_class->usable_bytes)
            continue;
        of_size++;
        requested += sizes[place];
    }
    assert_int_equal(size_class->blocks, of_size);
    assert_int_equal(size_class->requested_bytes, requested);
    found->blocks += of_size;
    found->requested_bytes += requested;
    found->usable_bytes += of_size * size_class->usable_bytes;
}

static void classes_hold_what_the_model_holds(void **state)
{
    (void)state;
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (unsigned step = 0; step < STEPS; step++) {
        change(pick(BLOCKS));
        if (step % 1000 != 0)
            continue;
        sums found = {0};
        hm_count_visit_classes(check_class, &found);
        hm_count_totals totals = hm_count_read();
        assert_int_equal(found.blocks, totals.blocks);
        assert_int_equal(found.requested_bytes, totals.requested_bytes);
        assert_int_equal(found.usable_bytes, totals.usable_bytes);
    }
    free_all();
    sums found = {0};
    hm_count_visit_classes(check_class, &found);
    assert_int_equal(found.blocks, 0);
}

static void add_told(void *context, const hm_allocator_class *told)
{
    sums *found = context;
    assert_true(told->slots >= told->blocks && told->slots > 0 && told->usable_bytes > 0);
    found->usable_bytes += told->blocks * told->usable_bytes;
    found->blocks += told->blocks;
    found->slots += told->slots;
}

static void the_pool_tells_the_same_blocks(void **state)
{
    (void)state;
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (unsigned step = 0; step < STEPS; step++)
        change(pick(BLOCKS));
    sums told = {0};
    hm_allocator_stats stats;
    assert_true(hm_pool_size_classes(add_told, &told));
    assert_true(hm_pool_stats(&stats));
    hm_count_totals totals = hm_count_read();
    assert_int_equal(told.blocks, totals.blocks);
    assert_int_equal(told.usable_bytes, totals.usable_bytes);
    assert_int_equal(told.usable_bytes, stats.allocated_bytes);
    assert_true(told.slots > told.blocks);
    free_all();
    told = (sums){0};
    assert_true(hm_pool_size_classes(add_told, &told));
    assert_int_equal(told.blocks, 0);
}

/* ---- more sizes than the table has room for ---- */

static size_t usable_as_told;

static void *one_block(size_t bytes)
{
    (void)bytes;
    return &usable_as_told;
}

static void no_free(void *block)
{
    (void)block;
}

static size_t tell_usable(void *block)
{
    (void)block;
    return usable_as_told;
}

static void add_class(void *context, const hm_count_class *size_class)
{
    sums *found = context;
    found->classes++;
    found->blocks += size_class->blocks;
    found->requested_bytes += size_class->requested_bytes;
    if (size_class->usable_bytes == HM_UNKNOWN_BYTES)
        found->slots = size_class->blocks;
}

static void sizes_without_room_are_taken_together(void **state)
{
    (void)state;
    const uint64_t many = HM_COUNT_CLASSES + 500;
    const hm_allocator strange = {
        .malloc = one_block, .free = no_free, .usable_size = tell_usable, .name = "strange"};
    hm_count_decorate(&strange, &counted);
    for (uint64_t size = 0; size < many; size++) {
        usable_as_told = (size_t)(size * 24 + 5);
        assert_non_null(counted.malloc(3));
    }
    sums found = {0};
    hm_count_visit_classes(add_class, &found);
    assert_int_equal(found.classes, HM_COUNT_CLASSES);
    assert_int_equal(found.blocks, many);
    assert_int_equal(found.requested_bytes, 3 * many);
    assert_int_equal(found.slots, many - (HM_COUNT_CLASSES - 1));
    for (uint64_t size = 0; size < many; size++) {
        usable_as_told = (size_t)(size * 24 + 5);
        counted.free_sized(&usable_as_told, 3);
    }
    found = (sums){0};
    hm_count_visit_classes(add_class, &found);
    assert_int_equal(found.classes, 0);
}

/* ---- the page ---- */

static void the_page_has_q_at_every_moment(void **state)
{
    (void)state;
    static hm_count_page page;
    void *first = counted.malloc(100);
    assert_int_equal(page.counting, 0);
    hm_count_share(&page);
    assert_int_equal(page.counting, 1);
    assert_int_equal(page.requested_bytes, 100);
    void *second = counted.malloc(1000);
    assert_int_equal(page.requested_bytes, 1100);
    second = counted.realloc_sized(second, 1000, 400);
    assert_int_equal(page.requested_bytes, 500);
    assert_int_equal(hm_count_read().requested_bytes, 500);
    counted.free_sized(second, 400);
    assert_int_equal(page.requested_bytes, 100);
    /* A free without its size: Q is lost, and the page says so. */
    counted.free(first);
    assert_int_equal(page.counting, 0);
    assert_int_equal(hm_count_read().unsized_calls, 1);
    hm_count_share(NULL);
    first = counted.malloc(7);
    assert_int_equal(page.requested_bytes, 100);
    counted.free_sized(first, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(classes_hold_what_the_model_holds, decorate),
        cmocka_unit_test_setup(the_pool_tells_the_same_blocks, decorate),
        cmocka_unit_test_setup(sizes_without_room_are_taken_together, decorate),
        cmocka_unit_test_setup(the_page_has_q_at_every_moment, decorate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
