/* This module is the tests of the dict: order, growth, key kinds, deletion, tracking, against a
 * model. */
#include "base/random.h"
#include "heap_fixture.h"
#include "object/dict_index.h"

#include <math.h>

static void set_int(hm_heap *heap, hm_object *dict, hm_object *key, int64_t value)
{
    hm_object *number = hm_int_new(heap, value);
    assert_true(hm_dict_set(heap, dict, key, number));
    hm_decref(heap, number);
}

static void test_sizes_and_growth_are_cpythons(void **state)
{
    HM_UNUSED(state);
    static const int64_t resizes[] = {1, 6, 11, 22, 43, 86, 171};
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    assert_int_equal(hm_object_size(dict), 48);
    size_t next = 0;
    for (int64_t count = 1; count <= 200; count++) {
        size_t before = hm_object_size(dict);
        hm_object *key = hm_int_new(heap, count * 7919);
        set_int(heap, dict, key, count);
        hm_decref(heap, key);
        bool grew = hm_object_size(dict) != before;
        bool should = next < HM_COUNT_OF(resizes) && count == resizes[next];
        assert_int_equal(grew, should);
        next += should;
    }
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_str_keys_take_smaller_entries_until_another_key_comes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    for (int index = 0; index < 5; index++) {
        char name[32];
        snprintf(name, sizeof name, "k%d", index);
        hm_object *key = hm_str_from(heap, name);
        set_int(heap, dict, key, index);
        hm_decref(heap, key);
    }
    assert_int_equal(hm_object_size(dict) + 16, 184); /* sys.getsizeof in CPython 3.13 */
    hm_object *number = hm_int_new(heap, 1);
    set_int(heap, dict, number, 99);
    assert_int_equal(hm_dict_length(dict), 6);
    hm_object *key = hm_str_from(heap, "k3");
    assert_int_equal(hm_int_value(hm_dict_get(heap, dict, key)), 3);
    hm_decref(heap, key);
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_order_is_that_of_insertion_and_survives_deletion(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    for (int64_t value = 100; value > 0; value--) {
        hm_object *key = hm_int_new(heap, value * 1000);
        set_int(heap, dict, key, value);
        hm_decref(heap, key);
    }
    for (int64_t value = 2; value <= 100; value += 2) {
        hm_object *key = hm_int_new(heap, value * 1000);
        assert_true(hm_dict_delete(heap, dict, key));
        assert_false(hm_dict_delete(heap, dict, key));
        assert_int_equal(heap->error.status, HM_KEY_ERROR);
        hm_decref(heap, key);
    }
    size_t position = 0;
    hm_object *key, *value;
    int64_t expected = 99;
    while (hm_dict_next(dict, &position, &key, &value)) {
        assert_int_equal(hm_int_value(value), expected);
        expected -= 2;
    }
    assert_int_equal(expected, -1);
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_equal_keys_are_one_key(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    hm_object *one = hm_int_new(heap, 1);
    hm_object *real = hm_float_new(heap, 1.0);
    set_int(heap, dict, one, 10);
    set_int(heap, dict, real, 20);
    set_int(heap, dict, hm_bool_get(true), 30);
    assert_int_equal(hm_dict_length(dict), 1);
    assert_int_equal(hm_int_value(hm_dict_get(heap, dict, one)), 30);
    size_t position = 0;
    hm_object *key, *value;
    assert_true(hm_dict_next(dict, &position, &key, &value));
    assert_ptr_equal(key, one);
    hm_object *list = hm_list_new(heap);
    assert_false(hm_dict_set(heap, dict, list, one));
    assert_int_equal(heap->error.status, HM_TYPE_ERROR);
    assert_null(hm_dict_get(heap, dict, list));
    hm_decref(heap, list);
    hm_decref(heap, real);
    hm_decref(heap, dict);
    fixture_end(heap);
}

/* Index slots of 1, 2 and 4 bytes, collisions, dummies: a random history against an array. */
static void run_against_model(uint64_t seed, int64_t range, int64_t stride, int steps)
{
    print_message("seed %llu\n", (unsigned long long)seed);
    int64_t *model = calloc((size_t)range, sizeof *model);
    hm_random random;
    hm_random_seed(&random, seed);
    hm_heap *heap = fixture_heap("generational");
    hm_object *dict = hm_dict_new(heap);
    size_t length = 0;
    for (int step = 1; step <= steps; step++) {
        int64_t place = (int64_t)hm_random_below(&random, (uint64_t)range);
        hm_object *key = hm_int_new(heap, place * stride);
        hm_object *found = hm_dict_get(heap, dict, key);
        assert_int_equal(found == NULL ? 0 : hm_int_value(found), model[place]);
        if (hm_random_below(&random, 3) != 0) {
            set_int(heap, dict, key, step);
            length += model[place] == 0;
            model[place] = step;
        } else {
            assert_int_equal(hm_dict_delete(heap, dict, key), model[place] != 0);
            length -= model[place] != 0;
            model[place] = 0;
        }
        hm_decref(heap, key);
        assert_int_equal(hm_dict_length(dict), length);
    }
    hm_decref(heap, dict);
    fixture_end(heap);
    free(model);
}

static void test_dict_agrees_with_a_model(void **state)
{
    HM_UNUSED(state);
    run_against_model(1, 50, 1, 20000);
    run_against_model(2, 3000, 1 << 16, 40000);
    run_against_model(3, 100000, 1, 200000);
}

static void test_dict_of_atoms_is_untracked(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *dict = hm_dict_new(heap);
    hm_object *key = hm_int_new(heap, 1);
    set_int(heap, dict, key, 5);
    assert_false(hm_is_tracked(dict));
    hm_object *list = hm_list_new(heap);
    assert_true(hm_dict_set(heap, dict, key, list));
    assert_true(hm_is_tracked(dict));
    hm_decref(heap, list);
    hm_dict_clear(heap, dict);
    assert_int_equal(hm_dict_length(dict), 0);
    assert_int_equal(hm_object_size(dict), 48);
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_items_are_popped_from_the_end(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *dict = hm_dict_new(heap);
    hm_object *key, *value;
    for (int64_t number = 1000; number < 1020; number++) {
        hm_object *item = hm_int_new(heap, number);
        assert_true(hm_dict_set(heap, dict, item, item));
        hm_decref(heap, item);
    }
    hm_object *gone = hm_int_new(heap, 1018);
    assert_true(hm_dict_delete(heap, dict, gone));
    hm_decref(heap, gone);
    for (int64_t number = 1019; number >= 1000; number--) {
        if (number == 1018)
            continue;
        assert_true(hm_dict_pop_item(heap, dict, &key, &value));
        assert_int_equal(hm_int_value(key), number);
        assert_ptr_equal(key, value);
        hm_decref(heap, key);
        hm_decref(heap, value);
    }
    assert_false(hm_dict_pop_item(heap, dict, &key, &value));
    assert_int_equal(heap->error.status, HM_KEY_ERROR);
    assert_int_equal(hm_dict_length(dict), 0);
    assert_true(hm_dict_set(heap, dict, &hm_none, &hm_none));
    assert_ptr_equal(hm_dict_get(heap, dict, &hm_none), &hm_none);
    hm_decref(heap, dict);
    fixture_end(heap);
}

/* What looking up every key of a dict costs, in groups of the index compared. */
typedef struct probes {
    size_t groups;  /* of all keys */
    size_t longest; /* of one */
    size_t keys;
} probes;

static size_t groups_to(const hm_dict_keys *keys, uint64_t hash, size_t slot)
{
    size_t at = hm_dict_probe_begin(keys, hash, keys->kind).slot, tried = 1;
    while (at / HM_GROUP_SLOTS != slot / HM_GROUP_SLOTS) {
        at = hm_dict_next_group(keys, at, tried);
        tried++;
    }
    return tried;
}

static probes count_probes(hm_heap *heap, const hm_object *dict)
{
    const hm_dict_keys *keys = ((const hm_dict *)dict)->keys;
    probes counted = {0};
    hm_object *key, *value;
    for (size_t position = 0; hm_dict_next(dict, &position, &key, &value);) {
        uint64_t hash;
        assert_true(hm_key_hash(heap, key, &hash));
        hm_dict_place place = hm_dict_find(keys, key, hash);
        assert_non_null(place.pair);
        size_t groups = groups_to(keys, hash, place.slot);
        counted.groups += groups;
        counted.longest = groups > counted.longest ? groups : counted.longest;
        counted.keys++;
    }
    return counted;
}

/* On average two groups a key, a bound that holds to any load a table reaches, and none is far. */
static void assert_few_probes(hm_heap *heap, const hm_object *dict, size_t length)
{
    probes counted = count_probes(heap, dict);
    assert_int_equal(counted.keys, length);
    assert_in_range(counted.groups, length, 2 * length);
    assert_in_range(counted.longest, 1, HM_CROWDED_GROUPS);
}

static void add_int(hm_heap *heap, hm_object *dict, uint64_t number)
{
    hm_object *key = hm_int_new(heap, (int64_t)number);
    assert_true(hm_dict_set(heap, dict, key, &hm_none));
    hm_decref(heap, key);
}

static void test_strided_keys_are_found_in_few_probes(void **state)
{
    HM_UNUSED(state);
    static const uint64_t counts[] = {40, 85, 1000, 1365, 40000};
    for (unsigned stride = 0; stride <= 44; stride++) {
        for (size_t which = 0; which < HM_COUNT_OF(counts); which++) {
            hm_heap *heap = fixture_heap("none");
            hm_object *dict = hm_dict_new(heap);
            for (uint64_t number = 0; number < counts[which]; number++)
                add_int(heap, dict, number << stride);
            assert_few_probes(heap, dict, counts[which]);
            hm_decref(heap, dict);
            fixture_end(heap);
        }
    }
}

/* The inverse of an odd number modulo 2^64, by Newton's steps. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t found = odd;
    for (int step = 0; step < 6; step++)
        found *= 2 - odd * found;
    return found;
}

/* The int of two digits that has this key hash; false: there is none. */
static bool number_of_hash(uint64_t hash, uint64_t *number)
{
    uint64_t first = hash & UINT32_MAX, second = (hash >> 32) * inverse(4097) & UINT32_MAX;
    *number = second << HM_INT_DIGIT_BITS | first;
    return first >> HM_INT_DIGIT_BITS == 0 && second != 0 && second >> HM_INT_DIGIT_BITS == 0 &&
           hm_digits_hash(first, second, second) == hash;
}

/* Keys chosen with the source at hand: all have one home under the first multiplier. */
static void test_keys_chosen_to_collide_are_found_in_few_probes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    add_int(heap, dict, 1);
    uint64_t first = ((hm_dict *)dict)->keys->multiplier, undo = inverse(first);
    assert_int_equal(first * undo, 1);
    size_t length = 1;
    for (uint64_t product = 1; length < 3000; product++) {
        uint64_t upper = product * undo, number;
        if (upper >> 60 != 0 || !number_of_hash(upper * HM_NEIGHBOURS, &number))
            continue;
        add_int(heap, dict, number);
        length++;
        if (product > UINT64_C(1) << 24)
            fail_msg("too few such keys");
    }
    assert_int_not_equal(((hm_dict *)dict)->keys->multiplier, first);
    assert_few_probes(heap, dict, length);
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_random_and_str_keys_are_found_in_few_probes(void **state)
{
    HM_UNUSED(state);
    hm_random random;
    hm_random_seed(&random, 7);
    hm_heap *heap = fixture_heap("none");
    hm_object *numbers = hm_dict_new(heap), *names = hm_dict_new(heap);
    while (hm_dict_length(numbers) < 87000)
        add_int(heap, numbers, hm_random_below(&random, UINT64_C(1) << 60));
    for (int index = 0; index < 43000; index++) {
        char name[32];
        snprintf(name, sizeof name, "name_%d", index);
        hm_object *key = hm_str_from(heap, name);
        assert_true(hm_dict_set(heap, names, key, &hm_none));
        hm_decref(heap, key);
    }
    assert_few_probes(heap, numbers, 87000);
    assert_few_probes(heap, names, 43000);
    assert_int_equal(((hm_dict *)numbers)->keys->tries, 0);
    assert_int_equal(((hm_dict *)names)->keys->tries, 0);
    hm_decref(heap, numbers);
    hm_decref(heap, names);
    fixture_end(heap);
}

/* A window that moves over the ints, and one key put in and taken out: what was removed is in
 * nobody's way. */
static void test_removed_keys_do_not_lengthen_searches(void **state)
{
    HM_UNUSED(state);
    enum { WINDOW = 700 };
    hm_random random;
    hm_random_seed(&random, 11);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    uint64_t numbers[WINDOW];
    for (size_t step = 0; step < 40000; step++) {
        uint64_t *number = &numbers[step % WINDOW];
        if (step >= WINDOW) {
            hm_object *old = hm_int_new(heap, (int64_t)*number);
            assert_true(hm_dict_delete(heap, dict, old));
            hm_decref(heap, old);
        }
        *number = hm_random_below(&random, UINT64_C(1) << 59);
        add_int(heap, dict, *number);
        if (step % 1000 == 999)
            assert_few_probes(heap, dict, step < WINDOW ? step + 1 : WINDOW);
    }
    hm_object *key = hm_int_new(heap, 4242);
    for (int step = 0; step < 10000; step++) {
        assert_true(hm_dict_set(heap, dict, key, key));
        assert_true(hm_dict_delete(heap, dict, key));
        assert_null(hm_dict_get(heap, dict, key));
        const hm_dict_keys *keys = ((hm_dict *)dict)->keys;
        assert_in_range(groups_to(keys, 4242, hm_dict_find(keys, key, 4242).slot), 1, 3);
        assert_int_equal(keys->tries, 0);
    }
    assert_few_probes(heap, dict, WINDOW);
    hm_decref(heap, key);
    hm_decref(heap, dict);
    fixture_end(heap);
}

/* Equal hashes cannot be told apart: the numbers equal modulo 2^61 - 1 are all found. */
static void test_keys_of_one_hash_are_told_apart(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    for (int64_t exponent = 0; exponent < 1000; exponent += 61) {
        hm_object *key = hm_float_new(heap, ldexp(1.0, (int)exponent));
        set_int(heap, dict, key, exponent);
        hm_decref(heap, key);
    }
    for (int64_t exponent = 0; exponent < 1000; exponent += 61) {
        hm_object *key = hm_float_new(heap, ldexp(1.0, (int)exponent));
        assert_int_equal(hm_int_value(hm_dict_get(heap, dict, key)), exponent);
        hm_decref(heap, key);
    }
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void assert_hash_of_float(hm_heap *heap, double value, uint64_t expected)
{
    uint64_t hash;
    hm_object *equal = hm_float_new(heap, value);
    assert_true(hm_key_hash(heap, equal, &hash));
    assert_int_equal(hash, expected);
    hm_decref(heap, equal);
}

/* The short way to an int's key hash says what hm_key_hash says, of the int and of the float that
 * equals it, around each number of digits; to the hash that Python sees it comes down where there
 * is one digit. What it leaves to that one is negative or a str not hashed before. */
static void test_hashes_at_hand_are_the_hashes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    for (unsigned exponent = 0; exponent < 63; exponent++) {
        for (int64_t add = exponent < 4 ? 0 : -3; add <= 3; add++) {
            int64_t value = (INT64_C(1) << exponent) + add;
            hm_object *key = hm_int_new(heap, value);
            uint64_t short_way = 0, hash;
            assert_true(hm_key_hash_at_hand(key, &short_way));
            assert_true(hm_key_hash(heap, key, &hash));
            assert_int_equal(short_way, hash);
            if (value < 1 << HM_INT_DIGIT_BITS)
                assert_int_equal(hash, (uint64_t)value);
            if ((int64_t)(double)value == value)
                assert_hash_of_float(heap, (double)value, hash);
            assert_int_equal(hm_int_value(key), value);
            hm_decref(heap, key);
        }
    }
    hm_object *negative = hm_int_new(heap, INT64_MIN);
    uint64_t hash;
    assert_false(hm_key_hash_at_hand(negative, &hash));
    assert_true(hm_key_hash(heap, negative, &hash));
    assert_hash_of_float(heap, -0x1p63, hash);
    assert_int_equal(hm_int_value(negative), INT64_MIN);
    hm_decref(heap, negative);
    fixture_end(heap);
}

/* An int of any length and the float that equals it are one key, whichever was there first. */
static void test_an_int_and_its_float_are_one_key(void **state)
{
    HM_UNUSED(state);
    hm_random random;
    hm_random_seed(&random, 3);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    for (int step = 0; step < 3000; step++) {
        int64_t magnitude =
            (int64_t)(hm_random_below(&random, UINT64_C(1) << 53) << hm_random_below(&random, 11) >>
                      hm_random_below(&random, 60));
        int64_t value = step % 3 == 0 ? -magnitude : magnitude;
        if ((int64_t)(double)value != value)
            continue;
        hm_object *integer = hm_int_new(heap, value), *real = hm_float_new(heap, (double)value);
        size_t before = hm_dict_length(dict);
        bool known = hm_dict_get(heap, dict, integer) != NULL;
        assert_int_equal(hm_dict_get(heap, dict, real) != NULL, known);
        assert_true(hm_dict_set(heap, dict, step % 2 == 0 ? integer : real, integer));
        assert_int_equal(hm_dict_length(dict), before + !known);
        assert_ptr_equal(hm_dict_get(heap, dict, integer), integer);
        assert_ptr_equal(hm_dict_get(heap, dict, real), integer);
        if (step % 5 == 0)
            assert_true(hm_dict_delete(heap, dict, step % 2 == 0 ? real : integer));
        hm_decref(heap, integer);
        hm_decref(heap, real);
    }
    hm_decref(heap, dict);
    fixture_end(heap);
}

/* A key put in and taken out takes its old slot again, and popping from the end makes no room that
 * the index has not: a third of the slots stays empty, or a search would not end. */
static void test_a_third_of_the_slots_stays_empty(void **state)
{
    HM_UNUSED(state);
    hm_random random;
    hm_random_seed(&random, 5);
    hm_heap *heap = fixture_heap("none");
    hm_object *dict = hm_dict_new(heap);
    for (int step = 0; step < 60000; step++) {
        hm_object *key, *value;
        if (step % 3 != 2) {
            add_int(heap, dict, hm_random_below(&random, UINT64_C(1) << 59));
        } else if (hm_dict_length(dict) > 600 || step % 2 == 0) {
            assert_true(hm_dict_pop_item(heap, dict, &key, &value));
            hm_decref(heap, key);
            hm_decref(heap, value);
        }
        while (hm_dict_length(dict) > 900) {
            assert_true(hm_dict_pop_item(heap, dict, &key, &value));
            hm_decref(heap, key);
            hm_decref(heap, value);
        }
        const hm_dict_keys *keys = ((hm_dict *)dict)->keys;
        size_t used = 0;
        for (size_t slot = 0; step % 97 == 0 && slot <= keys->slot_mask; slot++)
            used += hm_dict_slot_get(keys, slot, keys->kind) !=
                    hm_dict_special(HM_SLOT_EMPTY, keys->kind);
        assert_true(used * 3 <= ((size_t)keys->slot_mask + 1) * 2);
    }
    hm_decref(heap, dict);
    fixture_end(heap);
}

/* Each of four entries in turn holds the last reference to its key or its value: the dict drops
 * what lives on and what dies, each once. */
static void test_a_dying_dict_drops_what_lives_on_and_what_dies(void **state)
{
    HM_UNUSED(state);
    for (int dying = 0; dying < 8; dying++) {
        for (int kind = 0; kind < 2; kind++) {
            hm_heap *heap = fixture_heap("generational");
            uint64_t before = hm_heap_live_objects(heap);
            hm_object *keys[4], *values[4];
            hm_object *dict = hm_dict_new(heap);
            for (int entry = 0; entry < 4; entry++) {
                char name[32];
                snprintf(name, sizeof name, "key_%d", entry);
                keys[entry] = kind == 0 ? hm_str_from(heap, name) : hm_int_new(heap, 5000 + entry);
                values[entry] = hm_list_new(heap);
                assert_true(hm_dict_set(heap, dict, keys[entry], values[entry]));
            }
            hm_decref(heap, dying % 2 == 0 ? keys[dying / 2] : values[dying / 2]);
            hm_decref(heap, dict);
            assert_int_equal(hm_heap_live_objects(heap), before + 7);
            for (int entry = 0; entry < 4; entry++) {
                if (dying / 2 != entry || dying % 2 != 0) {
                    assert_int_equal(keys[entry]->reference_count, 1);
                    hm_decref(heap, keys[entry]);
                }
                if (dying / 2 != entry || dying % 2 == 0) {
                    assert_int_equal(values[entry]->reference_count, 1);
                    hm_decref(heap, values[entry]);
                }
            }
            assert_int_equal(hm_heap_live_objects(heap), before);
            fixture_end(heap);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_at_hand_are_the_hashes),
        cmocka_unit_test(test_an_int_and_its_float_are_one_key),
        cmocka_unit_test(test_a_third_of_the_slots_stays_empty),
        cmocka_unit_test(test_a_dying_dict_drops_what_lives_on_and_what_dies),
        cmocka_unit_test(test_items_are_popped_from_the_end),
        cmocka_unit_test(test_sizes_and_growth_are_cpythons),
        cmocka_unit_test(test_str_keys_take_smaller_entries_until_another_key_comes),
        cmocka_unit_test(test_order_is_that_of_insertion_and_survives_deletion),
        cmocka_unit_test(test_equal_keys_are_one_key),
        cmocka_unit_test(test_dict_agrees_with_a_model),
        cmocka_unit_test(test_dict_of_atoms_is_untracked),
        cmocka_unit_test(test_strided_keys_are_found_in_few_probes),
        cmocka_unit_test(test_keys_chosen_to_collide_are_found_in_few_probes),
        cmocka_unit_test(test_random_and_str_keys_are_found_in_few_probes),
        cmocka_unit_test(test_removed_keys_do_not_lengthen_searches),
        cmocka_unit_test(test_keys_of_one_hash_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
