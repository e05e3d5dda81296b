/**
 * This module is `heapmark timeline`: from the command line to a folder with a timeline. The driver
 * runs two processes, the curves' and the sites', so that tracing disturbs no curve, and one before
 * them where it has to find out how many iterations the steady phase should have.
 */
#include "bench/command.h"
#include "bench/exit_code.h"
#include "bench/folder.h"
#include "bench/measure/clock.h"
#include "bench/record.h"
#include "bench/results.h"
#include "bench/sample_state.h"
#include "bench/timeline/document.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char name[] = "heapmark timeline";
static const char file_name[] = "timeline.json";
static const char steady_seconds[] = "0.5"; /* what a steady phase is made to last */

typedef struct timeline {
    hm_timeline_options options;
    char *folder;
    json_t *processes;
    char sites_reason[640]; /* "": the sites are there */
    bool interrupted;
} timeline;

/* One part alone, in this process. */

static hm_status print_record(int file, hm_error *error)
{
    FILE *stream = lseek(file, 0, SEEK_SET) == 0 ? fdopen(file, "r") : NULL;
    json_error_t wrong;
    json_t *record = stream == NULL ? NULL : json_loadf(stream, 0, &wrong);
    hm_status status = HM_OK;
    if (record == NULL || json_dumpf(record, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF)
        status = hm_error_set(error, HM_IO_ERROR, "the part's record cannot be printed");
    json_decref(record);
    if (stream != NULL)
        fclose(stream);
    else
        close(file);
    return status;
}

static hm_status run_one_part(const hm_timeline_options *options, hm_error *error)
{
    if (options->record_fd >= 0)
        return hm_timeline_run(&options->request, options->record_fd, error);
    int file = memfd_create("heapmark-timeline", MFD_CLOEXEC);
    if (file < 0)
        return hm_error_set(error, HM_IO_ERROR, "no memory for the record: %s", strerror(errno));
    hm_status status = hm_timeline_run(&options->request, file, error);
    hm_error print_error = {0};
    if (print_record(file, &print_error) != HM_OK && status == HM_OK)
        status = hm_error_set(error, print_error.status, "%s", print_error.message);
    return status;
}

static int main_of_part(hm_timeline_options *options, int argc, char **argv)
{
    hm_error error = {0};
    hm_status status =
        hm_sample_enter_environment(options->request.cell.backend, argc, argv, &error);
    if (status == HM_OK)
        status = run_one_part(options, &error);
    int code = HM_EXIT_OK;
    if (status != HM_OK) {
        hm_command_fail(argv[0], &error);
        code = HM_EXIT_INVALID;
    }
    fflush(stdout);
    /* As a sample: a heap that leaks must not cost its owner the time to free it. */
    if (!hm_sample_wants_teardown())
        _exit(code);
    return code;
}

/* The driver. */

static char *command_of(const hm_strings *arguments)
{
    char *command = hm_copy(arguments->items[0]);
    for (size_t index = 1; index < arguments->count; index++) {
        char *quoted = hm_shell_quote(arguments->items[index]);
        char *longer = hm_format("%s %s", command, quoted);
        free(quoted);
        free(command);
        command = longer;
    }
    return command;
}

static void note_process(timeline *self, const char *part, const char *command,
                         const hm_process_result *result)
{
    json_t *process = json_object();
    json_object_set_new(process, "part", json_string(part));
    json_object_set_new(process, "command", hm_sample_words(command));
    json_object_set_new(process, "duration_ns", json_integer((json_int_t)result->duration_ns));
    json_object_set_new(process, "cpu_ns", json_integer((json_int_t)result->cpu_ns));
    json_object_set_new(process, "largest_rss_bytes", json_integer(result->largest_rss_bytes));
    json_array_append_new(self->processes, process);
}

/**
 * Runs `arguments` (cleared) to the end. `*record` receives what it wrote, NULL with a reason where
 * that is not a valid record. HM_IO_ERROR: it could not be started.
 */
static hm_status run_process(timeline *self, const char *part, hm_strings *arguments,
                             json_t **record, hm_process_result *result, char *reason, size_t size,
                             hm_error *error)
{
    const hm_timeline_options *options = &self->options;
    char *command = command_of(arguments);
    char *descriptor = hm_format("%d", (int)HM_RECORD_FD);
    hm_strings_add(arguments, "--record-fd");
    hm_strings_add(arguments, descriptor);
    const hm_process_request request = {.arguments = arguments,
                                        .backend = options->request.cell.backend,
                                        .timeout_seconds = options->timeout_seconds,
                                        .memory_limit_bytes = options->memory_limit_bytes,
                                        .look_seconds = options->request.interval_ms / 1000.0};
    *record = NULL;
    *reason = '\0';
    hm_status status = hm_process_run(&request, result, error);
    if (status == HM_OK) {
        self->interrupted |= result->end == HM_PROCESS_INTERRUPTED;
        *record = hm_record_read(&request, result, reason, size);
        note_process(self, part, command, result);
    }
    if (*reason != '\0') {
        json_decref(*record);
        *record = NULL;
    }
    hm_strings_clear(arguments);
    free(descriptor);
    free(command);
    return status;
}

/** Finds the iterations of the steady phase, where they were not given. */
static hm_status calibrate(timeline *self, hm_error *error)
{
    hm_timeline_request *request = &self->options.request;
    hm_strings arguments = {0};
    hm_process_result result;
    char cell[HM_CELL_NAME_BYTES], reason[512];
    json_t *record;
    if (request->iterations > 0)
        return HM_OK;
    HM_CHECK(hm_bench_cell_name(&request->cell, cell, sizeof cell));
    const char *const first[] = {"heapmark", "sample", cell};
    for (size_t index = 0; index < HM_COUNT_OF(first); index++)
        hm_strings_add(&arguments, first[index]);
    if (!hm_backend_label_says_all(request->cell.backend)) {
        hm_strings_add(&arguments, "--backend");
        hm_strings_add(&arguments, request->cell.backend->text);
    }
    char *rest = hm_format("--calibrate %s --seed 0x%" PRIx64 " --freelists %s", steady_seconds,
                           request->seed, request->freelists ? "on" : "off");
    hm_strings_split(&arguments, rest, ' ');
    free(rest);
    hm_status status = run_process(self, "calibration", &arguments, &record, &result, reason,
                                   sizeof reason, error);
    json_int_t iterations = json_integer_value(json_object_get(record, "iterations"));
    if (status == HM_OK && iterations < 1)
        status = hm_error_set(error, HM_WRONG_RESULT,
                              "how many iterations take half a second could not be found: %.400s",
                              *reason ? reason : "the record does not say");
    request->iterations = (uint64_t)iterations;
    json_decref(record);
    hm_process_clear(&result);
    return status;
}

/** Runs one part; `*record` NULL: it is not valid and `reason` says why. */
static hm_status run_part(timeline *self, hm_timeline_part part, json_t **record,
                          hm_process_result *result, char *reason, size_t size, hm_error *error)
{
    hm_strings arguments = {0};
    hm_timeline_arguments(&self->options, part, &arguments);
    hm_status status = run_process(self, hm_timeline_part_name(part), &arguments, record, result,
                                   reason, size, error);
    if (status == HM_OK && *record != NULL && !json_is_true(json_object_get(*record, "valid"))) {
        snprintf(reason, size, "its record is invalid and does not say why");
        json_decref(*record);
        *record = NULL;
    }
    return status;
}

/** The sites, and that they come from the same work; without them the curves stand. */
static hm_status run_sites(timeline *self, const json_t *curves, json_t **record, hm_error *error)
{
    hm_process_result result;
    hm_status status = run_part(self, HM_TIMELINE_SITES, record, &result, self->sites_reason,
                                sizeof self->sites_reason, error);
    hm_process_clear(&result);
    if (status != HM_OK)
        return status;
    const char *expected = json_string_value(json_object_get(curves, "checksum"));
    const char *found = json_string_value(json_object_get(*record, "checksum"));
    if (*record == NULL || (expected != NULL && found != NULL && strcmp(expected, found) == 0))
        return HM_OK;
    snprintf(self->sites_reason, sizeof self->sites_reason,
             "its checksum differs from the curves': %s instead of %s", found ? found : "none",
             expected ? expected : "none");
    json_decref(*record);
    *record = NULL;
    return HM_OK;
}

static hm_status measure(timeline *self, json_t **document, hm_error *error)
{
    char started_at[HM_CLOCK_TEXT_BYTES], reason[512];
    json_t *curves = NULL, *sites = NULL;
    hm_process_result looks = {0};
    hm_clock_now_text(started_at);
    hm_status status = calibrate(self, error);
    if (status == HM_OK)
        status = run_part(self, HM_TIMELINE_CURVES, &curves, &looks, reason, sizeof reason, error);
    if (status == HM_OK && curves == NULL)
        status = hm_error_set(error, HM_WRONG_RESULT, "the part curves is invalid: %.440s", reason);
    if (status == HM_OK)
        status = run_sites(self, curves, &sites, error);
    if (status == HM_OK && !self->interrupted)
        *document =
            hm_timeline_document_make(&(hm_timeline_seen){.options = &self->options,
                                                          .started_at = started_at,
                                                          .processes = self->processes,
                                                          .curves = curves,
                                                          .looks = &looks,
                                                          .sites = sites,
                                                          .sites_reason = self->sites_reason});
    hm_process_clear(&looks);
    json_decref(sites);
    json_decref(curves);
    return status;
}

/** Draws the figure; what went wrong was said. Returns the exit code. */
static int draw(const timeline *self)
{
    hm_error error = {0};
    hm_strings arguments = {0};
    int code = HM_EXIT_OK;
    hm_strings_add(&arguments, "timeline");
    hm_strings_add(&arguments, self->folder);
    hm_status status = hm_plot_run(&arguments, &code, &error);
    hm_strings_clear(&arguments);
    if (status == HM_OK)
        return code;
    hm_error whole = {.status = error.status};
    snprintf(whole.message, sizeof whole.message, "there is no figure: %.470s", error.message);
    return hm_command_fail(name, &whole);
}

static int conclude(const timeline *self, const json_t *document)
{
    int code = draw(self);
    hm_timeline_table_print(document, stdout);
    printf("\n%s/%s%s\n", self->folder, file_name,
           code == HM_EXIT_OK ? ", timeline.svg, timeline.png" : "");
    code = hm_exit_worse(code, hm_command_end(name));
    if (self->sites_reason[0] == '\0')
        return code;
    fprintf(stderr, "%s: the part sites is invalid: %s\n", name, self->sites_reason);
    return hm_exit_worse(code, HM_EXIT_INVALID);
}

static int run(timeline *self)
{
    hm_error error = {0};
    json_t *document = NULL;
    hm_process_catch_signals();
    hm_status status = measure(self, &document, &error);
    if (self->interrupted || hm_process_stop_signal() != 0) {
        fprintf(stderr, "%s: interrupted; nothing was written\n", name);
        json_decref(document);
        return HM_EXIT_INTERRUPTED;
    }
    if (status == HM_OK)
        status = hm_folder_make(self->folder, &error);
    if (status == HM_OK)
        status = hm_folder_write(self->folder, file_name, document, JSON_INDENT(1), &error);
    int code = status == HM_OK ? conclude(self, document) : hm_command_fail(name, &error);
    json_decref(document);
    return code;
}

/** The folder must be new to timelines and to runs, and one that can be written. */
static hm_status check_folder(const timeline *self, hm_error *error)
{
    char *path = hm_format("%s/%s", self->folder, file_name);
    bool there = access(path, F_OK) == 0;
    free(path);
    if (there)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--out: %.200s holds a timeline already; choose another folder",
                            self->folder);
    return hm_folder_check_new(self->folder, error);
}

static hm_status check(timeline *self, hm_error *error)
{
    char library[4096];
    hm_error absent = {0};
    self->folder = hm_folder_name(self->options.out, "timeline");
    self->processes = json_array();
    if (hm_backend_probe(self->options.request.cell.backend, library, sizeof library, &absent) !=
        HM_OK)
        return hm_error_set(error, HM_UNAVAILABLE, "--backend: %.480s", absent.message);
    return check_folder(self, error);
}

int hm_main_timeline(int argc, char **argv)
{
    timeline self = {0};
    hm_error error = {0};
    int code;
    if (hm_timeline_options_parse(&self.options, argc, argv) != HM_OK)
        code = hm_command_fail(argv[0], &self.options.command.error);
    else if (self.options.command.finished)
        code = hm_command_end(argv[0]);
    else if (self.options.one_part)
        code = main_of_part(&self.options, argc, argv);
    else if (check(&self, &error) != HM_OK)
        code = hm_command_fail(argv[0], &error);
    else
        code = run(&self);
    hm_timeline_options_clear(&self.options);
    json_decref(self.processes);
    free(self.folder);
    return code;
}
