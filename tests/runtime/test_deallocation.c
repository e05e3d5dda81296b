/* This module is the tests of the end of objects: depth, finalizers, resurrection, cascades. */
#include "heap_fixture.h"

/* Ten million in a measured build; less where every block carries guards and checks. */
#if HM_DEBUG
enum { NESTING = 1000000 };
#else
enum { NESTING = 10000000 };
#endif

static void drop_nested_lists(const char *collector)
{
    static hm_allocator libc = {
        .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};
    hm_heap_config config = hm_heap_config_default(&libc, hm_collector_find(collector));
    config.settings.automatic = false;
    hm_heap *heap = fixture_create(&config);
    hm_object *list = hm_list_new(heap);
    for (int depth = 0; depth < NESTING; depth++) {
        hm_object *outer = hm_list_sized(heap, 1);
        assert_non_null(outer);
        hm_list_set(heap, outer, 0, list);
        list = outer;
    }
    assert_int_equal(hm_heap_live_objects(heap), NESTING + 1);
    hm_decref(heap, list);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    hm_heap_destroy(heap);
}

static void test_a_list_nested_ten_million_deep_is_dropped(void **state)
{
    HM_UNUSED(state);
    drop_nested_lists("none");
    drop_nested_lists("generational");
}

/* Every container type in turn, so that none recurses by a way of its own. */
static hm_object *wrap(hm_heap *heap, hm_object *class, int kind, hm_object *inner)
{
    hm_object *outer = NULL;
    hm_object *key = hm_int_new(heap, 1);
    switch (kind) {
    case 0:
        outer = hm_tuple_of(heap, &inner, 1);
        break;
    case 1:
        outer = hm_dict_new(heap);
        assert_true(hm_dict_set(heap, outer, key, inner));
        break;
    case 2:
        outer = hm_instance_new(heap, class);
        hm_store(heap, outer, hm_instance_slot(outer, 0), hm_incref(inner));
        break;
    case 3:
        outer = hm_cell_new(heap, inner);
        break;
    default:
        outer = hm_list_new(heap);
        assert_true(hm_list_append(heap, outer, inner));
        break;
    }
    hm_decref(heap, inner);
    return outer;
}

static void test_a_deep_mixture_is_dropped(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "Link", .slot_count = 1});
    hm_object *object = hm_list_new(heap);
    for (int depth = 0; depth < 100000; depth++)
        object = wrap(heap, class, depth % 5, object);
    hm_decref(heap, object);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static int finalized;
static hm_object *resurrected;

static bool count_finalizer(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(self);
    HM_UNUSED(context);
    finalized++;
    return true;
}

static bool resurrect(hm_heap *heap, hm_object *self, void *context)
{
    resurrected = hm_incref(self);
    return count_finalizer(heap, self, context);
}

static bool fail_to_finalize(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    return hm_fail(heap, HM_VALUE_ERROR, "bad end");
}

static void test_a_finalizer_runs_once_even_after_resurrection(void **state)
{
    HM_UNUSED(state);
    finalized = 0;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = hm_class_new(
        heap, &(hm_class_spec){.name = "Phoenix", .slot_count = 1, .finalizer = resurrect});
    hm_object *phoenix = hm_instance_new(heap, class);
    hm_decref(heap, phoenix);
    assert_int_equal(finalized, 1);
    assert_ptr_equal(resurrected, phoenix);
    assert_int_equal(phoenix->reference_count, 1);
    assert_true(hm_is_tracked(phoenix));
    hm_decref(heap, phoenix);
    assert_int_equal(finalized, 1);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_finalizers_of_a_deep_chain_all_run(void **state)
{
    HM_UNUSED(state);
    finalized = 0;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = hm_class_new(
        heap, &(hm_class_spec){.name = "Link", .slot_count = 1, .finalizer = count_finalizer});
    hm_object *chain = hm_instance_new(heap, class);
    for (int depth = 1; depth < 10000; depth++)
        chain = wrap(heap, class, 2, chain);
    hm_decref(heap, chain);
    assert_int_equal(finalized, 10000);
    hm_decref(heap, class);
    fixture_end(heap);
}

typedef struct told {
    int cascades, ends, unraisable;
    uint64_t freed;
    char message[64];
} told;

static void listen(void *context, const hm_event *event)
{
    told *seen = context;
    seen->cascades += event->kind == HM_EVENT_CASCADE_BEGIN;
    if (event->kind == HM_EVENT_CASCADE_END) {
        seen->ends++;
        seen->freed = event->collected;
    }
    if (event->kind == HM_EVENT_UNRAISABLE) {
        seen->unraisable++;
        snprintf(seen->message, sizeof seen->message, "%s", event->message);
    }
}

static void test_a_long_deallocation_is_told_with_its_size(void **state)
{
    HM_UNUSED(state);
    told seen = {0};
    hm_heap_config config = fixture_config("generational");
    config.sink = (hm_event_sink){listen, &seen};
    hm_heap *heap = fixture_create(&config);
    for (int64_t length = 10; length <= 1000; length += 990) {
        hm_object *list = hm_list_new(heap);
        for (int64_t index = 0; index < length; index++)
            assert_true(hm_list_append_new(heap, list, hm_float_new(heap, 0.5)));
        hm_decref(heap, list);
    }
    assert_int_equal(seen.cascades, 1);
    assert_int_equal(seen.ends, 1);
    assert_int_equal(seen.freed, 1001);
    fixture_end(heap);
}

static void test_a_failed_finalizer_is_told_and_the_object_dies(void **state)
{
    HM_UNUSED(state);
    told seen = {0};
    hm_heap_config config = fixture_config("generational");
    config.sink = (hm_event_sink){listen, &seen};
    hm_heap *heap = fixture_create(&config);
    hm_object *class =
        hm_class_new(heap, &(hm_class_spec){.name = "Bad", .finalizer = fail_to_finalize});
    hm_decref(heap, hm_instance_new(heap, class));
    assert_int_equal(seen.unraisable, 1);
    assert_string_equal(seen.message, "bad end");
    assert_int_equal(heap->error.status, HM_OK);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_nested_ten_million_deep_is_dropped),
        cmocka_unit_test(test_a_deep_mixture_is_dropped),
        cmocka_unit_test(test_a_finalizer_runs_once_even_after_resurrection),
        cmocka_unit_test(test_finalizers_of_a_deep_chain_all_run),
        cmocka_unit_test(test_a_long_deallocation_is_told_with_its_size),
        cmocka_unit_test(test_a_failed_finalizer_is_told_and_the_object_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
