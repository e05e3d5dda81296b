#include "bench/backend_set.h"

#include "bench/reference_python.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/** The spec as text that means the same from any folder; a new text. */
static char *canonical_text(const hm_backend_spec *spec)
{
    const hm_backend *backend = spec->backend;
    bool labelled = backend->takes_path || strcmp(spec->label, backend->name) != 0;
    char *text = hm_format("%s%s%s%s%s%s%s", labelled ? spec->label : "", labelled ? "=" : "",
                           backend->name, spec->path ? ":" : "", spec->path ? spec->path : "",
                           *spec->prefix ? ";prefix=" : "", spec->prefix);
    for (size_t index = 0; index < HM_BACKEND_MAX_SETTINGS && spec->settings[index]; index++) {
        char *longer = hm_format("%s;env=%s", text, spec->settings[index]);
        free(text);
        text = longer;
    }
    return text;
}

hm_status hm_backend_set_canonical(hm_run_options *options, hm_error *error)
{
    for (size_t index = 0; index < options->backends.count; index++) {
        hm_backend_spec spec = {0};
        hm_status status = hm_backend_parse(options->backends.items[index], &spec, error);
        if (status != HM_OK)
            return status;
        free(options->backends.items[index]);
        options->backends.items[index] = canonical_text(&spec);
        hm_backend_spec_clear(&spec);
    }
    return HM_OK;
}

static hm_status refuse_twins(const hm_backend_set *set, const hm_backend_spec *spec,
                              hm_error *error)
{
    for (size_t index = 0; index < set->count; index++) {
        const hm_backend_spec *other = &set->items[index].spec;
        if (strcmp(other->label, spec->label) != 0 ||
            other->backend->linkage != spec->backend->linkage)
            continue;
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--backend: two back ends are called %s ('%s' and '%s'); name one of "
                            "them: LABEL=SPEC",
                            spec->label, other->text, spec->text);
    }
    return HM_OK;
}

static hm_status add(hm_backend_set *set, const char *text, bool by_name, hm_error *error)
{
    hm_backend_spec spec = {0};
    hm_error absent = {0};
    char library[PATH_MAX] = "";
    hm_status status = hm_backend_parse(text, &spec, error);
    if (status != HM_OK)
        return status;
    status = refuse_twins(set, &spec, error);
    if (status == HM_OK && spec.backend->linkage == HM_LINKAGE_RUNTIME)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--backend: %s is a python's own; give that python by --reference",
                              spec.label);
    if (status == HM_OK && hm_backend_probe(&spec, library, sizeof library, &absent) != HM_OK &&
        by_name)
        status = hm_error_set(error, HM_UNAVAILABLE, "--backend: %s", absent.message);
    if (status != HM_OK) {
        hm_backend_spec_clear(&spec);
        return status;
    }
    set->items = hm_grow(set->items, set->count + 1, sizeof *set->items);
    set->items[set->count++] = (hm_backend_choice){
        .spec = spec,
        .absent = absent.status == HM_OK ? NULL : hm_copy(absent.message),
        .library = hm_copy(library),
    };
    return HM_OK;
}

/** Two pythons of one version would be one runtime in the records. */
static hm_status refuse_twin_reference(const hm_backend_set *set, const hm_reference_python *python,
                                       hm_error *error)
{
    size_t index;
    const json_t *other;
    json_array_foreach(set->references, index, other)
    {
        if (strcmp(json_string_value(json_object_get(other, "runtime")), python->label) == 0)
            return hm_error_set(error, HM_USAGE_ERROR,
                                "--reference: %.160s and %.160s are both %s; name one of them",
                                json_string_value(json_object_get(other, "path")), python->path,
                                python->label);
    }
    return HM_OK;
}

static hm_status add_of_reference(hm_backend_set *set, const hm_reference_python *python,
                                  const hm_backend *backend, hm_error *error)
{
    hm_backend_spec spec = {0};
    hm_status status = hm_backend_parse(backend->name, &spec, error);
    if (status != HM_OK)
        return status;
    set->items = hm_grow(set->items, set->count + 1, sizeof *set->items);
    set->items[set->count++] = (hm_backend_choice){.spec = spec,
                                                   .library = hm_copy(""),
                                                   .runtime = hm_copy(python->label),
                                                   .reference_path = hm_copy(python->path)};
    return HM_OK;
}

/** Adds the allocators that a python has. */
static hm_status add_reference(hm_backend_set *set, const char *text, hm_error *error)
{
    hm_reference_python python;
    hm_status status = hm_reference_prepare(text, &python, error);
    if (status == HM_OK)
        status = refuse_twin_reference(set, &python, error);
    const hm_backend *const *backends = hm_backends_of_runtime();
    for (; status == HM_OK && *backends != NULL; backends++) {
        if (hm_reference_has(&python, *backends))
            status = add_of_reference(set, &python, *backends, error);
    }
    if (status == HM_OK)
        json_array_append(set->references, python.described);
    hm_reference_clear(&python);
    return status;
}

hm_status hm_backend_set_choose(hm_backend_set *set, const hm_run_options *options, hm_error *error)
{
    bool by_name = options->backends.count > 0;
    hm_strings names = {0};
    hm_status status = HM_OK;
    *set = (hm_backend_set){0};
    if (!by_name)
        hm_strings_split(&names, options->profile->backends, ',');
    const hm_strings *texts = by_name ? &options->backends : &names;
    for (size_t index = 0; index < texts->count && status == HM_OK; index++)
        status = add(set, texts->items[index], by_name, error);
    hm_strings_clear(&names);
    set->references = json_array();
    for (size_t index = 0; index < options->references.count && status == HM_OK; index++)
        status = add_reference(set, options->references.items[index], error);
    return status;
}

void hm_backend_set_clear(hm_backend_set *set)
{
    for (size_t index = 0; index < set->count; index++) {
        hm_backend_choice *choice = &set->items[index];
        hm_backend_spec_clear(&choice->spec);
        free(choice->absent);
        free(choice->library);
        free(choice->version);
        free(choice->origin);
        free(choice->failure);
        free(choice->runtime);
        free(choice->reference_path);
    }
    free(set->items);
    json_decref(set->references);
    *set = (hm_backend_set){0};
}

static void add_setting(void *context, const char *setting)
{
    const char *equals = strchr(setting, '=');
    if (!equals)
        return;
    char *name = hm_format("%.*s", (int)(equals - setting), setting);
    json_object_set_new(context, name, json_string(equals + 1));
    free(name);
}

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

/** What to put before a command to run it on this allocator; null where there is no such line. */
static json_t *preload_line(const hm_backend_choice *choice)
{
    const hm_backend *backend = choice->spec.backend;
    bool foreign = backend->linkage == HM_LINKAGE_PRELOAD ||
                   (backend->linkage == HM_LINKAGE_SO && (backend->library || backend->takes_path));
    const char *file = choice->spec.path ? choice->spec.path : choice->library;
    if (!foreign || choice->absent || !file || !*file || *choice->spec.prefix ||
        strstr(file, "/libc.so"))
        return json_null();
    char *line = hm_format("LD_PRELOAD=%s", file);
    json_t *value = json_string(line);
    free(line);
    return value;
}

json_t *hm_backend_set_to_json(const hm_backend_set *set)
{
    json_t *array = json_array();
    for (size_t index = 0; index < set->count; index++) {
        const hm_backend_choice *choice = &set->items[index];
        const hm_backend *backend = choice->spec.backend;
        const char *reason = choice->absent ? choice->absent : choice->failure;
        json_t *settings = json_object();
        hm_backend_environment(&choice->spec, add_setting, settings);
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                      choice->spec.label, "linkage", hm_linkage_name(backend->linkage), "brief",
                      backend->brief, "ranked", backend->ranked, "available", !reason, "reason",
                      text_or_null(reason), "package", text_or_null(backend->package), "version",
                      text_or_null(choice->version), "origin", text_or_null(choice->origin),
                      "environment", settings, "preload", preload_line(choice)));
    }
    return array;
}
