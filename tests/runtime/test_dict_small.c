/* This module is the tests of dicts of few str, whose table has tags and no index: against a model,
 * with tags that several keys share, with tables used before. */
#include "base/random.h"
#include "heap_fixture.h"
#include "object/dict_small.h"
#include "object/freelist.h"

#include <stdio.h>

/* A str of its own with the letter that counts `number`. */
static hm_object *letter(hm_heap *heap, unsigned number)
{
    const char text[] = {(char)('a' + number), 'x', 0};
    return hm_str_from(heap, text);
}

enum { LETTERS = 9 };

/* Sets, takes out or pops a key of a small dict and of its model, the values in order of entry;
 * returns how many keys there are. */
static size_t change_small(hm_heap *heap, hm_object *dict, hm_random *random, hm_object **model,
                           size_t length)
{
    unsigned number = (unsigned)hm_random_below(random, LETTERS);
    hm_object *key = letter(heap, number), *popped_key, *popped;
    size_t place = 0;
    while (place < length && hm_text_length(model[place]) != number)
        place++;
    switch (hm_random_below(random, 4)) {
    case 0:
        assert_int_equal(hm_dict_delete(heap, dict, key), place < length);
        for (size_t next = place + 1; next < length; next++)
            model[next - 1] = model[next];
        length -= place < length;
        break;
    case 1:
        assert_int_equal(hm_dict_pop_item(heap, dict, &popped_key, &popped), length > 0);
        if (length-- == 0) {
            length = 0;
            break;
        }
        assert_ptr_equal(popped, model[length]);
        hm_decref(heap, popped_key);
        hm_decref(heap, popped);
        break;
    default:
        length += place == length;
        model[place] = hm_str_new(heap, "012345678", number);
        assert_true(hm_dict_set(heap, dict, key, model[place]));
        hm_decref(heap, model[place]);
    }
    hm_error_clear(&heap->error);
    hm_decref(heap, key);
    return length;
}

static void assert_small_is(hm_heap *heap, hm_object *dict, hm_object *const *model, size_t length)
{
    assert_int_equal(hm_dict_length(dict), length);
    size_t position = 0;
    hm_object *key, *value;
    for (size_t place = 0; place < length; place++) {
        assert_true(hm_dict_next(dict, &position, &key, &value));
        assert_ptr_equal(value, model[place]);
    }
    assert_false(hm_dict_next(dict, &position, &key, &value));
    size_t found = 0;
    for (unsigned number = 0; number < LETTERS; number++) {
        key = letter(heap, number);
        value = hm_dict_get(heap, dict, key);
        assert_true(value == NULL || hm_text_length(value) == number);
        found += value != NULL;
        hm_decref(heap, key);
    }
    assert_int_equal(found, length);
    hm_object *other = hm_int_new(heap, 4242);
    assert_null(hm_dict_get(heap, dict, other));
    hm_decref(heap, other);
}

/* Dicts of few str, each key a str of its own, made and dropped in turn where free lists keep their
 * tables and where there are none: what was in a table before is not in it any more. */
static void test_small_dicts_agree_with_a_model(void **state)
{
    HM_UNUSED(state);
    for (int freelists = 0; freelists < 2; freelists++) {
        hm_random random;
        hm_random_seed(&random, 17);
        hm_heap *heap = fixture_heap("generational");
        if (freelists)
            hm_freelists_open(heap);
        uint64_t before = hm_heap_live_objects(heap);
        for (int round = 0; round < 500; round++) {
            hm_object *dicts[2] = {hm_dict_new(heap), hm_dict_new(heap)}, *model[2][LETTERS];
            size_t length[2] = {0, 0};
            for (uint64_t step = hm_random_below(&random, 24); step > 0; step--) {
                size_t which = step % 2;
                length[which] =
                    change_small(heap, dicts[which], &random, model[which], length[which]);
                assert_small_is(heap, dicts[which], model[which], length[which]);
            }
            hm_decref(heap, dicts[0]);
            hm_decref(heap, dicts[1]);
        }
        assert_int_equal(hm_heap_live_objects(heap), before);
        if (freelists)
            hm_freelists_close(heap);
        fixture_end(heap);
    }
}

/* Keys whose tags are one: 300 str, of which each tag has several, in dicts of five. */
static void test_small_dicts_tell_equal_tags_apart(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *keys[300];
    for (int number = 0; number < 300; number++) {
        char name[16];
        snprintf(name, sizeof name, "tag_%d", number);
        keys[number] = hm_str_from(heap, name);
        uint64_t hash;
        assert_true(hm_object_hash(heap, keys[number], &hash));
    }
    size_t shared = 0;
    for (int first = 0; first < 300; first++) {
        hm_object *dict = hm_dict_new(heap), *same[5];
        size_t length = 0;
        uint64_t tag = hm_small_tag(((hm_str *)keys[first])->hash);
        for (int number = first; number < 300 && length < 5; number++) {
            if (hm_small_tag(((hm_str *)keys[number])->hash) != tag)
                continue;
            same[length++] = keys[number];
            assert_null(hm_dict_get(heap, dict, keys[number]));
            assert_true(hm_dict_set(heap, dict, keys[number], keys[number]));
            assert_int_equal(hm_dict_length(dict), length);
        }
        shared += length > 1;
        for (size_t place = 0; place < length; place++)
            assert_ptr_equal(hm_dict_get(heap, dict, same[place]), same[place]);
        assert_true(hm_dict_delete(heap, dict, same[0]));
        assert_null(hm_dict_get(heap, dict, same[0]));
        for (size_t place = 1; place < length; place++)
            assert_ptr_equal(hm_dict_get(heap, dict, same[place]), same[place]);
        hm_decref(heap, dict);
    }
    assert_true(shared > 100);
    for (int number = 0; number < 300; number++)
        hm_decref(heap, keys[number]);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_dicts_agree_with_a_model),
        cmocka_unit_test(test_small_dicts_tell_equal_tags_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
