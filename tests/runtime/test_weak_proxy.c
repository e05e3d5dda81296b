/*
 * This module is the tests of weak proxies: every use reaches the object while it lives and is a
 * ReferenceError after that.
 */
#include "weak_fixture.h"

static const char gone[] = "weakly-referenced object no longer exists";

static hm_object *attributed_instance(hm_heap *heap)
{
    hm_class_spec spec = {.name = "C", .has_dict = true};
    hm_object *class = hm_class_new(heap, &spec);
    hm_object *instance = hm_instance_new(heap, class);
    assert_non_null(instance);
    hm_decref(heap, class);
    return instance;
}

static void test_the_one_without_callback_is_shared(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *o = attributed_instance(heap);
    hm_object *proxy = hm_weakproxy_new(heap, o);
    hm_object *same = hm_weakproxy_new_calling(heap, o, &hm_none);
    hm_object *call = weak_noter(heap, "called");
    hm_object *own = hm_weakproxy_new_calling(heap, o, call);
    assert_ptr_equal(proxy, same);
    assert_ptr_not_equal(proxy, own);
    assert_ptr_equal(hm_weakref_callback_object(own), call);
    assert_ptr_equal(proxy->type, &hm_weakproxy_type);
    assert_int_equal(hm_getsizeof(heap, proxy), 80);
    weak_drop_all(heap, proxy, same);
    hm_decref(heap, o);
    assert_journal("called ");
    weak_drop_all(heap, own, call);
    hm_object *list = hm_list_new(heap);
    assert_null(hm_weakproxy_new(heap, list));
    assert_error(heap, HM_TYPE_ERROR, "cannot create weak reference to 'list' object");
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_attributes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *o = attributed_instance(heap);
    hm_object *proxy = hm_weakproxy_new(heap, o);
    hm_object *x = hm_str_interned(heap, "x");
    hm_object *value = hm_float_new(heap, 1.5);
    assert_null(hm_weakproxy_get(heap, proxy, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "'C' object has no attribute 'x'");
    assert_true(hm_weakproxy_set(heap, proxy, x, value));
    assert_ptr_equal(hm_instance_get(heap, o, x), value);
    hm_object *read = hm_weakproxy_get(heap, proxy, x);
    assert_ptr_equal(read, value);
    assert_int_equal(value->reference_count, 3);
    hm_decref(heap, read);
    assert_true(hm_weakproxy_delete(heap, proxy, x));
    assert_false(hm_weakproxy_delete(heap, proxy, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "'C' object has no attribute 'x'");
    assert_int_equal(o->reference_count, 1);
    hm_decref(heap, o);
    assert_null(hm_weakproxy_get(heap, proxy, x));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_weakproxy_set(heap, proxy, x, value));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_weakproxy_delete(heap, proxy, x));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    weak_drop_all(heap, x, value, proxy);
    fixture_end(heap);
}

static void test_attributes_of_a_class_and_of_what_has_none(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *set = hm_set_new(heap);
    hm_object *to_class = hm_weakproxy_new(heap, class);
    hm_object *to_set = hm_weakproxy_new(heap, set);
    hm_object *x = hm_str_interned(heap, "x");
    assert_ptr_equal(to_class->type, &hm_weakcallableproxy_type);
    assert_true(hm_weakproxy_set(heap, to_class, x, set));
    assert_ptr_equal(hm_dict_get(heap, hm_class_attributes(class), x), set);
    assert_true(hm_weakproxy_delete(heap, to_class, x));
    assert_null(hm_weakproxy_get(heap, to_class, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "type object 'C' has no attribute 'x'");
    assert_null(hm_weakproxy_get(heap, to_set, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "'set' object has no attribute 'x'");
    assert_false(hm_weakproxy_set(heap, to_set, x, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "'set' object has no attribute 'x'");
    assert_false(hm_weakproxy_delete(heap, to_set, x));
    assert_error(heap, HM_ATTRIBUTE_ERROR, "'set' object has no attribute 'x'");
    weak_drop_all(heap, x, to_set, to_class, set, class);
    fixture_end(heap);
}

static void test_length_members_and_truth(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *set = hm_set_new(heap);
    hm_object *proxy = hm_weakproxy_new(heap, set);
    size_t length = 7;
    bool answer;
    assert_true(hm_weakproxy_truth(heap, proxy, &answer) && !answer);
    assert_true(hm_set_add(heap, set, &hm_none));
    assert_true(hm_weakproxy_length(heap, proxy, &length));
    assert_int_equal(length, 1);
    assert_true(hm_weakproxy_truth(heap, proxy, &answer) && answer);
    assert_true(hm_weakproxy_contains(heap, proxy, &hm_none, &answer) && answer);
    assert_true(hm_weakproxy_contains(heap, proxy, hm_bool_get(true), &answer) && !answer);
    assert_false(hm_weakproxy_contains(heap, proxy, set, &answer));
    assert_error(heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    hm_decref(heap, set);
    assert_false(hm_weakproxy_length(heap, proxy, &length));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_weakproxy_contains(heap, proxy, &hm_none, &answer));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_weakproxy_truth(heap, proxy, &answer));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    hm_decref(heap, proxy);
    hm_object *o = attributed_instance(heap);
    proxy = hm_weakproxy_new(heap, o);
    assert_true(hm_weakproxy_truth(heap, proxy, &answer) && answer);
    assert_false(hm_weakproxy_length(heap, proxy, &length));
    assert_error(heap, HM_TYPE_ERROR, "object of type 'C' has no len()");
    assert_false(hm_weakproxy_contains(heap, proxy, &hm_none, &answer));
    assert_error(heap, HM_TYPE_ERROR, "argument of type 'C' is not iterable");
    weak_drop_all(heap, proxy, o);
    fixture_end(heap);
}

static hm_object *run_second(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    return hm_incref(frame->locals[1]);
}

static void test_calls(void **state)
{
    HM_UNUSED(state);
    static const hm_code second = {
        .name = "second", .argument_count = 2, .local_count = 2, .run = run_second};
    hm_heap *heap = fixture_heap("generational");
    hm_object *function = hm_function_new(heap, &second, NULL, NULL);
    hm_object *proxy = hm_weakproxy_new(heap, function);
    hm_object *arguments[] = {proxy, function};
    assert_ptr_equal(proxy->type, &hm_weakcallableproxy_type);
    hm_object *result = hm_weakproxy_call(heap, proxy, arguments, 2);
    assert_ptr_equal(result, function);
    weak_drop_all(heap, result, function);
    assert_null(hm_weakproxy_call(heap, proxy, arguments, 1));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    hm_decref(heap, proxy);
    hm_object *o = attributed_instance(heap);
    proxy = hm_weakproxy_new(heap, o);
    assert_null(hm_weakproxy_call(heap, proxy, &o, 1));
    assert_error(heap, HM_TYPE_ERROR, "'weakref.ProxyType' object is not callable");
    assert_null(hm_weakproxy_next(heap, proxy));
    assert_error(heap, HM_TYPE_ERROR, "Weakref proxy referenced a non-iterator 'C' object");
    weak_drop_all(heap, proxy, o);
    fixture_end(heap);
}

static hm_object *yield_twice(hm_heap *heap, hm_generator *generator)
{
    return generator->state++ < 2 ? hm_int_new(heap, generator->state) : NULL;
}

static void test_next_of_a_generator(void **state)
{
    HM_UNUSED(state);
    static const hm_generator_code code = {.name = "g", .resume = yield_twice};
    hm_heap *heap = fixture_heap("generational");
    hm_object *generator = hm_generator_new(heap, &code);
    hm_object *proxy = hm_weakproxy_new(heap, generator);
    assert_int_equal(hm_int_value(hm_weakproxy_next(heap, proxy)), 1);
    assert_int_equal(hm_int_value(hm_weakproxy_next(heap, proxy)), 2);
    assert_null(hm_weakproxy_next(heap, proxy));
    assert_int_equal(heap->error.status, HM_OK);
    hm_decref(heap, generator);
    assert_null(hm_weakproxy_next(heap, proxy));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    hm_decref(heap, proxy);
    fixture_end(heap);
}

/* CPython 3.11 to 3.13: ref == proxy is True and proxy == ref is not. */
static void test_equality_and_no_hash(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *o = attributed_instance(heap);
    hm_object *proxy = hm_weakproxy_new(heap, o);
    hm_object *weakref = hm_weakref_new(heap, o, NULL, NULL);
    uint64_t hash;
    bool equal;
    assert_true(hm_object_equal(proxy, o) && hm_object_equal(o, proxy));
    assert_true(hm_object_equal(weakref, proxy));
    assert_false(hm_object_equal(proxy, weakref));
    assert_false(hm_object_equal(weakref, o));
    assert_true(hm_weakproxy_equal(heap, proxy, o, &equal) && equal);
    assert_false(hm_object_hash(heap, proxy, &hash));
    assert_error(heap, HM_TYPE_ERROR, "unhashable type: 'weakref.ProxyType'");
    hm_decref(heap, o);
    assert_false(hm_weakproxy_equal(heap, proxy, proxy, &equal));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_weakproxy_equal(heap, &hm_none, proxy, &equal));
    assert_error(heap, HM_REFERENCE_ERROR, gone);
    assert_false(hm_object_equal(weakref, proxy));
    weak_drop_all(heap, proxy, weakref);
    hm_object *class = weak_class(heap, NULL);
    proxy = hm_weakproxy_new(heap, class);
    assert_false(hm_object_hash(heap, proxy, &hash));
    assert_error(heap, HM_TYPE_ERROR, "unhashable type: 'weakref.CallableProxyType'");
    weak_drop_all(heap, proxy, class);
    fixture_end(heap);
}

/* A proxy to garbage dies with it, before the finalizers run. */
static hm_object *looked_at;

static bool look_through_proxy(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    hm_object *referent = hm_weakproxy_referent(heap, looked_at);
    weak_note(referent == NULL ? hm_status_name(heap->error.status) : "alive");
    hm_xdecref(heap, referent);
    hm_error_clear(&heap->error);
    return true;
}

static void test_a_collection_kills_proxies_first(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, look_through_proxy);
    for (int cyclic = 0; cyclic < 2; cyclic++) {
        hm_object *o = weak_instance(heap, class, "o");
        looked_at = hm_weakproxy_new(heap, o);
        if (cyclic)
            weak_refer(heap, o, o);
        hm_decref(heap, o);
        assert_int_equal(hm_heap_collect(heap, 2), cyclic);
        assert_journal(cyclic ? "ReferenceError " : "alive ");
        hm_decref(heap, looked_at);
    }
    hm_decref(heap, class);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_one_without_callback_is_shared),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_attributes_of_a_class_and_of_what_has_none),
        cmocka_unit_test(test_length_members_and_truth),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_next_of_a_generator),
        cmocka_unit_test(test_equality_and_no_hash),
        cmocka_unit_test(test_a_collection_kills_proxies_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
