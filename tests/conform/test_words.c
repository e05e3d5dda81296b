/*
 * Tests of lines and words: where a word ends, what a comment is, and which bytes are text.
 */
#include "bench/conform/parser.h"
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A parser over a text, with its own arena. */
typedef struct line_reader {
    hm_conform_parser parser;
    hm_conform_arena arena;
    hm_error error;
} line_reader;

static void begin(line_reader *reader, const char *text, size_t length)
{
    memset(reader, 0, sizeof *reader);
    reader->parser = (hm_conform_parser){.path = "file",
                                         .at = text,
                                         .end = text + length,
                                         .arena = &reader->arena,
                                         .error = &reader->error};
}

static void end(line_reader *reader)
{
    free(reader->parser.words);
    free(reader->parser.buffer);
    hm_conform_symbols_free(&reader->parser.symbols);
    hm_conform_arena_clear(&reader->arena);
}

/* Reads the one line of `text` and compares its words, which `expected` joins by '|'. */
static void check_words(const char *text, const char *expected)
{
    line_reader reader;
    bool found;
    char joined[200] = "";
    begin(&reader, text, strlen(text));
    assert_true(hm_conform_read_line(&reader.parser, &found));
    for (size_t index = 0; found && index < reader.parser.word_count; index++) {
        strcat(joined, index > 0 ? "|" : "");
        strcat(joined, reader.parser.words[index]);
    }
    assert_string_equal(joined, expected);
    end(&reader);
}

static void check_refused(const char *text, size_t length, const char *message)
{
    line_reader reader;
    bool found;
    begin(&reader, text, length);
    assert_false(hm_conform_read_line(&reader.parser, &found));
    assert_int_equal(reader.error.status, HM_USAGE_ERROR);
    assert_string_equal(reader.error.message, message);
    end(&reader);
}

static void test_words_and_comments(void **state)
{
    (void)state;
    check_words("a = list b c", "a|=|list|b|c");
    check_words("  \t a\t=  b \r\n", "a|=|b");
    check_words("a = b# comment", "a|=|b");
    check_words("# nothing\n\n   \nb # x", "b");
    check_words("", "");
    check_words("# nothing", "");
}

static void test_quotes(void **state)
{
    (void)state;
    check_words("a = 'two words # no comment' b", "a|=|'two words # no comment'|b");
    check_words("a['k k'] = ''", "a['k k']|=|''");
    check_words("alive a'2 a['x y']'3", "alive|a'2|a['x y']'3");
    check_refused("a = 'open", 9, "file:1: the text 'open does not end; expected a quote");
    check_refused("a['open] = 1", 12,
                  "file:1: the text a['open] = 1 does not end; expected a quote");
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    check_words("n = '\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'",
                "n|=|'\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'");
    static const char *const wrong[] = {"\xff",         "\xc3",         "\x80", "\xc0\x80",
                                        "\xe0\x80\x80", "\xed\xa0\x80", "\x01", "\xf4\x90\x80\x80",
                                        "\x7f"};
    for (size_t index = 0; index < HM_COUNT_OF(wrong); index++) {
        char message[100];
        snprintf(message, sizeof message,
                 "file:1: byte 1 of the line is 0x%02x; expected UTF-8 text",
                 (unsigned)(unsigned char)wrong[index][0]);
        check_refused(wrong[index], strlen(wrong[index]), message);
    }
    check_refused("a\0b", 3, "file:1: byte 2 of the line is 0x00; expected UTF-8 text");
}

static void test_a_name_has_one_symbol(void **state)
{
    (void)state;
    line_reader reader;
    begin(&reader, "", 0);
    uint32_t first = hm_conform_symbol_of(&reader.parser, "alpha", 5)->number;
    for (unsigned index = 0; index < 5000; index++) {
        char name[16];
        int length = snprintf(name, sizeof name, "n%u", index);
        assert_int_equal(hm_conform_symbol_of(&reader.parser, name, (size_t)length)->number,
                         index + 1);
    }
    assert_int_equal(hm_conform_symbol_of(&reader.parser, "alphabet", 5)->number, first);
    assert_int_not_equal(hm_conform_symbol_of(&reader.parser, "alphabet", 8)->number, first);
    assert_int_equal(hm_conform_symbol_of(&reader.parser, "n4999", 5)->number, 5000);
    hm_conform_symbols_forget(&reader.parser.symbols);
    assert_int_equal(hm_conform_symbol_of(&reader.parser, "n4999", 5)->number, 0);
    end(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_comments),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_a_name_has_one_symbol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
