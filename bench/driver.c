#include "bench/driver.h"

#include "bench/environment.h"
#include "bench/measure/clock.h"
#include "bench/process.h"
#include "bench/record.h"

#include <string.h>

static hm_status take_record(void *context, json_t *record, size_t line, hm_error *error)
{
    hm_driver *driver = context;
    const char *id = json_string_value(json_object_get(record, "id"));
    hm_plan_sample *sample = id ? hm_plan_find(driver->plan, id) : NULL;
    if (!sample || sample->finished)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%.200s:%zu: sample '%.160s' %s: start a new run", driver->journal.path,
                            line, id ? id : "",
                            sample ? "stands there twice" : "is not in this run's plan");
    sample->finished = true;
    sample->valid = json_is_true(json_object_get(record, "valid"));
    const hm_plan_cell *cell = &driver->plan->cells[sample->cell];
    char **checksum = &driver->plan->works[cell->work].checksums[cell->thread_index];
    const char *own = json_string_value(json_object_get(record, "checksum"));
    if (sample->valid && own && !*checksum)
        *checksum = hm_copy(own);
    return HM_OK;
}

hm_status hm_driver_take_journal(hm_driver *driver, hm_error *error)
{
    return hm_journal_read(driver->folder, take_record, driver, error);
}

size_t hm_driver_invalid_count(const hm_driver *driver)
{
    size_t count = 0;
    for (size_t index = 0; index < driver->plan->sample_count; index++)
        count += driver->plan->samples[index].finished && !driver->plan->samples[index].valid;
    return count;
}

static size_t finished_count(const hm_plan *plan)
{
    size_t count = 0;
    for (size_t index = 0; index < plan->sample_count; index++)
        count += plan->samples[index].finished;
    return count;
}

/** Why a sample need not be started; NULL: it must. */
static const char *known_failure(const hm_plan *plan, const hm_plan_cell *cell)
{
    const char *failure = plan->backends->items[cell->backend].failure;
    return failure ? failure : plan->works[cell->work].failure;
}

/** Makes the record (stolen) of a finished sample durable. */
static hm_status keep(hm_driver *driver, size_t sequence, json_t *record, hm_error *error)
{
    hm_plan_sample *sample = &driver->plan->samples[sequence];
    hm_status status = hm_journal_append(&driver->journal, record, error);
    sample->finished = status == HM_OK;
    sample->valid = json_is_true(json_object_get(record, "valid"));
    /* A failure that was known before was told when it was found. */
    const char *reason = json_string_value(json_object_get(record, "reason"));
    bool known = known_failure(driver->plan, &driver->plan->cells[sample->cell]) != NULL;
    hm_progress_finished(&driver->progress, sample->id, known ? NULL : reason);
    json_decref(record);
    return status;
}

/** One attempt at a sample: `*record` receives its record, NULL where the run was interrupted. */
static hm_status attempt_sample(hm_driver *driver, size_t sequence, json_t **record,
                                hm_error *error)
{
    const hm_plan *plan = driver->plan;
    const hm_plan_sample *sample = &plan->samples[sequence];
    const hm_plan_cell *cell = &plan->cells[sample->cell];
    char started_at[HM_CLOCK_TEXT_BYTES];
    hm_process_request request;
    hm_process_result result;
    hm_record_source source = {.plan = plan,
                               .sequence = sequence,
                               .started_at = hm_clock_now_text(started_at),
                               .request = &request,
                               .result = &result,
                               .reason = known_failure(plan, cell)};
    *record = NULL;
    if (source.reason) {
        source.result = NULL;
        *record = hm_record_make(&source);
        return HM_OK;
    }
    hm_status status = hm_driver_start_sample(driver, cell, sample->kind, 0, sample->padding_bytes,
                                              &request, &result, error);
    if (status != HM_OK)
        return status;
    if (!driver->interrupted)
        *record = hm_record_make(&source);
    hm_process_clear(&result);
    return HM_OK;
}

/** Measures a sample, again where it was disturbed, and keeps the least disturbed attempt. */
static hm_status run_sample(hm_driver *driver, size_t sequence, hm_error *error)
{
    json_t *kept = NULL;
    double kept_share = 0;
    hm_progress_doing(&driver->progress, driver->plan->samples[sequence].id);
    for (unsigned attempts = 1;; attempts++) {
        json_t *record;
        hm_status status = attempt_sample(driver, sequence, &record, error);
        if (!record) {
            json_decref(kept);
            return status;
        }
        double share = hm_disturbance_judge(&driver->disturbance, record);
        bool valid = json_is_true(json_object_get(record, "valid"));
        if (!kept || !valid || share < kept_share) {
            json_decref(kept);
            kept = record;
            kept_share = share;
        } else {
            json_decref(record);
        }
        json_object_set_new(kept, "attempt", json_integer(attempts));
        if (!valid || !hm_disturbance_try_again(&driver->disturbance, kept_share, attempts))
            return keep(driver, sequence, kept, error);
    }
}

static hm_status run_samples(hm_driver *driver, hm_error *error)
{
    hm_status status = HM_OK;
    driver->progress.measuring_since_ns = hm_clock_wall_ns();
    for (size_t index = 0; index < driver->plan->sample_count && status == HM_OK; index++) {
        driver->interrupted = driver->interrupted || hm_process_stop_signal() != 0;
        if (driver->interrupted)
            break;
        if (!driver->plan->samples[index].finished)
            status = run_sample(driver, index, error);
    }
    return status;
}

/** Everything up to the first sample; the document is on the disk before and after. */
static hm_status prepare(hm_driver *driver, hm_error *error)
{
    hm_environment_set_state(driver->document, "running");
    hm_status status = hm_driver_probe(driver, error);
    if (status == HM_OK && !driver->interrupted)
        status = hm_environment_check_same(driver->document, driver->plan, error);
    if (status != HM_OK || driver->interrupted)
        return status;
    hm_environment_update(driver->document, driver->plan);
    status = hm_environment_write(driver->document, driver->folder, error);
    if (status == HM_OK)
        status = hm_driver_calibrate(driver, error);
    hm_environment_update(driver->document, driver->plan);
    if (status == HM_OK)
        status = hm_environment_write(driver->document, driver->folder, error);
    return status;
}

hm_status hm_driver_run(hm_driver *driver, hm_error *error)
{
    size_t done = finished_count(driver->plan);
    hm_status status = HM_OK;
    hm_progress_start(&driver->progress, driver->options, driver->plan->sample_count, done);
    if (done < driver->plan->sample_count) {
        hm_disturbance_start(&driver->disturbance, driver->plan->sample_count - done);
        status = prepare(driver, error);
        if (status == HM_OK && !driver->interrupted)
            status = run_samples(driver, error);
    }
    hm_progress_end(&driver->progress);
    if (status == HM_USAGE_ERROR)
        return status;
    hm_error late = {0};
    hm_environment_set_state(driver->document,
                             status == HM_OK && !driver->interrupted ? "finished" : "interrupted");
    hm_status written = hm_environment_write(driver->document, driver->folder, &late);
    if (status != HM_OK || written == HM_OK)
        return status;
    *error = late;
    return written;
}
