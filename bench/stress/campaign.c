#include "bench/stress/campaign.h"

#include "bench/measure/clock.h"
#include "bench/process.h"
#include "bench/stress/child.h"
#include "bench/stress/shrink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Short programs first, for what shows soon; long ones for what takes a full heap. */
enum {
    FIRST_EPISODE = 100 * 1000,
    LONGEST_EPISODE = HM_STRESS_AREA_OPERATIONS,
    FIRST_OBJECTS = 2000,
    LONGEST_OBJECTS = 1000 * 1000,
    SEVERAL_THREADS = 4
};

/* ---- processes ---- */

typedef struct start_context {
    const hm_stress_campaign *campaign;
    const hm_backend_spec *spec;
} start_context;

static bool start(const hm_stress_trial *trial, hm_stress_record *record,
                  hm_stress_process *process)
{
    const start_context *context = trial->context;
    hm_stress_area *area = context->campaign->area;
    hm_account_page page = {.file = context->campaign->file};
    hm_process_pipes pipes;
    hm_error error;
    HM_UNUSED(record);
    area->task = trial->task;
    if (trial->task.has_list)
        memcpy(area->list, trial->list, trial->task.operations * sizeof *trial->list);
    char *arguments[] = {"heapmark", "stress", HM_STRESS_CHILD, context->spec->text, NULL};
    hm_strings list = {.items = arguments, .count = 4};
    hm_process_request request = {.arguments = &list, .backend = context->spec, .account = &page};
    if (hm_process_start(&request, &pipes, &error) != HM_OK)
        return false;
    close(pipes.record);
    *process = (hm_stress_process){pipes.pid, pipes.output};
    return true;
}

static bool stopped(void)
{
    return hm_process_stop_signal() != 0;
}

static hm_stress_trial trial_of(const hm_stress_campaign *campaign, start_context *context,
                                hm_stress_program program)
{
    const hm_stress_options *options = campaign->options;
    return (hm_stress_trial){.task = {.program = program,
                                      .threads = 1,
                                      .seed = options->seed,
                                      .patience_s = options->patience_s},
                             .memory_limit_bytes = options->memory_limit_bytes,
                             .start = start,
                             .stopped = stopped,
                             .context = context};
}

/* ---- a defect ---- */

static char *command_again(const hm_stress_result *result, const hm_stress_options *options)
{
    char *spec = hm_shell_quote(result->spec.text);
    const hm_stress_task *task = &result->task;
    uint64_t operations = task->threads == 1 ? result->at + (result->at == 0) : result->fewest;
    if (!hm_stress_is_random(task))
        operations = 1;
    bool objects = task->program == HM_STRESS_OBJECTS;
    char *command = hm_format(
        "heapmark stress --backend %s --what %s%s --threads %u --seed 0x%llx --operations "
        "%llu --patience %u",
        spec, objects ? "runtime --collector " : "allocators", task->collector, task->threads,
        (unsigned long long)task->seed, (unsigned long long)operations, options->patience_s);
    free(spec);
    return command;
}

/* The record is the area's, which the shorter sequences are told in too: it is copied first. */
static void take_defect(const hm_stress_campaign *campaign, const hm_stress_trial *trial,
                        hm_stress_result *result)
{
    hm_stress_record *record = hm_stress_record_new();
    unsigned seconds = campaign->options->shrink_s;
    bool random = hm_stress_is_random(&trial->task);
    if (campaign->area->record.kind == campaign->known)
        seconds = 0;
    memcpy(record, &campaign->area->record, sizeof *record);
    result->has_defect = true;
    result->task = trial->task;
    result->at = record->at;
    result->fewest = trial->task.operations;
    if (random && trial->task.threads == 1 && seconds > 0 && record->at > 0) {
        result->sequence = hm_stress_shrink(trial, record, &campaign->area->record, seconds,
                                            &result->sequence_count);
        result->repeated = result->sequence != NULL;
    } else if (random && trial->task.threads > 1 && seconds > 0) {
        result->fewest = hm_stress_shorten(trial, record, &campaign->area->record, seconds);
        result->repeated = result->fewest < trial->task.operations;
    }
    result->kind = record->kind;
    hm_stress_record_name(record, result->name, sizeof result->name);
    snprintf(result->text, sizeof result->text, "%s", record->defect);
    result->again = command_again(result, campaign->options);
    hm_stress_record_free(record);
}

/* ---- one trial ---- */

static void count(hm_stress_result *result, const hm_stress_record *record)
{
    for (unsigned index = 0; index < HM_STRESS_THREADS_MAX; index++) {
        result->operations += atomic_load(&record->progress[index].operations);
        result->checks += atomic_load(&record->progress[index].checks);
    }
    result->forks += atomic_load(&record->forks);
    result->threads += atomic_load(&record->threads);
    result->exchanges += atomic_load(&record->exchanges);
    result->accounts += atomic_load(&record->accounts);
}

static bool has_finding(const hm_stress_result *result, const char *name)
{
    for (size_t index = 0; index < result->finding_count; index++) {
        if (strcmp(result->findings[index].name, name) == 0)
            return true;
    }
    return false;
}

/* What each process tells anew is found once. */
static void keep_notes(hm_stress_result *result, const hm_stress_record *record)
{
    const char *kind = hm_stress_defect_name(record->note_kind);
    if (atomic_load(&record->noted) && !has_finding(result, kind))
        hm_stress_result_find(result, kind, hm_copy(record->note));
    if (record->aligned_left_out && *result->collector == '\0' &&
        !has_finding(result, "aligned_alloc left out"))
        hm_stress_result_find(result, "aligned_alloc left out",
                              hm_copy("its aligned_alloc does not align; heapmark does not use "
                                      "it, and its family was not tried"));
    if (atomic_load(&record->stage) == HM_STRESS_LOADING)
        return;
    memcpy(result->version, record->version, sizeof result->version);
    memcpy(result->origin, record->origin, sizeof result->origin);
}

/* Runs it; `*goes_on` is false once the campaign is at its end. */
static hm_status try(const hm_stress_campaign *campaign, const hm_stress_trial *trial,
                     hm_stress_result *result, bool *goes_on, hm_error *error)
{
    hm_stress_record *record = &campaign->area->record;
    hm_stress_outcome outcome = hm_stress_trial_run(trial, record);
    *goes_on = outcome == HM_STRESS_WELL;
    keep_notes(result, record);
    if (hm_stress_is_random(&trial->task) && outcome != HM_STRESS_REFUSED)
        count(result, record);
    for (size_t row = 0; row < HM_STRESS_SIZES; row++)
        result->seen[row] |= atomic_load_explicit(&record->seen[row], memory_order_relaxed);
    if (outcome == HM_STRESS_REFUSED)
        return hm_error_set(error, HM_IO_ERROR,
                            "a process under test could not be started, or was refused threads or "
                            "memory by the kernel");
    if (outcome == HM_STRESS_OVERSIZE)
        hm_stress_result_find(result, "memory without end",
                              hm_format("resident memory passed the limit of %lld bytes (seed "
                                        "0x%llx, %u thread(s)); most blocks of a program are small",
                                        (long long)trial->memory_limit_bytes,
                                        (unsigned long long)trial->task.seed, trial->task.threads));
    if (outcome == HM_STRESS_BAD)
        take_defect(campaign, trial, result);
    return HM_OK;
}

/* ---- the campaign ---- */

static uint64_t episode_operations(const hm_stress_options *options, const hm_stress_result *result)
{
    unsigned doublings = result->episodes < 20 ? (unsigned)result->episodes / 2 : 10;
    bool objects = *result->collector != '\0';
    uint64_t longest = objects ? LONGEST_OBJECTS : LONGEST_EPISODE;
    uint64_t operations = (uint64_t)(objects ? FIRST_OBJECTS : FIRST_EPISODE) << doublings;
    if (options->operations > 0) {
        uint64_t left = options->operations - result->operations;
        uint64_t share = options->threads > 0 ? options->operations : options->operations / 2;
        share = share > 0 && share < left ? share : left;
        operations = objects && options->threads == 0 && operations < share ? operations : share;
    }
    return operations < longest ? operations : longest;
}

static bool enough(const hm_stress_options *options, const hm_stress_result *result)
{
    if (options->operations > 0)
        return result->operations >= options->operations;
    return result->seconds >= options->seconds;
}

static hm_status run_episodes(const hm_stress_campaign *campaign, start_context *context,
                              hm_stress_result *result, bool *goes_on, hm_error *error)
{
    const hm_stress_options *options = campaign->options;
    bool objects = *result->collector != '\0';
    hm_stress_trial trial =
        trial_of(campaign, context, objects ? HM_STRESS_OBJECTS : HM_STRESS_RANDOM);
    memcpy(trial.task.collector, result->collector, sizeof trial.task.collector);
    hm_status status = HM_OK;
    while (status == HM_OK && *goes_on && !enough(options, result)) {
        uint64_t began_ns = hm_clock_wall_ns();
        trial.task.threads = options->threads > 0        ? options->threads
                             : result->episodes % 2 == 0 ? 1
                                                         : SEVERAL_THREADS;
        trial.task.seed = options->seed + result->episodes;
        trial.task.operations = episode_operations(options, result);
        if (trial.task.operations < trial.task.threads)
            trial.task.operations = trial.task.threads; /* one each */
        status = try(campaign, &trial, result, goes_on, error);
        result->episodes++;
        result->seconds += (double)(hm_clock_wall_ns() - began_ns) * 1e-9;
    }
    return status;
}

/* Once for all: how long system's calls take, here and now. */
static void learn_the_usual(hm_stress_campaign *campaign)
{
    hm_backend_spec spec = {0};
    hm_error ignored;
    if (campaign->usual.done || hm_backend_parse("system", &spec, &ignored) != HM_OK)
        return;
    start_context context = {campaign, &spec};
    hm_stress_trial trial = trial_of(campaign, &context, HM_STRESS_PACE);
    if (hm_stress_trial_run(&trial, &campaign->area->record) == HM_STRESS_WELL)
        campaign->usual = campaign->area->record.pace;
    hm_backend_spec_clear(&spec);
}

static hm_status run_measures(hm_stress_campaign *campaign, start_context *context,
                              hm_stress_result *result, bool *goes_on, hm_error *error)
{
    hm_stress_trial retention = trial_of(campaign, context, HM_STRESS_RETENTION);
    hm_stress_trial pace = trial_of(campaign, context, HM_STRESS_PACE);
    hm_status status = HM_OK;
    if (*goes_on)
        status = try(campaign, &retention, result, goes_on, error);
    if (status == HM_OK && *goes_on) {
        hm_stress_judge_retention(result, &campaign->area->record.retention);
        learn_the_usual(campaign);
        status = try(campaign, &pace, result, goes_on, error);
    }
    if (status == HM_OK && *goes_on)
        hm_stress_judge_pace(result, &campaign->area->record.pace, &campaign->usual);
    return status;
}

hm_status hm_stress_campaign_run(hm_stress_campaign *campaign, hm_stress_result *result,
                                 hm_error *error)
{
    start_context context = {campaign, &result->spec};
    bool goes_on = !stopped();
    hm_status status = run_episodes(campaign, &context, result, &goes_on, error);
    if (status == HM_OK && *result->collector == '\0')
        status = run_measures(campaign, &context, result, &goes_on, error);
    for (size_t row = 0; row < HM_STRESS_SIZES; row++)
        result->sizes += result->seen[row];
    return status;
}

void hm_stress_result_find(hm_stress_result *result, const char *name, char *text)
{
    if (result->finding_count == HM_STRESS_MOST_FINDINGS) {
        free(text);
        return;
    }
    result->findings[result->finding_count++] = (hm_stress_finding){name, text};
}

void hm_stress_result_clear(hm_stress_result *result)
{
    hm_backend_spec_clear(&result->spec);
    free(result->absent);
    free(result->again);
    free(result->sequence);
    for (size_t index = 0; index < result->finding_count; index++)
        free(result->findings[index].text);
    *result = (hm_stress_result){0};
}
