/** See results.h. */
#include "results.h"

#include <math.h>
#include <string.h>

static kept_results kept;

static const char *copy_text(char *own, size_t size, const char *text)
{
    if (text == NULL)
        return NULL;
    assert_true(strlen(text) < size);
    return strcpy(own, text);
}

static void keep(const hm_gbench_result *result, void *user_data)
{
    assert_ptr_equal(user_data, &kept);
    assert_true(kept.count < RESULTS_MAX);
    assert_true(result->counter_count <= RESULTS_MAX_COUNTERS);
    kept_result *own = &kept.all[kept.count++];
    hm_gbench_result *fields = &own->fields;
    *fields = *result;
    fields->name = copy_text(own->name, sizeof own->name, result->name);
    fields->function_name =
        copy_text(own->function_name, sizeof own->function_name, result->function_name);
    fields->arguments = copy_text(own->arguments, sizeof own->arguments, result->arguments);
    fields->label = copy_text(own->label, sizeof own->label, result->label);
    fields->error_message =
        copy_text(own->error_message, sizeof own->error_message, result->error_message);
    fields->aggregate_name =
        copy_text(own->aggregate_name, sizeof own->aggregate_name, result->aggregate_name);
    if (result->memory != NULL) {
        own->memory = *result->memory;
        fields->memory = &own->memory;
    }
    fields->counters = own->counters;
    for (size_t index = 0; index < result->counter_count; index++) {
        own->counters[index] = result->counters[index];
        own->counters[index].name = copy_text(
            own->counter_names[index], sizeof own->counter_names[0], result->counters[index].name);
    }
}

const kept_results *run_and_keep(const char *filter)
{
    memset(&kept, 0, sizeof kept);
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_function(keep, &kept);
    assert_non_null(reporter);
    assert_true(hm_gbench_run(filter, &reporter, 1, &kept.benchmarks));
    assert_true(hm_gbench_reporter_destroy(reporter));
    return &kept;
}

const kept_result *result_named(const kept_results *results, const char *name)
{
    const kept_result *found = NULL;
    for (size_t index = 0; index < results->count; index++) {
        if (strcmp(results->all[index].name, name) != 0)
            continue;
        if (found != NULL)
            fail_msg("two results are named %s", name);
        found = &results->all[index];
    }
    if (found == NULL) {
        for (size_t index = 0; index < results->count; index++)
            print_error("there is %s\n", results->all[index].name);
        fail_msg("no result is named %s", name);
    }
    return found;
}

const hm_gbench_counter *counter_of(const kept_result *result, const char *name)
{
    const hm_gbench_counter *counter = hm_gbench_find_counter(&result->fields, name);
    if (counter == NULL)
        fail_msg("%s has no counter %s", result->name, name);
    return counter;
}

void assert_close(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 1e-12 * fmax(fabs(actual), fabs(expected))))
        fail_msg("%.17g is not %.17g", actual, expected);
}

void run_empty(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    while (hm_gbench_keep_running(state)) {
    }
}

int clear_benchmarks(void **unused)
{
    (void)unused;
    return hm_gbench_clear() ? 0 : -1;
}
