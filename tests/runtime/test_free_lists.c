/* This module is the tests of free lists, and of the quick ways past them: how many they keep, what
 * they give back, and that counts are exact although nobody keeps them. */
#include "heap_fixture.h"
#include "object/freelist.h"

static const char *const collectors[] = {"none", "off", "generational"};

static hm_heap *make_heap(const char *collector, bool freelists)
{
    hm_heap_config config = fixture_config(collector);
    config.freelists = freelists;
    config.settings.automatic = false;
    return fixture_create(&config);
}

enum { ITEMS_MAX = 32 };

static hm_object *make_tuple(hm_heap *heap, size_t items)
{
    hm_object *none[ITEMS_MAX];
    for (size_t index = 0; index < items; index++)
        none[index] = &hm_none;
    return hm_tuple_of(heap, none, items);
}

static hm_object *make_list(hm_heap *heap, size_t items)
{
    hm_object *none[ITEMS_MAX];
    for (size_t index = 0; index < items; index++)
        none[index] = &hm_none;
    return hm_list_of(heap, none, items);
}

static hm_object *make_float(hm_heap *heap, size_t items)
{
    return hm_float_new(heap, (double)items);
}

static hm_object *make_dict(hm_heap *heap, size_t items)
{
    HM_UNUSED(items);
    return hm_dict_new(heap);
}

typedef struct kept_kind {
    hm_object *(*make)(hm_heap *heap, size_t items);
    size_t items;
    uint64_t blocks; /* of each while it lives */
    uint64_t kept;   /* of more dead ones than are kept, without blocks of items */
} kept_kind;

static const kept_kind kinds[] = {
    {make_float, 1, 1, 100}, {make_tuple, 1, 1, 2000}, {make_tuple, 20, 1, 2000},
    {make_tuple, 21, 1, 0},  {make_list, 0, 1, 80},    {make_list, 1, 2, 80},
    {make_list, 20, 2, 80},  {make_list, 21, 2, 80},   {make_dict, 0, 1, 80},
};

/* Of lists with a block the 80 first dead keep it; it is freed of 80 more, and they are kept with
 * the bare ones. */
static uint64_t kept_of(const kept_kind *kind)
{
    return kind->make == make_list && kind->items > 0 && kind->items <= 20 ? 3 * 80 : kind->kept;
}

static void test_they_keep_no_more_than_their_bound(void **state)
{
    HM_UNUSED(state);
    enum { MANY = 2100 };
    static hm_object *objects[MANY];
    for (size_t at = 0; at < HM_COUNT_OF(collectors) * HM_COUNT_OF(kinds) * 2; at++) {
        const kept_kind *kind = &kinds[at / 2 % HM_COUNT_OF(kinds)];
        bool on = at % 2 != 0;
        hm_heap *heap = make_heap(collectors[at / 2 / HM_COUNT_OF(kinds)], on);
        uint64_t before = hm_debug_read().live_blocks;
        for (size_t index = 0; index < MANY; index++)
            objects[index] = kind->make(heap, kind->items);
        assert_int_equal(hm_heap_live_objects(heap), MANY);
        assert_int_equal(hm_debug_read().live_blocks, before + MANY * kind->blocks);
        for (size_t index = 0; index < MANY; index++)
            hm_decref(heap, objects[index]);
        assert_int_equal(hm_heap_live_objects(heap), 0);
        assert_int_equal(hm_heap_tracked_objects(heap), 0);
        uint64_t kept = !on                                          ? 0
                        : heap->quick_sizes != 0                     ? kept_of(kind)
                        : kind->make == make_list && kind->items > 0 ? 80
                                                                     : kind->kept;
        assert_int_equal(hm_debug_read().live_blocks, before + kept);
        hm_freelists_clear(heap);
        assert_int_equal(hm_debug_read().live_blocks, before);
        assert_int_equal(hm_freelists_bytes(heap), 0);
        hm_decref(heap, kind->make(heap, kind->items));
        assert_int_equal(hm_debug_read().live_blocks > before, on && kind->kept > 0);
        fixture_end(heap);
    }
}

/* What waits is the heap's own, to the byte. */
static void test_what_they_keep_is_accounted_for(void **state)
{
    HM_UNUSED(state);
    for (size_t at = 0; at < HM_COUNT_OF(kinds); at++) {
        hm_heap *heap = make_heap("generational", true);
        hm_heap_account empty, after;
        assert_true(hm_heap_take_account(heap, &empty));
        uint64_t before = hm_debug_read().live_bytes;
        hm_object *objects[3];
        for (size_t index = 0; index < 3; index++)
            objects[index] = kinds[at].make(heap, kinds[at].items);
        for (size_t index = 0; index < 3; index++)
            hm_decref(heap, objects[index]);
        assert_true(hm_heap_take_account(heap, &after));
        assert_int_equal(after.own_bytes - empty.own_bytes, hm_debug_read().live_bytes - before);
        assert_int_equal(after.live_objects, 0);
        fixture_end(heap);
    }
}

static void test_a_kept_list_is_as_new(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = make_heap("generational", true);
    hm_decref(heap, make_list(heap, 3));
    uint64_t calls = hm_debug_read().allocating_calls, blocks = hm_debug_read().live_blocks;
    hm_object *list = make_list(heap, 3);
    assert_int_equal(hm_debug_read().allocating_calls, calls);
    assert_int_equal(hm_getsizeof(heap, list), 16 + 40 + 3 * 8);
    hm_decref(heap, list);
    list = hm_list_sized(heap, 3);
    assert_int_equal(hm_debug_read().allocating_calls, calls);
    hm_decref(heap, list);
    /* An empty one has no block, whatever the kept one had. */
    list = hm_list_new(heap);
    assert_int_equal(hm_debug_read().allocating_calls, calls);
    assert_int_equal(hm_debug_read().live_blocks, blocks - 1);
    assert_int_equal(hm_list_length(list), 0);
    assert_int_equal(hm_getsizeof(heap, list), 16 + 40);
    assert_true(hm_list_append(heap, list, &hm_none));
    assert_int_equal(hm_getsizeof(heap, list), 16 + 40 + 4 * 8);
    hm_decref(heap, list);
    fixture_end(heap);
}

typedef struct witness {
    uint64_t live, tracked;
    int calls;
} witness;

/* A finalizer that looks at the heap: what is dying around it is no longer tracked, but is. */
static bool look(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    witness *seen = context;
    hm_error error = {0};
    assert_int_equal(hm_heap_check(heap, &error), HM_OK);
    seen->live = hm_heap_live_objects(heap);
    seen->tracked = hm_heap_tracked_objects(heap);
    seen->calls++;
    /* The quick ways are closed while something dies, and open again afterwards. */
    assert_int_equal(heap->quick_sizes, 0);
    hm_decref(heap, make_tuple(heap, 2));
    hm_decref(heap, make_list(heap, 2));
    return true;
}

/* A container of [outlives, looks, outlives too] dies: the last item is dropped the quick way, the
 * second ends that, the first goes on from there. */
static void dies_around_a_finalizer(hm_heap *heap, bool in_list)
{
    witness seen = {0};
    hm_class_spec spec = {.name = "Looks", .finalizer = look, .context = &seen};
    hm_object *class = hm_class_new(heap, &spec);
    hm_object *first = hm_list_new(heap), *last = hm_list_new(heap);
    uint64_t live = hm_heap_live_objects(heap), tracked = hm_heap_tracked_objects(heap);
    hm_object *looks = hm_instance_new(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), live + 1);
    assert_int_equal(hm_heap_tracked_objects(heap), tracked + 1);
    hm_object *items[] = {first, looks, last};
    hm_object *container = in_list ? hm_list_of(heap, items, 3) : hm_tuple_of(heap, items, 3);
    hm_decref(heap, looks);
    assert_int_equal(hm_getrefcount(last), 3);
    hm_decref(heap, container);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.live, live + 2);
    assert_int_equal(seen.tracked, tracked + 1); /* the one that looks, while it does */
    assert_int_equal(hm_heap_live_objects(heap), live);
    assert_int_equal(hm_heap_tracked_objects(heap), tracked);
    assert_int_equal(hm_getrefcount(first), 2);
    assert_int_equal(hm_getrefcount(last), 2);
    hm_decref(heap, first);
    hm_decref(heap, last);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    assert_int_equal(hm_heap_tracked_objects(heap), 0);
}

static void test_counts_are_exact_while_something_dies(void **state)
{
    HM_UNUSED(state);
    for (int mode = 0; mode < 8; mode++) {
        hm_heap *heap = make_heap(mode & 1 ? "off" : "generational", mode & 2);
        assert_int_equal(heap->quick_sizes, HM_FREELIST_SIZES);
        dies_around_a_finalizer(heap, mode & 4);
        assert_int_equal(heap->quick_sizes, HM_FREELIST_SIZES);
        fixture_end(heap);
    }
}

static void test_empty_slots_and_immortals_die_quickly(void **state)
{
    HM_UNUSED(state);
    for (int on = 0; on < 2; on++) {
        hm_heap *heap = make_heap("generational", on != 0);
        hm_object *list = hm_list_new(heap);
        hm_object *tuple = hm_tuple_new(heap, 4);
        hm_tuple_set(heap, tuple, 0, hm_incref(list));
        hm_tuple_set(heap, tuple, 2, &hm_none);
        hm_decref(heap, tuple);
        assert_int_equal(hm_getrefcount(list), 2);
        assert_true(hm_is_immortal(&hm_none));
        tuple = hm_tuple_new(heap, 4); /* where it was kept: its slots are empty again */
        for (size_t index = 0; index < 4; index++)
            assert_null(hm_tuple_get(tuple, index));
        hm_decref(heap, tuple);
        hm_decref(heap, list);
        fixture_end(heap);
    }
}

/* A tuple of atoms that a collection untracked is no longer in any list. */
static void test_an_untracked_tuple_dies(void **state)
{
    HM_UNUSED(state);
    for (int on = 0; on < 2; on++) {
        hm_heap *heap = make_heap("generational", on != 0);
        hm_object *tuple = make_tuple(heap, 2);
        assert_true(hm_is_tracked(tuple));
        assert_int_equal(hm_heap_tracked_objects(heap), 1);
        hm_heap_collect(heap, 0);
        assert_false(hm_is_tracked(tuple));
        assert_int_equal(hm_heap_tracked_objects(heap), 0);
        assert_int_equal(hm_heap_live_objects(heap), 1);
        hm_decref(heap, tuple);
        assert_int_equal(hm_heap_live_objects(heap), 0);
        tuple = make_tuple(heap, 2);
        assert_true(hm_is_tracked(tuple));
        assert_int_equal(hm_heap_tracked_objects(heap), 1);
        hm_decref(heap, tuple);
        hm_error error = {0};
        assert_int_equal(hm_heap_check(heap, &error), HM_OK);
        fixture_end(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_keep_no_more_than_their_bound),
        cmocka_unit_test(test_what_they_keep_is_accounted_for),
        cmocka_unit_test(test_a_kept_list_is_as_new),
        cmocka_unit_test(test_counts_are_exact_while_something_dies),
        cmocka_unit_test(test_empty_slots_and_immortals_die_quickly),
        cmocka_unit_test(test_an_untracked_tuple_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
