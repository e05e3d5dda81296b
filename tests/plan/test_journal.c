/* This module tests that nothing finished is lost from a journal: cut at every byte of its last
 * line, and damaged in the middle. */
#include "cmocka_all.h"

#include "bench/journal.h"
#include "bench/strings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 4 };

static char folder[] = "/tmp/heapmark-journal-XXXXXX";
static char *path;
static char *whole; /* the journal of RECORDS records */
static size_t whole_bytes;
static size_t last_line; /* where it begins */

static void put(const char *text, size_t bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, bytes), bytes);
    close(file);
}

static json_t *make_record(int number)
{
    /* Line ends, quotes and letters of several bytes: what a cut can fall into. */
    return json_pack("{s:s, s:i, s:s, s:f}", "record", "sample", "number", number, "reason",
                     "größer\n\"als\" \\ gedacht", "value", 1.0 / 3);
}

static int make_journal(void **state)
{
    (void)state;
    hm_journal journal;
    hm_error error = {0};
    struct stat file;
    if (mkdtemp(folder) == NULL)
        return -1;
    path = hm_format("%s/journal.jsonl", folder);
    if (hm_journal_open(&journal, folder, &error) != HM_OK)
        return -1;
    for (int number = 0; number < RECORDS; number++) {
        json_t *record = make_record(number);
        if (hm_journal_append(&journal, record, &error) != HM_OK)
            return -1;
        json_decref(record);
    }
    hm_journal_close(&journal);
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &file) != 0)
        return -1;
    whole_bytes = (size_t)file.st_size;
    whole = malloc(whole_bytes + 1);
    if (read(descriptor, whole, whole_bytes) != file.st_size)
        return -1;
    whole[whole_bytes] = '\0';
    close(descriptor);
    for (size_t at = 0; at + 1 < whole_bytes; at++) {
        if (whole[at] == '\n')
            last_line = at + 1;
    }
    return 0;
}

static int remove_journal(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    free(path);
    free(whole);
    return 0;
}

static hm_status count_record(void *context, json_t *record, size_t line, hm_error *error)
{
    (void)error;
    int *count = context;
    assert_int_equal(json_integer_value(json_object_get(record, "number")), *count);
    assert_int_equal(line, *count + 1);
    ++*count;
    return HM_OK;
}

static void a_cut_at_any_byte_loses_the_last_line_alone(void **state)
{
    (void)state;
    for (size_t bytes = last_line; bytes <= whole_bytes; bytes++) {
        hm_journal journal;
        hm_error error = {0};
        int count = 0;
        int finished = bytes == whole_bytes ? RECORDS : RECORDS - 1;
        put(whole, bytes);
        /* A reader that may not write leaves the torn line out. */
        assert_int_equal(hm_journal_read(folder, count_record, &count, &error), HM_OK);
        assert_int_equal(count, finished);
        /* The driver cuts it off, and what it appends then is whole. */
        assert_int_equal(hm_journal_open(&journal, folder, &error), HM_OK);
        assert_int_equal(hm_journal_mend(&journal, &error), HM_OK);
        json_t *record = make_record(finished);
        assert_int_equal(hm_journal_append(&journal, record, &error), HM_OK);
        json_decref(record);
        hm_journal_close(&journal);
        count = 0;
        assert_int_equal(hm_journal_read(folder, count_record, &count, &error), HM_OK);
        assert_int_equal(count, finished + 1);
    }
}

static hm_status take_any(void *context, json_t *record, size_t line, hm_error *error)
{
    (void)record;
    (void)error;
    *(size_t *)context = line;
    return HM_OK;
}

/* A line end written over, at any place before the last line, joins or splits lines: the first line
 * that is no record is named, and those before it have been read. */
static void damage_inside_is_named_by_its_line(void **state)
{
    (void)state;
    size_t line = 1;
    char *spoiled = malloc(whole_bytes);
    for (size_t at = 0; at < last_line; at++) {
        hm_error error = {0};
        size_t last_read = 0;
        char where[64];
        memcpy(spoiled, whole, whole_bytes);
        spoiled[at] = spoiled[at] == '\n' ? ' ' : '\n';
        put(spoiled, whole_bytes);
        assert_int_equal(hm_journal_read(folder, take_any, &last_read, &error), HM_USAGE_ERROR);
        snprintf(where, sizeof where, "journal.jsonl:%zu:", line);
        assert_non_null(strstr(error.message, where));
        assert_int_equal(last_read, line - 1);
        line += whole[at] == '\n';
    }
    free(spoiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_byte_loses_the_last_line_alone),
        cmocka_unit_test(damage_inside_is_named_by_its_line),
    };
    return cmocka_run_group_tests(tests, make_journal, remove_journal);
}
