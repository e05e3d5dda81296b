#include "graph_fixture.h"

#include "graph/edge.h"
#include "graph/repr.h"

static void expect_name(hm_object *source, hm_object *referent, const char *expected)
{
    char name[HM_EDGE_NAME_BYTES];
    hm_edge_name_between(source, referent, name);
    assert_string_equal(name, expected);
}

static void test_containers(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_new(heap);
    hm_object *leaf = fixture_give(heap, list, hm_list_new(heap));
    fixture_give(heap, list, hm_incref(leaf));
    hm_object *second = fixture_give(heap, list, hm_dict_new(heap));
    fixture_put(heap, second, "it's", leaf);
    hm_object *number = hm_int_new(heap, 1000);
    assert_true(hm_dict_set(heap, second, number, list));
    hm_object *key = hm_tuple_of(heap, &number, 1);
    hm_object *third = hm_set_new(heap);
    assert_true(hm_set_add(heap, third, key));
    assert_true(hm_dict_set(heap, second, key, third));
    hm_object *tuple = hm_tuple_of(heap, (hm_object *[]){list, leaf}, 2);
    expect_name(list, leaf, "[0]");
    expect_name(list, second, "[2]");
    expect_name(tuple, leaf, "[1]");
    expect_name(second, leaf, "[\"it's\"]");
    expect_name(second, list, "[1000]");
    expect_name(second, number, "key");
    expect_name(second, third, "[tuple]");
    expect_name(third, key, "");
    expect_name(leaf, list, "");
    hm_object *all[] = {tuple, key, third, number};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    hm_dict_clear(heap, second);
    hm_decref(heap, list);
    fixture_end(heap);
}

typedef struct edge_names {
    char names[8][HM_EDGE_NAME_BYTES];
    size_t length;
} edge_names;

static void add_name(const hm_edge *edge, void *context)
{
    edge_names *names = context;
    assert_true(names->length < HM_COUNT_OF(names->names));
    hm_edge_name(edge, names->names[names->length++]);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* A key that is its own value: one reference as the value, one as the key. */
static void test_key_that_is_its_value(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_object *dict = hm_dict_new(heap);
    hm_object *text = hm_str_from(heap, "same");
    assert_true(hm_dict_set(heap, dict, text, text));
    edge_names names = {0};
    hm_edge_traverse(dict, add_name, &names);
    qsort(names.names, names.length, sizeof names.names[0], compare_names);
    assert_int_equal(names.length, 2);
    assert_string_equal(names.names[0], "['same']");
    assert_string_equal(names.names[1], "key");
    hm_decref(heap, text);
    hm_decref(heap, dict);
    fixture_end(heap);
}

static void test_instances(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *node = fixture_class(heap, "Node");
    hm_object *one = hm_instance_new(heap, node);
    hm_object *other = hm_instance_new(heap, node);
    fixture_set(heap, one, "left", other);
    fixture_set(heap, one, "kind", node);
    hm_object *list = hm_list_new(heap);
    fixture_set(heap, one, "items", list);
    expect_name(one, other, ".left");
    expect_name(one, list, ".items");
    expect_name(one, node, ".kind");
    expect_name(other, node, "__class__");
    expect_name(node, hm_class_name(node), "__name__");
    expect_name(node, hm_class_attributes(node), "__dict__");
    /* A dict that was asked for shows the attributes; with a key of its own it holds them. */
    hm_object *dict = hm_instance_dict(heap, one);
    expect_name(one, other, ".left");
    assert_true(hm_dict_set(heap, dict, hm_int_new(heap, 1), &hm_none));
    expect_name(one, dict, "__dict__");
    expect_name(dict, other, "['left']");
    expect_name(one, node, "__class__");
    /* Set in another order than the class knows its names, one value twice. */
    hm_object *third = hm_instance_new(heap, node);
    fixture_set(heap, third, "items", list);
    fixture_set(heap, third, "kind", list);
    fixture_set(heap, third, "left", other);
    edge_names names = {0};
    hm_edge_traverse(third, add_name, &names);
    qsort(names.names, names.length, sizeof names.names[0], compare_names);
    assert_int_equal(names.length, 4);
    static const char *const expected[] = {".items", ".kind", ".left", "__class__"};
    for (size_t index = 0; index < 4; index++)
        assert_string_equal(names.names[index], expected[index]);
    hm_object *all[] = {third, list, other, one, node};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void test_slots(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *bare = hm_class_new(heap, &(hm_class_spec){.name = "Bare", .slot_count = 4});
    hm_object *instance = hm_instance_new(heap, bare);
    hm_object *list = hm_list_new(heap);
    hm_object *dict = hm_dict_new(heap);
    hm_store(heap, instance, hm_instance_slot(instance, 1), hm_incref(list));
    hm_store(heap, instance, hm_instance_slot(instance, 3), hm_incref(dict));
    expect_name(instance, list, "slot 1");
    expect_name(instance, dict, "slot 3");
    expect_name(instance, bare, "__class__");
    hm_object *all[] = {dict, list, instance, bare};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    static const char *const names[] = {"first", "second"};
    hm_object *named =
        hm_class_new(heap, &(hm_class_spec){.name = "Named", .slot_count = 2, .slot_names = names});
    instance = hm_instance_new(heap, named);
    hm_store(heap, instance, hm_instance_slot(instance, 0), hm_incref(instance));
    hm_store(heap, instance, hm_instance_slot(instance, 1), hm_incref(named));
    expect_name(instance, instance, ".first");
    expect_name(instance, named, ".second");
    hm_store(heap, instance, hm_instance_slot(instance, 0), NULL);
    hm_decref(heap, instance);
    hm_decref(heap, named);
    fixture_end(heap);
}

static hm_object *run_nothing(hm_heap *heap, hm_frame *frame)
{
    (void)heap;
    (void)frame;
    return hm_incref(&hm_none);
}

static hm_object *resume_nothing(hm_heap *heap, hm_generator *generator)
{
    (void)heap;
    (void)generator;
    return NULL;
}

static const hm_code code = {.name = "body", .local_count = 3, .run = run_nothing};
static const hm_generator_code generator_code = {
    .name = "stream", .local_count = 2, .resume = resume_nothing};

static void test_code(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *globals = hm_dict_new(heap);
    hm_object *list = hm_list_new(heap);
    hm_object *cell = hm_cell_new(heap, list);
    hm_object *closure = hm_tuple_of(heap, &cell, 1);
    hm_object *function = hm_function_new(heap, &code, globals, closure);
    hm_object *method = hm_method_new(heap, function, list);
    hm_object *back = hm_frame_new(heap, &code, NULL, NULL);
    hm_object *frame = hm_frame_new(heap, &code, function, back);
    hm_object *generator = hm_generator_new(heap, &generator_code);
    hm_frame_set(heap, frame, 2, hm_incref(list));
    hm_generator_set(heap, generator, 1, hm_incref(list));
    expect_name(cell, list, "content");
    expect_name(function, globals, "__globals__");
    expect_name(function, closure, "__closure__");
    expect_name(method, function, "__func__");
    expect_name(method, list, "__self__");
    expect_name(frame, function, "f_func");
    expect_name(frame, back, "f_back");
    expect_name(frame, list, "local 2");
    expect_name(generator, list, "local 1");
    hm_object *all[] = {generator, frame, back, method, function, closure, cell, list, globals};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

typedef struct sequence {
    hm_object *objects[64];
    size_t length;
} sequence;

static void add(hm_object *referent, void *context)
{
    sequence *list = context;
    assert_true(list->length < HM_COUNT_OF(list->objects));
    list->objects[list->length++] = referent;
}

static void add_edge(const hm_edge *edge, void *context)
{
    add(edge->referent, context);
}

/* Named or not, the references are those of the traversal, for every type: from the first item of a
 * list or a tuple on, else in its order. */
static void expect_same_references(hm_object *object)
{
    sequence plain = {0};
    sequence named = {0};
    hm_object_traverse(object, add, &plain);
    hm_edge_traverse(object, add_edge, &named);
    assert_true(plain.length > 0);
    assert_int_equal(plain.length, named.length);
    if (object->type->references.vector_backwards) {
        for (size_t index = 0; index < plain.length; index++)
            assert_ptr_equal(plain.objects[index], named.objects[plain.length - 1 - index]);
        return;
    }
    assert_memory_equal(plain.objects, named.objects, plain.length * sizeof plain.objects[0]);
}

static void test_same_references(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *node =
        hm_class_new(heap, &(hm_class_spec){.name = "Node", .slot_count = 2, .has_dict = true});
    hm_object *instance = hm_instance_new(heap, node);
    hm_store(heap, instance, hm_instance_slot(instance, 1), hm_incref(node));
    fixture_set(heap, instance, "a", node);
    fixture_set(heap, instance, "b", instance);
    hm_object *dict = hm_dict_new(heap);
    fixture_put(heap, dict, "a", node);
    fixture_put(heap, dict, "b", node);
    hm_object *set = hm_set_new(heap);
    assert_true(hm_set_add(heap, set, node));
    hm_object *cell = hm_cell_new(heap, node);
    hm_object *tuple = hm_tuple_of(heap, (hm_object *[]){node, set, dict}, 3);
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, set));
    hm_object *function = hm_function_new(heap, &code, dict, tuple);
    hm_object *method = hm_method_new(heap, function, list);
    hm_object *frame = hm_frame_new(heap, &code, function, NULL);
    hm_frame_set(heap, frame, 1, hm_incref(list));
    hm_object *generator = hm_generator_new(heap, &generator_code);
    hm_generator_set(heap, generator, 0, hm_incref(frame));
    hm_object *all[] = {generator, frame, method, function, list, tuple,
                        cell,      set,   dict,   instance, node};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        expect_same_references(all[index]);
    assert_non_null(hm_instance_dict(heap, instance));
    expect_same_references(instance);
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

/* What the object is in a few words; the object is stolen. */
static void expect_repr(hm_heap *heap, hm_object *object, const char *expected)
{
    char text[HM_REPR_BYTES];
    assert_non_null(object);
    hm_repr_write(object, text);
    assert_string_equal(text, expected);
    hm_decref(heap, object);
}

static void test_repr_of_values(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    expect_repr(heap, hm_incref(&hm_none), "None");
    expect_repr(heap, hm_bool_get(true), "True");
    expect_repr(heap, hm_bool_get(false), "False");
    expect_repr(heap, hm_int_new(heap, -5000000000), "-5000000000");
    expect_repr(heap, hm_float_new(heap, 0.1), "0.1");
    expect_repr(heap, hm_float_new(heap, 3), "3.0");
    expect_repr(heap, hm_float_new(heap, 1.0 / 3), "0.3333333333333333");
    expect_repr(heap, hm_bytes_new(heap, "a'\xff\x00", 4), "b\"a'\\xff\\x00\"");
    expect_repr(heap, hm_list_sized(heap, 1), "1 item");
    expect_repr(heap, hm_list_sized(heap, 2), "2 items");
    expect_repr(heap, hm_set_new(heap), "0 items");
    expect_repr(heap, fixture_class(heap, "Node"), "Node");
    expect_repr(heap, hm_frame_new(heap, &code, NULL, NULL), "body");
    expect_repr(heap, hm_generator_new(heap, &generator_code), "stream");
    expect_repr(heap, hm_cell_new(heap, NULL), "");
    fixture_end(heap);
}

static void expect_str(hm_heap *heap, const char *text, size_t length, const char *expected)
{
    expect_repr(heap, hm_str_new(heap, text, length), expected);
}

static void test_repr_of_text(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    expect_str(heap, "", 0, "''");
    expect_str(heap, "it's", 4, "\"it's\"");
    expect_str(heap, "'\"", 2, "'\\'\"'");
    expect_str(heap, "a\\b\n\t\r\0\x7f", 8, "'a\\\\b\\n\\t\\r\\x00\\x7f'");
    expect_str(heap, "\xc2\x85", 2, "'\\x85'");
    expect_str(heap, "gr\xc3\xbc\xc3\x9f", 6, "'gr\xc3\xbc\xc3\x9f'");
    /* No UTF-8: a lone byte, an overlong /, a surrogate, a cut character, above U+10FFFF. */
    const char *bad = "'\xef\xbf\xbd'";
    expect_str(heap, "\xff", 1, bad);
    expect_str(heap, "\xe2\x82", 2, "'\xef\xbf\xbd\xef\xbf\xbd'");
    expect_str(heap, "\xc0\xaf", 2, "'\xef\xbf\xbd\xef\xbf\xbd'");
    expect_str(heap, "\xe0\x80\xaf", 3, "'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd'");
    expect_str(heap, "\xed\xa0\x80", 3, "'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd'");
    expect_str(heap, "\xef\xbf\xbf", 3, "'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd'");
    expect_str(heap, "0123456789012345678901234567890123456789", 40,
               "'0123456789012345678901234567890123456789'");
    expect_str(heap, "0123456789012345678901234567890123456789x", 41,
               "'0123456789012345678901234567890123456789…'");
    char wide[41 * 4 + 1] = "";
    char expected[HM_REPR_BYTES] = "'";
    for (int index = 0; index < 41; index++) {
        strcat(wide, "\xf0\x9f\x90\x8d");
        if (index < 40)
            strcat(expected, "\xf0\x9f\x90\x8d");
    }
    strcat(expected, "…'");
    expect_str(heap, wide, strlen(wide), expected);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_containers),     cmocka_unit_test(test_key_that_is_its_value),
        cmocka_unit_test(test_instances),      cmocka_unit_test(test_slots),
        cmocka_unit_test(test_code),           cmocka_unit_test(test_same_references),
        cmocka_unit_test(test_repr_of_values), cmocka_unit_test(test_repr_of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
