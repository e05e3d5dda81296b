/*
 * Tests of the parser: what a text becomes, and that a text cut off or damaged anywhere is refused
 * with one line or read, never worse.
 */
#include "bench/conform/parser.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static const char whole[] = "class A\n"
                            "class S slots y x strong\n"
                            "finalizer A\n"
                            "  note gone $self\n"
                            "end\n"
                            "generator g p\n"
                            "  t = list p\n"
                            "  yield t\n"
                            "finally\n"
                            "  note bye\n"
                            "end\n"
                            "callback c\n"
                            "  kept = ref\n"
                            "end\n"
                            "on-collection\n"
                            "  note $phase $generation\n"
                            "end\n"
                            "a = new A\n"
                            "a.x['k'][0] = dict 'k' 1.5 a -3\n"
                            "times 2\n"
                            "  scope\n"
                            "    w = weakref a c\n"
                            "  end\n"
                            "end\n"
                            "fails TypeError append 1 a\n"
                            "expect alive a'2 == False\n"
                            "program second\n"
                            "requires 3.12\n"
                            "print collect 0\n";

static void test_what_a_text_becomes(void **state)
{
    (void)state;
    hm_conform_file file = {0};
    hm_error error;
    assert_int_equal(hm_conform_parse(&file, "file", whole, strlen(whole), &error), HM_OK);
    const hm_conform_program *first = file.first, *second = file.first->next;
    assert_null(first->name);
    assert_int_equal(first->line, 1);
    assert_int_equal(first->definition_count, 5);
    assert_string_equal(second->name, "second");
    assert_int_equal(second->line, 27);
    assert_null(second->next);
    assert_true(file.has_names);

    const hm_conform_definition *slots = first->definitions->next;
    assert_int_equal(slots->slot_count, 2);
    assert_string_equal(slots->slot_names[0], "x");
    assert_string_equal(slots->slot_names[1], "y");
    assert_true(slots->strong);
    const hm_conform_definition *generator = slots->next;
    assert_int_equal(generator->parameter_count, 1);
    assert_int_equal(generator->local_count, 2);
    assert_true(generator->has_finally);

    const hm_conform_node *node = first->body.first;
    while (node->form != &hm_conform_form_store)
        node = node->next;
    node = node->next;
    assert_string_equal(first->symbols[node->place], "a.x['k'][0]");
    assert_int_equal(node->operands[0].accessor_count, 3);
    assert_false(node->operands[0].accessors[0].is_item);
    assert_int_equal(node->operands[0].accessors[1].key.kind, HM_CONFORM_TEXT);
    assert_int_equal(node->operands[0].accessors[2].key.integer, 0);
    assert_string_equal(node->inner->form->word, "dict");
    assert_int_equal(node->inner->operand_count, 4);
    assert_int_equal(node->inner->operands[3].integer, -3);
    node = node->next;
    assert_int_equal(node->number, 2);
    assert_string_equal(node->body.first->form->word, "scope");
    node = node->next;
    assert_int_equal(node->failure, HM_TYPE_ERROR);
    node = node->next;
    assert_string_equal(node->text, "False");
    assert_int_equal(node->inner->ordinal, 2);
    hm_conform_arena_clear(&file.arena);
}

/* Parses; an error must name the file and a line, and be one line. */
static void parse_anything(const char *text, size_t length)
{
    hm_conform_file file = {0};
    hm_error error;
    hm_status status = hm_conform_parse(&file, "file", text, length, &error);
    if (status != HM_OK) {
        assert_int_equal(status, HM_USAGE_ERROR);
        assert_memory_equal(error.message, "file:", 5);
        assert_non_null(strchr(error.message, ';'));
        assert_null(strchr(error.message, '\n'));
    }
    hm_conform_arena_clear(&file.arena);
}

static void test_every_beginning_of_a_text(void **state)
{
    (void)state;
    for (size_t length = 0; length <= strlen(whole); length++)
        parse_anything(whole, length);
}

static void test_damaged_texts(void **state)
{
    (void)state;
    static const char bytes[] = " \n#'[].=$-0a\x80";
    char text[sizeof whole];
    unsigned random = 20231u;
    for (unsigned round = 0; round < 20000; round++) {
        memcpy(text, whole, sizeof whole);
        for (unsigned change = 0; change <= round % 4; change++) {
            random = random * 1103515245u + 12345u;
            text[(random >> 8) % (sizeof whole - 1)] = bytes[(random >> 4) % (sizeof bytes - 1)];
        }
        parse_anything(text, sizeof whole - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_text_becomes),
        cmocka_unit_test(test_every_beginning_of_a_text),
        cmocka_unit_test(test_damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
