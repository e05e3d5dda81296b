/*
 * Tests of the labels: a table that must forget an object the moment its block is freed, and keep
 * all others, whatever the order.
 */
#include "bench/conform/label.h"
#include "bench/conform/watch.h"
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OBJECTS = 3000, STEPS = 60000 };

static hm_object objects[OBJECTS];

static void test_a_label_is_found_both_ways(void **state)
{
    (void)state;
    hm_conform_labels labels = {0};
    assert_null(hm_conform_label_of(&labels, &objects[0]));
    assert_null(hm_conform_label_find(&labels, 7, 1));
    hm_conform_label_give(&labels, &objects[0], 7, 1);
    hm_conform_label_give(&labels, &objects[1], 7, 2);
    const hm_conform_label *second = hm_conform_label_of(&labels, &objects[1]);
    assert_non_null(second);
    assert_int_equal(second->place, 7);
    assert_int_equal(second->ordinal, 2);
    assert_int_equal(second->sequence, 1);
    assert_ptr_equal(hm_conform_label_find(&labels, 7, 1), &objects[0]);
    hm_conform_label_forget(&labels, &objects[0]);
    assert_null(hm_conform_label_find(&labels, 7, 1));
    assert_ptr_equal(hm_conform_label_find(&labels, 7, 2), &objects[1]);
    hm_conform_labels_free(&labels);
}

static unsigned choose_seed(void)
{
    const char *wanted = getenv("HEAPMARK_TEST_SEED");
    unsigned seed = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    return seed;
}

/* Against the plain truth: an array that says which objects have a label, and which. */
static void test_random_labels_against_an_array(void **state)
{
    (void)state;
    static unsigned ordinals[OBJECTS];
    hm_conform_labels labels = {0};
    unsigned random = choose_seed();
    size_t held = 0;
    for (unsigned step = 1; step <= STEPS; step++) {
        random = random * 1103515245u + 12345u;
        unsigned index = (random >> 8) % OBJECTS;
        if (ordinals[index] == 0) {
            hm_conform_label_give(&labels, &objects[index], index % 10, step);
            ordinals[index] = step;
            held++;
        } else {
            hm_conform_label_forget(&labels, &objects[index]);
            ordinals[index] = 0;
            held--;
        }
        assert_int_equal(labels.count, held);
    }
    for (unsigned index = 0; index < OBJECTS; index++) {
        const hm_conform_label *label = hm_conform_label_of(&labels, &objects[index]);
        assert_int_equal(label == NULL ? 0 : label->ordinal, ordinals[index]);
    }
    hm_conform_labels_forget(&labels);
    assert_int_equal(labels.count, 0);
    for (unsigned index = 0; index < OBJECTS; index++)
        assert_null(hm_conform_label_of(&labels, &objects[index]));
    hm_conform_labels_free(&labels);
}

static void *prefixed(hm_object *object, size_t prefix)
{
    return (char *)object - prefix;
}

static size_t freed;

static void count_free(void *block)
{
    (void)block;
    freed++;
}

static void count_free_sized(void *block, size_t bytes)
{
    (void)block;
    (void)bytes;
    freed++;
}

static void test_a_freed_block_loses_its_label(void **state)
{
    (void)state;
    enum { PREFIX = 16 };
    hm_allocator inner = {.malloc = malloc, .free = count_free, .free_sized = count_free_sized};
    hm_allocator watched;
    hm_conform_labels labels = {0};
    hm_conform_watch_decorate(&inner, &watched);
    hm_conform_watch_labels(&labels, PREFIX);
    for (unsigned index = 1; index < 4; index++)
        hm_conform_label_give(&labels, &objects[index], 0, index);
    watched.free(prefixed(&objects[1], PREFIX));
    watched.free_sized(prefixed(&objects[3], PREFIX), 64);
    watched.free(NULL);
    assert_int_equal(freed, 3);
    assert_null(hm_conform_label_of(&labels, &objects[1]));
    assert_non_null(hm_conform_label_of(&labels, &objects[2]));
    assert_null(hm_conform_label_of(&labels, &objects[3]));
    hm_conform_watch_labels(NULL, 0);
    watched.free(prefixed(&objects[2], PREFIX));
    assert_int_equal(labels.count, 1);
    hm_conform_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_label_is_found_both_ways),
        cmocka_unit_test(test_random_labels_against_an_array),
        cmocka_unit_test(test_a_freed_block_loses_its_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
