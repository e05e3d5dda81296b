/*
 * This module is a random test of the weak containers against a model: objects are made, shared,
 * tied into cycles, dropped and collected while all three containers know them, walks included.
 */
#include "base/random.h"
#include "weak_fixture.h"

enum { OBJECTS = 24, STEPS = 6000, CHECK_EACH = 16 };

typedef enum fate { ABSENT, HELD, GARBAGE } fate; /* garbage: a dropped cycle, not yet collected */

/* Object i is the key of number i in the key dict, and the value of number i in the value dict. */
typedef struct model {
    hm_heap *heap;
    hm_object *class, *set, *values, *keys;
    hm_object *objects[OBJECTS]; /* for garbage too: to compare addresses only */
    hm_object *numbers[OBJECTS];
    fate fates[OBJECTS];
    bool cyclic[OBJECTS];
    bool in_set[OBJECTS], in_values[OBJECTS], in_keys[OBJECTS];
    hm_random random;
} model;

static size_t below(model *m, size_t bound)
{
    return (size_t)hm_random_below(&m->random, bound);
}

static void forget(model *m, size_t index)
{
    m->fates[index] = ABSENT;
    m->in_set[index] = m->in_values[index] = m->in_keys[index] = false;
}

static void make(model *m, size_t index)
{
    m->objects[index] = weak_instance(m->heap, m->class, "o");
    m->fates[index] = HELD;
    m->cyclic[index] = below(m, 3) == 0;
    if (m->cyclic[index])
        weak_refer(m->heap, m->objects[index], m->objects[index]);
}

static void drop(model *m, size_t index)
{
    if (m->cyclic[index])
        m->fates[index] = GARBAGE;
    else
        forget(m, index);
    hm_decref(m->heap, m->objects[index]);
}

static void collect(model *m)
{
    for (size_t index = 0; index < OBJECTS; index++) {
        if (m->fates[index] == GARBAGE)
            forget(m, index);
    }
    assert_true(hm_heap_collect(m->heap, 2) >= 0);
}

static void change_set(model *m, size_t index)
{
    if (m->in_set[index])
        assert_true(hm_weak_set_remove(m->heap, m->set, m->objects[index]));
    else
        assert_true(hm_weak_set_add(m->heap, m->set, m->objects[index]));
    m->in_set[index] = !m->in_set[index];
}

static void change_values(model *m, size_t index)
{
    if (!m->in_values[index]) {
        assert_true(
            hm_weak_value_dict_set(m->heap, m->values, m->numbers[index], m->objects[index]));
    } else if (below(m, 2) == 0) {
        assert_true(hm_weak_value_dict_delete(m->heap, m->values, m->numbers[index]));
    } else {
        hm_object *popped = hm_weak_value_dict_pop(m->heap, m->values, m->numbers[index]);
        assert_ptr_equal(popped, m->objects[index]);
        hm_decref(m->heap, popped);
    }
    m->in_values[index] = !m->in_values[index];
}

static void change_keys(model *m, size_t index)
{
    if (m->in_keys[index])
        assert_true(hm_weak_key_dict_delete(m->heap, m->keys, m->objects[index]));
    else
        assert_true(hm_weak_key_dict_set(m->heap, m->keys, m->objects[index], m->numbers[index]));
    m->in_keys[index] = !m->in_keys[index];
}

static size_t number_of(const model *m, const hm_object *object)
{
    size_t index = 0;
    while (index < OBJECTS && (m->objects[index] != object || m->fates[index] == ABSENT))
        index++;
    assert_true(index < OBJECTS);
    return index;
}

/* Drops an object or collects, while walks are open. */
static void disturb(model *m)
{
    size_t index = below(m, OBJECTS);
    if (m->fates[index] == HELD)
        drop(m, index);
    else if (below(m, 4) == 0)
        collect(m);
}

/* Every item the walk yields is in the model at that moment and comes once; what the model holds at
 * the end has come. */
static void walk_set(model *m)
{
    bool seen[OBJECTS] = {false};
    hm_weak_iterator walk;
    hm_weak_iterator_begin(m->heap, m->set, &walk);
    for (hm_object *item; (item = hm_weak_set_next(m->heap, &walk)) != NULL;) {
        size_t index = number_of(m, item);
        assert_true(m->in_set[index] && !seen[index]);
        seen[index] = true;
        hm_decref(m->heap, item);
        disturb(m);
    }
    assert_int_equal(m->heap->error.status, HM_OK);
    for (size_t index = 0; index < OBJECTS; index++)
        assert_true(!m->in_set[index] || seen[index]);
}

static void walk_dict(model *m, hm_object *dict, const bool *in_dict,
                      bool (*next)(hm_heap *, hm_weak_iterator *, hm_object **, hm_object **))
{
    bool seen[OBJECTS] = {false};
    bool values = dict == m->values;
    hm_weak_iterator walk;
    hm_object *key, *value;
    hm_weak_iterator_begin(m->heap, dict, &walk);
    while (next(m->heap, &walk, &key, &value)) {
        size_t index = number_of(m, values ? value : key);
        assert_ptr_equal(values ? key : value, m->numbers[index]);
        assert_true(in_dict[index] && !seen[index]);
        seen[index] = true;
        hm_decref(m->heap, key);
        hm_decref(m->heap, value);
        disturb(m);
    }
    assert_int_equal(m->heap->error.status, HM_OK);
    for (size_t index = 0; index < OBJECTS; index++)
        assert_true(!in_dict[index] || seen[index]);
}

static void check(model *m)
{
    size_t in_set = 0, in_values = 0, in_keys = 0;
    for (size_t index = 0; index < OBJECTS; index++) {
        in_set += m->in_set[index];
        in_values += m->in_values[index];
        in_keys += m->in_keys[index];
        assert_int_equal(hm_weak_value_dict_contains(m->heap, m->values, m->numbers[index]),
                         m->in_values[index]);
        if (m->fates[index] != HELD)
            continue;
        hm_object *object = m->objects[index];
        assert_int_equal(hm_weak_set_contains(m->heap, m->set, object), m->in_set[index]);
        assert_int_equal(hm_weak_key_dict_contains(m->heap, m->keys, object), m->in_keys[index]);
        assert_int_equal(hm_weakref_count(object),
                         (size_t)m->in_set[index] + m->in_values[index] + m->in_keys[index]);
    }
    assert_int_equal(hm_weak_set_length(m->set), in_set);
    assert_int_equal(hm_weak_value_dict_length(m->heap, m->values), in_values);
    assert_int_equal(hm_weak_key_dict_length(m->heap, m->keys), in_keys);
}

static void act(model *m)
{
    size_t index = below(m, OBJECTS);
    size_t choice = below(m, 40);
    if (choice == 0)
        collect(m);
    else if (choice == 1)
        walk_set(m);
    else if (choice == 2)
        walk_dict(m, m->values, m->in_values, hm_weak_value_dict_next);
    else if (choice == 3)
        walk_dict(m, m->keys, m->in_keys, hm_weak_key_dict_next);
    else if (m->fates[index] == ABSENT)
        make(m, index);
    else if (m->fates[index] == GARBAGE)
        return;
    else if (choice < 8)
        drop(m, index);
    else if (choice < 18)
        change_set(m, index);
    else if (choice < 28)
        change_values(m, index);
    else
        change_keys(m, index);
}

static void run(const char *collector, uint64_t seed)
{
    print_message("seed %llu on %s\n", (unsigned long long)seed, collector);
    hm_heap_config config = fixture_config(collector);
    config.settings.automatic = false;
    model m = {.heap = fixture_create(&config)};
    hm_random_seed(&m.random, seed);
    m.class = weak_class(m.heap, NULL);
    m.set = hm_weak_set_new(m.heap);
    m.values = hm_weak_value_dict_new(m.heap);
    m.keys = hm_weak_key_dict_new(m.heap);
    for (size_t index = 0; index < OBJECTS; index++)
        m.numbers[index] = hm_int_new(m.heap, (int64_t)index);
    for (size_t each = 0; each < STEPS; each++) {
        act(&m);
        if (each % CHECK_EACH == 0)
            check(&m);
    }
    collect(&m);
    check(&m);
    for (size_t index = 0; index < OBJECTS; index++) {
        if (m.fates[index] == HELD)
            drop(&m, index);
    }
    weak_drop_all(m.heap, m.set, m.values, m.keys, m.class);
    collect(&m);
    assert_int_equal(hm_heap_tracked_objects(m.heap), 0);
    fixture_end(m.heap);
}

static void test_weak_containers_agree_with_a_model(void **state)
{
    HM_UNUSED(state);
    for (uint64_t seed = 1; seed <= 8; seed++)
        run("generational", seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weak_containers_agree_with_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
