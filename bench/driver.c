#include "bench/driver.h"

#include "bench/environment.h"
#include "bench/measure/clock.h"
#include "bench/process.h"
#include "bench/record.h"

#include <string.h>

/** The planned sample called `id`: where its record says it is, or wherever it is. */
static hm_plan_sample *find_sample(const hm_plan *plan, const json_t *record, const char *id)
{
    json_int_t place = json_integer_value(json_object_get(record, "sequence"));
    if (place >= 0 && (size_t)place < plan->sample_count &&
        strcmp(plan->samples[place].id, id) == 0)
        return &plan->samples[place];
    return hm_plan_find(plan, id);
}

static hm_status take_record(void *context, json_t *record, size_t line, hm_error *error)
{
    hm_driver *driver = context;
    const char *id = json_string_value(json_object_get(record, "id"));
    hm_plan_sample *sample = id ? find_sample(driver->plan, record, id) : NULL;
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

const char *hm_driver_known_failure(const hm_plan *plan, const hm_plan_cell *cell)
{
    const char *failure = plan->backends->items[cell->backend].failure;
    return failure ? failure : plan->works[cell->work].failure;
}

/** Makes the record (stolen) of a finished sample durable. */
static hm_status keep(hm_driver *driver, size_t index, json_t *record, hm_error *error)
{
    hm_plan_sample *sample = &driver->plan->samples[index];
    hm_status status = hm_journal_append(&driver->journal, record, error);
    sample->finished = status == HM_OK;
    sample->valid = json_is_true(json_object_get(record, "valid"));
    /* A failure that was known before was told when it was found. */
    const char *reason = json_string_value(json_object_get(record, "reason"));
    bool known = hm_driver_known_failure(driver->plan, &driver->plan->cells[sample->cell]) != NULL;
    hm_progress_finished(&driver->progress, sample->id, known ? NULL : reason);
    json_decref(record);
    return status;
}

/** One attempt at a sample. */
typedef struct attempt {
    json_t *record;     /* NULL: the run was interrupted */
    double disturbed;   /* how bad by its own probes: above 1 too bad */
    double loud;        /* how bad by what else ran; 0 where that does not matter */
    uint64_t waited_ns; /* for quiet, before it */
} attempt;

/** Attempts a sample; attempt->waited_ns is what was waited for it already. */
static hm_status attempt_sample(hm_driver *driver, size_t index, attempt *made, hm_error *error)
{
    const hm_plan *plan = driver->plan;
    const hm_plan_sample *sample = &plan->samples[index];
    const hm_plan_cell *cell = &plan->cells[sample->cell];
    char started_at[HM_CLOCK_TEXT_BYTES];
    hm_process_request request;
    hm_process_result result;
    hm_record_source source = {.plan = plan,
                               .index = index,
                               .request = &request,
                               .reason = hm_driver_known_failure(plan, cell)};
    made->record = NULL;
    made->disturbed = made->loud = 0;
    if (!source.reason)
        made->waited_ns += hm_quiet_wait(&driver->quiet);
    source.waited_ns = made->waited_ns;
    source.started_at = hm_clock_now_text(started_at);
    if (source.reason) {
        made->record = hm_record_make(&source);
        return HM_OK;
    }
    hm_status status = hm_driver_start_sample(driver, cell, sample->kind, 0, sample->padding_bytes,
                                              &request, &result, error);
    if (status != HM_OK)
        return status;
    source.result = &result;
    hm_quiet_note(&driver->quiet, &result.shares);
    if (!driver->interrupted)
        made->record = hm_record_make(&source);
    if (made->record)
        made->disturbed = hm_disturbance_badness(&driver->disturbance, made->record);
    /* What a memory sample finds does not depend on how long it took. */
    if (sample->kind != HM_SAMPLE_MEMORY)
        made->loud = hm_quiet_loudness(&result.shares);
    hm_process_clear(&result);
    return HM_OK;
}

static double badness(const attempt *made)
{
    return made->disturbed > made->loud ? made->disturbed : made->loud;
}

/**
 * Whether to try again after `kept`, the least bad attempt so far. A machine that stays loud would
 * only give the same again: then it is left at that, and the record says so.
 */
static bool try_again(hm_driver *driver, const attempt *kept, unsigned attempts,
                      uint64_t *waited_ns)
{
    *waited_ns = 0;
    if (badness(kept) <= 1 || !hm_disturbance_may_try_again(&driver->disturbance, attempts))
        return false;
    *waited_ns = hm_quiet_wait(&driver->quiet);
    if (!hm_disturbance_is_worth_another(kept->disturbed, kept->loud, driver->quiet.loud))
        return false;
    hm_disturbance_take_attempt(&driver->disturbance);
    return true;
}

/** Measures a sample, again where it was disturbed, and keeps the least bad attempt. */
static hm_status run_sample(hm_driver *driver, size_t index, hm_error *error)
{
    attempt kept = {.record = NULL};
    uint64_t waited_ns = 0;
    hm_progress_doing(&driver->progress, driver->plan->samples[index].id);
    for (unsigned attempts = 1;; attempts++) {
        attempt made = {.waited_ns = waited_ns};
        hm_status status = attempt_sample(driver, index, &made, error);
        if (!made.record) {
            json_decref(kept.record);
            return status;
        }
        bool valid = json_is_true(json_object_get(made.record, "valid"));
        if (!kept.record || !valid || badness(&made) < badness(&kept)) {
            json_decref(kept.record);
            kept = made;
        } else {
            json_decref(made.record);
        }
        json_object_set_new(kept.record, "attempt", json_integer(attempts));
        if (!valid || !try_again(driver, &kept, attempts, &waited_ns))
            return keep(driver, index, kept.record, error);
    }
}

hm_status hm_driver_run_samples(hm_driver *driver, hm_error *error)
{
    hm_status status = HM_OK;
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

static bool must_stop(void)
{
    return hm_process_stop_signal() != 0;
}

/** A run that has ended has all its samples, and has asked whether it needs more. */
static bool has_ended(const hm_driver *driver, size_t done)
{
    const char *state = json_string_value(json_object_get(driver->document, "state"));
    return done == driver->plan->sample_count && state && strcmp(state, "finished") == 0;
}

/** Measures what is left of the plan, then what the samples ask for. */
static hm_status measure(hm_driver *driver, size_t left, hm_error *error)
{
    hm_disturbance_start(&driver->disturbance, left);
    driver->quiet = hm_quiet_start(driver->options->profile->quiet_wait_seconds, must_stop);
    hm_status status = prepare(driver, error);
    driver->progress.measuring_since_ns = hm_clock_wall_ns();
    if (status == HM_OK && !driver->interrupted)
        status = hm_driver_run_samples(driver, error);
    if (status == HM_OK && !driver->interrupted)
        status = hm_driver_run_rounds(driver, error);
    return status;
}

hm_status hm_driver_run(hm_driver *driver, hm_error *error)
{
    size_t done = finished_count(driver->plan);
    hm_status status = HM_OK;
    hm_progress_start(&driver->progress, driver->options, driver->plan->sample_count, done);
    if (!has_ended(driver, done))
        status = measure(driver, driver->plan->sample_count - done, error);
    hm_progress_end(&driver->progress);
    if (status == HM_USAGE_ERROR)
        return status;
    hm_error late = {0};
    hm_environment_update(driver->document, driver->plan);
    hm_environment_set_state(driver->document,
                             status == HM_OK && !driver->interrupted ? "finished" : "interrupted");
    hm_status written = hm_environment_write(driver->document, driver->folder, &late);
    if (status != HM_OK || written == HM_OK)
        return status;
    *error = late;
    return written;
}
