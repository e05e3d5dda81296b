#include "bench/exec/variant.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const char *const default_names[] = {"system", "jemalloc", "mimalloc", "tcmalloc", "pool"};

/** Whether the allocator can be the whole process's by LD_PRELOAD, or is it already. */
static bool can_preload(const hm_backend *backend)
{
    return backend->linkage == HM_LINKAGE_PRELOAD ||
           (backend->linkage == HM_LINKAGE_SO && !backend->takes_path);
}

static hm_status refuse_unfit(const hm_backend_spec *spec, hm_error *error)
{
    if (can_preload(spec->backend))
        return HM_OK;
    if (spec->backend->takes_path)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--backend: '%.200s' is bound by dlopen, which only heapmark's own "
                            "runtime does; for a program write preload:%.200s",
                            spec->text, spec->path);
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--backend: %s lives inside heapmark and cannot be preloaded; there are "
                        "system, jemalloc, mimalloc, tcmalloc, pool and preload:PATH",
                        spec->label);
}

static hm_status refuse_twins(const hm_exec_variants *variants, const char *label, hm_error *error)
{
    for (size_t index = 0; index < variants->count; index++) {
        if (strcmp(variants->items[index].label, label) == 0)
            return hm_error_set(error, HM_USAGE_ERROR,
                                "--backend: two back ends are called %s; name one of them: "
                                "LABEL=preload:PATH",
                                label);
    }
    return HM_OK;
}

/** The library to preload, found as the registry finds it; a new text. */
static hm_status locate(const hm_backend_spec *spec, char **library, hm_error *error)
{
    char path[PATH_MAX] = "";
    hm_status status = hm_backend_probe(spec, path, sizeof path, error);
    bool system = strcmp(spec->backend->name, "system") == 0;
    if (status == HM_OK && strpbrk(path, " :"))
        status = hm_error_set(error, HM_UNAVAILABLE,
                              "%s: LD_PRELOAD cannot take %.300s: its path has a space or a colon",
                              spec->label, path);
    *library = hm_copy(system ? "" : spec->path ? spec->path : path);
    return status;
}

static hm_status add(hm_exec_variants *variants, const char *text, bool by_name,
                     const char *python_malloc, hm_error *error)
{
    hm_exec_variant variant = {.python_malloc = python_malloc};
    hm_error absent = {0};
    hm_status status = hm_backend_parse(text, &variant.spec, error);
    if (status != HM_OK)
        return status;
    bool marked = python_malloc && strcmp(python_malloc, "malloc") == 0;
    variant.label = hm_format("%s%s", variant.spec.label, marked ? "+malloc" : "");
    status = refuse_unfit(&variant.spec, error);
    if (status == HM_OK)
        status = refuse_twins(variants, variant.label, error);
    if (status == HM_OK && locate(&variant.spec, &variant.library, &absent) != HM_OK) {
        variant.absent = hm_copy(absent.message);
        if (by_name)
            status = hm_error_set(error, HM_UNAVAILABLE, "--backend: %.480s", absent.message);
    }
    variants->items = hm_grow(variants->items, variants->count + 1, sizeof *variants->items);
    variants->items[variants->count++] = variant;
    return status;
}

static hm_status add_all(hm_exec_variants *variants, const hm_exec_options *options,
                         const char *python_malloc, hm_error *error)
{
    bool by_name = options->backends.count > 0;
    size_t count = by_name ? options->backends.count : HM_COUNT_OF(default_names);
    hm_status status = HM_OK;
    for (size_t index = 0; index < count && status == HM_OK; index++)
        status = add(variants, by_name ? options->backends.items[index] : default_names[index],
                     by_name, python_malloc, error);
    return status;
}

hm_status hm_exec_variants_choose(hm_exec_variants *variants, const hm_exec_options *options,
                                  hm_error *error)
{
    hm_exec_python python = options->python_malloc;
    hm_status status = HM_OK;
    *variants = (hm_exec_variants){0};
    if (python == HM_EXEC_PYTHON_AS_IS)
        return add_all(variants, options, NULL, error);
    if (python != HM_EXEC_PYTHON_MALLOC)
        status = add_all(variants, options, "pymalloc", error);
    if (status == HM_OK && python != HM_EXEC_PYTHON_PYMALLOC)
        status = add_all(variants, options, "malloc", error);
    return status;
}

void hm_exec_variants_clear(hm_exec_variants *variants)
{
    for (size_t index = 0; index < variants->count; index++) {
        hm_exec_variant *variant = &variants->items[index];
        hm_backend_spec_clear(&variant->spec);
        free(variant->label);
        free(variant->library);
        free(variant->absent);
    }
    free(variants->items);
    *variants = (hm_exec_variants){0};
}

size_t hm_exec_variants_baseline(const hm_exec_variants *variants)
{
    for (size_t index = 0; index < variants->count; index++) {
        if (strcmp(variants->items[index].spec.backend->name, "system") == 0)
            return index;
    }
    for (size_t index = 0; index < variants->count; index++) {
        if (!variants->items[index].absent)
            return index;
    }
    return 0;
}

/* ---- the environment ---- */

/** What a sample of heapmark's own scrubs but a foreign program may need to run at all. */
static bool is_needed(const char *name)
{
    static const char *const names[] = {"PYTHONMALLOC", "LD_LIBRARY_PATH", "LD_BIND_NOW",
                                        "LD_HWCAP_MASK", "LD_DYNAMIC_WEAK"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        if (strcmp(name, names[index]) == 0)
            return true;
    }
    return false;
}

static void set_new(hm_strings *environment, char *setting)
{
    hm_strings_set_variable(environment, setting);
    free(setting);
}

static void inherit(hm_strings *environment, hm_strings *dropped)
{
    for (char **variable = environ; *variable; variable++) {
        char *name = hm_format("%.*s", (int)strcspn(*variable, "="), *variable);
        if (!hm_backend_scrubs(name) || is_needed(name))
            hm_strings_add(environment, *variable);
        else if (dropped && !hm_strings_contain(dropped, name))
            hm_strings_add(dropped, name);
        free(name);
    }
}

void hm_exec_environment(const hm_exec_variant *variant, const char *witness_library,
                         const char *witness_file, unsigned padding_bytes, hm_strings *environment,
                         hm_strings *dropped)
{
    inherit(environment, dropped);
    hm_backend_environment(&variant->spec, hm_strings_set_variable, environment);
    set_new(environment, hm_format("LD_PRELOAD=%s%s%s", witness_library,
                                   *variant->library ? ":" : "", variant->library));
    set_new(environment, hm_format("HEAPMARK_WITNESS=%s", witness_file));
    if (variant->python_malloc)
        set_new(environment, hm_format("PYTHONMALLOC=%s", variant->python_malloc));
    char *padding = hm_grow(NULL, padding_bytes + 1u, 1);
    memset(padding, 'x', padding_bytes);
    padding[padding_bytes] = '\0';
    set_new(environment, hm_format("HEAPMARK_PADDING=%s", padding));
    free(padding);
}
