/* This module is the tests of tuple, list, set, cell: references, growth, sizes. */
#include "base/random.h"
#include "heap_fixture.h"

static void test_list_grows_as_cpythons(void **state)
{
    HM_UNUSED(state);
    static const size_t steps[] = {4, 8, 16, 24, 32, 40, 52, 64, 76, 92};
    hm_heap *heap = fixture_heap("none");
    hm_object *list = hm_list_new(heap);
    assert_int_equal(hm_object_size(list), 40);
    size_t step = 0;
    for (size_t length = 1; length <= 92; length++) {
        assert_true(hm_list_append(heap, list, &hm_none));
        if (length > steps[step])
            step++;
        assert_int_equal(((hm_list *)list)->capacity, steps[step]);
    }
    hm_decref(heap, list);
    hm_object *exact = hm_list_sized(heap, 1000);
    assert_int_equal(hm_object_size(exact), 8040);
    hm_decref(heap, exact);
    fixture_end(heap);
}

static void test_list_keeps_order_and_counts(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_new(heap);
    for (int64_t value = 0; value < 1000; value++)
        assert_true(hm_list_append_new(heap, list, hm_int_new(heap, value * 1000)));
    assert_true(hm_list_delete(heap, list, 500));
    assert_int_equal(hm_int_value(hm_list_get(list, 500)), 501000);
    hm_list_set(heap, list, 0, hm_int_new(heap, 77777));
    assert_int_equal(hm_int_value(hm_list_get(list, 0)), 77777);
    for (int64_t left = 998; left >= 0; left--) {
        hm_object *item = hm_list_pop(heap, list);
        assert_int_equal(item->reference_count, 1);
        hm_decref(heap, item);
        assert_int_equal(hm_list_length(list), left);
    }
    assert_null(hm_list_pop(heap, list));
    assert_int_equal(heap->error.status, HM_INDEX_ERROR);
    assert_false(hm_list_delete(heap, list, 0));
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_tuple_owns_its_items(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *item = hm_float_new(heap, 1.5);
    hm_object *items[3] = {item, item, &hm_none};
    hm_object *tuple = hm_tuple_of(heap, items, 3);
    assert_int_equal(item->reference_count, 3);
    assert_int_equal(hm_object_size(tuple), 48);
    assert_int_equal(hm_object_size(hm_tuple_new(heap, 0)), 24);
    hm_tuple_set(heap, tuple, 0, hm_incref(&hm_none));
    assert_int_equal(item->reference_count, 2);
    hm_decref(heap, tuple);
    assert_int_equal(item->reference_count, 1);
    hm_decref(heap, item);
    assert_null(hm_tuple_new(heap, SIZE_MAX / 4));
    assert_int_equal(heap->error.status, HM_NO_MEMORY);
    fixture_end(heap);
}

static void test_tuples_compare_and_hash_by_value(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *pair[2];
    for (int which = 0; which < 2; which++) {
        pair[which] = hm_tuple_new(heap, 2);
        hm_tuple_set(heap, pair[which], 0, hm_int_new(heap, 5000));
        hm_tuple_set(heap, pair[which], 1, hm_str_from(heap, "x"));
    }
    uint64_t left, right;
    assert_true(hm_object_equal(pair[0], pair[1]));
    assert_true(hm_object_hash(heap, pair[0], &left));
    assert_true(hm_object_hash(heap, pair[1], &right));
    assert_true(left == right);
    hm_tuple_set(heap, pair[1], 1, hm_list_new(heap));
    assert_false(hm_object_equal(pair[0], pair[1]));
    assert_false(hm_object_hash(heap, pair[1], &right));
    assert_string_equal(heap->error.message, "unhashable type: 'list'");
    hm_decref(heap, pair[0]);
    hm_decref(heap, pair[1]);
    fixture_end(heap);
}

/* A tuple nested too deep to hash is refused, not a stack overflow. */
static void test_deep_tuple_is_refused_by_hash(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *tuple = hm_tuple_new(heap, 0);
    for (int depth = 0; depth < 100000; depth++) {
        hm_object *outer = hm_tuple_new(heap, 1);
        hm_tuple_set(heap, outer, 0, tuple);
        tuple = outer;
    }
    uint64_t hash;
    assert_false(hm_object_hash(heap, tuple, &hash));
    assert_int_equal(heap->error.status, HM_RUNTIME_ERROR);
    hm_decref(heap, tuple);
    fixture_end(heap);
}

/* Adds and discards the ints from `first` to `last`, one at a time. */
static void pass_through(hm_heap *heap, hm_object *set, int64_t first, int64_t last)
{
    for (int64_t value = first; value <= last; value++) {
        hm_object *key = hm_int_new(heap, value);
        assert_true(hm_set_add(heap, set, key));
        assert_true(hm_set_discard(heap, set, key));
        hm_decref(heap, key);
    }
}

/* Sizes as sys.getsizeof tells them, less the prefix of 16 bytes. */
static void test_set_uses_the_slots_of_deleted_keys_again(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *set = hm_set_new(heap);
    pass_through(heap, set, 0, 39);
    assert_int_equal(hm_object_size(set), 200); /* the table in the object is enough again */
    for (int64_t value = 0; value < 40; value++) {
        hm_object *key = hm_int_new(heap, value);
        assert_true(hm_set_add(heap, set, key));
        hm_decref(heap, key);
    }
    for (int64_t value = 0; value < 39; value++) {
        hm_object *key = hm_int_new(heap, value);
        assert_true(hm_set_discard(heap, set, key));
        hm_decref(heap, key);
    }
    assert_int_equal(hm_object_size(set), 200 + 128 * 16);
    pass_through(heap, set, 100, 175); /* 39 of them into slots of deleted keys */
    assert_int_equal(hm_object_size(set), 200 + 128 * 16);
    pass_through(heap, set, 176, 176);
    assert_int_equal(hm_object_size(set), 200 + 16 * 16);
    hm_decref(heap, set);
    fixture_end(heap);
}

static void test_set_agrees_with_a_bitmap(void **state)
{
    HM_UNUSED(state);
    enum { RANGE = 600 };
    bool model[RANGE] = {false};
    size_t count = 0;
    hm_random random;
    uint64_t seed = 20260;
    print_message("seed %llu\n", (unsigned long long)seed);
    hm_random_seed(&random, seed);
    hm_heap *heap = fixture_heap("generational");
    hm_object *set = hm_set_new(heap);
    assert_int_equal(hm_object_size(set), 200);
    for (int step = 0; step < 20000; step++) {
        size_t value = hm_random_below(&random, RANGE);
        hm_object *key = hm_int_new(heap, (int64_t)value * 64);
        assert_int_equal(hm_set_contains(heap, set, key), model[value]);
        if (hm_random_below(&random, 2) == 0) {
            assert_true(hm_set_add(heap, set, key));
            count += !model[value];
            model[value] = true;
        } else {
            assert_int_equal(hm_set_discard(heap, set, key), model[value]);
            count -= model[value];
            model[value] = false;
        }
        hm_decref(heap, key);
        assert_int_equal(hm_set_length(set), count);
    }
    size_t position = 0, seen = 0;
    hm_object *key;
    while (hm_set_next(set, &position, &key)) {
        assert_true(model[hm_int_value(key) / 64]);
        seen++;
    }
    assert_int_equal(seen, count);
    hm_object *list = hm_list_new(heap);
    assert_false(hm_set_add(heap, set, list));
    assert_int_equal(heap->error.status, HM_TYPE_ERROR);
    hm_decref(heap, list);
    hm_set_clear(heap, set);
    assert_int_equal(hm_set_length(set), 0);
    hm_decref(heap, set);
    fixture_end(heap);
}

static void test_cell_holds_and_releases(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("off");
    hm_object *content = hm_list_new(heap);
    hm_object *cell = hm_cell_new(heap, content);
    assert_int_equal(content->reference_count, 2);
    assert_ptr_equal(hm_cell_get(cell), content);
    assert_int_equal(hm_object_size(cell), 24);
    hm_cell_set(heap, cell, NULL);
    assert_int_equal(content->reference_count, 1);
    assert_null(hm_cell_get(cell));
    hm_decref(heap, cell);
    hm_decref(heap, content);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_grows_as_cpythons),
        cmocka_unit_test(test_list_keeps_order_and_counts),
        cmocka_unit_test(test_tuple_owns_its_items),
        cmocka_unit_test(test_tuples_compare_and_hash_by_value),
        cmocka_unit_test(test_deep_tuple_is_refused_by_hash),
        cmocka_unit_test(test_set_agrees_with_a_bitmap),
        cmocka_unit_test(test_set_uses_the_slots_of_deleted_keys_again),
        cmocka_unit_test(test_cell_holds_and_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
