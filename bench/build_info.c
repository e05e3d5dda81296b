/* What heapmark itself was built from and with: compiled in, so that a binary moved elsewhere still
 * tells the truth. bench/CMakeLists.txt and bench/git_commit.cmake define the names in capitals. */
#include "bench/environment.h"
#include "bench/gbench.h"
#include "git_commit.h"

#if defined __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void run_nothing(hm_gbench_state *state, void *user_data)
{
    HM_UNUSED(user_data);
    while (hm_gbench_keep_running(state))
        continue;
}

/**
 * How Google Benchmark itself was built. It says so nowhere but in the context of a JSON report, so
 * one is made of a benchmark that does nothing once.
 */
static json_t *library_build_type(void)
{
    json_t *found = NULL;
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_text(HM_GBENCH_JSON);
    hm_gbench_benchmark *nothing = hm_gbench_register("nothing", run_nothing, NULL);
    if (reporter && nothing && hm_gbench_set_iterations(nothing, 1) &&
        hm_gbench_run("^nothing", &reporter, 1, NULL)) {
        json_t *report = json_loads(hm_gbench_reporter_text(reporter), 0, NULL);
        found =
            json_incref(json_object_get(json_object_get(report, "context"), "library_build_type"));
        json_decref(report);
    }
    hm_gbench_reporter_destroy(reporter);
    hm_gbench_clear();
    return found ? found : json_null();
}

json_t *hm_build_to_json(void)
{
#ifdef HM_SANITIZED
    json_t *sanitizers = json_string(HM_SANITIZED);
#else
    json_t *sanitizers = json_null();
#endif
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:o}}", "compiler", COMPILER, "type",
                     HM_BUILD_TYPE, "flags", HM_BUILD_FLAGS, "sanitizers", sanitizers,
                     "google_benchmark", "version", hm_gbench_library_version(),
                     "library_build_type", library_build_type());
}

json_t *hm_git_commit_to_json(void)
{
    return *HM_GIT_COMMIT ? json_string(HM_GIT_COMMIT) : json_null();
}

json_t *hm_git_dirty_to_json(void)
{
    return *HM_GIT_COMMIT ? json_boolean(HM_GIT_DIRTY) : json_null();
}
