/* What comes before the first sample of a plan.
 *
 * A probe is one short sample of the null workload on each back end, so that a library that crashes
 * or hangs when it is loaded costs its timeout once and not once a sample. A calibration finds the
 * iterations of a batch on one cell of a work; every cell then runs as many. A reference sample
 * gives the checksum that all samples of the work must have; it is taken from the baseline back end
 * without collecting where that is planned, and from the journal's first valid sample where no
 * reference could be had. */
#include "bench/driver.h"
#include "bench/record.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REFINEMENTS = 2, LOOKS_OF_A_DURATION = 2000 };

/** How often a sample is looked at: a long one less often, but never less than once a second. */
static double look_seconds(const hm_driver *driver, hm_sample_kind kind)
{
    double thin = driver->options->duration_seconds / LOOKS_OF_A_DURATION;
    double often = kind == HM_SAMPLE_MEMORY ? 0.005 : 0.02;
    return thin > 1 ? 1 : thin > often ? thin : often;
}

static void add_account_descriptor(hm_strings *arguments)
{
    char *descriptor = hm_format("%d", (int)HM_ACCOUNT_FD);
    hm_strings_add(arguments, "--account-fd");
    hm_strings_add(arguments, descriptor);
    free(descriptor);
}

hm_status hm_driver_start_sample(hm_driver *driver, const hm_plan_cell *cell, hm_sample_kind kind,
                                 double calibrate_seconds, unsigned padding_bytes,
                                 hm_process_request *request, hm_process_result *result,
                                 hm_error *error)
{
    hm_strings arguments = {0};
    hm_record_arguments(driver->plan, cell, kind, calibrate_seconds, &arguments);
    char *descriptor = hm_format("%d", (int)HM_RECORD_FD);
    hm_strings_add(&arguments, "--record-fd");
    hm_strings_add(&arguments, descriptor);
    free(descriptor);
    char *quiet = hm_format("%" PRIu64, driver->disturbance.quiet_probe_ns);
    hm_strings_add(&arguments, "--quiet-probe");
    hm_strings_add(&arguments, quiet);
    free(quiet);
    hm_account_page account = {.page = NULL};
    bool counts = kind == HM_SAMPLE_MEMORY && calibrate_seconds <= 0;
    char program[PATH_MAX];
    hm_status status = hm_backend_program(cell->cell.backend, program, sizeof program, error);
    if (status == HM_OK && counts)
        status = hm_account_page_open(&account, error);
    if (counts)
        add_account_descriptor(&arguments);
    *request = (hm_process_request){
        .program = program[0] != '\0' ? program : NULL,
        .arguments = &arguments,
        .account = counts ? &account : NULL,
        .backend = cell->cell.backend,
        .padding_bytes = padding_bytes,
        .timeout_seconds = driver->options->timeout_seconds,
        .memory_limit_bytes = driver->options->memory_limit_bytes,
        .look_seconds = look_seconds(driver, kind),
        .on_look = hm_progress_tick,
        .context = &driver->progress,
    };
    if (status == HM_OK)
        status = hm_process_run(request, result, error);
    hm_account_page_close(&account);
    request->program = NULL;
    request->account = NULL;
    request->arguments = NULL;
    hm_strings_clear(&arguments);
    if (status == HM_OK && result->end == HM_PROCESS_INTERRUPTED)
        driver->interrupted = true;
    return status;
}

/** A cell of the null workload on the back end. */
static const hm_plan_cell *null_cell(const hm_plan *plan, size_t backend)
{
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].role == HM_ROLE_NULL && plan->cells[index].backend == backend)
            return &plan->cells[index];
    }
    return NULL;
}

static void take_probe(hm_backend_choice *choice, const json_t *record, const char *reason)
{
    const char *version = json_string_value(json_object_get(record, "version"));
    const char *origin = json_string_value(json_object_get(record, "origin"));
    if (*reason)
        choice->failure = hm_copy(reason);
    if (version)
        choice->version = hm_copy(version);
    if (origin)
        choice->origin = hm_copy(origin);
}

static hm_status probe(hm_driver *driver, hm_backend_choice *choice, const hm_plan_cell *cell,
                       hm_error *error)
{
    hm_process_request request;
    hm_process_result result;
    char reason[HM_REASON_BYTES];
    char *doing = hm_format("probing %s", choice->spec.label);
    hm_progress_doing(&driver->progress, doing);
    free(doing);
    hm_status status =
        hm_driver_start_sample(driver, cell, HM_SAMPLE_TIME, 0, 0, &request, &result, error);
    if (status != HM_OK)
        return status;
    json_t *record = hm_record_read(&request, &result, reason, sizeof reason);
    if (!driver->interrupted)
        take_probe(choice, record, reason);
    if (choice->failure)
        hm_progress_say(&driver->progress, "back end %s: %s: all its samples are invalid",
                        choice->spec.label, choice->failure);
    json_decref(record);
    hm_process_clear(&result);
    return HM_OK;
}

hm_status hm_driver_probe(hm_driver *driver, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t index = 0; index < driver->plan->backends->count && status == HM_OK; index++) {
        const hm_plan_cell *cell = null_cell(driver->plan, index);
        if (cell && !driver->interrupted)
            status = probe(driver, &driver->plan->backends->items[index], cell, error);
    }
    return status;
}

/**
 * How well a cell of a work suits: its back end must work, `backend` is preferred, and a collector
 * that does not collect.
 */
static int suits(const hm_plan *plan, const hm_plan_cell *cell, size_t work, size_t thread_index,
                 const char *backend)
{
    const hm_backend_choice *choice = &plan->backends->items[cell->backend];
    if (cell->work != work || cell->thread_index != thread_index || choice->failure)
        return 0;
    return 1 + 2 * (strcmp(choice->spec.label, backend) == 0) +
           (strcmp(cell->cell.collector.label, "none") == 0);
}

static const hm_plan_cell *choose_cell(const hm_plan *plan, size_t work, size_t thread_index,
                                       const char *backend)
{
    const hm_plan_cell *chosen = NULL;
    int best = 0;
    for (size_t index = 0; index < plan->cell_count; index++) {
        int suited = suits(plan, &plan->cells[index], work, thread_index, backend);
        if (suited > best) {
            best = suited;
            chosen = &plan->cells[index];
        }
    }
    return chosen;
}

json_t *hm_driver_run_apart(hm_driver *driver, const hm_plan_cell *cell, hm_sample_kind kind,
                            double calibrate_seconds, char *reason, hm_status *status,
                            hm_error *error)
{
    hm_process_request request;
    hm_process_result result;
    *status =
        hm_driver_start_sample(driver, cell, kind, calibrate_seconds, 0, &request, &result, error);
    if (*status != HM_OK)
        return NULL;
    json_t *record = hm_record_read(&request, &result, reason, HM_REASON_BYTES);
    hm_process_clear(&result);
    if (*reason == '\0')
        return record;
    json_decref(record);
    return NULL;
}

/** The cell that calibrates a work: on the pool where it is planned, else on the baseline. */
static const hm_plan_cell *calibration_cell(const hm_plan *plan, size_t work)
{
    for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
        const hm_plan_cell *cell = choose_cell(plan, work, thread, "pool");
        if (cell && strcmp(cell->cell.backend->label, "pool") != 0)
            cell = choose_cell(plan, work, thread, hm_plan_baseline(plan));
        if (cell)
            return cell;
    }
    return NULL;
}

static int compare_numbers(const void *first, const void *second)
{
    double left = *(const double *)first;
    double right = *(const double *)second;
    return (left > right) - (left < right);
}

/**
 * The lower quartile of a time sample's batches in seconds: what a batch takes where nothing
 * disturbs it, and not the one batch of a growing work that came first. 0: it has none.
 */
static double usual_batch(const json_t *record)
{
    const json_t *batches = json_object_get(json_object_get(record, "series"), "batch_wall_ns");
    size_t count = json_array_size(batches);
    double *seconds = hm_grow(NULL, count, sizeof *seconds);
    for (size_t index = 0; index < count; index++)
        seconds[index] = json_number_value(json_array_get(batches, index)) / 1e9;
    qsort(seconds, count, sizeof *seconds, compare_numbers);
    double usual = count > 0 ? seconds[count / 4] : 0;
    free(seconds);
    return usual;
}

/** The iterations that a whole sample of `work` says make a batch of the length wanted; 0: failed.
 */
static uint64_t refine(hm_driver *driver, const hm_plan_work *work, const hm_plan_cell *cell,
                       char *reason, hm_status *status, hm_error *error)
{
    json_t *sample = hm_driver_run_apart(driver, cell, HM_SAMPLE_TIME, 0, reason, status, error);
    double usual = usual_batch(sample);
    double scaled =
        usual > 0 ? ceil((double)work->iterations * driver->options->batch_seconds / usual) : 0;
    json_decref(sample);
    uint64_t most = hm_sample_most_iterations(&cell->cell);
    return scaled >= 1e15 ? 0 : scaled < (double)most ? (uint64_t)scaled : most;
}

/**
 * Two steps: a rough answer from a process that has just started, then whole samples of that many
 * iterations, whose batches say how many make one of the length wanted. Of several answers the
 * largest is taken: whatever disturbs a sample makes its answer too small.
 */
static hm_status find_iterations(hm_driver *driver, hm_plan_work *work, const hm_plan_cell *cell,
                                 char *reason, hm_error *error)
{
    hm_status status;
    json_t *rough = hm_driver_run_apart(driver, cell, HM_SAMPLE_TIME,
                                        driver->options->batch_seconds, reason, &status, error);
    json_int_t iterations = json_integer_value(json_object_get(rough, "iterations"));
    json_decref(rough);
    if (iterations < 1 || driver->interrupted)
        return status;
    work->iterations = (uint64_t)iterations;
    uint64_t most = 0;
    for (int time = 0; time < REFINEMENTS && status == HM_OK && *reason == '\0'; time++) {
        uint64_t refined = refine(driver, work, cell, reason, &status, error);
        most = refined > most ? refined : most;
    }
    work->iterations = most;
    return status;
}

static hm_status calibrate_work(hm_driver *driver, size_t index, hm_error *error)
{
    char reason[HM_REASON_BYTES] = "";
    hm_plan_work *work = &driver->plan->works[index];
    const hm_plan_cell *cell = calibration_cell(driver->plan, index);
    if (!cell)
        return HM_OK; /* all its back ends have failed, and say why */
    hm_progress_doing(&driver->progress, work->name);
    hm_status status = find_iterations(driver, work, cell, reason, error);
    if (status == HM_OK && work->iterations > 0 && driver->options->duration_seconds > 0)
        status = hm_driver_find_batches(driver, work, cell, reason, error);
    if (driver->interrupted)
        work->iterations = 0; /* an answer that was cut short is none */
    if (status != HM_OK || driver->interrupted || work->iterations > 0)
        return status;
    work->failure =
        hm_format("the work could not be calibrated on %s: %s", cell->cell.backend->label,
                  *reason ? reason : "its record has no iterations");
    hm_progress_say(&driver->progress, "work %s: %s", work->name, work->failure);
    return HM_OK;
}

static hm_status reference_checksum(hm_driver *driver, size_t index, size_t thread, hm_error *error)
{
    char reason[HM_REASON_BYTES] = "";
    hm_plan_work *work = &driver->plan->works[index];
    hm_status status = HM_OK;
    const hm_plan_cell *cell =
        choose_cell(driver->plan, index, thread, hm_plan_baseline(driver->plan));
    /* A sample that lasts as long as asked is too long to be one for reference. */
    bool wanted = work->iterations > 0 && driver->options->duration_seconds <= 0;
    if (!cell || work->checksums[thread] || !wanted || driver->interrupted)
        return HM_OK;
    hm_progress_doing(&driver->progress, work->name);
    json_t *record = hm_driver_run_apart(driver, cell, HM_SAMPLE_TIME, 0, reason, &status, error);
    const char *checksum = json_string_value(json_object_get(record, "checksum"));
    if (checksum && !driver->interrupted)
        work->checksums[thread] = hm_copy(checksum);
    json_decref(record);
    return status;
}

/** Whether a sample of the work is planned here. */
static bool is_measured(const hm_plan *plan, size_t work)
{
    for (size_t index = 0; index < plan->sample_count; index++) {
        if (plan->cells[plan->samples[index].cell].work == work)
            return true;
    }
    return false;
}

hm_status hm_driver_calibrate(hm_driver *driver, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t index = 0; index < driver->plan->work_count && status == HM_OK; index++) {
        if (driver->interrupted)
            break;
        if (!is_measured(driver->plan, index))
            continue;
        if (driver->plan->works[index].iterations == 0)
            status = calibrate_work(driver, index, error);
        for (size_t thread = 0; thread < driver->options->thread_count && status == HM_OK; thread++)
            status = reference_checksum(driver, index, thread, error);
    }
    return status;
}
