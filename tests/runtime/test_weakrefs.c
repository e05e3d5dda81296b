/* This module is the tests of weak references: sharing, lists, equality, death, native callbacks
 * and their order. */
#include "weak_fixture.h"

static hm_object *new_node_class(hm_heap *heap, hm_finalizer finalizer, void *context)
{
    hm_class_spec spec = {.name = "Node",
                          .slot_count = 1,
                          .has_weakrefs = true,
                          .finalizer = finalizer,
                          .context = context};
    return hm_class_new(heap, &spec);
}

typedef struct journal {
    char text[64];
    size_t length;
    hm_object *weak;
} journal;

static void note(journal *log, char letter)
{
    log->text[log->length++] = letter;
    log->text[log->length] = '\0';
}

static journal *the_log;

static bool note_callback(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    assert_null(hm_weakref_get(weakref));
    note(the_log, *(const char *)context);
    return true;
}

static void test_the_one_without_callback_is_shared(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_node_class(heap, NULL, NULL);
    hm_object *node = hm_instance_new(heap, class);
    hm_object *first = hm_weakref_new(heap, node, NULL, NULL);
    hm_object *second = hm_weakref_new(heap, node, NULL, NULL);
    hm_object *own = hm_weakref_new(heap, node, note_callback, "x");
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, own);
    assert_int_equal(hm_weakref_count(node), 2);
    assert_int_equal(hm_object_size(own), 64);
    hm_object *alive = hm_weakref_get(own);
    assert_ptr_equal(alive, node);
    hm_object *all[] = {alive, own, first, second, node, class};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void test_callbacks_run_newest_first_when_the_object_dies(void **state)
{
    HM_UNUSED(state);
    journal log = {.length = 0};
    the_log = &log;
    hm_heap *heap = fixture_heap("none");
    hm_object *class = new_node_class(heap, NULL, NULL);
    hm_object *node = hm_instance_new(heap, class);
    hm_object *shared = hm_weakref_new(heap, node, NULL, NULL);
    hm_object *one = hm_weakref_new(heap, node, note_callback, "1");
    hm_object *two = hm_weakref_new(heap, node, note_callback, "2");
    hm_object *gone = hm_weakref_new(heap, node, note_callback, "-");
    hm_object *three = hm_weakref_new(heap, node, note_callback, "3");
    hm_decref(heap, gone);
    hm_decref(heap, node);
    assert_string_equal(log.text, "321");
    assert_null(hm_weakref_get(shared));
    hm_object *all[] = {shared, one, two, three, class};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static bool note_finalizer(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    journal *log = context;
    hm_object *seen = log->weak == NULL ? NULL : hm_weakref_get(log->weak);
    note(log, seen == NULL ? 'f' : 'F');
    hm_xdecref(heap, seen);
    return true;
}

/* Dropped: the finalizer first, and it sees the weak reference alive; then the callback. */
static void test_refcount_path_finalizes_before_calling_back(void **state)
{
    HM_UNUSED(state);
    journal log = {.length = 0};
    the_log = &log;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_node_class(heap, note_finalizer, &log);
    hm_object *node = hm_instance_new(heap, class);
    log.weak = hm_weakref_new(heap, node, note_callback, "c");
    hm_decref(heap, node);
    assert_string_equal(log.text, "Fc");
    hm_decref(heap, log.weak);
    hm_decref(heap, class);
    fixture_end(heap);
}

/* Collected: the callback first, and the finalizer sees the weak reference dead. */
static void test_collector_path_calls_back_before_finalizing(void **state)
{
    HM_UNUSED(state);
    journal log = {.length = 0};
    the_log = &log;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_node_class(heap, note_finalizer, &log);
    hm_object *node = hm_instance_new(heap, class);
    hm_store(heap, node, hm_instance_slot(node, 0), hm_incref(node));
    log.weak = hm_weakref_new(heap, node, note_callback, "c");
    hm_decref(heap, node);
    assert_string_equal(log.text, "");
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_string_equal(log.text, "cf");
    hm_decref(heap, log.weak);
    hm_decref(heap, class);
    fixture_end(heap);
}

/* A weak reference that is garbage itself never calls back. */
static void test_a_weakref_in_the_garbage_stays_silent(void **state)
{
    HM_UNUSED(state);
    journal log = {.length = 0};
    the_log = &log;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = new_node_class(heap, NULL, NULL);
    hm_object *node = hm_instance_new(heap, class);
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, node));
    assert_true(hm_list_append_new(heap, list, hm_weakref_new(heap, node, note_callback, "c")));
    hm_store(heap, node, hm_instance_slot(node, 0), list);
    hm_decref(heap, node);
    assert_int_equal(hm_heap_collect(heap, 2), 3);
    assert_string_equal(log.text, "");
    hm_decref(heap, class);
    fixture_end(heap);
}

static void test_atoms_and_lists_cannot_be_referenced_weakly(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *list = hm_list_new(heap);
    assert_null(hm_weakref_new(heap, list, NULL, NULL));
    assert_string_equal(heap->error.message, "cannot create weak reference to 'list' object");
    hm_decref(heap, list);
    fixture_end(heap);
}

/* An object whose deallocation waits (deep structure) must not come back through a weakref. */
static bool look_at_deferred(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    journal *log = context;
    hm_object *seen = log->weak == NULL ? NULL : hm_weakref_get(log->weak);
    if (seen != NULL)
        note(log, '!');
    hm_xdecref(heap, seen);
    return true;
}

static void test_a_deferred_object_is_dead_to_weakrefs(void **state)
{
    HM_UNUSED(state);
    enum { DEPTH = 49 }; /* the watcher dies at the deepest level that is not deferred */
    journal log = {.length = 0};
    hm_heap *heap = fixture_heap("none");
    hm_object *plain = new_node_class(heap, NULL, NULL);
    hm_object *watching = new_node_class(heap, look_at_deferred, &log);
    hm_object *deferred = hm_instance_new(heap, plain);
    log.weak = hm_weakref_new(heap, deferred, NULL, NULL);
    hm_object *pair = hm_list_new(heap);
    assert_true(hm_list_append_new(heap, pair, hm_instance_new(heap, watching)));
    assert_true(hm_list_append_new(heap, pair, deferred));
    for (int depth = 0; depth < DEPTH; depth++) {
        hm_object *outer = hm_list_new(heap);
        assert_true(hm_list_append_new(heap, outer, pair));
        pair = outer;
    }
    hm_decref(heap, pair);
    assert_string_equal(log.text, "");
    assert_null(hm_weakref_get(log.weak));
    hm_object *all[] = {log.weak, plain, watching};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void assert_list_is(hm_heap *heap, hm_object *referent, hm_object *const *expected,
                           size_t count)
{
    hm_object *list = hm_weakref_list(heap, referent);
    assert_int_equal(hm_list_length(list), count);
    assert_int_equal(hm_weakref_count(referent), count);
    for (size_t index = 0; index < count; index++)
        assert_ptr_equal(hm_list_get(list, index), expected[index]);
    hm_decref(heap, list);
}

#define assert_list(heap, referent, ...)                                                           \
    do {                                                                                           \
        hm_object *expected_ones[] = {__VA_ARGS__};                                                \
        assert_list_is(heap, referent, expected_ones, HM_COUNT_OF(expected_ones));                 \
    } while (0)

/* weakref.getweakrefs(): the shared reference, the shared proxy, then the newest. */
static void test_the_order_of_the_list(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *call = weak_noter(heap, "x");
    hm_object *a = hm_weakref_new_calling(heap, o, call);
    hm_object *b = hm_weakref_new_calling(heap, o, call);
    hm_object *proxy = hm_weakproxy_new(heap, o);
    hm_object *reference = hm_weakref_new_calling(heap, o, &hm_none);
    hm_object *c = hm_weakproxy_new_calling(heap, o, call);
    assert_list(heap, o, reference, proxy, c, b, a);
    assert_ptr_equal(hm_weakref_first(o), reference);
    assert_ptr_equal(hm_weakref_following(reference), proxy);
    hm_decref(heap, proxy);
    hm_object *d = hm_weakref_new_calling(heap, o, call);
    assert_list(heap, o, reference, d, c, b, a);
    proxy = hm_weakproxy_new_calling(heap, o, NULL);
    assert_list(heap, o, reference, proxy, d, c, b, a);
    hm_decref(heap, reference);
    hm_object *e = hm_weakref_new_calling(heap, o, call);
    assert_list(heap, o, proxy, e, d, c, b, a);
    reference = hm_weakref_new(heap, o, NULL, NULL);
    assert_list(heap, o, reference, proxy, e, d, c, b, a);
    weak_drop_all(heap, a, b, c, d, e, proxy, reference, o, call, class);
    weak_journal[0] = '\0';
    fixture_end(heap);
}

static void test_what_has_no_weak_references_lists_none(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_new(heap);
    hm_object *none = hm_weakref_list(heap, list);
    assert_int_equal(hm_list_length(none), 0);
    assert_int_equal(hm_weakref_count(list), 0);
    assert_null(hm_weakref_new_calling(heap, list, &hm_none));
    assert_error(heap, HM_TYPE_ERROR, "cannot create weak reference to 'list' object");
    weak_drop_all(heap, none, list);
    fixture_end(heap);
}

static void test_a_callback_is_counted_and_seen(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *call = weak_noter(heap, "called");
    hm_object *plain = hm_weakref_new(heap, o, NULL, NULL);
    hm_object *calling = hm_weakref_new_calling(heap, o, call);
    assert_int_equal(call->reference_count, 2);
    assert_ptr_equal(hm_weakref_callback_object(calling), call);
    assert_null(hm_weakref_callback_object(plain));
    assert_true(hm_weakref_has_callback(calling));
    assert_false(hm_weakref_has_callback(plain));
    assert_int_equal(hm_object_size(calling), 64);
    assert_int_equal(hm_getsizeof(heap, calling), 80);
    weak_drop_all(heap, calling);
    assert_int_equal(call->reference_count, 1);
    hm_decref(heap, o);
    assert_journal("");
    weak_drop_all(heap, plain, call, class);
    fixture_end(heap);
}

/* Two that live are equal by their referents; the hash is the referent's, and outlives it. */
static void test_equality_and_hash(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *other = weak_instance(heap, class, "other");
    hm_object *plain = hm_weakref_new(heap, o, NULL, NULL);
    hm_object *calling = weak_noting(heap, o, "x");
    hm_object *elsewhere = hm_weakref_new(heap, other, NULL, NULL);
    uint64_t hash, own_hash = 0;
    assert_true(hm_object_equal(plain, calling));
    assert_false(hm_object_equal(plain, elsewhere));
    assert_false(hm_object_equal(plain, o));
    assert_true(hm_object_hash(heap, plain, &hash) && hm_object_hash(heap, o, &own_hash));
    assert_int_equal(hash, own_hash);
    hm_object *dict = hm_dict_new(heap);
    assert_true(hm_dict_set(heap, dict, plain, other));
    assert_ptr_equal(hm_dict_get(heap, dict, calling), other);
    weak_drop_all(heap, o);
    assert_false(hm_object_equal(plain, calling));
    assert_true(hm_object_equal(plain, plain));
    assert_ptr_equal(hm_dict_get(heap, dict, plain), other);
    assert_true(hm_object_hash(heap, plain, &own_hash));
    assert_int_equal(hash, own_hash);
    hm_object *unhashed = weak_noting(heap, other, "x");
    weak_drop_all(heap, dict, other);
    assert_false(hm_object_hash(heap, unhashed, &hash));
    assert_error(heap, HM_TYPE_ERROR, "weak object has gone away");
    hm_object *set = hm_set_new(heap);
    hm_object *to_set = hm_weakref_new(heap, set, NULL, NULL);
    assert_false(hm_object_hash(heap, to_set, &hash));
    assert_error(heap, HM_TYPE_ERROR, "unhashable type: 'set'");
    weak_drop_all(heap, to_set, set, unhashed, plain, calling, elsewhere, class);
    weak_journal[0] = '\0';
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_one_without_callback_is_shared),
        cmocka_unit_test(test_callbacks_run_newest_first_when_the_object_dies),
        cmocka_unit_test(test_refcount_path_finalizes_before_calling_back),
        cmocka_unit_test(test_collector_path_calls_back_before_finalizing),
        cmocka_unit_test(test_a_weakref_in_the_garbage_stays_silent),
        cmocka_unit_test(test_atoms_and_lists_cannot_be_referenced_weakly),
        cmocka_unit_test(test_a_deferred_object_is_dead_to_weakrefs),
        cmocka_unit_test(test_the_order_of_the_list),
        cmocka_unit_test(test_what_has_no_weak_references_lists_none),
        cmocka_unit_test(test_a_callback_is_counted_and_seen),
        cmocka_unit_test(test_equality_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
