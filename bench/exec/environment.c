/* environment.json of an exec run. */
#include "bench/environment.h"

#include "bench/exec/record.h"
#include "bench/measure/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 2 };

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static void add_setting(void *context, const char *setting)
{
    const char *equals = strchr(setting, '=');
    if (!equals)
        return;
    char *name = hm_format("%.*s", (int)(equals - setting), setting);
    if (strcmp(name, "LD_PRELOAD") != 0)
        json_object_set_new(context, name, json_string(equals + 1));
    free(name);
}

static json_t *variants_to_json(const hm_exec_variants *variants)
{
    json_t *array = json_array();
    for (size_t index = 0; index < variants->count; index++) {
        const hm_exec_variant *variant = &variants->items[index];
        json_t *settings = json_object();
        hm_backend_environment(&variant->spec, add_setting, settings);
        if (variant->python_malloc)
            json_object_set_new(settings, "PYTHONMALLOC", json_string(variant->python_malloc));
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o}", "label", variant->label,
                      "backend", variant->spec.label, "brief", variant->spec.backend->brief,
                      "library", text_or_null(variant->library), "package",
                      text_or_null(variant->spec.backend->package), "available", !variant->absent,
                      "reason", text_or_null(variant->absent), "python_malloc",
                      text_or_null(variant->python_malloc), "environment", settings));
    }
    return array;
}

static json_t *list_to_json(const hm_strings *list)
{
    json_t *array = json_array();
    for (size_t index = 0; index < list->count; index++)
        json_array_append_new(array, json_string(list->items[index]));
    return array;
}

/** The user's words; a byte that is no UTF-8 becomes "?". */
static json_t *arguments_to_json(char *const *arguments)
{
    json_t *array = json_array();
    for (; *arguments; arguments++) {
        json_t *word = json_string(*arguments);
        json_array_append_new(array, word ? word : json_string("?"));
    }
    return array;
}

static json_t *metrics_to_json(void)
{
    static const struct {
        const char *name, *unit, *brief;
    } metrics[] = {
#define HM_EXEC_METRIC(name, unit, brief) {#name, unit, brief},
#include "bench/exec/metrics.def"
#undef HM_EXEC_METRIC
    };
    json_t *array = json_array();
    for (size_t index = 0; index < HM_COUNT_OF(metrics); index++)
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "name", metrics[index].name,
                                               "unit", metrics[index].unit, "direction", "lower",
                                               "brief", metrics[index].brief));
    return array;
}

static json_t *options_to_json(const hm_exec_options *options)
{
    return json_pack("{s:o, s:I, s:I, s:f, s:I, s:s, s:s, s:b, s:i, s:o, s:I}", "backends",
                     list_to_json(&options->backends), "repetitions",
                     (json_int_t)options->repetitions, "warmup", (json_int_t)options->warmup,
                     "timeout_s", options->timeout_seconds, "memory_limit_bytes",
                     (json_int_t)options->memory_limit_bytes, "python_malloc",
                     hm_exec_python_name(options->python_malloc), "proof",
                     options->every_process ? "tree" : "command", "ignore_output",
                     options->ignore_output, "expect_status", options->expected_status, "input",
                     text_or_null(options->input), "look_ms", (json_int_t)5);
}

static json_t *program_to_json(const hm_exec_setting *setting)
{
    const hm_exec_program *program = setting->program;
    return json_pack(
        "{s:o, s:o, s:o, s:b, s:b, s:o}", "arguments", arguments_to_json(setting->options->program),
        "path", text_or_null(program->path), "executable", text_or_null(program->executable),
        "python", program->is_python, "python_ignores_environment",
        program->python_ignores_environment, "python_malloc", text_or_null(getenv("PYTHONMALLOC")));
}

json_t *hm_exec_environment_make(const hm_exec_setting *setting, int argc, char **argv)
{
    char now[HM_CLOCK_TEXT_BYTES];
    char *seed = hm_format("0x%" PRIx64, setting->options->seed);
    size_t baseline = hm_exec_variants_baseline(setting->variants);
    json_t *command = arguments_to_json(argv + (argc > 0));
    json_array_insert_new(command, 0, json_string("exec"));
    json_array_insert_new(command, 0, json_string("heapmark"));
    json_t *document = json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:s, s:s, s:n, s:s, s:o, s:s, s:s, s:I}", "record",
        "exec-environment", "schema", (int)SCHEMA, "heapmark", hm_version(), "git_commit",
        hm_git_commit_to_json(), "git_dirty", hm_git_dirty_to_json(), "run", setting->run_name,
        "started_at", hm_clock_now_text(now), "finished_at", "state", "running", "command_line",
        command, "seed", seed, "baseline", setting->variants->items[baseline].label, "samples",
        (json_int_t)setting->sample_count);
    json_object_set_new(document, "options", options_to_json(setting->options));
    json_object_set_new(document, "program", program_to_json(setting));
    json_object_set_new(document, "dropped_variables", list_to_json(setting->dropped));
    json_object_set_new(document, "variants", variants_to_json(setting->variants));
    json_object_set_new(document, "metrics", metrics_to_json());
    json_object_set_new(document, "machine", hm_machine_to_json());
    json_object_set_new(document, "build", hm_build_to_json());
    free(seed);
    return document;
}
