/* journal.jsonl of somebody else's run: read by --resume and by the tables, and mended. */
#include "bench/journal.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

typedef struct seen {
    size_t records, last_line;
} seen;

static hm_status visit(void *context, json_t *record, size_t line, hm_error *error)
{
    seen *so_far = context;
    HM_UNUSED(error);
    HM_CHECK(strcmp(json_string_value(json_object_get(record, "record")), "sample") == 0);
    HM_CHECK(line == so_far->last_line + 1);
    so_far->last_line = line;
    so_far->records++;
    return HM_OK;
}

static hm_status read_all(seen *so_far)
{
    hm_error error = {0};
    *so_far = (seen){0};
    hm_status status = hm_journal_read(fuzz_folder(), visit, so_far, &error);
    fuzz_check_refusal(status, &error);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hm_journal journal;
    hm_error error = {0};
    seen before, after;
    fuzz_write("journal.jsonl", data, size);
    hm_status status = read_all(&before);
    HM_CHECK(hm_journal_open(&journal, fuzz_folder(), &error) == HM_OK);
    HM_CHECK(hm_journal_mend(&journal, &error) == HM_OK);
    /* A record that is appended now stands on a line of its own; mending loses nothing. */
    json_t *record = json_pack("{s:s}", "record", "sample");
    HM_CHECK(hm_journal_append(&journal, record, &error) == HM_OK);
    hm_journal_close(&journal);
    json_decref(record);
    HM_CHECK(read_all(&after) == status);
    HM_CHECK(after.records == before.records + (status == HM_OK));
    return 0;
}
