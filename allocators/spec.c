/**
 * This module is how a back end is written, `[LABEL=]NAME[;env=K=V]…`,
 * `[LABEL=]so:PATH[;prefix=P][;env=K=V]…` or `[LABEL=]preload:PATH[;env=K=V]…`, so that everything
 * about it stands in one argument.
 *
 * Invariant: a spec that parses names a back end there is, a label that fits into cell names, and,
 * where it takes one, an absolute path of a file that can be read.
 */
#include "allocators/backend.h"
#include "base/attributes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPEC_FORMS                                                                                 \
    "[LABEL=]NAME[;env=K=V], [LABEL=]so:PATH[;prefix=P][;env=K=V] or "                             \
    "[LABEL=]preload:PATH[;env=K=V]"

static hm_status no_memory(hm_error *error)
{
    return hm_error_set(error, HM_NO_MEMORY, "no memory for a back end's spec");
}

/* ---- labels ---- */

static bool is_label_character(char character)
{
    return isalnum((unsigned char)character) || strchr("._+-", character) != NULL;
}

static hm_status check_label(const char *label, hm_error *error)
{
    if (label[0] == '\0')
        return hm_error_set(error, HM_USAGE_ERROR,
                            "a back end's label is empty; write LABEL=so:PATH");
    for (const char *at = label; *at != '\0'; at++) {
        if (!is_label_character(*at))
            return hm_error_set(error, HM_USAGE_ERROR,
                                "the label '%s' has the character '%c'; labels are of letters, "
                                "digits, '.', '_', '+' and '-': write LABEL=so:PATH",
                                label, *at);
    }
    if (hm_backend_find(label) != NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "the label '%s' is the name of a back end; choose another", label);
    return HM_OK;
}

static hm_status set_label(hm_backend_spec *spec, const char *label, size_t length, hm_error *error)
{
    spec->label = strndup(label, length);
    return spec->label == NULL ? no_memory(error) : check_label(spec->label, error);
}

/* ---- settings ---- */

static hm_status set_prefix(hm_backend_spec *spec, const char *prefix, hm_error *error)
{
    if (spec->backend->linkage != HM_LINKAGE_SO || !spec->backend->takes_path)
        return hm_error_set(error, HM_USAGE_ERROR,
                            spec->backend->takes_path
                                ? "'%s': prefix= is for so: only; a preloaded library has libc's "
                                  "names"
                                : "'%s': prefix= is for so: only; a back end with a name knows its "
                                  "own",
                            spec->text);
    for (const char *at = prefix; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_')
            return hm_error_set(error, HM_USAGE_ERROR,
                                "'%s': the prefix '%s' cannot begin a function's name", spec->text,
                                prefix);
    }
    free(spec->prefix);
    spec->prefix = strdup(prefix);
    return spec->prefix == NULL ? no_memory(error) : HM_OK;
}

static hm_status add_environment(hm_backend_spec *spec, const char *setting, hm_error *error)
{
    size_t count = 0;
    const char *equals = strchr(setting, '=');
    if (equals == NULL || equals == setting)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%s': env=%s has no value; write env=NAME=VALUE", spec->text, setting);
    if (strncmp(setting, "LD_PRELOAD=", strlen("LD_PRELOAD=")) == 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%s': LD_PRELOAD is not a setting; write preload:PATH", spec->text);
    while (spec->settings[count] != NULL)
        count++;
    if (count + 1 >= HM_BACKEND_MAX_SETTINGS)
        return hm_error_set(error, HM_USAGE_ERROR, "'%s': more than %d settings", spec->text,
                            HM_BACKEND_MAX_SETTINGS - 1);
    spec->settings[count] = strdup(setting);
    return spec->settings[count] == NULL ? no_memory(error) : HM_OK;
}

static hm_status set_option(hm_backend_spec *spec, const char *option, hm_error *error)
{
    if (strncmp(option, "prefix=", 7) == 0)
        return set_prefix(spec, option + 7, error);
    if (strncmp(option, "env=", 4) == 0)
        return add_environment(spec, option + 4, error);
    return hm_error_set(
        error, HM_USAGE_ERROR,
        "'%s': the setting '%s' is not known; known are prefix=P and env=NAME=VALUE", spec->text,
        option);
}

/* ---- paths ---- */

static hm_status check_file(const hm_backend_spec *spec, const char *path, hm_error *error)
{
    struct stat status;
    const char *name = spec->backend->name;
    if (path[0] == '\0')
        return hm_error_set(error, HM_USAGE_ERROR, "'%s' has no path; write %s:PATH", spec->text,
                            name);
    if (stat(path, &status) != 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%s': %s: %s; %s: needs a shared library's path", spec->text, path,
                            strerror(errno), name);
    if (!S_ISREG(status.st_mode))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%s': %s is not a file; %s: needs a shared library's path", spec->text,
                            path, name);
    if (access(path, R_OK) != 0)
        return hm_error_set(error, HM_USAGE_ERROR, "'%s': %s cannot be read: %s", spec->text, path,
                            strerror(errno));
    return HM_OK;
}

static hm_status set_path(hm_backend_spec *spec, const char *path, hm_error *error)
{
    hm_status status = check_file(spec, path, error);
    if (status != HM_OK)
        return status;
    spec->path = realpath(path, NULL);
    if (spec->path == NULL)
        return hm_error_set(error, HM_USAGE_ERROR, "'%s': %s: %s", spec->text, path,
                            strerror(errno));
    if (spec->backend->linkage == HM_LINKAGE_PRELOAD && strpbrk(spec->path, " :") != NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%s': LD_PRELOAD cannot take a path with a space or a colon",
                            spec->text);
    return HM_OK;
}

/* ---- the whole ---- */

/* The settings, `next` being the first or NULL, which are cut up. */
static hm_status parse_options(hm_backend_spec *spec, char *next, hm_error *error)
{
    hm_status status = HM_OK;
    while (status == HM_OK && next != NULL) {
        char *option = next;
        next = strchr(option, ';');
        if (next != NULL)
            *next++ = '\0';
        status = set_option(spec, option, error);
    }
    return status;
}

/* Splits at ';': the path, then the settings. `rest` is cut up. */
static hm_status parse_rest(hm_backend_spec *spec, char *rest, hm_error *error)
{
    char *next = strchr(rest, ';');
    if (next != NULL)
        *next++ = '\0';
    hm_status status = set_path(spec, rest, error);
    return status == HM_OK ? parse_options(spec, next, error) : status;
}

static const hm_backend *backend_with_path(const char *text, const char **rest)
{
    size_t count;
    const hm_backend *const *backends = hm_backends(&count);
    for (size_t index = 0; index < count; index++) {
        size_t length = strlen(backends[index]->name);
        if (backends[index]->takes_path && strncmp(text, backends[index]->name, length) == 0 &&
            text[length] == ':') {
            *rest = text + length + 1;
            return backends[index];
        }
    }
    return NULL;
}

static hm_status parse_with_path(hm_backend_spec *spec, const char *label, size_t label_length,
                                 const char *rest, hm_error *error)
{
    char *copy = strdup(rest);
    if (copy == NULL)
        return no_memory(error);
    hm_status status = parse_rest(spec, copy, error);
    if (status == HM_OK && label == NULL) {
        const char *slash = strrchr(copy, '/');
        label = slash != NULL ? slash + 1 : copy;
        label_length = strlen(label);
    }
    if (status == HM_OK)
        status = set_label(spec, label, label_length, error);
    free(copy);
    return status;
}

static hm_status unknown_name(const char *text, hm_error *error)
{
    char names[256] = "";
    size_t count, length = 0;
    const hm_backend *const *backends = hm_backends(&count);
    if (strpbrk(text, "=;:") != NULL)
        return hm_error_set(error, HM_USAGE_ERROR, "'%s' is not a back end; write " SPEC_FORMS,
                            text);
    for (size_t index = 0; index < count && length < sizeof names; index++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s%s",
                                   index != 0 ? ", " : "", backends[index]->name,
                                   backends[index]->takes_path ? ":PATH" : "");
    return hm_error_set(error, HM_USAGE_ERROR, "'%s' is not a back end; known are %s", text, names);
}

static hm_status find_by_name(hm_backend_spec *spec, const char *name, hm_error *error)
{
    spec->backend = hm_backend_find(name);
    if (spec->backend == NULL)
        spec->backend = hm_backend_find_of_runtime(name);
    if (spec->backend == NULL)
        return unknown_name(spec->text, error);
    if (spec->backend->takes_path)
        return hm_error_set(error, HM_USAGE_ERROR, "'%s' needs a path; write %s:PATH", spec->text,
                            name);
    return HM_OK;
}

/* [LABEL=]NAME, then settings; without a label it has its name. `copy` is cut up. */
static hm_status parse_named(hm_backend_spec *spec, char *copy, hm_error *error)
{
    char *options = strchr(copy, ';');
    if (options != NULL)
        *options++ = '\0';
    char *equals = strchr(copy, '=');
    if (equals != NULL)
        *equals = '\0';
    hm_status status = find_by_name(spec, equals != NULL ? equals + 1 : copy, error);
    if (status == HM_OK)
        status = parse_options(spec, options, error);
    if (status == HM_OK && equals != NULL)
        return set_label(spec, copy, strlen(copy), error);
    if (status == HM_OK && (spec->label = strdup(copy)) == NULL)
        status = no_memory(error);
    return status;
}

static hm_status parse_name(hm_backend_spec *spec, hm_error *error)
{
    char *copy = strdup(spec->text);
    hm_status status = copy == NULL ? no_memory(error) : parse_named(spec, copy, error);
    free(copy);
    return status;
}

static hm_status parse(hm_backend_spec *spec, hm_error *error)
{
    const char *text = spec->text, *rest = NULL;
    spec->backend = backend_with_path(text, &rest);
    if (spec->backend != NULL)
        return parse_with_path(spec, NULL, 0, rest, error);
    const char *equals = strchr(text, '=');
    if (equals != NULL)
        spec->backend = backend_with_path(equals + 1, &rest);
    if (spec->backend != NULL)
        return parse_with_path(spec, text, (size_t)(equals - text), rest, error);
    return parse_name(spec, error);
}

hm_status hm_backend_parse(const char *text, hm_backend_spec *spec, hm_error *error)
{
    *spec = (hm_backend_spec){.text = strdup(text), .prefix = strdup("")};
    hm_status status =
        spec->text != NULL && spec->prefix != NULL ? parse(spec, error) : no_memory(error);
    if (status != HM_OK)
        hm_backend_spec_clear(spec);
    return status;
}

bool hm_backend_label_says_all(const hm_backend_spec *spec)
{
    return strcmp(spec->text, spec->label) == 0;
}

void hm_backend_spec_clear(hm_backend_spec *spec)
{
    for (size_t index = 0; index < HM_BACKEND_MAX_SETTINGS; index++)
        free(spec->settings[index]);
    free(spec->label);
    free(spec->path);
    free(spec->prefix);
    free(spec->text);
    *spec = (hm_backend_spec){0};
}
