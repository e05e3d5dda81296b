/* This module is the tests of classes, instances, functions, methods and frames. */
#include "heap_fixture.h"

static hm_object *new_class(hm_heap *heap, hm_class_spec spec)
{
    spec.name = spec.name == NULL ? "Node" : spec.name;
    hm_object *class = hm_class_new(heap, &spec);
    assert_non_null(class);
    return class;
}

static void test_instances_are_laid_out_as_pythons(void **state)
{
    HM_UNUSED(state);
    static const struct {
        hm_class_spec spec;
        size_t bytes; /* sys.getsizeof in CPython 3.13 less its prefix of 16 */
    } cases[] = {{{.slot_count = 0}, 16},
                 {{.slot_count = 2}, 32},
                 {{.slot_count = 2, .has_weakrefs = true}, 48},
                 {{.has_dict = true}, 32}};
    hm_heap *heap = fixture_heap("generational");
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_object *class = new_class(heap, cases[index].spec);
        hm_object *instance = hm_instance_new(heap, class);
        assert_int_equal(hm_getsizeof(heap, instance), 16 + cases[index].bytes);
        assert_true(hm_is_tracked(instance));
        assert_ptr_equal(hm_instance_class(instance), class);
        hm_decref(heap, instance);
        hm_decref(heap, class);
    }
    fixture_end(heap);
}

static void test_slots_and_attributes_hold_references(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_class(heap, (hm_class_spec){.slot_count = 2, .has_dict = true});
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *value = hm_list_new(heap);
    hm_object *name = hm_str_interned(heap, "value");
    hm_store(heap, instance, hm_instance_slot(instance, 1), hm_incref(value));
    assert_null(hm_instance_get(heap, instance, name));
    assert_true(hm_instance_set(heap, instance, name, value));
    assert_int_equal(value->reference_count, 3);
    assert_ptr_equal(hm_instance_get(heap, instance, name), value);
    assert_true(hm_dict_set(heap, hm_class_attributes(class), name, name));
    hm_object *other = hm_instance_new(heap, class);
    assert_ptr_equal(hm_instance_get(heap, other, name), name);
    hm_decref(heap, other);
    hm_decref(heap, instance);
    assert_int_equal(value->reference_count, 1);
    hm_object *all[] = {value, name, class};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void test_an_instance_keeps_its_class_alive(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_class(heap, (hm_class_spec){.slot_count = 1});
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *weak = hm_weakref_new(heap, class, NULL, NULL);
    hm_decref(heap, class);
    hm_object *alive = hm_weakref_get(weak);
    assert_ptr_equal(alive, class);
    hm_decref(heap, alive);
    hm_decref(heap, instance);
    assert_null(hm_weakref_get(weak));
    hm_decref(heap, weak);
    fixture_end(heap);
}

/* Found by stress: the quick death saw a class with two references, and both were the instance's.
 */
static void test_a_class_dies_with_the_instance_that_alone_holds_it(void **state)
{
    HM_UNUSED(state);
    static const char *const slot_names[] = {"first", "second"};
    static const hm_class_spec specs[] = {
        {.has_dict = true},
        {.slot_count = 2, .slot_names = slot_names},
        {.slot_count = 2, .slot_names = slot_names, .has_dict = true},
    };
    static const char *const collectors[] = {"off", "generational", "none"};
    for (size_t number = 0; number < HM_COUNT_OF(collectors) * HM_COUNT_OF(specs) * 2; number++) {
        hm_heap *heap = fixture_heap(collectors[number / 2 / HM_COUNT_OF(specs)]);
        hm_object *class = new_class(heap, specs[number / 2 % HM_COUNT_OF(specs)]);
        hm_object *instance = hm_instance_new(heap, class);
        hm_object *name = hm_str_interned(heap, "first"), *other = hm_str_interned(heap, "second");
        uint64_t before = hm_heap_live_objects(heap);
        assert_true(hm_instance_set(heap, instance, name, class));
        if (number % 2 != 0)
            assert_true(hm_instance_set(heap, instance, other, class));
        hm_decref(heap, class);
        assert_true(hm_heap_live_objects(heap) >= before);
        hm_decref(heap, instance);
        hm_decref(heap, name);
        hm_decref(heap, other);
        assert_int_equal(hm_heap_live_objects(heap), 0);
        fixture_end(heap);
    }
}

static void test_no_dict_without_asking(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *class = new_class(heap, (hm_class_spec){.slot_count = 1});
    hm_object *instance = hm_instance_new(heap, class);
    assert_null(hm_instance_dict(heap, instance));
    assert_int_equal(heap->error.status, HM_TYPE_ERROR);
    hm_decref(heap, instance);
    hm_decref(heap, class);
    assert_null(hm_class_new(heap, &(hm_class_spec){.name = "Wide", .slot_count = 1u << 20}));
    assert_int_equal(heap->error.status, HM_VALUE_ERROR);
    fixture_end(heap);
}

static hm_object *add_run(hm_heap *heap, hm_frame *frame)
{
    return hm_int_new(heap, hm_int_value(frame->locals[0]) + hm_int_value(frame->locals[1]));
}

static const hm_code add_code = {
    .name = "add", .argument_count = 2, .local_count = 3, .run = add_run};

static void test_calls_bind_arguments(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *globals = hm_dict_new(heap);
    hm_object *function = hm_function_new(heap, &add_code, globals, NULL);
    hm_object *two = hm_int_new(heap, 2000), *three = hm_int_new(heap, 3000);
    hm_object *result = hm_call(heap, function, (hm_object *[]){two, three}, 2);
    assert_int_equal(hm_int_value(result), 5000);
    hm_decref(heap, result);
    hm_object *method = hm_method_new(heap, function, two);
    result = hm_call(heap, method, &three, 1);
    assert_int_equal(hm_int_value(result), 5000);
    assert_int_equal(hm_object_size(method), 48);
    hm_decref(heap, result);
    assert_null(hm_call(heap, function, &two, 1));
    assert_string_equal(heap->error.message, "add() takes 2 arguments, not 1");
    assert_null(hm_call(heap, two, NULL, 0));
    assert_string_equal(heap->error.message, "'int' object is not callable");
    assert_ptr_equal(hm_function_globals(function), globals);
    assert_null(hm_function_closure(function));
    hm_object *all[] = {method, function, globals, two, three};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void test_a_frame_holds_its_locals(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *caller = hm_frame_new(heap, &add_code, NULL, NULL);
    hm_object *frame = hm_frame_new(heap, &add_code, NULL, caller);
    hm_object *local = hm_list_new(heap);
    hm_frame_set(heap, frame, 2, hm_incref(local));
    assert_int_equal(local->reference_count, 2);
    assert_int_equal(caller->reference_count, 2);
    hm_decref(heap, frame);
    assert_int_equal(local->reference_count, 1);
    assert_int_equal(caller->reference_count, 1);
    hm_decref(heap, caller);
    hm_decref(heap, local);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances_are_laid_out_as_pythons),
        cmocka_unit_test(test_slots_and_attributes_hold_references),
        cmocka_unit_test(test_an_instance_keeps_its_class_alive),
        cmocka_unit_test(test_a_class_dies_with_the_instance_that_alone_holds_it),
        cmocka_unit_test(test_no_dict_without_asking),
        cmocka_unit_test(test_calls_bind_arguments),
        cmocka_unit_test(test_a_frame_holds_its_locals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
