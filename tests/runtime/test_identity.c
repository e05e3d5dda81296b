/* These tests are about hm_id, Python's id(): who shares one, and that it is an object's for life.
 */
#include "heap_fixture.h"

enum { OBJECTS = 1000 };

static int compare_ids(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void test_no_two_live_objects_share_an_id(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *objects[OBJECTS];
    uint64_t ids[OBJECTS + 1];
    for (size_t index = 0; index < OBJECTS; index++) {
        objects[index] = index % 2 ? hm_list_new(heap) : hm_float_new(heap, 0.5);
        ids[index] = hm_id(objects[index]);
    }
    ids[OBJECTS] = hm_id(&hm_none);
    qsort(ids, OBJECTS + 1, sizeof ids[0], compare_ids);
    for (size_t index = 0; index < OBJECTS; index++)
        assert_true(ids[index] != ids[index + 1]);
    for (size_t index = 0; index < OBJECTS; index++)
        hm_decref(heap, objects[index]);
    fixture_end(heap);
}

/** Growing moves the list's block and a collection its place in the collector's lists, not the
 * list. */
static void test_an_id_is_for_life(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    uint64_t id = hm_id(list);
    for (int round = 0; round < OBJECTS; round++)
        assert_true(hm_list_append(heap, list, &hm_none));
    hm_heap_collect(heap, 2);
    assert_int_equal(hm_id(list), id);
    hm_decref(heap, list);
    fixture_end(heap);
}

/** Interned strings are one object, equal ones that are not interned are two. */
static void test_equal_is_not_identical(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *name = hm_str_interned(heap, "name"), *again = hm_str_interned(heap, "name");
    hm_object *half = hm_float_new(heap, 0.5), *other_half = hm_float_new(heap, 0.5);
    assert_int_equal(hm_id(name), hm_id(again));
    assert_true(hm_object_equal(half, other_half));
    assert_true(hm_id(half) != hm_id(other_half));
    hm_object *all[] = {name, again, half, other_half};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_two_live_objects_share_an_id),
        cmocka_unit_test(test_an_id_is_for_life),
        cmocka_unit_test(test_equal_is_not_identical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
