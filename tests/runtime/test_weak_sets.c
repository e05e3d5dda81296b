/*
 * This module is the tests of WeakSet: items drop when they die, walks are safe meanwhile. What
 * they expect is what CPython 3.13 does for the same steps.
 */
#include "weak_fixture.h"

enum { FEW = 4 };

typedef struct few {
    hm_heap *heap;
    hm_object *class;
    hm_object *set;
    hm_object *objects[FEW];
} few;

static few few_new(void)
{
    static const char *const names[FEW] = {"0", "1", "2", "3"};
    few all = {.heap = fixture_heap("generational")};
    all.class = weak_class(all.heap, NULL);
    all.set = hm_weak_set_new(all.heap);
    for (size_t index = 0; index < FEW; index++) {
        all.objects[index] = weak_instance(all.heap, all.class, names[index]);
        assert_true(hm_weak_set_add(all.heap, all.set, all.objects[index]));
        assert_true(hm_weak_set_add(all.heap, all.set, all.objects[index]));
    }
    return all;
}

static size_t index_of(const few *all, const hm_object *object)
{
    size_t index = 0;
    while (index < FEW && all->objects[index] != object)
        index++;
    assert_true(index < FEW);
    return index;
}

static void few_kill(few *all, size_t index)
{
    hm_object *object = all->objects[index];
    all->objects[index] = NULL;
    hm_decref(all->heap, object);
}

static void few_end(few *all)
{
    for (size_t index = 0; index < FEW; index++)
        hm_xdecref(all->heap, all->objects[index]);
    hm_xdecref(all->heap, all->set);
    hm_decref(all->heap, all->class);
    fixture_end(all->heap);
}

static size_t list_length(few *all)
{
    hm_object *list = hm_weak_set_list(all->heap, all->set);
    assert_non_null(list);
    size_t length = hm_list_length(list);
    for (size_t index = 0; index < length; index++)
        index_of(all, hm_list_get(list, index));
    hm_decref(all->heap, list);
    return length;
}

/* Steps to the first item and kills another one. */
static void begin_and_kill(few *all, hm_weak_iterator *walk)
{
    hm_weak_iterator_begin(all->heap, all->set, walk);
    hm_object *first = hm_weak_set_next(all->heap, walk);
    size_t other = (index_of(all, first) + 1) % FEW;
    hm_decref(all->heap, first);
    few_kill(all, other);
}

static void test_items_drop_when_they_die(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    assert_int_equal(hm_weak_set_length(all.set), 4);
    assert_int_equal(hm_weakref_count(all.objects[0]), 1);
    assert_int_equal(hm_weakref_count(all.set), 1);
    assert_true(hm_weak_set_contains(all.heap, all.set, all.objects[1]));
    few_kill(&all, 1);
    assert_int_equal(hm_weak_set_length(all.set), 3);
    assert_int_equal(list_length(&all), 3);
    assert_true(hm_weak_set_discard(all.heap, all.set, all.objects[0]));
    assert_true(hm_weak_set_discard(all.heap, all.set, all.objects[0]));
    assert_false(hm_weak_set_contains(all.heap, all.set, all.objects[0]));
    assert_true(hm_weak_set_remove(all.heap, all.set, all.objects[2]));
    assert_false(hm_weak_set_remove(all.heap, all.set, all.objects[2]));
    assert_int_equal(all.heap->error.status, HM_KEY_ERROR);
    assert_int_equal(hm_weak_set_length(all.set), 1);
    assert_int_equal(hm_weakref_count(all.objects[2]), 0);
    few_end(&all);
}

static void test_misuse(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    hm_object *number = hm_int_new(all.heap, 1);
    hm_object *set = hm_set_new(all.heap);
    uint64_t hash;
    const char *no_weakrefs = "cannot create weak reference to 'int' object";
    assert_false(hm_weak_set_add(all.heap, all.set, number));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_false(hm_weak_set_discard(all.heap, all.set, number));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_false(hm_weak_set_remove(all.heap, all.set, number));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_false(hm_weak_set_contains(all.heap, all.set, number));
    assert_int_equal(all.heap->error.status, HM_OK);
    assert_false(hm_weak_set_add(all.heap, all.set, set));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_false(hm_weak_set_contains(all.heap, all.set, set));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_false(hm_weak_set_discard(all.heap, all.set, set));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_false(hm_object_hash(all.heap, all.set, &hash));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'WeakSet'");
    hm_decref(all.heap, set);
    few_end(&all);
}

static void test_pop_and_clear(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    for (size_t left = FEW; left > 1; left--) {
        hm_object *popped = hm_weak_set_pop(all.heap, all.set);
        assert_false(hm_weak_set_contains(all.heap, all.set, popped));
        assert_int_equal(hm_weak_set_length(all.set), left - 1);
        index_of(&all, popped);
        hm_decref(all.heap, popped);
    }
    hm_weak_set_clear(all.heap, all.set);
    assert_int_equal(hm_weak_set_length(all.set), 0);
    assert_null(hm_weak_set_pop(all.heap, all.set));
    assert_error(all.heap, HM_KEY_ERROR, "pop from empty WeakSet");
    few_end(&all);
}

static void test_items_may_die_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    hm_weak_iterator walk;
    begin_and_kill(&all, &walk);
    assert_int_equal(hm_weak_set_length(all.set), 3);
    size_t rest = 0;
    for (hm_object *item; (item = hm_weak_set_next(all.heap, &walk)) != NULL; rest++)
        hm_decref(all.heap, item);
    assert_int_equal(rest, 2);
    assert_int_equal(all.heap->error.status, HM_OK);
    assert_int_equal(hm_weak_set_length(all.set), 3);
    assert_int_equal(list_length(&all), 3);
    few_end(&all);
}

/* add() removes what is pending first: one less, one more, and the walk goes on. */
static void test_adding_where_one_is_pending(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    hm_weak_iterator walk;
    begin_and_kill(&all, &walk);
    hm_object *more = weak_instance(all.heap, all.class, "more");
    assert_true(hm_weak_set_add(all.heap, all.set, more));
    for (hm_object *item; (item = hm_weak_set_next(all.heap, &walk)) != NULL;)
        hm_decref(all.heap, item);
    assert_int_equal(all.heap->error.status, HM_OK);
    assert_int_equal(hm_weak_set_length(all.set), 4);
    hm_decref(all.heap, more);
    few_end(&all);
}

/* Two more and the walk finds another size. */
static void test_adding_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    hm_weak_iterator walk;
    begin_and_kill(&all, &walk);
    hm_object *gone = weak_instance(all.heap, all.class, "gone");
    assert_true(hm_weak_set_add(all.heap, all.set, gone));
    hm_object *more = weak_instance(all.heap, all.class, "more");
    assert_true(hm_weak_set_add(all.heap, all.set, more));
    hm_decref(all.heap, gone);
    assert_int_equal(hm_weak_set_length(all.set), 4);
    assert_null(hm_weak_set_next(all.heap, &walk));
    assert_error(all.heap, HM_RUNTIME_ERROR, "Set changed size during iteration");
    assert_int_equal(hm_weak_set_length(all.set), 4);
    hm_decref(all.heap, more);
    assert_int_equal(list_length(&all), 3);
    few_end(&all);
}

static void test_items_may_be_collected_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    weak_refer(all.heap, all.objects[2], all.objects[2]);
    few_kill(&all, 2);
    assert_int_equal(hm_weak_set_length(all.set), 4);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.set, &walk);
    assert_int_equal(hm_heap_collect(all.heap, 2), 1);
    assert_int_equal(hm_weak_set_length(all.set), 3);
    hm_weak_iterator_end(all.heap, &walk);
    assert_int_equal(list_length(&all), 3);
    few_end(&all);
}

/* Entries know the set weakly: one that outlives it is called and does nothing. */
static void test_an_entry_may_outlive_the_set(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    hm_object *entries = hm_weakref_list(all.heap, all.objects[0]);
    hm_object *set = all.set;
    all.set = NULL;
    hm_object *weakref = hm_weakref_new(all.heap, set, NULL, NULL);
    hm_decref(all.heap, set);
    assert_null(hm_weakref_get(weakref));
    assert_int_equal(hm_weakref_count(all.objects[0]), 1);
    assert_int_equal(hm_weakref_count(all.objects[1]), 0);
    few_kill(&all, 0);
    assert_null(hm_weakref_get(hm_list_get(entries, 0)));
    weak_drop_all(all.heap, weakref, entries);
    few_end(&all);
}

/* An item that holds its set: a cycle once nobody holds the item, through one weak link: no cycle
 * at all. Then a set that holds itself through an item held by the set's holder. */
static void test_sets_in_cycles(void **state)
{
    HM_UNUSED(state);
    few all = few_new();
    weak_refer(all.heap, all.objects[0], all.set);
    hm_object *weakref = weak_noting(all.heap, all.set, "set");
    hm_decref(all.heap, all.set);
    all.set = NULL;
    assert_journal("");
    few_kill(&all, 0);
    assert_journal("set ");
    hm_decref(all.heap, weakref);
    all.set = hm_weak_set_new(all.heap);
    hm_object *list = hm_list_new(all.heap);
    assert_true(hm_list_append(all.heap, list, list));
    assert_true(hm_list_append(all.heap, list, all.set));
    assert_true(hm_list_append(all.heap, list, all.objects[1]));
    assert_true(hm_weak_set_add(all.heap, all.set, all.objects[1]));
    assert_true(hm_weak_set_add(all.heap, all.set, all.objects[2]));
    weakref = weak_noting(all.heap, all.set, "set");
    few_kill(&all, 1);
    weak_drop_all(all.heap, list, all.set);
    all.set = NULL;
    assert_true(hm_heap_collect(all.heap, 2) >= 3);
    assert_journal("set ");
    assert_int_equal(hm_weakref_count(all.objects[2]), 0);
    hm_decref(all.heap, weakref);
    few_end(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_drop_when_they_die),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_pop_and_clear),
        cmocka_unit_test(test_items_may_die_during_a_walk),
        cmocka_unit_test(test_adding_where_one_is_pending),
        cmocka_unit_test(test_adding_during_a_walk),
        cmocka_unit_test(test_items_may_be_collected_during_a_walk),
        cmocka_unit_test(test_an_entry_may_outlive_the_set),
        cmocka_unit_test(test_sets_in_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
