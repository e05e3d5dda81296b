/**
 * These tests are about the check of a heap and of the collector's lists: each thing it looks at is
 * made wrong by hand, one at a time, and must be named; put right again, the heap is whole.
 */
#include "gc/generational.h"
#include "heap_fixture.h"
#include "object/gc_link.h"

static void assert_named(hm_heap *heap, const char *words)
{
    hm_error error = {0};
    assert_int_equal(hm_heap_check(heap, &error), HM_WRONG_RESULT);
    if (strstr(error.message, words) == NULL)
        fail_msg("'%s' lacks '%s'", error.message, words);
}

static void assert_whole(hm_heap *heap)
{
    hm_error error = {0};
    if (hm_heap_check(heap, &error) != HM_OK)
        fail_msg("%s", error.message);
}

static void test_a_torn_list(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *object = hm_list_new(heap), *another = hm_list_new(heap);
    hm_gc_link *link = hm_gc_link_of(object), *previous = link->previous;
    link->previous = hm_gc_link_of(another);
    assert_named(heap, "the list of generation 0 is torn");
    link->previous = previous;
    assert_whole(heap);

    hm_decref(heap, object);
    hm_decref(heap, another);
    fixture_end(heap);
}

/** The generation is told, so an object is moved to the oldest first. */
static void test_an_object_that_is_marked_wrongly(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *object = hm_list_new(heap);
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    uint32_t right = object->collector_word;

    object->collector_word = right & ~HM_WORD_TRACKED;
    assert_named(heap, "generation 2 holds an untracked list");
    object->collector_word = right | HM_GC_COLLECTING;
    assert_named(heap, "a list in generation 2 is marked outside a collection");
    object->collector_word = right | HM_GC_UNREACHABLE;
    assert_named(heap, "a list in generation 2 is marked outside a collection");
    object->collector_word = right;
    assert_whole(heap);

    hm_decref(heap, object);
    fixture_end(heap);
}

static void test_an_object_that_no_list_holds(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *object = hm_list_new(heap), *another = hm_list_new(heap);
    hm_gc_link *link = hm_gc_link_of(object);
    hm_gc_list_remove(link);
    assert_named(heap, "1 objects are in the lists and 2 are tracked");
    link->previous->next = link;
    link->next->previous = link;
    assert_whole(heap);

    hm_decref(heap, object);
    hm_decref(heap, another);
    fixture_end(heap);
}

static void test_an_object_without_a_type(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap), *number = hm_float_new(heap, 0.5);
    assert_true(hm_list_append(heap, list, number));
    const hm_type *type = number->type;
    number->type = NULL;
    assert_named(heap, "has no type");
    number->type = type;
    assert_whole(heap);

    hm_decref(heap, number);
    hm_decref(heap, list);
    fixture_end(heap);
}

/** Roots are references as well. */
static void test_a_count_below_the_roots(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *roots[2] = {hm_list_new(heap), NULL};
    assert_true(hm_heap_add_roots(heap, roots, HM_COUNT_OF(roots)));
    assert_whole(heap);
    roots[1] = roots[0];
    assert_named(heap, "count of 1 and 2 references");
    roots[1] = NULL;
    assert_whole(heap);

    hm_heap_remove_roots(heap, roots);
    hm_decref(heap, roots[0]);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_torn_list),
        cmocka_unit_test(test_an_object_that_is_marked_wrongly),
        cmocka_unit_test(test_an_object_that_no_list_holds),
        cmocka_unit_test(test_an_object_without_a_type),
        cmocka_unit_test(test_a_count_below_the_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
