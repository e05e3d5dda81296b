/* `heapmark run`: from the command line to a run's folder. */
#include "bench/backend_set.h"
#include "bench/driver.h"
#include "bench/environment.h"
#include "bench/exit_code.h"
#include "bench/folder.h"
#include "bench/process.h"
#include "bench/results.h"
#include "bench/size_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** What a run holds until its end. */
typedef struct run {
    hm_run_options options;
    hm_backend_set backends;
    hm_plan plan;
    char *folder;
    json_t *document; /* environment.json */

} run;

static void clear(run *self)
{
    json_decref(self->document);
    hm_plan_clear(&self->plan);
    hm_backend_set_clear(&self->backends);
    hm_run_options_clear(&self->options);
    free(self->folder);
}

/** The items as so many options of this name, quoted for a shell; a new text. */
static char *as_options(const char *name, const hm_strings *items)
{
    char *words = hm_copy("");
    for (size_t index = 0; index < items->count; index++) {
        char *item = hm_shell_quote_line(items->items[index]);
        char *longer = hm_format("%s --%s %s", words, name, item);
        free(words);
        free(item);
        words = longer;
    }
    return words;
}

/** Whether the back ends hold one that is more than the name of one that heapmark has. */
static bool names_files(const hm_strings *backends)
{
    for (size_t index = 0; index < backends->count; index++) {
        if (strpbrk(backends->items[index], ":=;/"))
            return true;
    }
    return false;
}

/**
 * A run's folder may come from anywhere: libraries, their settings and Pythons that it names are
 * used only where this command line names them too.
 */
static hm_status check_named_here(const run *self, hm_error *error)
{
    const hm_run_options *options = &self->options;
    bool libraries = names_files(&options->backends) && !json_object_get(options->given, "backend");
    bool pythons = options->references.count > 0 && !json_object_get(options->given, "reference");
    if (!libraries && !pythons)
        return HM_OK;
    char *words = libraries ? as_options("backend", &options->backends)
                            : as_options("reference", &options->references);
    hm_error_set(
        error, HM_USAGE_ERROR,
        "--resume: the run in %.120s executes files that it names; say that you know them, "
        "by%.260s",
        self->folder, words);
    free(words);
    return HM_USAGE_ERROR;
}

static hm_status take_stopped_run(run *self, hm_error *error)
{
    self->folder = hm_copy(self->options.out ? self->options.out : "results/latest");
    self->document = hm_environment_read(self->folder, error);
    if (!self->document)
        return error->status;
    hm_status status =
        hm_run_options_resume(&self->options, json_object_get(self->document, "options"), error);
    return status == HM_OK ? check_named_here(self, error) : status;
}

/** Takes the file of --size-data, once: given, or that of a stopped run, which it must still be. */
static hm_status take_size_data(hm_run_options *options, hm_error *error)
{
    const hm_size_data *taken = hm_size_data_taken();
    if (options->size_data == NULL || *taken->path != '\0')
        return HM_OK;
    hm_status status = hm_size_data_take(options->size_data, options->size_digest, error);
    free(options->size_data);
    free(options->size_digest);
    options->size_data = hm_copy(taken->path);
    options->size_digest = hm_copy(taken->digest);
    return status;
}

/** Options, back ends and plan; nothing is written. */
static hm_status make_plan(run *self, hm_error *error)
{
    hm_status status = hm_backend_set_canonical(&self->options, error);
    if (status == HM_OK)
        status = take_size_data(&self->options, error);
    if (status == HM_OK && self->options.resume)
        status = take_stopped_run(self, error);
    if (status == HM_OK)
        status = take_size_data(&self->options, error);
    if (status == HM_OK)
        status = hm_backend_set_choose(&self->backends, &self->options, error);
    if (status == HM_OK)
        status = hm_plan_make(&self->plan, &self->options, &self->backends, error);
    if (status == HM_OK && self->options.resume)
        status = hm_plan_resume(&self->plan, json_object_get(self->document, "plan"), error);
    return status;
}

static hm_status make_folder(run *self, int argc, char **argv, hm_error *error)
{
    self->folder = hm_folder_name(self->options.out, self->options.profile->name);
    hm_status status = hm_folder_check_new(self->folder, error);
    if (status == HM_OK)
        status = hm_folder_make(self->folder, error);
    if (status != HM_OK)
        return status;

    char *name = hm_folder_run_name(self->folder);
    self->document = hm_environment_new(&self->plan, name, argc, argv);
    free(name);
    return HM_OK;
}

/** Works and pythons left out because of the numbers of threads, a line each, with `before` in
 * front of it. */
static void print_need_of_threads(const run *self, FILE *stream, const char *before)
{
    char *lines[] = {hm_plan_threads_words(&self->plan), hm_plan_references_words(&self->plan)};
    for (size_t index = 0; index < HM_COUNT_OF(lines); index++) {
        if (lines[index])
            fprintf(stream, "%sleft out: %s\n", before, lines[index]);
        free(lines[index]);
    }
}

static void print_absent(const run *self)
{
    if (self->options.progress != HM_NEVER)
        print_need_of_threads(self, stderr, "");
    for (size_t index = 0; index < self->backends.count; index++) {
        if (self->backends.items[index].absent && self->options.progress != HM_NEVER)
            fprintf(stderr, "left out: back end %s: %s\n", self->backends.items[index].spec.label,
                    self->backends.items[index].absent);
    }
}

/** How many works and cells the plan's samples are of. */
static void count_measured(const hm_plan *plan, size_t *works, size_t *cells)
{
    *works = *cells = 0;
    for (size_t index = 0; index < plan->work_count; index++)
        *works += !plan->works[index].elsewhere;
    for (size_t index = 0; index < plan->cell_count; index++)
        *cells += !plan->works[plan->cells[index].work].elsewhere;
}

/** How long the samples of a duration take, one after the other. */
static void print_duration(const run *self)
{
    size_t count = 0;
    for (size_t index = 0; index < self->plan.sample_count; index++)
        count += self->plan.samples[index].kind == HM_SAMPLE_MEMORY &&
                 self->plan.samples[index].role == HM_ROLE_CELL;
    printf("# %zu samples of %g s, one after the other: %.2f h in all\n", count,
           self->options.duration_seconds, (double)count * self->options.duration_seconds / 3600);
}

static int print_plan(const run *self)
{
    const hm_plan *plan = &self->plan;
    size_t works, cells;
    count_measured(plan, &works, &cells);
    printf("# profile %s, seed 0x%llx, baseline %s\n", self->options.profile->name,
           (unsigned long long)self->options.seed, hm_plan_baseline(plan));
    if (self->options.shard_count > 0)
        printf("# shard %u/%u\n", self->options.shard_index, self->options.shard_count);
    printf("# %zu works (controls included), %zu cells, %zu samples\n", works, cells,
           plan->sample_count);
    if (self->options.precision_percent > 0 && self->options.most_rounds > 0)
        printf("# then at most %u rounds more, until all cells are settled to %g %%\n",
               self->options.most_rounds, self->options.precision_percent);
    if (self->options.duration_seconds > 0)
        print_duration(self);
    print_need_of_threads(self, stdout, "# ");
    for (size_t index = 0; index < plan->sample_count; index++)
        printf("%s\n", plan->samples[index].id);
    return hm_command_end("heapmark run");
}

/** What a resumed run needs before it goes on. */
static hm_status take_journal(hm_driver *driver, hm_error *error)
{
    hm_status status = hm_journal_mend(&driver->journal, error);
    return status == HM_OK ? hm_driver_take_journal(driver, error) : status;
}

static void print_options(const char *name, const hm_strings *items)
{
    char *words = as_options(name, items);
    fputs(words, stderr);
    free(words);
}

static void print_how_to_resume(const run *self)
{
    char *folder = hm_shell_quote_line(self->folder);
    fprintf(stderr,
            "heapmark run: interrupted; what was finished is kept; to go on: heapmark run "
            "--resume --out %s",
            folder);
    free(folder);
    if (names_files(&self->options.backends))
        print_options("backend", &self->options.backends);
    print_options("reference", &self->options.references);
    fputc('\n', stderr);
}

/** After the last sample: the other file, the table, and the exit code of what was seen. */
static int conclude(run *self, hm_driver *driver)
{
    hm_error error = {0};
    int code = hm_driver_invalid_count(driver) > 0 ? HM_EXIT_INVALID : HM_EXIT_OK;
    if (hm_benchmarks_write(self->folder, self->document, &error) != HM_OK)
        code = hm_exit_worse(code, hm_command_fail("heapmark run", &error));
    if (driver->interrupted) {
        print_how_to_resume(self);
        return HM_EXIT_INTERRUPTED;
    }
    if (driver->options->progress != HM_NEVER)
        fprintf(stderr, "%zu samples, %zu invalid, in %s\n", self->plan.sample_count,
                hm_driver_invalid_count(driver), self->folder);
    return hm_exit_worse(code, hm_summary_print(self->folder, hm_plan_baseline(&self->plan),
                                                driver->options->color));
}

static int measure(run *self, int argc, char **argv)
{
    hm_error error = {0};
    hm_driver driver = {
        .options = &self->options, .plan = &self->plan, .journal = {.descriptor = -1}};
    hm_status status = HM_OK;
    hm_process_catch_signals();
    if (!self->options.resume)
        status = make_folder(self, argc, argv, &error);
    driver.folder = self->folder;
    driver.document = self->document;
    if (status == HM_OK)
        status = hm_journal_open(&driver.journal, self->folder, &error);
    /* Another run may have come and gone between the first look and the lock. */
    if (status == HM_OK && !self->options.resume)
        status = hm_folder_check_new(self->folder, &error);
    if (status == HM_OK && self->options.resume)
        status = take_journal(&driver, &error);
    if (status == HM_OK)
        status = hm_environment_write(self->document, self->folder, &error);
    if (status == HM_OK)
        status = hm_folder_point_latest(self->folder, &error);
    if (status == HM_OK) {
        print_absent(self);
        status = hm_driver_run(&driver, &error);
    }
    int code = status == HM_OK ? conclude(self, &driver) : hm_command_fail("heapmark run", &error);
    hm_journal_close(&driver.journal);
    return code;
}

int hm_main_run(int argc, char **argv)
{
    run self = {0};
    hm_error error = {0};
    int code;
    hm_status status = hm_run_options_parse(&self.options, argc, argv);
    if (status != HM_OK)
        code = hm_command_fail(argv[0], &self.options.command.error);
    else if (self.options.command.finished)
        code = hm_command_end(argv[0]);
    else if (make_plan(&self, &error) != HM_OK)
        code = hm_command_fail(argv[0], &error);
    else if (self.options.dry_run)
        code = print_plan(&self);
    else
        code = measure(&self, argc, argv);
    clear(&self);
    return code;
}
