/* The record that a sample's process writes: completed and judged as the driver does it. A sample
 * runs with a foreign allocator in it, so nothing about it is to be believed. The first byte says
 * how the process ended and which sample it was. */
#include "bench/record.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

typedef struct run {
    hm_run_options options;
    hm_backend_set backends;
    hm_plan plan;
} run;

static void make_run(run *made)
{
    static const char *const line[] = {"heapmark run",        "--backend",     "system",
                                       "--collector",         "none",          "--filter",
                                       "^(short-lived|raw-)", "--repetitions", "1"};
    char *argv[HM_COUNT_OF(line) + 1] = {0};
    hm_error error = {0};
    for (size_t index = 0; index < HM_COUNT_OF(line); index++)
        argv[index] = hm_copy(line[index]);
    HM_CHECK(hm_run_options_parse(&made->options, HM_COUNT_OF(line), argv) == HM_OK);
    HM_CHECK(hm_backend_set_choose(&made->backends, &made->options, &error) == HM_OK);
    HM_CHECK(hm_plan_make(&made->plan, &made->options, &made->backends, &error) == HM_OK);
    for (size_t index = 0; index < HM_COUNT_OF(line); index++)
        free(argv[index]);
}

/* The checksums that a valid record sets must not pass to the next input. */
static void forget_checksums(hm_plan *plan)
{
    for (size_t index = 0; index < plan->work_count; index++) {
        for (size_t thread = 0; thread < HM_MAX_THREAD_COUNTS; thread++) {
            free(plan->works[index].checksums[thread]);
            plan->works[index].checksums[thread] = NULL;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static run made;
    if (made.plan.sample_count == 0)
        make_run(&made);
    fuzz_bytes bytes = {data, size};
    uint8_t choice = fuzz_byte(&bytes);
    uint64_t looks[] = {10, 20, 1000000, 2000000000};
    int64_t rss[] = {4096, 8192, 1 << 20, 1 << 21}, requested[] = {-1, 5, 6, 7};
    hm_process_request request = {.timeout_seconds = 1, .memory_limit_bytes = 1 << 30};
    hm_process_result result = {.end = (hm_process_end)(choice & 3),
                                .code = choice >> 4 & 3,
                                .record = (char *)(uintptr_t)bytes.at,
                                .record_bytes = bytes.left,
                                .look_ns = looks,
                                .look_rss_bytes = rss,
                                .look_requested_bytes = requested,
                                .look_count = HM_COUNT_OF(looks)};
    hm_record_source source = {.plan = &made.plan,
                               .index = (choice >> 6) % made.plan.sample_count,
                               .started_at = "2026-01-01T00:00:00Z",
                               .request = &request,
                               .result = &result};
    json_t *record = hm_record_make(&source);
    HM_CHECK(json_is_object(record));
    /* Whatever came, the record can be written, and says whether it is valid and if not why. */
    char *line = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(12));
    HM_CHECK(line != NULL && strchr(line, '\n') == NULL);
    bool valid = json_is_true(json_object_get(record, "valid"));
    HM_CHECK(valid == json_is_null(json_object_get(record, "reason")));
    free(line);
    json_decref(record);
    forget_checksums(&made.plan);
    return 0;
}
