/* This module is the tests of str and bytes: content, sizes, hashing, interning. */
#include "heap_fixture.h"

static void test_sizes_are_pythons(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *str = hm_str_from(heap, "hello");
    hm_object *bytes = hm_bytes_new(heap, "\0\1\2", 3);
    assert_int_equal(hm_object_size(hm_str_new(heap, "", 0)), 41);
    assert_int_equal(hm_object_size(str), 46);
    assert_int_equal(hm_object_size(hm_bytes_new(heap, "", 0)), 33);
    assert_int_equal(hm_object_size(bytes), 36);
    assert_string_equal(hm_str_data(str), "hello");
    assert_memory_equal(hm_bytes_data(bytes), "\0\1\2", 4);
    hm_decref(heap, str);
    hm_decref(heap, bytes);
    fixture_end(heap);
}

static void test_interned_strings_are_one_object_and_mortal(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *first = hm_str_interned(heap, "name");
    hm_object *second = hm_str_interned(heap, "name");
    assert_ptr_equal(first, second);
    assert_true(hm_str_is_interned(first));
    assert_int_equal(first->reference_count, 2);
    uint64_t live = hm_heap_live_objects(heap);
    hm_decref(heap, first);
    hm_decref(heap, second);
    assert_int_equal(hm_heap_live_objects(heap), live - 1);
    hm_object *again = hm_str_interned(heap, "name");
    assert_int_equal(again->reference_count, 1);
    hm_decref(heap, again);
    fixture_end(heap);
}

static void test_a_plain_string_is_equal_but_not_the_interned_one(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *interned = hm_str_interned(heap, "key");
    hm_object *plain = hm_str_from(heap, "key");
    uint64_t left, right;
    assert_ptr_not_equal(interned, plain);
    assert_true(hm_object_equal(interned, plain));
    assert_true(hm_object_hash(heap, interned, &left));
    assert_true(hm_object_hash(heap, plain, &right));
    assert_true(left == right);
    assert_ptr_equal(hm_str_intern(heap, plain), interned);
    hm_decref(heap, interned);
    hm_decref(heap, interned);
    fixture_end(heap);
}

static void test_the_seed_changes_hashes_and_text_is_not_bytes(void **state)
{
    HM_UNUSED(state);
    uint64_t hashes[2];
    for (uint64_t seed = 0; seed < 2; seed++) {
        hm_heap_config config = fixture_config("none");
        config.hash_seed = seed;
        hm_heap *heap = fixture_create(&config);
        hm_object *str = hm_str_from(heap, "seeded");
        hm_object *bytes = hm_bytes_new(heap, "seeded", 6);
        assert_true(hm_object_hash(heap, str, &hashes[seed]));
        assert_false(hm_object_equal(str, bytes));
        hm_decref(heap, str);
        hm_decref(heap, bytes);
        fixture_end(heap);
    }
    assert_true(hashes[0] != hashes[1]);
}

static void test_interned_strings_still_held_at_the_end_are_freed(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    for (int index = 0; index < 100; index++) {
        char name[16];
        snprintf(name, sizeof name, "name%d", index);
        assert_non_null(hm_str_interned(heap, name));
    }
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_pythons),
        cmocka_unit_test(test_interned_strings_are_one_object_and_mortal),
        cmocka_unit_test(test_a_plain_string_is_equal_but_not_the_interned_one),
        cmocka_unit_test(test_the_seed_changes_hashes_and_text_is_not_bytes),
        cmocka_unit_test(test_interned_strings_still_held_at_the_end_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
