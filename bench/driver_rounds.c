/* Adaptive rounds: after the fixed repetitions the samples are asked which cells are unsettled, and
 * those are measured further, round by round, until all are settled or the rounds are spent.
 *
 * The question goes to the plot package, `heapmark_plot unsettled`, so that what decides here is
 * the interval that the report shows. */
#include "bench/driver.h"
#include "bench/environment.h"
#include "bench/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Whether the cell called `name` has no valid time sample: no round would settle it. */
static bool fails(const hm_plan *plan, const char *name)
{
    bool known = false;
    for (size_t index = 0; index < plan->sample_count; index++) {
        const hm_plan_sample *sample = &plan->samples[index];
        if (sample->kind != HM_SAMPLE_TIME || sample->role != HM_ROLE_CELL ||
            strcmp(plan->cells[sample->cell].name, name) != 0)
            continue;
        known = true;
        if (sample->finished && sample->valid)
            return false;
    }
    return known;
}

/** Reads the answer: the cells that further rounds may settle. */
static hm_status read_answer(const hm_plan *plan, const char *text, hm_strings *cells,
                             hm_error *error)
{
    json_error_t wrong;
    size_t index;
    const json_t *name;
    json_t *answer = json_loads(text, 0, &wrong);
    const json_t *names = json_object_get(answer, "unsettled");
    bool sound = json_is_array(names);
    json_array_foreach(names, index, name)
    {
        sound = sound && json_is_string(name);
        if (sound && !fails(plan, json_string_value(name)))
            hm_strings_add(cells, json_string_value(name));
    }
    json_decref(answer);
    return sound ? HM_OK
                 : hm_error_set(error, HM_WRONG_RESULT,
                                "heapmark_plot unsettled did not answer with a list of cells");
}

static hm_status ask(const hm_driver *driver, hm_strings *cells, hm_error *error)
{
    hm_strings arguments = {0};
    char percent[32];
    char *text = NULL;
    snprintf(percent, sizeof percent, "%.12g", driver->options->precision_percent);
    hm_strings_add(&arguments, "unsettled");
    hm_strings_add(&arguments, "--precision");
    hm_strings_add(&arguments, percent);
    hm_strings_add(&arguments, "--");
    hm_strings_add(&arguments, driver->folder);
    hm_status status = hm_plot_capture(&arguments, &text, error);
    if (status == HM_OK)
        status = read_answer(driver->plan, text, cells, error);
    hm_strings_clear(&arguments);
    free(text);
    return status;
}

/** Adds the round to the plan and to environment.json, then measures it. */
static hm_status run_round(hm_driver *driver, hm_error *error)
{
    size_t planned = driver->plan->sample_count - driver->progress.total;
    driver->progress.total += planned;
    hm_disturbance_extend(&driver->disturbance, planned);
    hm_environment_update(driver->document, driver->plan);
    hm_status status = hm_environment_write(driver->document, driver->folder, error);
    return status == HM_OK ? hm_driver_run_samples(driver, error) : status;
}

/** Says why there are no further rounds although there might be; `--progress never` or not. */
static void say_stopped(hm_driver *driver, const char *why)
{
    hm_progress_end(&driver->progress);
    fprintf(stderr, "precision: %s: no rounds beyond the first %u\n", why,
            driver->options->repetitions + (unsigned)driver->plan->round_count);
}

hm_status hm_driver_run_rounds(hm_driver *driver, hm_error *error)
{
    const hm_run_options *options = driver->options;
    hm_status status = HM_OK;
    bool wanted = options->precision_percent > 0 && options->repetitions > 0;
    while (wanted && status == HM_OK && !driver->interrupted) {
        hm_error why = {0};
        hm_strings cells = {0};
        hm_progress_doing(&driver->progress, "which cells are settled");
        hm_status known = ask(driver, &cells, &why);
        driver->interrupted = hm_process_stop_signal() != 0;
        wanted = known == HM_OK && cells.count > 0;
        if (wanted && driver->plan->round_count == options->most_rounds) {
            hm_progress_say(&driver->progress,
                            "%zu cells are not settled to %g %% after %zu further rounds",
                            cells.count, options->precision_percent, driver->plan->round_count);
            wanted = false;
        }
        if (wanted && !driver->interrupted)
            known = hm_plan_add_round(driver->plan, &cells, &why);
        if (known != HM_OK && !driver->interrupted)
            say_stopped(driver, why.message);
        wanted = wanted && known == HM_OK;
        if (wanted && !driver->interrupted)
            status = run_round(driver, error);
        hm_strings_clear(&cells);
    }
    return status;
}
