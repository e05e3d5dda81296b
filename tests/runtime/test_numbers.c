/* This module is the tests of int, float, bool and of hashing and equality across them. */
#include "heap_fixture.h"

#include <math.h>

static void test_small_ints_are_shared_and_immortal(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    uint64_t before = hm_heap_live_objects(heap);
    for (int64_t value = HM_SMALL_INT_MIN; value <= HM_SMALL_INT_MAX; value++) {
        hm_object *number = hm_int_new(heap, value);
        assert_ptr_equal(number, hm_int_new(heap, value));
        assert_int_equal(hm_int_value(number), value);
        assert_true(hm_is_immortal(number));
        assert_int_equal(number->reference_count, HM_IMMORTAL_COUNT);
    }
    assert_int_equal(hm_heap_live_objects(heap), before);
    hm_object *below = hm_int_new(heap, HM_SMALL_INT_MIN - 1);
    hm_object *above = hm_int_new(heap, HM_SMALL_INT_MAX + 1);
    assert_false(hm_is_immortal(below) || hm_is_immortal(above));
    assert_int_equal(hm_heap_live_objects(heap), before + 2);
    hm_decref(heap, below);
    hm_decref(heap, above);
    fixture_end(heap);
}

static void test_ints_hold_every_value_in_the_bytes_python_takes(void **state)
{
    HM_UNUSED(state);
    static const struct {
        int64_t value;
        size_t bytes;
    } cases[] = {{0, 28},
                 {1, 28},
                 {-1000, 28},
                 {1073741823, 28},
                 {1073741824, 32},
                 {-1073741824, 32},
                 {1152921504606846975, 32},
                 {1152921504606846976, 36},
                 {INT64_MAX, 36},
                 {INT64_MIN, 36}};
    hm_heap *heap = fixture_heap("none");
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_object *number = hm_int_new(heap, cases[index].value);
        assert_true(hm_int_value(number) == cases[index].value);
        assert_int_equal(hm_object_size(number), cases[index].bytes);
        hm_decref(heap, number);
    }
    fixture_end(heap);
}

static uint64_t hash_of(hm_heap *heap, hm_object *object)
{
    uint64_t hash;
    assert_true(hm_object_hash(heap, object, &hash));
    return hash;
}

static void test_equal_numbers_hash_alike(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    static const int64_t values[] = {
        0, 1, -1, 255, 100000, -7, INT64_C(1) << 40, -(INT64_C(1) << 62), INT64_C(1) << 61};
    for (size_t index = 0; index < HM_COUNT_OF(values); index++) {
        hm_object *integer = hm_int_new(heap, values[index]);
        hm_object *floating = hm_float_new(heap, (double)values[index]);
        assert_true(hm_object_equal(integer, floating));
        assert_true(hm_object_equal(floating, integer));
        assert_true(hash_of(heap, integer) == hash_of(heap, floating));
        hm_decref(heap, integer);
        hm_decref(heap, floating);
    }
    hm_object *one = hm_int_new(heap, 1);
    assert_true(hm_object_equal(hm_bool_get(true), one));
    assert_true(hash_of(heap, hm_bool_get(true)) == hash_of(heap, one));
    fixture_end(heap);
}

static void test_hashes_are_those_of_python(void **state)
{
    HM_UNUSED(state);
    /* hash() in CPython 3.11: numbers hash alike on every 64-bit build. */
    static const struct {
        double value;
        int64_t hash;
    } cases[] = {{0.5, 1152921504606846976},
                 {-2.25, -576460752303423490},
                 {1e100, 1822893315824342674},
                 {INFINITY, 314159},
                 {-1.0, -2},
                 {3.14, 322818021289917443}};
    hm_heap *heap = fixture_heap("none");
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_object *floating = hm_float_new(heap, cases[index].value);
        assert_true((int64_t)hash_of(heap, floating) == cases[index].hash);
        hm_decref(heap, floating);
    }
    fixture_end(heap);
}

static void test_near_numbers_are_not_equal(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *large = hm_int_new(heap, INT64_MAX);
    hm_object *rounded = hm_float_new(heap, (double)INT64_MAX);
    hm_object *half = hm_float_new(heap, 0.5);
    hm_object *not_a_number = hm_float_new(heap, NAN);
    assert_false(hm_object_equal(large, rounded));
    assert_false(hm_object_equal(half, hm_bool_get(false)));
    hm_object *other = hm_float_new(heap, NAN);
    assert_false(hm_object_equal(not_a_number, other));
    assert_true(hm_object_equal(not_a_number, not_a_number));
    assert_int_equal(hm_object_size(half), 24);
    hm_object *all[] = {large, rounded, half, not_a_number, other};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_ints_are_shared_and_immortal),
        cmocka_unit_test(test_ints_hold_every_value_in_the_bytes_python_takes),
        cmocka_unit_test(test_equal_numbers_hash_alike),
        cmocka_unit_test(test_hashes_are_those_of_python),
        cmocka_unit_test(test_near_numbers_are_not_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
