/* Tests of bench/exec/output.h: the last words, and the hash of what was written. */
#include "cmocka_all.h"

#include "base/attributes.h"
#include "bench/exec/output.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void add(hm_exec_words *words, const char *text)
{
    hm_exec_words_add(words, text, strlen(text));
}

static void the_last_line_is_kept(void **state)
{
    hm_exec_words words = {0};
    HM_UNUSED(state);
    add(&words, "first\nsec");
    add(&words, "ond\n\n");
    assert_string_equal(words.last, "second");
    add(&words, "third");
    assert_string_equal(words.last, "third");
    add(&words, "\a\x1b[0m \n");
    assert_string_equal(words.last, "third  [0m ");
}

static void a_long_line_is_cut(void **state)
{
    hm_exec_words words = {0};
    char text[3 * HM_EXEC_LINE_BYTES];
    HM_UNUSED(state);
    memset(text, 'x', sizeof text);
    hm_exec_words_add(&words, text, sizeof text);
    assert_int_equal(strlen(words.last), HM_EXEC_LINE_BYTES - 1);
}

static void the_dynamic_linkers_complaint_is_kept(void **state)
{
    hm_exec_words words = {0};
    HM_UNUSED(state);
    add(&words, "ERROR: ld.so: object 'a.so' cannot be preloaded: ignored.\nlater\n");
    add(&words, "ERROR: ld.so: object 'b.so' cannot be preloaded: ignored.\nlast\n");
    assert_string_equal(words.loader, "ERROR: ld.so: object 'a.so' cannot be preloaded: ignored.");
    assert_string_equal(words.last, "last");
}

/** The hash of `text` written in parts of `part` bytes. */
static uint64_t hash_in_parts(const char *text, size_t part)
{
    hm_exec_output output;
    int ends[2];
    hm_exec_output_open(&output);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    for (size_t at = 0; at < strlen(text); at += part) {
        size_t bytes = strlen(text) - at < part ? strlen(text) - at : part;
        assert_int_equal(write(ends[1], text + at, bytes), bytes);
        hm_exec_output_drain(&output, &ends[0]);
        assert_int_equal(output.last_drained, bytes);
        assert_true(ends[0] >= 0);
    }
    close(ends[1]);
    hm_exec_output_drain(&output, &ends[0]);
    assert_int_equal(ends[0], -1);
    assert_int_equal(output.bytes, strlen(text));
    uint64_t hash = hm_exec_output_hash(&output);
    hm_exec_output_clear(&output);
    return hash;
}

static void the_hash_is_of_the_bytes(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(hash_in_parts("one two three", 1), hash_in_parts("one two three", 100));
    assert_int_not_equal(hash_in_parts("one two three", 4), hash_in_parts("one two threE", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_line_is_kept),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(the_dynamic_linkers_complaint_is_kept),
        cmocka_unit_test(the_hash_is_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
