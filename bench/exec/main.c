/* `heapmark exec`: the user's own program under each allocator by preload. The files:
 *
 *     options.[ch]    the command line            program.[ch]    what the command is
 *     variant.[ch]    allocators, environments    process.[ch]    one run (start.c, output.[ch])
 *     tree.[ch]       its processes' memory       witness.c       in the program: whose malloc
 *     testimony.[ch]  what witnesses wrote        judge.[ch]      valid or why not
 *     record.[ch]     journal.jsonl               environment.c   environment.json
 *     metrics.def     what is measured            table.[ch]      without Python
 */
#include "base/random.h"
#include "bench/command.h"
#include "bench/environment.h"
#include "bench/exec/record.h"
#include "bench/exec/table.h"
#include "bench/exit_code.h"
#include "bench/folder.h"
#include "bench/journal.h"
#include "bench/measure/clock.h"
#include "bench/progress.h"
#include "bench/results.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 5, MOST_PADDING_BYTES = 4096 };

static const char name[] = "heapmark exec";

/** What a run holds until its end. */
typedef struct run {
    hm_exec_options options;
    hm_exec_program program;
    hm_exec_variants variants;
    hm_exec_witness witness;
    hm_strings dropped;
    hm_journal journal;
    hm_progress progress;
    hm_random random;
    char *folder;
    json_t *document; /* environment.json; NULL: nothing is written yet */
    json_t *records;
    size_t invalid_count;
    size_t variant_count; /* those that are there */
    bool interrupted;
} run;

static void clear(run *self)
{
    hm_journal_close(&self->journal);
    hm_exec_witness_close(&self->witness);
    hm_exec_variants_clear(&self->variants);
    hm_exec_program_clear(&self->program);
    hm_strings_clear(&self->dropped);
    hm_exec_options_clear(&self->options);
    json_decref(self->document);
    json_decref(self->records);
    free(self->folder);
}

/* ---- before anything runs ---- */

static hm_status check_python(const run *self, hm_error *error)
{
    if (self->options.python_malloc == HM_EXEC_PYTHON_AS_IS ||
        !self->program.python_ignores_environment)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--python-malloc: the Python is started with -E or -I and does not read "
                        "PYTHONMALLOC; leave one of the two out");
}

static hm_status prepare(run *self, hm_error *error)
{
    hm_status status = hm_exec_program_find(&self->program, self->options.program, error);
    if (status == HM_OK)
        status = check_python(self, error);
    if (status == HM_OK)
        status = hm_exec_variants_choose(&self->variants, &self->options, error);
    self->folder = hm_folder_name(self->options.out, "exec");
    if (status == HM_OK)
        status = hm_folder_check_new(self->folder, error);
    for (size_t index = 0; index < self->variants.count; index++)
        self->variant_count += !self->variants.items[index].absent;
    if (status == HM_OK)
        status = hm_exec_witness_open(&self->witness, error);
    if (status == HM_OK)
        status = hm_exec_become_subreaper(error);
    return status;
}

static void start_progress(run *self)
{
    hm_run_options shown = {.progress = self->options.progress, .color = HM_AUTO};
    size_t total = self->variant_count * self->options.repetitions;
    hm_progress_start(&self->progress, &shown, total, 0);
    for (size_t index = 0; index < self->variants.count; index++) {
        const hm_exec_variant *variant = &self->variants.items[index];
        if (variant->absent && self->progress.shown)
            hm_progress_say(&self->progress, "left out: %s: %s", variant->label, variant->absent);
    }
}

/** Once the command is known to run: the folder, its environment.json and an empty journal. */
static hm_status make_folder(run *self, int argc, char **argv, hm_error *error)
{
    hm_status status = hm_folder_make(self->folder, error);
    if (status != HM_OK)
        return status;
    char *run_name = hm_folder_run_name(self->folder);
    const hm_exec_setting setting = {.options = &self->options,
                                     .variants = &self->variants,
                                     .program = &self->program,
                                     .run_name = run_name,
                                     .dropped = &self->dropped,
                                     .sample_count =
                                         self->variant_count * self->options.repetitions};
    self->document = hm_exec_environment_make(&setting, argc, argv);
    free(run_name);
    status = hm_journal_open(&self->journal, self->folder, error);
    if (status == HM_OK)
        status = hm_environment_write(self->document, self->folder, error);
    if (status == HM_OK)
        status = hm_folder_point_latest(self->folder, error);
    return status;
}

/* ---- one run of the command ---- */

/** Runs and judges; `*record` NULL: it was interrupted. */
static hm_status run_once(run *self, const hm_exec_variant *variant, hm_exec_place *place,
                          json_t **record, char *reason, hm_error *error)
{
    char started_at[HM_CLOCK_TEXT_BYTES];
    hm_strings environment = {0};
    hm_exec_result result = {0};
    hm_exec_testimony testimony = {0};
    *record = NULL;
    place->padding_bytes = (unsigned)hm_random_below(&self->random, MOST_PADDING_BYTES);
    place->started_at = hm_clock_now_text(started_at);
    hm_exec_environment(variant, self->witness.library, self->witness.file, place->padding_bytes,
                        &environment, &self->dropped);
    const hm_exec_request request = {.path = self->program.path,
                                     .arguments = self->options.program,
                                     .environment = &environment,
                                     .input =
                                         self->options.input ? self->options.input : "/dev/null",
                                     .ignore_output = self->options.ignore_output,
                                     .timeout_seconds = self->options.timeout_seconds,
                                     .memory_limit_bytes = self->options.memory_limit_bytes,
                                     .look_seconds = LOOK_MS / 1000.0,
                                     .on_look = hm_progress_tick,
                                     .context = &self->progress};
    hm_status status = hm_exec_witness_empty(&self->witness, error);
    if (status == HM_OK)
        status = hm_exec_run(&request, &result, error);
    if (status == HM_OK)
        status = hm_exec_testimony_read(&testimony, &self->witness, error);
    self->interrupted |= result.end == HM_PROCESS_INTERRUPTED;
    if (status == HM_OK && !self->interrupted) {
        const hm_exec_case judged = {.options = &self->options,
                                     .variant = variant,
                                     .executable = self->program.executable,
                                     .result = &result,
                                     .testimony = &testimony};
        hm_exec_judge(&judged, reason);
        *record = hm_exec_record_make(&judged, place, reason);
    }
    hm_exec_testimony_clear(&testimony);
    hm_exec_result_clear(&result);
    hm_strings_clear(&environment);
    return status;
}

static bool goes_on(run *self)
{
    self->interrupted = self->interrupted || hm_process_stop_signal() != 0;
    return !self->interrupted;
}

/** Runs that count for nothing: files are read into memory, byte code is written. */
static hm_status warm_up(run *self, hm_error *error)
{
    hm_status status = HM_OK;
    char reason[HM_EXEC_REASON_BYTES];
    for (unsigned round = 0; round < self->options.warmup; round++) {
        for (size_t index = 0; index < self->variants.count; index++) {
            const hm_exec_variant *variant = &self->variants.items[index];
            hm_exec_place place = {0};
            json_t *record = NULL;
            if (variant->absent || status != HM_OK || !goes_on(self))
                continue;
            char *what = hm_format("%s, warm-up", variant->label);
            hm_progress_doing(&self->progress, what);
            status = run_once(self, variant, &place, &record, reason, error);
            json_decref(record);
            free(what);
        }
    }
    return status;
}

static hm_status keep(run *self, json_t *record, const char *reason, hm_error *error)
{
    hm_status status = hm_journal_append(&self->journal, record, error);
    const char *id = json_string_value(json_object_get(record, "id"));
    self->invalid_count += *reason != '\0';
    hm_progress_finished(&self->progress, id, *reason ? reason : NULL);
    json_array_append(self->records, record);
    return status;
}

/** One round: every variant once, in random order. */
static hm_status run_round(run *self, unsigned round, const int *arguments_count, char **argv,
                           hm_error *error)
{
    hm_status status = HM_OK;
    size_t count = self->variants.count;
    size_t *order = hm_grow(NULL, count, sizeof *order);
    char reason[HM_EXEC_REASON_BYTES];
    for (size_t index = 0; index < count; index++) {
        size_t other = (size_t)hm_random_below(&self->random, index + 1);
        order[index] = order[other];
        order[other] = index;
    }
    for (size_t index = 0; index < count && status == HM_OK; index++) {
        const hm_exec_variant *variant = &self->variants.items[order[index]];
        hm_exec_place place = {.sequence = json_array_size(self->records), .repetition = round};
        json_t *record = NULL;
        if (variant->absent || !goes_on(self))
            continue;
        hm_progress_doing(&self->progress, variant->label);
        status = run_once(self, variant, &place, &record, reason, error);
        if (status == HM_OK && record && !self->document)
            status = make_folder(self, *arguments_count, argv, error);
        if (status == HM_OK && record)
            status = keep(self, record, reason, error);
        json_decref(record);
    }
    free(order);
    return status;
}

/* ---- the whole ---- */

static hm_status measure(run *self, int argc, char **argv, hm_error *error)
{
    start_progress(self);
    hm_random_seed(&self->random, self->options.seed);
    hm_status status = warm_up(self, error);
    if (status == HM_OK && goes_on(self) && self->options.warmup > 0)
        status = make_folder(self, argc, argv, error);
    self->progress.measuring_since_ns = hm_clock_wall_ns();
    for (unsigned round = 0; round < self->options.repetitions && status == HM_OK && goes_on(self);
         round++)
        status = run_round(self, round, &argc, argv, error);
    hm_progress_end(&self->progress);
    if (self->document) {
        hm_error second = {0};
        hm_environment_set_state(
            self->document, status == HM_OK && !self->interrupted ? "finished" : "interrupted");
        if (hm_environment_write(self->document, self->folder, &second) != HM_OK && status == HM_OK)
            status = hm_error_set(error, second.status, "%s", second.message);
    }
    return status;
}

/** The statistics as a table or as JSON; without Python plain medians. */
static int show(const run *self)
{
    hm_error error = {0};
    hm_strings arguments = {0};
    int code = HM_EXIT_OK;
    hm_strings_add(&arguments, "exec");
    hm_strings_add(&arguments, self->folder);
    if (self->options.as_json) {
        hm_strings_add(&arguments, "--format");
        hm_strings_add(&arguments, "json");
    }
    hm_status status = hm_plot_run(&arguments, &code, &error);
    hm_strings_clear(&arguments);
    if (status == HM_OK && code == 0)
        return HM_EXIT_OK;
    if (status == HM_OK)
        hm_error_set(&error, HM_IO_ERROR, "the comparison ended with exit code %d", code);
    if (self->options.as_json)
        return hm_command_fail(name, &error);
    fprintf(stderr, "%s: %s; this is the plain table\n", name, error.message);
    hm_exec_table_print(&self->variants, self->records, stdout);
    return hm_command_end(name);
}

static int conclude(const run *self)
{
    if (self->interrupted) {
        if (self->document && json_array_size(self->records) > 0)
            fprintf(stderr, "%s: interrupted; what was finished is kept in %s\n", name,
                    self->folder);
        else
            fprintf(stderr, "%s: interrupted; no run was finished\n", name);
        return HM_EXIT_INTERRUPTED;
    }
    int code = self->invalid_count > 0 ? HM_EXIT_INVALID : HM_EXIT_OK;
    if (self->progress.shown)
        fprintf(stderr, "%zu samples, %zu invalid, in %s\n", json_array_size(self->records),
                self->invalid_count, self->folder);
    return hm_exit_worse(code, show(self));
}

int hm_main_exec(int argc, char **argv)
{
    run self = {.journal = {.descriptor = -1}, .records = json_array()};
    hm_error error = {0};
    int code;
    if (hm_exec_options_parse(&self.options, argc, argv) != HM_OK) {
        code = hm_command_fail(argv[0], &self.options.command.error);
    } else if (self.options.command.finished) {
        code = hm_command_end(argv[0]);
    } else if (prepare(&self, &error) != HM_OK) {
        code = hm_command_fail(argv[0], &error);
    } else {
        hm_process_catch_signals();
        code = measure(&self, argc, argv, &error) == HM_OK ? conclude(&self)
                                                           : hm_command_fail(argv[0], &error);
    }
    clear(&self);
    return code;
}
