/* `heapmark stress`: random programs of allocator calls and of the object runtime, held against
 * shadow models. */
#include "bench/command.h"
#include "bench/exit_code.h"
#include "bench/process.h"
#include "bench/stress/child.h"
#include "bench/stress/report.h"
#include "gc/collectors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct stress_run {
    hm_stress_options options;
    hm_stress_campaign campaign;
    hm_stress_result *results;
    size_t count;
    char (*collectors)[HM_STRESS_COLLECTOR_BYTES]; /* labels */
    size_t collector_count;
} stress_run;

_Static_assert((int)HM_STRESS_COLLECTOR_BYTES == (int)HM_COLLECTOR_LABEL_BYTES,
               "a task holds a label");

/* ---- which back ends ---- */

static hm_status refuse_by_kind(const hm_backend_spec *spec, hm_error *error)
{
    const hm_backend *backend = spec->backend;
    if (backend->linkage == HM_LINKAGE_RUNTIME || backend->locate_program != NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--backend: %s is bound in another program only; name an allocator "
                            "that has a library, such as pool",
                            spec->label);
    if (strcmp(backend->name, "bump") == 0)
        return hm_error_set(
            error, HM_USAGE_ERROR,
            "--backend: bump never frees, and its room ends; name an allocator that "
            "frees");
    return HM_OK;
}

static hm_status refuse_twins(const stress_run *self, const hm_backend_spec *spec, hm_error *error)
{
    for (size_t index = 0; index < self->count; index++) {
        if (strcmp(self->results[index].spec.label, spec->label) == 0)
            return hm_error_set(error, HM_USAGE_ERROR,
                                "--backend: two back ends are called %s; name one of them: "
                                "LABEL=so:PATH",
                                spec->label);
    }
    return HM_OK;
}

/* A result to be; `collector` is "" where it is of calls. */
static hm_status push(stress_run *self, const char *text, const char *absent, const char *collector,
                      hm_error *error)
{
    hm_backend_spec spec = {0};
    if (hm_backend_parse(text, &spec, error) != HM_OK)
        return error->status;
    self->results = hm_grow(self->results, self->count + 1, sizeof *self->results);
    hm_stress_result *result = &self->results[self->count++];
    memset(result, 0, sizeof *result);
    result->spec = spec;
    result->absent = absent == NULL ? NULL : hm_copy(absent);
    strcpy(result->collector, collector);
    return HM_OK;
}

static hm_status add(stress_run *self, const char *text, bool by_name, hm_error *error)
{
    char library[PATH_MAX];
    hm_backend_spec spec = {0};
    hm_error absent = {0};
    hm_status status = hm_backend_parse(text, &spec, error);
    if (status == HM_OK)
        status = refuse_by_kind(&spec, error);
    if (status == HM_OK)
        status = refuse_twins(self, &spec, error);
    if (status == HM_OK && hm_backend_probe(&spec, library, sizeof library, &absent) != HM_OK &&
        by_name)
        status = hm_error_set(error, HM_UNAVAILABLE, "--backend: %s", absent.message);
    const char *why = absent.status == HM_OK ? NULL : absent.message;
    if (status == HM_OK && self->options.calls)
        status = push(self, text, why, "", error);
    for (size_t index = 0; index < self->collector_count && status == HM_OK; index++)
        status = push(self, text, why, self->collectors[index], error);
    hm_backend_spec_clear(&spec);
    return status;
}

static hm_status add_collector(stress_run *self, const char *text, hm_error *error)
{
    hm_collector_spec spec;
    hm_error wrong = {0};
    if (hm_collector_parse(text, &spec, &wrong) != HM_OK)
        return hm_error_set(error, HM_USAGE_ERROR, "--collector: %s", wrong.message);
    for (size_t index = 0; index < self->collector_count; index++) {
        if (strcmp(self->collectors[index], spec.label) == 0)
            return hm_error_set(error, HM_USAGE_ERROR, "--collector: %s is named twice",
                                spec.label);
    }
    self->collectors =
        hm_grow(self->collectors, self->collector_count + 1, sizeof *self->collectors);
    strcpy(self->collectors[self->collector_count++], spec.label);
    return HM_OK;
}

static hm_status choose_collectors(stress_run *self, hm_error *error)
{
    size_t count;
    const hm_collector *const *known = hm_collectors(&count);
    const hm_strings *named = &self->options.collectors;
    hm_status status = HM_OK;
    for (size_t index = 0; index < named->count && status == HM_OK; index++)
        status = add_collector(self, named->items[index], error);
    for (size_t index = 0; index < count && named->count == 0 && status == HM_OK; index++)
        status = add_collector(self, known[index]->name, error);
    return status;
}

/* All that are libraries of their own, in the registry's order. */
static hm_status add_all(stress_run *self, hm_error *error)
{
    size_t count;
    const hm_backend *const *backends = hm_backends(&count);
    hm_status status = HM_OK;
    for (size_t index = 0; index < count && status == HM_OK; index++) {
        if (backends[index]->linkage == HM_LINKAGE_SO && !backends[index]->takes_path)
            status = add(self, backends[index]->name, false, error);
    }
    return status;
}

static hm_status choose(stress_run *self, hm_error *error)
{
    hm_status status = self->options.objects ? choose_collectors(self, error) : HM_OK;
    if (status == HM_OK && self->options.backends.count == 0)
        return add_all(self, error);
    for (size_t index = 0; index < self->options.backends.count && status == HM_OK; index++)
        status = add(self, self->options.backends.items[index], true, error);
    return status;
}

/* ---- running ---- */

/* What the runtime shows on an allocator with a defect says nothing. */
static bool is_passed_over(const stress_run *self, const hm_stress_result *result)
{
    for (size_t index = 0; *result->collector != '\0' && index < self->count; index++) {
        const hm_stress_result *other = &self->results[index];
        if (*other->collector == '\0' && other->has_defect &&
            strcmp(other->spec.label, result->spec.label) == 0)
            return true;
    }
    return false;
}

/* What the collector has shown on an allocator before. */
static hm_stress_defect known_of(const stress_run *self, const hm_stress_result *result)
{
    for (const hm_stress_result *other = self->results; other < result; other++) {
        if (*result->collector != '\0' && other->has_defect &&
            strcmp(other->collector, result->collector) == 0)
            return other->kind;
    }
    return HM_STRESS_SOUND;
}

static hm_status run(stress_run *self, hm_error *error)
{
    self->campaign.options = &self->options;
    hm_status status = hm_stress_area_open(&self->campaign.area, &self->campaign.file, error);
    for (size_t index = 0; index < self->count && status == HM_OK; index++) {
        hm_stress_result *result = &self->results[index];
        if (result->absent != NULL || hm_process_stop_signal() != 0)
            continue;
        result->passed_over = is_passed_over(self, result);
        if (result->passed_over)
            continue;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "stress: %s %s …\n", result->spec.label, result->collector);
        self->campaign.known = known_of(self, result);
        status = hm_stress_campaign_run(&self->campaign, result, error);
        if (!self->options.as_json)
            hm_stress_report_details(result);
    }
    return status;
}

static int conclude(const stress_run *self)
{
    int code = HM_EXIT_OK;
    if (self->options.as_json) {
        json_t *document = hm_stress_report_json(&self->options, self->results, self->count);
        json_dumpf(document, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
        printf("\n");
        json_decref(document);
    } else {
        hm_stress_report_table(self->results, self->count);
    }
    for (size_t index = 0; index < self->count; index++) {
        if (self->results[index].has_defect)
            code = HM_EXIT_FAILED;
    }
    code = hm_exit_worse(code, hm_command_end("heapmark stress"));
    if (hm_process_stop_signal() == 0)
        return code;
    fprintf(stderr, "heapmark stress: interrupted; what was found until then is printed\n");
    return HM_EXIT_INTERRUPTED;
}

static void clear(stress_run *self)
{
    for (size_t index = 0; index < self->count; index++)
        hm_stress_result_clear(&self->results[index]);
    free(self->results);
    free(self->collectors);
    if (self->campaign.area != NULL)
        hm_stress_area_close(self->campaign.area, self->campaign.file);
    hm_stress_options_clear(&self->options);
}

int hm_main_stress(int argc, char **argv)
{
    stress_run self = {0};
    hm_error error = {0};
    int code;
    if (argc == 3 && strcmp(argv[1], HM_STRESS_CHILD) == 0)
        return hm_stress_child_main(argv[2]);
    if (hm_stress_options_parse(&self.options, argc, argv) != HM_OK) {
        code = hm_command_fail(argv[0], &self.options.command.error);
    } else if (self.options.command.finished) {
        code = hm_command_end(argv[0]);
    } else if (choose(&self, &error) != HM_OK) {
        code = hm_command_fail(argv[0], &error);
    } else {
        hm_process_catch_signals();
        code = run(&self, &error) == HM_OK ? conclude(&self) : hm_command_fail(argv[0], &error);
    }
    clear(&self);
    return code;
}
