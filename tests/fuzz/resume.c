/* environment.json of somebody else's run, as --resume takes it: read, its options checked, and the
 * plan made again from them. */
#include "bench/backend_set.h"
#include "bench/environment.h"
#include "bench/plan.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* A run of this very build, which no seed that is kept can be: where the document says `true`. */
static void put_own_build(json_t *document)
{
    if (!json_is_true(json_object_get(document, "build")))
        return;
    json_object_set_new(document, "build", hm_build_to_json());
    json_object_set_new(document, "git_commit", hm_git_commit_to_json());
    json_object_set_new(document, "heapmark", json_string(hm_version()));
}

enum { MOST_REPETITIONS = 8 };

/* A plan of a million samples takes seconds and tells no more than one of some. */
static void limit(unsigned *repetitions)
{
    *repetitions = *repetitions < MOST_REPETITIONS ? *repetitions : MOST_REPETITIONS;
}

/* A resumed run's way (bench/run.c), up to where it would write. */
static void resume(hm_run_options *options, const json_t *document)
{
    hm_backend_set backends = {0};
    hm_plan plan = {0};
    hm_error error = {0};
    const json_t *stored = json_object_get(document, "options");
    hm_status status = hm_run_options_resume(options, stored, &error);
    limit(&options->repetitions);
    limit(&options->memory_repetitions);
    limit(&options->latency_repetitions);
    /* Pythons are programs that would be run. */
    if (status == HM_OK && options->references.count > 0)
        return;
    if (status == HM_OK)
        status = hm_backend_set_choose(&backends, options, &error);
    if (status == HM_OK)
        status = hm_plan_make(&plan, options, &backends, &error);
    if (status == HM_OK)
        status = hm_plan_resume(&plan, json_object_get(document, "plan"), &error);
    if (status == HM_OK)
        status = hm_environment_check_same(document, &plan, &error);
    fuzz_check_refusal(status, &error);
    hm_plan_clear(&plan);
    hm_backend_set_clear(&backends);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words[] = {(char[]){"heapmark run"}, (char[]){"--resume"}, NULL};
    hm_run_options options;
    hm_error error = {0};
    fuzz_write("environment.json", data, size);
    json_t *document = hm_environment_read(fuzz_folder(), &error);
    if (document == NULL) {
        fuzz_check_refusal(error.status, &error);
        HM_CHECK(error.status != HM_OK);
        return 0;
    }
    put_own_build(document);
    HM_CHECK(hm_run_options_parse(&options, 2, words) == HM_OK);
    resume(&options, document);
    hm_run_options_clear(&options);
    json_decref(document);
    return 0;
}
