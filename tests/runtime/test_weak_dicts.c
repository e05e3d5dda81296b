/*
 * This module is the tests of WeakValueDictionary and WeakKeyDictionary: entries drop with their
 * objects, walks are safe while objects die. What they expect is what CPython 3.13 does for the
 * same steps.
 */
#include "weak_fixture.h"

enum { FEW = 4 };

/* Objects "0" to "3"; d[i] = object i, or d[object i] = i. */
typedef struct few {
    hm_heap *heap;
    hm_object *class;
    hm_object *dict;
    hm_object *keys[FEW]; /* the ints */
    hm_object *objects[FEW];
} few;

static few few_new(hm_object *(*new_dict)(hm_heap *))
{
    static const char *const names[FEW] = {"0", "1", "2", "3"};
    few all = {.heap = fixture_heap("generational")};
    all.class = weak_class(all.heap, NULL);
    all.dict = new_dict(all.heap);
    assert_non_null(all.dict);
    for (size_t index = 0; index < FEW; index++) {
        all.keys[index] = hm_int_new(all.heap, (int64_t)index);
        all.objects[index] = weak_instance(all.heap, all.class, names[index]);
        if (hm_is(all.dict, &hm_weak_value_dict_type))
            assert_true(
                hm_weak_value_dict_set(all.heap, all.dict, all.keys[index], all.objects[index]));
        else
            assert_true(
                hm_weak_key_dict_set(all.heap, all.dict, all.objects[index], all.keys[index]));
    }
    return all;
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
    hm_xdecref(all->heap, all->dict);
    hm_decref(all->heap, all->class);
    fixture_end(all->heap);
}

/* One step of a walk; notes the int, drops what it got. False at the end. */
static bool step(few *all, hm_weak_iterator *walk)
{
    hm_object *key, *value;
    bool values = hm_is(all->dict, &hm_weak_value_dict_type);
    if (values ? !hm_weak_value_dict_next(all->heap, walk, &key, &value)
               : !hm_weak_key_dict_next(all->heap, walk, &key, &value))
        return false;
    weak_note(weak_name(values ? value : key));
    hm_decref(all->heap, key);
    hm_decref(all->heap, value);
    return true;
}

static void assert_walk(few *all, const char *expected)
{
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all->heap, all->dict, &walk);
    while (step(all, &walk))
        continue;
    hm_weak_iterator_end(all->heap, &walk);
    assert_journal(expected);
}

static void test_values_drop_with_their_objects(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    assert_int_equal(hm_weakref_count(all.dict), 1);
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 4);
    hm_object *two = hm_weak_value_dict_get(all.heap, all.dict, all.keys[2]);
    assert_ptr_equal(two, all.objects[2]);
    hm_decref(all.heap, two);
    few_kill(&all, 2);
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 3);
    assert_null(hm_weak_value_dict_get(all.heap, all.dict, all.keys[2]));
    assert_int_equal(all.heap->error.status, HM_OK);
    assert_false(hm_weak_value_dict_contains(all.heap, all.dict, all.keys[2]));
    assert_true(hm_weak_value_dict_contains(all.heap, all.dict, all.keys[3]));
    assert_walk(&all, "0 1 3 ");
    hm_object *cyclic = weak_instance(all.heap, all.class, "cyclic");
    weak_refer(all.heap, cyclic, cyclic);
    assert_true(hm_weak_value_dict_set(all.heap, all.dict, all.keys[2], cyclic));
    hm_decref(all.heap, cyclic);
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 4);
    /* The object, and its KeyedRef, which its callback frees. */
    assert_int_equal(hm_heap_collect(all.heap, 2), 2);
    assert_walk(&all, "0 1 3 ");
    few_end(&all);
}

static void test_value_dict_misuse(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_object *absent = hm_int_new(all.heap, 77);
    hm_object *list = hm_list_new(all.heap);
    uint64_t hash;
    assert_false(hm_weak_value_dict_delete(all.heap, all.dict, absent));
    assert_int_equal(all.heap->error.status, HM_KEY_ERROR);
    assert_null(hm_weak_value_dict_pop(all.heap, all.dict, absent));
    assert_int_equal(all.heap->error.status, HM_KEY_ERROR);
    assert_false(hm_weak_value_dict_set(all.heap, all.dict, absent, absent));
    assert_error(all.heap, HM_TYPE_ERROR, "cannot create weak reference to 'int' object");
    assert_false(hm_weak_value_dict_set(all.heap, all.dict, list, all.objects[0]));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'list'");
    assert_null(hm_weak_value_dict_get(all.heap, all.dict, list));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'list'");
    assert_false(hm_object_hash(all.heap, all.dict, &hash));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'WeakValueDictionary'");
    assert_int_equal(hm_weakref_count(all.objects[0]), 1);
    hm_object *popped = hm_weak_value_dict_pop(all.heap, all.dict, all.keys[0]);
    assert_ptr_equal(popped, all.objects[0]);
    assert_true(hm_weak_value_dict_delete(all.heap, all.dict, all.keys[1]));
    assert_int_equal(hm_weakref_count(all.objects[0]), 0);
    assert_walk(&all, "2 3 ");
    weak_drop_all(all.heap, popped, list);
    few_end(&all);
}

/* The entry that died has been replaced: its callback must not remove the new one. */
static void test_a_replaced_value_does_not_take_the_new_one_along(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_object *references = hm_weak_value_dict_value_references(all.heap, all.dict);
    assert_int_equal(hm_list_length(references), 4);
    assert_ptr_equal(hm_list_get(references, 0)->type, &hm_weakref_keyed_type);
    assert_int_equal(hm_getsizeof(all.heap, hm_list_get(references, 0)), 88);
    assert_true(hm_weak_value_dict_set(all.heap, all.dict, all.keys[0], all.objects[3]));
    few_kill(&all, 0);
    assert_walk(&all, "3 1 2 3 ");
    hm_decref(all.heap, references);
    few_end(&all);
}

/* What dies during a walk stays pending, unseen, until the walk ends. */
static void test_values_may_die_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    few_kill(&all, 1);
    while (step(&all, &walk))
        continue;
    assert_journal("0 2 3 ");
    assert_null(walk.container);
    hm_weak_iterator_end(all.heap, &walk);
    assert_walk(&all, "0 2 3 ");
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 3);
    few_end(&all);
}

/* Asking for the length removes what is pending: the walk finds another size. */
static void test_a_value_dict_that_commits_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    few_kill(&all, 1);
    assert_false(hm_weak_value_dict_contains(all.heap, all.dict, all.keys[1]));
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 3);
    assert_false(step(&all, &walk));
    assert_error(all.heap, HM_RUNTIME_ERROR, "dictionary changed size during iteration");
    assert_false(step(&all, &walk));
    assert_int_equal(all.heap->error.status, HM_OK);
    hm_weak_iterator_end(all.heap, &walk);
    assert_journal("0 ");
    few_end(&all);
}

/* A new value under the key of a pending one stays; so the size is as before, and the walk goes on
 * behind the new entry's place. */
static void test_a_value_set_where_one_is_pending(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_object *fresh = weak_instance(all.heap, all.class, "new");
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    few_kill(&all, 1);
    assert_true(hm_weak_value_dict_set(all.heap, all.dict, all.keys[1], fresh));
    while (step(&all, &walk))
        continue;
    hm_weak_iterator_end(all.heap, &walk);
    weak_journal[0] = '\0';
    assert_walk(&all, "0 2 3 new ");
    hm_decref(all.heap, fresh);
    few_end(&all);
}

/* Two walks: what is pending goes when the second has ended, abandoned or not. */
static void test_pending_values_wait_for_the_last_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator first, second;
    hm_weak_iterator_begin(all.heap, all.dict, &first);
    hm_weak_iterator_begin(all.heap, all.dict, &second);
    hm_object *references = hm_weak_value_dict_value_references(all.heap, all.dict);
    hm_object *dead = hm_list_get(references, 0);
    few_kill(&all, 0);
    assert_int_equal(dead->reference_count, 2);
    hm_weak_iterator_end(all.heap, &first);
    assert_int_equal(dead->reference_count, 2);
    hm_weak_iterator_end(all.heap, &second);
    assert_int_equal(dead->reference_count, 1);
    hm_decref(all.heap, references);
    few_end(&all);
}

/* A second walk begins by removing what is pending: the first finds another size. */
static void test_a_second_walk_over_values_commits(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator first, second;
    hm_weak_iterator_begin(all.heap, all.dict, &first);
    assert_true(step(&all, &first));
    few_kill(&all, 1);
    hm_weak_iterator_begin(all.heap, all.dict, &second);
    assert_true(step(&all, &second));
    assert_false(step(&all, &first));
    assert_error(all.heap, HM_RUNTIME_ERROR, "dictionary changed size during iteration");
    while (step(&all, &second))
        continue;
    assert_journal("0 0 2 3 ");
    few_end(&all);
}

/* A collection in the middle of a walk. */
static void test_values_may_be_collected_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    weak_refer(all.heap, all.objects[2], all.objects[2]);
    few_kill(&all, 2);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    assert_int_equal(hm_heap_collect(all.heap, 2), 1);
    while (step(&all, &walk))
        continue;
    assert_journal("0 1 3 ");
    assert_int_equal(hm_weak_value_dict_length(all.heap, all.dict), 3);
    few_end(&all);
}

/* The walk holds the dict. */
static void test_a_walk_outlives_the_last_reference_to_its_dict(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    hm_object *dict = all.dict;
    hm_decref(all.heap, dict);
    assert_true(step(&all, &walk) && step(&all, &walk));
    few_kill(&all, 2);
    hm_weak_iterator_end(all.heap, &walk);
    all.dict = NULL;
    assert_journal("0 1 ");
    assert_int_equal(hm_weakref_count(all.objects[0]), 0);
    few_end(&all);
}

/* d.me = d and d holds an outside object weakly: the dict is collected, the object is not touched.
 */
static void test_a_value_dict_in_a_cycle_is_collected(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_object *holder = weak_instance(all.heap, all.class, "holder");
    weak_refer(all.heap, holder, all.dict);
    assert_true(hm_weak_value_dict_set(all.heap, all.dict, holder, holder));
    hm_object *weakref = weak_noting(all.heap, all.dict, "dict");
    weak_drop_all(all.heap, holder, all.dict);
    all.dict = NULL;
    hm_object *alive = hm_weakref_get(weakref);
    assert_non_null(alive); /* its key holds it */
    hm_decref(all.heap, alive);
    assert_true(hm_heap_collect(all.heap, 2) > 0);
    assert_journal("dict ");
    assert_int_equal(hm_weakref_count(all.objects[0]), 0);
    hm_decref(all.heap, weakref);
    few_end(&all);
}

static void test_keys_drop_with_their_objects(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    assert_int_equal(hm_weakref_count(all.dict), 1);
    hm_object *value = hm_weak_key_dict_get(all.heap, all.dict, all.objects[2]);
    assert_ptr_equal(value, all.keys[2]);
    hm_object *other = weak_instance(all.heap, all.class, "other");
    assert_null(hm_weak_key_dict_get(all.heap, all.dict, other));
    assert_int_equal(all.heap->error.status, HM_OK);
    few_kill(&all, 2);
    assert_int_equal(hm_weak_key_dict_length(all.heap, all.dict), 3);
    assert_walk(&all, "0 1 3 ");
    assert_true(hm_weak_key_dict_set(all.heap, all.dict, all.objects[1], other));
    assert_int_equal(hm_weak_key_dict_length(all.heap, all.dict), 3);
    assert_int_equal(hm_weakref_count(all.objects[1]), 1);
    value = hm_weak_key_dict_pop(all.heap, all.dict, all.objects[1]);
    assert_ptr_equal(value, other);
    assert_false(hm_weak_key_dict_contains(all.heap, all.dict, all.objects[1]));
    assert_true(hm_weak_key_dict_contains(all.heap, all.dict, all.objects[3]));
    weak_drop_all(all.heap, value, other);
    few_end(&all);
}

static void test_key_dict_misuse(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    hm_object *absent = weak_instance(all.heap, all.class, "absent");
    hm_object *set = hm_set_new(all.heap);
    const char *no_weakrefs = "cannot create weak reference to 'int' object";
    assert_false(hm_weak_key_dict_delete(all.heap, all.dict, absent));
    assert_int_equal(all.heap->error.status, HM_KEY_ERROR);
    assert_null(hm_weak_key_dict_pop(all.heap, all.dict, absent));
    assert_int_equal(all.heap->error.status, HM_KEY_ERROR);
    assert_false(hm_weak_key_dict_set(all.heap, all.dict, all.keys[0], &hm_none));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_null(hm_weak_key_dict_get(all.heap, all.dict, all.keys[0]));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_false(hm_weak_key_dict_delete(all.heap, all.dict, all.keys[0]));
    assert_error(all.heap, HM_TYPE_ERROR, no_weakrefs);
    assert_false(hm_weak_key_dict_contains(all.heap, all.dict, all.keys[0]));
    assert_int_equal(all.heap->error.status, HM_OK);
    assert_false(hm_weak_key_dict_set(all.heap, all.dict, set, &hm_none));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_false(hm_weak_key_dict_contains(all.heap, all.dict, set));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_null(hm_weak_key_dict_pop(all.heap, all.dict, set));
    assert_error(all.heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    assert_int_equal(hm_weakref_count(set), 0);
    weak_drop_all(all.heap, absent, set);
    few_end(&all);
}

static size_t entries_of(few *all)
{
    hm_object *references = hm_weak_key_dict_key_references(all->heap, all->dict);
    size_t length = hm_list_length(references);
    hm_decref(all->heap, references);
    return length;
}

static void test_keys_may_die_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    few_kill(&all, 1);
    assert_int_equal(hm_weak_key_dict_length(all.heap, all.dict), 3);
    assert_int_equal(entries_of(&all), 4);
    while (step(&all, &walk))
        continue;
    assert_journal("0 2 3 ");
    assert_int_equal(entries_of(&all), 3);
    few_end(&all);
}

/* The length while some is pending and another has been deleted by hand; a size that changed. */
static void test_deleting_a_key_during_a_walk(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(step(&all, &walk));
    few_kill(&all, 1);
    assert_true(hm_weak_key_dict_delete(all.heap, all.dict, all.objects[2]));
    assert_int_equal(hm_weak_key_dict_length(all.heap, all.dict), 2);
    assert_int_equal(entries_of(&all), 3);
    assert_false(step(&all, &walk));
    assert_error(all.heap, HM_RUNTIME_ERROR, "dictionary changed size during iteration");
    assert_int_equal(entries_of(&all), 2);
    weak_journal[0] = '\0';
    assert_walk(&all, "0 3 ");
    few_end(&all);
}

/* A key deleted by hand that dies later is pending and not there: it must not count twice. */
static void test_the_length_knows_pending_keys_that_are_gone(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    hm_object *references = hm_weak_key_dict_key_references(all.heap, all.dict);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    assert_true(hm_weak_key_dict_delete(all.heap, all.dict, all.objects[2]));
    few_kill(&all, 2);
    few_kill(&all, 3);
    assert_int_equal(hm_weak_key_dict_length(all.heap, all.dict), 2);
    assert_int_equal(entries_of(&all), 3);
    hm_weak_iterator_end(all.heap, &walk);
    assert_int_equal(entries_of(&all), 2);
    hm_decref(all.heap, references);
    few_end(&all);
}

/* A value that refers to its key keeps it; the dict as its own value is a cycle. */
static void test_key_dicts_and_cycles(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_key_dict_new);
    hm_object *weakref = hm_weakref_new(all.heap, all.objects[0], NULL, NULL);
    assert_true(hm_weak_key_dict_set(all.heap, all.dict, all.objects[0], all.objects[0]));
    few_kill(&all, 0);
    assert_int_equal(hm_heap_collect(all.heap, 2), 0);
    hm_object *alive = hm_weakref_get(weakref);
    assert_non_null(alive);
    assert_true(hm_weak_key_dict_set(all.heap, all.dict, alive, all.dict));
    weak_drop_all(all.heap, alive, all.dict);
    all.dict = NULL;
    assert_int_equal(hm_weakref_count(all.objects[1]), 0);
    assert_null(hm_weakref_get(weakref));
    hm_decref(all.heap, weakref);
    few_end(&all);
}

static void assert_names(few *all, hm_object *list, const char *expected)
{
    for (size_t index = 0; index < hm_list_length(list); index++) {
        hm_object *item = hm_list_get(list, index);
        if (hm_is(item, &hm_tuple_type))
            item = hm_tuple_get(item, hm_is(hm_tuple_get(item, 0), &hm_int_type) ? 1 : 0);
        weak_note(weak_name(item));
    }
    hm_decref(all->heap, list);
    assert_journal(expected);
}

static void test_copies_to_lists(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    few_kill(&all, 1);
    assert_names(&all, hm_weak_value_dict_values(all.heap, all.dict), "0 2 3 ");
    assert_names(&all, hm_weak_value_dict_items(all.heap, all.dict), "0 2 3 ");
    few_end(&all);
    all = few_new(hm_weak_key_dict_new);
    few_kill(&all, 2);
    assert_names(&all, hm_weak_key_dict_keys(all.heap, all.dict), "0 1 3 ");
    assert_names(&all, hm_weak_key_dict_items(all.heap, all.dict), "0 1 3 ");
    few_end(&all);
}

static hm_object *full; /* what the callback below fills */

static hm_object *run_fill(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    hm_object *key = hm_int_new(heap, 1000);
    assert_true(hm_weak_value_dict_set(heap, full, key, full));
    hm_decref(heap, key);
    return &hm_none;
}

/* A callback that changes the dict while it is copied: RuntimeError, and no list. */
static void test_a_copy_fails_where_the_dict_changes(void **state)
{
    HM_UNUSED(state);
    static const hm_code fill = {
        .name = "fill", .argument_count = 1, .local_count = 1, .run = run_fill};
    few all = few_new(hm_weak_value_dict_new);
    full = all.dict;
    hm_object *function = hm_function_new(all.heap, &fill, NULL, NULL);
    hm_object *weakref = hm_weakref_new_calling(all.heap, all.objects[2], function);
    weak_refer(all.heap, all.objects[2], all.objects[2]);
    few_kill(&all, 2);
    /* The next allocation of a container collects: the first item's tuple. */
    uint32_t threshold = all.heap->young_threshold;
    all.heap->young_threshold = all.heap->young_count + 1;
    assert_null(hm_weak_value_dict_items(all.heap, all.dict));
    all.heap->young_threshold = threshold;
    assert_error(all.heap, HM_RUNTIME_ERROR, "dictionary changed size during iteration");
    weak_drop_all(all.heap, weakref, function);
    few_end(&all);
}

/* Left to the heap's end, open walk and all. */
static void test_the_heaps_end_frees_weak_dicts(void **state)
{
    HM_UNUSED(state);
    few all = few_new(hm_weak_value_dict_new);
    hm_weak_iterator walk;
    hm_weak_iterator_begin(all.heap, all.dict, &walk);
    few_kill(&all, 0);
    fixture_end(all.heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_drop_with_their_objects),
        cmocka_unit_test(test_value_dict_misuse),
        cmocka_unit_test(test_a_replaced_value_does_not_take_the_new_one_along),
        cmocka_unit_test(test_values_may_die_during_a_walk),
        cmocka_unit_test(test_a_value_dict_that_commits_during_a_walk),
        cmocka_unit_test(test_a_value_set_where_one_is_pending),
        cmocka_unit_test(test_pending_values_wait_for_the_last_walk),
        cmocka_unit_test(test_a_second_walk_over_values_commits),
        cmocka_unit_test(test_values_may_be_collected_during_a_walk),
        cmocka_unit_test(test_a_walk_outlives_the_last_reference_to_its_dict),
        cmocka_unit_test(test_a_value_dict_in_a_cycle_is_collected),
        cmocka_unit_test(test_keys_drop_with_their_objects),
        cmocka_unit_test(test_key_dict_misuse),
        cmocka_unit_test(test_keys_may_die_during_a_walk),
        cmocka_unit_test(test_deleting_a_key_during_a_walk),
        cmocka_unit_test(test_the_length_knows_pending_keys_that_are_gone),
        cmocka_unit_test(test_key_dicts_and_cycles),
        cmocka_unit_test(test_copies_to_lists),
        cmocka_unit_test(test_a_copy_fails_where_the_dict_changes),
        cmocka_unit_test(test_the_heaps_end_frees_weak_dicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
