/* This module is the tests of instances' attributes: without a dict until it is asked for, in the
 * order they were set, by slot name; and of the ends of life that depend on an object's type. */
#include "gc/gc.h"
#include "heap_fixture.h"

static hm_object *name_of(hm_heap *heap, int number)
{
    char text[16];
    snprintf(text, sizeof text, "a%d", number);
    return hm_str_interned(heap, text);
}

static void set_number(hm_heap *heap, hm_object *instance, int number)
{
    hm_object *name = name_of(heap, number);
    hm_object *value = hm_int_new(heap, 1000 + number);
    assert_true(hm_instance_set(heap, instance, name, value));
    hm_decref(heap, name);
    hm_decref(heap, value);
}

static int64_t get_number(hm_heap *heap, hm_object *instance, int number)
{
    hm_object *name = name_of(heap, number);
    hm_object *value = hm_instance_get(heap, instance, name);
    hm_decref(heap, name);
    return value == NULL ? -1 : hm_int_value(value);
}

/* The attributes' numbers in order, as text. */
static const char *order_of(const hm_object *instance)
{
    static char text[512];
    size_t position = 0, length = 0;
    hm_object *name, *value;
    text[0] = '\0';
    while (hm_instance_next_attribute(instance, &position, &name, &value)) {
        assert_int_equal(atoi(hm_str_data(name) + 1) + 1000, hm_int_value(value));
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s ", hm_str_data(name) + 1);
    }
    return text;
}

static hm_object *new_instance(hm_heap *heap, const hm_class_spec *spec)
{
    hm_object *class = hm_class_new(heap, spec);
    hm_object *instance = hm_instance_new(heap, class);
    hm_decref(heap, class);
    return instance;
}

static void test_attributes_keep_the_order_they_were_set_in(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *first = hm_instance_new(heap, class);
    hm_object *second = hm_instance_new(heap, class);
    for (int number = 0; number < 3; number++)
        set_number(heap, first, number);
    for (int number = 2; number >= 0; number--)
        set_number(heap, second, number);
    assert_string_equal(order_of(first), "0 1 2 ");
    assert_string_equal(order_of(second), "2 1 0 ");
    hm_object *name = name_of(heap, 1);
    assert_true(hm_instance_delete(heap, second, name));
    assert_false(hm_instance_delete(heap, second, name));
    assert_int_equal(heap->error.status, HM_ATTRIBUTE_ERROR);
    assert_string_equal(heap->error.message, "'A' object has no attribute 'a1'");
    hm_decref(heap, name);
    assert_string_equal(order_of(second), "2 0 ");
    set_number(heap, second, 1);
    assert_string_equal(order_of(second), "2 0 1 ");
    assert_int_equal(get_number(heap, first, 3), -1);
    hm_decref(heap, first);
    hm_decref(heap, second);
    hm_decref(heap, class);
    fixture_end(heap);
}

static void test_the_dict_is_made_when_asked_for_and_holds_them_from_then_on(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *instance = new_instance(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    set_number(heap, instance, 1);
    set_number(heap, instance, 0);
    uint64_t objects = hm_heap_live_objects(heap);
    hm_object *dict = hm_instance_dict(heap, instance);
    assert_int_equal(hm_heap_live_objects(heap), objects + 1);
    assert_ptr_equal(hm_instance_dict(heap, instance), dict);
    assert_int_equal(hm_dict_length(dict), 2);
    set_number(heap, instance, 2);
    assert_int_equal(hm_dict_length(dict), 3);
    assert_string_equal(order_of(instance), "1 0 2 ");
    assert_int_equal(get_number(heap, instance, 0), 1000);
    hm_dict_clear(heap, dict);
    assert_int_equal(get_number(heap, instance, 0), -1);
    hm_decref(heap, instance);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_more_names_than_a_class_shares_go_to_a_dict(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *instance = new_instance(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    for (int number = 0; number < 100; number++)
        set_number(heap, instance, number);
    for (int number = 0; number < 100; number++)
        assert_int_equal(get_number(heap, instance, number), 1000 + number);
    assert_int_equal(hm_dict_length(hm_instance_dict(heap, instance)), 100);
    hm_decref(heap, instance);
    fixture_end(heap);
}

static void test_slots_have_names_and_no_other_attributes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    const char *const names[] = {"a0", "a1"};
    hm_object *instance =
        new_instance(heap, &(hm_class_spec){.name = "P", .slot_count = 2, .slot_names = names});
    set_number(heap, instance, 1);
    assert_string_equal(order_of(instance), "1 ");
    assert_int_equal(hm_int_value(*hm_instance_slot(instance, 1)), 1001);
    hm_object *other = name_of(heap, 2);
    assert_false(hm_instance_set(heap, instance, other, &hm_none));
    assert_int_equal(heap->error.status, HM_ATTRIBUTE_ERROR);
    hm_decref(heap, other);
    hm_decref(heap, instance);
    fixture_end(heap);
}

/* Each attribute lies in the instance: a cycle through one is one object. */
static void test_a_cycle_through_an_attribute_is_one_object(void **state)
{
    HM_UNUSED(state);
    hm_heap_config config = fixture_config("generational");
    config.settings.automatic = false;
    hm_heap *heap = fixture_create(&config);
    for (int with_dict = 0; with_dict < 2; with_dict++) {
        hm_object *instance = new_instance(heap, &(hm_class_spec){.name = "A", .has_dict = true});
        hm_object *name = name_of(heap, 0);
        assert_true(hm_instance_set(heap, instance, name, instance));
        if (with_dict)
            assert_non_null(hm_instance_dict(heap, instance));
        hm_decref(heap, name);
        hm_decref(heap, instance);
        /* The class dies with its instance, and its dict; that of the instance only shows. */
        assert_int_equal(hm_heap_collect(heap, 2), 3);
        assert_int_equal(hm_heap_live_objects(heap), 0);
    }
    fixture_end(heap);
}

/* Objects/dictobject.c, PyObject_VisitManagedDict: until it has a key of its own, the dict is not
 * what refers to the values. */
static void test_a_dict_that_shows_attributes_refers_to_nothing(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *instance = new_instance(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *name = hm_str_interned(heap, "x");
    hm_object *list = hm_list_new(heap);
    hm_object *dict = hm_instance_dict(heap, instance);
    assert_true(hm_instance_set(heap, instance, name, list));
    assert_false(hm_is_tracked(dict));
    hm_object *referrers = hm_gc_get_referrers(heap, &list, 1);
    assert_int_equal(hm_list_length(referrers), 1);
    assert_ptr_equal(hm_list_get(referrers, 0), instance);
    hm_decref(heap, referrers);
    hm_object *number = hm_int_new(heap, 1000);
    assert_true(hm_dict_set(heap, dict, number, list));
    assert_true(hm_is_tracked(dict));
    referrers = hm_gc_get_referrers(heap, &list, 1);
    assert_int_equal(hm_list_length(referrers), 1);
    assert_ptr_equal(hm_list_get(referrers, 0), dict);
    hm_object *all[] = {referrers, number, name, list, instance};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* Each instance uses a shared name up: after thirty, one more name fits, and the next makes a dict.
 */
static void test_shared_names_are_used_up_by_instances(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "C", .has_dict = true});
    for (int made = 0; made < 40; made++) {
        hm_object *short_lived = hm_instance_new(heap, class);
        set_number(heap, short_lived, 0);
        hm_decref(heap, short_lived);
    }
    hm_object *instance = hm_instance_new(heap, class);
    uint64_t objects = hm_heap_live_objects(heap);
    set_number(heap, instance, 1);
    assert_int_equal(hm_heap_live_objects(heap),
                     objects + 2); /* the name, now shared, and the value */
    set_number(heap, instance, 2);
    assert_int_equal(hm_heap_live_objects(heap), objects + 5); /* these, and the dict */
    assert_string_equal(order_of(instance), "1 2 ");
    hm_decref(heap, instance);
    hm_decref(heap, class);
    fixture_end(heap);
}

/* What an instance asks for: head, two words, and 8 + 9 bytes a place in whole words. */
static size_t bytes_with(size_t places)
{
    return 32 + 8 + places * 8 + (places + 7) / 8 * 8;
}

/* Values lie in the instance, which has room for all names that its class may come to share; no
 * later one has more. */
static void test_an_instance_has_room_for_the_names_of_its_class(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "C", .has_dict = true});
    hm_object *first = hm_instance_new(heap, class);
    assert_int_equal(hm_object_size(first), bytes_with(29));
    for (int made = 0; made < 40; made++) {
        uint64_t blocks = hm_debug_read().live_blocks;
        hm_object *instance = hm_instance_new(heap, class);
        assert_int_equal(hm_debug_read().live_blocks, blocks + 1);
        hm_object *value = hm_int_new(heap, 1000), *name = name_of(heap, made % 2);
        blocks = hm_debug_read().live_blocks;
        assert_true(hm_instance_set(heap, instance, name, value));
        assert_int_equal(hm_debug_read().live_blocks, blocks);
        hm_object *all[] = {value, name, instance};
        for (size_t index = 0; index < HM_COUNT_OF(all); index++)
            hm_decref(heap, all[index]);
    }
    hm_object *last = hm_instance_new(heap, class);
    assert_int_equal(hm_object_size(last), bytes_with(3)); /* two, and one more */
    for (int number = 2; number < 29; number++)
        set_number(heap, first, number);
    for (int number = 2; number < 29; number++)
        assert_int_equal(get_number(heap, first, number), 1000 + number);
    hm_decref(heap, first);
    hm_decref(heap, last);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* Names are known by their address first, by their text where that fails: one that is not interned,
 * and many whose addresses are guessed at one place. */
static void test_a_name_is_found_by_its_text(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    const char *const slot_names[] = {"a0", "a1"};
    const hm_class_spec specs[] = {
        {.name = "A", .has_dict = true},
        {.name = "P", .slot_count = 2, .slot_names = slot_names},
        {.name = "B", .slot_count = 2, .slot_names = slot_names, .has_dict = true}};
    for (size_t spec = 0; spec < HM_COUNT_OF(specs); spec++) {
        hm_object *instance = new_instance(heap, &specs[spec]);
        set_number(heap, instance, 0);
        hm_object *other = hm_str_from(heap, "a0"), *value = hm_list_new(heap);
        assert_int_equal(hm_int_value(hm_instance_get(heap, instance, other)), 1000);
        assert_true(hm_instance_set(heap, instance, other, value));
        hm_object *interned = name_of(heap, 0);
        assert_ptr_equal(hm_instance_get(heap, instance, interned), value);
        assert_int_equal(value->reference_count, 2);
        assert_true(hm_instance_delete(heap, instance, other));
        assert_null(hm_instance_get(heap, instance, interned));
        hm_object *all[] = {interned, value, other, instance};
        for (size_t index = 0; index < HM_COUNT_OF(all); index++)
            hm_decref(heap, all[index]);
    }
    fixture_end(heap);
}

static char order[128];

static bool note_finalizer(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(self);
    strcat(order, context);
    return true;
}

static hm_object *witness_class(hm_heap *heap, hm_finalizer finalizer, void *context)
{
    return hm_class_new(heap,
                        &(hm_class_spec){.name = "W", .finalizer = finalizer, .context = context});
}

/* Attributes `count` to 0 of a new instance: each second one a witness that notes its end, which
 * dies with it, the others numbers that live on. */
static hm_object *instance_of_witnesses(hm_heap *heap, const hm_class_spec *spec,
                                        const char *const *notes, int count)
{
    hm_object *instance = new_instance(heap, spec);
    for (int number = count - 1; number >= 0; number--) {
        hm_object *name = name_of(heap, number), *value = &hm_none;
        if (number % 2 == 1) {
            hm_object *class =
                witness_class(heap, note_finalizer, (void *)(uintptr_t)notes[number / 2]);
            value = hm_instance_new(heap, class);
            hm_decref(heap, class);
        }
        assert_true(hm_instance_set(heap, instance, name, value));
        hm_decref(heap, value);
        hm_decref(heap, name);
    }
    return instance;
}

/* Some survive the instance, some do not; the class dies with it, or not. */
static void test_what_dies_with_an_instance_dies_in_the_order_of_its_names(void **state)
{
    HM_UNUSED(state);
    static const char *const notes[] = {"1 ", "3 ", "5 "};
    static const char *const slot_names[] = {"a0", "a1", "a2", "a3", "a4", "a5"};
    const hm_class_spec slots = {.name = "P", .slot_count = 6, .slot_names = slot_names};
    hm_heap *heap = fixture_heap("generational");
    for (int keep_class = 0; keep_class < 2; keep_class++) {
        for (int open = 0; open < 2; open++) {
            const hm_class_spec attributes = {.name = "A", .has_dict = true};
            hm_object *instance =
                instance_of_witnesses(heap, open ? &attributes : &slots, notes, 6);
            hm_object *class = keep_class ? hm_incref(hm_instance_class(instance)) : NULL;
            order[0] = '\0';
            hm_decref(heap, instance);
            /* An open instance's names are shared in the order they were set. */
            assert_string_equal(order, open ? "5 3 1 " : "1 3 5 ");
            hm_xdecref(heap, class);
            assert_int_equal(hm_heap_live_objects(heap), 0);
        }
    }
    fixture_end(heap);
}

/* The instance that look_and_set looks at. */
static hm_object *looked_at;

static bool look_and_set(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    hm_object *name = hm_str_interned(heap, "b");
    *(bool *)context = hm_instance_get(heap, looked_at, name) != NULL;
    bool set = hm_instance_set(heap, looked_at, name, name);
    hm_decref(heap, name);
    return set;
}

/* Of a value that goes when an instance is cleared, a finalizer may use the instance: it has no
 * attributes, and can get some. */
static void test_what_clearing_drops_sees_no_value(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    bool seen = true;
    hm_object *class = witness_class(heap, look_and_set, &seen);
    hm_object *witness = hm_instance_new(heap, class);
    looked_at = new_instance(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *names[] = {hm_str_interned(heap, "a"), hm_str_interned(heap, "b")};
    assert_true(hm_instance_set(heap, looked_at, names[0], witness));
    assert_true(hm_instance_set(heap, looked_at, names[1], names[0]));
    hm_decref(heap, witness);
    looked_at->type->clear(heap, looked_at);
    assert_false(seen);
    assert_ptr_equal(hm_instance_get(heap, looked_at, names[1]), names[1]);
    assert_null(hm_instance_get(heap, looked_at, names[0]));
    assert_int_equal(names[0]->reference_count, 2); /* ours, and the class's */
    hm_object *all[] = {names[0], names[1], looked_at, class};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static bool note_callback(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    assert_null(hm_weakref_get(weakref));
    strcat(order, context);
    return true;
}

/* subtype_dealloc: a finalizer runs before the weak references die, a legacy one after. */
static void test_a_legacy_finalizer_runs_after_the_weak_references(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    for (int legacy = 0; legacy < 2; legacy++) {
        hm_object *instance = new_instance(heap, &(hm_class_spec){.name = "A",
                                                                  .has_dict = true,
                                                                  .legacy_finalizer = legacy != 0,
                                                                  .finalizer = note_finalizer,
                                                                  .context = "finalizer "});
        hm_object *weak = hm_weakref_new(heap, instance, note_callback, "callback ");
        order[0] = '\0';
        hm_decref(heap, instance);
        assert_string_equal(order, legacy ? "callback finalizer " : "finalizer callback ");
        hm_decref(heap, weak);
    }
    fixture_end(heap);
}

static hm_object *yield_none(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    HM_UNUSED(generator);
    return &hm_none;
}

static bool note_cleanup(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    HM_UNUSED(generator);
    strcat(order, "cleanup ");
    return true;
}

/* gen_dealloc: weak references die before the generator is closed. */
static void test_a_generators_weak_references_die_before_its_cleanup(void **state)
{
    HM_UNUSED(state);
    static const hm_generator_code code = {
        .name = "g", .resume = yield_none, .cleanup = note_cleanup};
    hm_heap *heap = fixture_heap("generational");
    hm_object *generator = hm_generator_new(heap, &code);
    hm_object *weak = hm_weakref_new(heap, generator, note_callback, "callback ");
    assert_ptr_equal(hm_generator_next(heap, generator), &hm_none);
    order[0] = '\0';
    hm_decref(heap, generator);
    assert_string_equal(order, "callback cleanup ");
    hm_decref(heap, weak);
    fixture_end(heap);
}

static void note_unraisable(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(object);
    *(hm_error *)context = *error;
}

static void test_a_decref_below_zero_is_told_in_debug_builds(void **state)
{
    HM_UNUSED(state);
    if (HM_DEBUG < 1)
        skip(); /* a measured build does not look */
    hm_heap *heap = fixture_heap("generational");
    hm_error told = {0};
    hm_heap_set_unraisable_hook(heap, note_unraisable, &told);
    hm_object *list = hm_list_new(heap);
    list->reference_count = 0;
    hm_decref(heap, list);
    assert_int_equal(told.status, HM_RUNTIME_ERROR);
    assert_non_null(strstr(told.message, "of type list has negative ref count"));
    list->reference_count = 1;
    hm_decref(heap, list);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes_keep_the_order_they_were_set_in),
        cmocka_unit_test(test_the_dict_is_made_when_asked_for_and_holds_them_from_then_on),
        cmocka_unit_test(test_more_names_than_a_class_shares_go_to_a_dict),
        cmocka_unit_test(test_slots_have_names_and_no_other_attributes),
        cmocka_unit_test(test_a_cycle_through_an_attribute_is_one_object),
        cmocka_unit_test(test_a_dict_that_shows_attributes_refers_to_nothing),
        cmocka_unit_test(test_shared_names_are_used_up_by_instances),
        cmocka_unit_test(test_an_instance_has_room_for_the_names_of_its_class),
        cmocka_unit_test(test_a_name_is_found_by_its_text),
        cmocka_unit_test(test_what_dies_with_an_instance_dies_in_the_order_of_its_names),
        cmocka_unit_test(test_what_clearing_drops_sees_no_value),
        cmocka_unit_test(test_a_legacy_finalizer_runs_after_the_weak_references),
        cmocka_unit_test(test_a_generators_weak_references_die_before_its_cleanup),
        cmocka_unit_test(test_a_decref_below_zero_is_told_in_debug_builds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
