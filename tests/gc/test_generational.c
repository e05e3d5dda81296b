/* This module is the tests of the generational collector: what it finds, when it runs, what it
 * untracks; the counts are those CPython 3.13 gives for the same program. */
#include "base/random.h"
#include "gc/gc.h"
#include "heap_fixture.h"

static void test_simple_cycles_are_found(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    fixture_leak_cycle(heap);
    assert_int_equal(hm_heap_collect(heap, 2), 1);

    hm_object *dict = hm_dict_new(heap);
    hm_object *key = hm_int_new(heap, 1);
    assert_true(hm_dict_set(heap, dict, key, dict));
    hm_decref(heap, dict);
    assert_int_equal(hm_heap_collect(heap, 2), 1);

    hm_object *list = hm_list_new(heap);
    hm_object *tuple = hm_tuple_of(heap, &list, 1);
    assert_true(hm_list_append(heap, list, tuple));
    hm_decref(heap, tuple);
    hm_decref(heap, list);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static hm_object *no_run(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    HM_UNUSED(frame);
    return hm_incref(&hm_none);
}

static const hm_code no_code = {.name = "f", .local_count = 1, .run = no_run};

static void test_cycles_through_code_are_found(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *globals = hm_dict_new(heap);
    hm_object *name = hm_str_interned(heap, "f");
    hm_object *function = hm_function_new(heap, &no_code, globals, NULL);
    assert_true(hm_dict_set(heap, globals, name, function));
    hm_decref(heap, globals);
    hm_decref(heap, function);
    assert_int_equal(hm_heap_collect(heap, 2), 2);

    hm_object *frame = hm_frame_new(heap, &no_code, NULL, NULL);
    hm_frame_set(heap, frame, 0, hm_incref(frame));
    hm_decref(heap, frame);
    assert_int_equal(hm_heap_collect(heap, 2), 1);

    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *plain = hm_function_new(heap, &no_code, NULL, NULL);
    hm_object *method = hm_method_new(heap, plain, instance);
    assert_true(hm_instance_set(heap, instance, name, method));
    hm_object *all[] = {method, plain, instance};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    assert_int_equal(hm_heap_collect(heap, 2), 3); /* instance, method, function: no dict made */
    hm_decref(heap, class);
    hm_decref(heap, name);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_a_class_that_refers_to_itself_is_found(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "A", .slot_count = 1});
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *name = hm_str_interned(heap, "first");
    assert_true(hm_dict_set(heap, hm_class_attributes(class), name, instance));
    hm_decref(heap, instance);
    hm_decref(heap, class);
    hm_decref(heap, name);
    assert_int_equal(hm_heap_collect(heap, 2), 3); /* class, its dict, instance */
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_what_is_referred_to_from_outside_stays(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *kept = hm_list_new(heap);
    hm_object *inner = hm_list_new(heap);
    assert_true(hm_list_append(heap, inner, kept));
    assert_true(hm_list_append(heap, kept, inner));
    hm_decref(heap, inner);
    for (int64_t round = 0; round < 5; round++) {
        fixture_leak_cycle(heap);
        assert_int_equal(hm_heap_collect(heap, 2), 1);
    }
    assert_int_equal(inner->reference_count, 1);
    hm_list_clear(heap, kept);
    hm_decref(heap, kept);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static size_t count_in(hm_heap *heap, int generation);

static void count_object(hm_object *object, void *context)
{
    HM_UNUSED(object);
    (*(size_t *)context)++;
}

static size_t count_in(hm_heap *heap, int generation)
{
    size_t count = 0;
    heap->collector->enumerate(heap, generation, count_object, &count);
    return count;
}

static void test_survivors_move_up_and_the_young_miss_old_garbage(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, list));
    assert_int_equal(count_in(heap, 0), 1);
    hm_heap_collect(heap, 0);
    assert_int_equal(count_in(heap, 1), 1);
    hm_decref(heap, list);
    assert_int_equal(hm_heap_collect(heap, 0), 0);
    assert_int_equal(hm_heap_collect(heap, 1), 1);
    assert_int_equal(count_in(heap, -1), 0);
    hm_collection_counts middle = heap->collector->counts(heap, 1);
    assert_int_equal(middle.collections, 1);
    assert_int_equal(middle.collected, 1);
    assert_int_equal(middle.traversed, 1);
    assert_int_equal(hm_heap_collection_counts(heap).collections, 3);
    fixture_end(heap);
}

static void test_thresholds_run_it_by_itself(void **state)
{
    HM_UNUSED(state);
    fixture_skip_where_collecting_always();
    hm_heap_config config = fixture_config("generational");
    config.settings = (hm_collector_settings){.automatic = true, .thresholds = {100, 3, 2}};
    hm_heap *heap = fixture_create(&config);
    for (int cycle = 0; cycle < 101 * 4; cycle++)
        fixture_leak_cycle(heap);
    /* Generation 1 is due when its count, raised by each young collection, passes 3. */
    assert_int_equal(heap->collector->counts(heap, 0).collections, 4);
    for (int cycle = 0; cycle < 101 * 2; cycle++)
        fixture_leak_cycle(heap);
    assert_int_equal(heap->collector->counts(heap, 0).collections, 5);
    assert_int_equal(heap->collector->counts(heap, 1).collections, 1);
    assert_true(hm_heap_live_objects(heap) <= 101);
    fixture_end(heap);
}

/* A full collection waits for a quarter of the long-lived objects to be new. */
static void test_the_quarter_rule_spares_full_collections(void **state)
{
    HM_UNUSED(state);
    fixture_skip_where_collecting_always();
    hm_heap_config config = fixture_config("generational");
    config.settings = (hm_collector_settings){.automatic = true, .thresholds = {10, 1, 1}};
    hm_heap *heap = fixture_create(&config);
    hm_object *roots[1] = {hm_list_new(heap)};
    for (int64_t count = 0; count < 10000; count++)
        assert_true(hm_list_append_new(heap, roots[0], hm_list_new(heap)));
    uint64_t full = heap->collector->counts(heap, 2).collections;
    uint64_t middle = heap->collector->counts(heap, 1).collections;
    /* By quarters from about 20 objects to 10,000: log(500) / log(1.25) is 28. */
    assert_in_range(full, 10, 40);
    assert_true(middle > 5 * full);
    hm_decref(heap, roots[0]);
    fixture_end(heap);
}

static void test_atoms_only_tuples_and_dicts_are_untracked(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *number = hm_int_new(heap, 1000);
    hm_object *atoms = hm_tuple_of(heap, &number, 1);
    hm_object *nested = hm_tuple_of(heap, &atoms, 1);
    hm_object *list = hm_list_new(heap);
    hm_object *mixed = hm_tuple_of(heap, &list, 1);
    hm_object *dict = hm_dict_new(heap);
    assert_true(hm_dict_set(heap, dict, number, list));
    assert_true(hm_dict_set(heap, dict, number, number));
    assert_true(hm_is_tracked(atoms) && hm_is_tracked(nested) && hm_is_tracked(dict));
    hm_heap_collect(heap, 0);
    assert_false(hm_is_tracked(atoms));
    assert_true(hm_is_tracked(mixed));
    assert_true(hm_is_tracked(dict));
    hm_heap_collect(heap, 1);
    assert_false(hm_is_tracked(nested));
    hm_heap_collect(heap, 2);
    assert_false(hm_is_tracked(dict));
    hm_object *all[] = {number, atoms, nested, list, mixed, dict};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static size_t place_among(hm_object *objects, const hm_object *object)
{
    size_t place = 0;
    while (place < hm_list_length(objects) && hm_list_get(objects, place) != object)
        place++;
    return place;
}

/* Objects/typeobject.c: descriptors keep a class's dict tracked, from right after the class. One
 * that has none is a dict like others. */
static void test_a_classs_dict_is_tracked_always(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"x"};
    static const struct {
        hm_class_spec spec;
        bool always;
    } cases[] = {{{.name = "A", .has_dict = true}, true},
                 {{.name = "W", .has_weakrefs = true}, true},
                 {{.name = "S", .slot_count = 1, .slot_names = names}, true},
                 {{.name = "N"}, false}};
    hm_heap *heap = fixture_manual_heap();
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_object *class = hm_class_new(heap, &cases[index].spec);
        hm_object *attributes = hm_class_attributes(class);
        hm_object *list = hm_list_new(heap), *name = hm_str_interned(heap, "held");
        assert_int_equal(hm_is_tracked(attributes), cases[index].always);
        hm_object *objects = hm_gc_get_objects(heap, 0);
        if (cases[index].always)
            assert_int_equal(place_among(objects, attributes), place_among(objects, class) + 1);
        hm_decref(heap, objects);
        assert_true(hm_dict_set(heap, attributes, name, list));
        assert_true(hm_is_tracked(attributes));
        assert_true(hm_dict_set(heap, attributes, name, name));
        hm_heap_collect(heap, 2);
        assert_int_equal(hm_is_tracked(attributes), cases[index].always);
        hm_object *all[] = {name, list, class};
        for (size_t each = 0; each < HM_COUNT_OF(all); each++)
            hm_decref(heap, all[each]);
        assert_int_equal(hm_heap_live_objects(heap), 0);
    }
    fixture_end(heap);
}

static void test_off_and_none_never_collect(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"none", "off"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        hm_heap *heap = fixture_heap(names[index]);
        for (int cycle = 0; cycle < 5000; cycle++)
            fixture_leak_cycle(heap);
        assert_int_equal(hm_heap_collect(heap, 2), 0);
        assert_int_equal(hm_heap_live_objects(heap), 5000);
        assert_int_equal(hm_heap_collection_counts(heap).collections, 0);
        fixture_end(heap);
    }
}

/* Random graphs: after a full collection exactly what the roots reach is left. */
static void run_random_graph(uint64_t seed)
{
    enum { NODES = 400, SLOTS = 3, ROOTS = 5 };
    hm_random random;
    hm_random_seed(&random, seed);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "N", .slot_count = SLOTS});
    hm_object *nodes[NODES];
    hm_object *roots[ROOTS + 1] = {NULL};
    for (size_t index = 0; index < NODES; index++)
        nodes[index] = hm_instance_new(heap, class);
    for (size_t edge = 0; edge < NODES; edge++) {
        hm_object *from = nodes[hm_random_below(&random, NODES)];
        hm_object *to = nodes[hm_random_below(&random, NODES)];
        hm_store(heap, from, hm_instance_slot(from, hm_random_below(&random, SLOTS)),
                 hm_incref(to));
    }
    for (size_t index = 0; index < ROOTS; index++)
        roots[index] = hm_incref(nodes[hm_random_below(&random, NODES)]);
    roots[ROOTS] = class;
    assert_true(hm_heap_add_roots(heap, roots, HM_COUNT_OF(roots)));
    for (size_t index = 0; index < NODES; index++)
        hm_decref(heap, nodes[index]);
    uint64_t before = hm_heap_live_objects(heap), bytes, reachable;
    assert_true(hm_heap_live_bytes(heap, &bytes, &reachable));
    int64_t collected = hm_heap_collect(heap, 2);
    if (hm_heap_live_objects(heap) != reachable || before - (uint64_t)collected != reachable)
        fail_msg("seed %llu: %llu live, %llu reachable, %lld collected of %llu",
                 (unsigned long long)seed, (unsigned long long)hm_heap_live_objects(heap),
                 (unsigned long long)reachable, (long long)collected, (unsigned long long)before);
    fixture_end(heap);
}

static void test_random_graphs_keep_exactly_what_the_roots_reach(void **state)
{
    HM_UNUSED(state);
    for (uint64_t seed = 1; seed <= 200; seed++)
        run_random_graph(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple_cycles_are_found),
        cmocka_unit_test(test_cycles_through_code_are_found),
        cmocka_unit_test(test_a_class_that_refers_to_itself_is_found),
        cmocka_unit_test(test_what_is_referred_to_from_outside_stays),
        cmocka_unit_test(test_survivors_move_up_and_the_young_miss_old_garbage),
        cmocka_unit_test(test_thresholds_run_it_by_itself),
        cmocka_unit_test(test_the_quarter_rule_spares_full_collections),
        cmocka_unit_test(test_atoms_only_tuples_and_dicts_are_untracked),
        cmocka_unit_test(test_a_classs_dict_is_tracked_always),
        cmocka_unit_test(test_off_and_none_never_collect),
        cmocka_unit_test(test_random_graphs_keep_exactly_what_the_roots_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
