/**
 * This module is the environment of a sample: its variables, which allocators and the dynamic
 * linker read when a process starts, and its program. A sample that finds other ones than its back
 * end needs, or lies far from the libraries (base/program.h), starts itself anew, once.
 */
#include "base/program.h"
#include "bench/runtime_host.h"
#include "bench/sample_state.h"
#include "bench/strings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set in the second start, so that there is no third. */
static const char guard[] = "HEAPMARK_SAMPLE_READY";

extern char **environ;

static size_t name_length(const char *setting)
{
    return strcspn(setting, "=");
}

static bool same_name(const char *first, const char *second)
{
    size_t length = name_length(first);
    return length == name_length(second) && strncmp(first, second, length) == 0;
}

/* The setting of the same name in `settings`; NULL: none. Later ones win. */
static const char *find_setting(const hm_strings *settings, const char *setting)
{
    for (size_t index = settings->count; index > 0; index--) {
        if (same_name(settings->items[index - 1], setting))
            return settings->items[index - 1];
    }
    return NULL;
}

static void add_wanted(void *context, const char *setting)
{
    hm_strings_add(context, setting);
}

static bool scrubs(const char *setting)
{
    char name[256];
    size_t length = name_length(setting);
    if (length >= sizeof name)
        return false;
    memcpy(name, setting, length);
    name[length] = '\0';
    return hm_backend_scrubs(name);
}

/* The first setting that is missing, different or one too many; NULL: all is well. */
static const char *find_difference(const hm_strings *wanted)
{
    for (char **setting = environ; *setting != NULL; setting++) {
        if (scrubs(*setting) && find_setting(wanted, *setting) == NULL)
            return *setting;
    }
    for (size_t index = 0; index < wanted->count; index++) {
        const char *setting = find_setting(wanted, wanted->items[index]);
        hm_strings name = {0};
        hm_strings_add_part(&name, setting, name_length(setting));
        const char *present = getenv(name.items[0]);
        hm_strings_clear(&name);
        if (present == NULL || strcmp(present, setting + name_length(setting) + 1) != 0)
            return setting;
    }
    return NULL;
}

static void execute_anew(const char *program, const hm_strings *wanted, int argc, char **argv)
{
    hm_strings arguments = {0}, environment = {0};
    char loader[PATH_MAX];
    bool near = hm_program_loader(program, loader);
    if (near) {
        hm_strings_add(&arguments, loader);
        hm_strings_add(&arguments, program);
    }
    /* The name of a command is two words: the program's and its own. */
    hm_strings_split(&arguments, near ? strchr(argv[0], ' ') + 1 : argv[0], ' ');
    for (int index = 1; index < argc; index++)
        hm_strings_add(&arguments, argv[index]);
    for (char **setting = environ; *setting != NULL; setting++) {
        if (!scrubs(*setting) && find_setting(wanted, *setting) == NULL)
            hm_strings_add(&environment, *setting);
    }
    for (size_t index = 0; index < wanted->count; index++) {
        if (find_setting(wanted, wanted->items[index]) == wanted->items[index])
            hm_strings_add(&environment, wanted->items[index]);
    }
    char *marked = hm_format("%s=1", guard);
    hm_strings_add(&environment, marked);
    free(marked);
    execve(near ? loader : program, arguments.items, environment.items);
    hm_strings_clear(&environment);
    hm_strings_clear(&arguments);
}

/* Finds the program of the back end's samples; `*other`: it is not what runs, or not where it is
 * to lie. */
static hm_status find_program(const hm_backend_spec *backend, char program[PATH_MAX], bool *other,
                              hm_error *error)
{
    char running[PATH_MAX], wanted[PATH_MAX], loader[PATH_MAX];
    hm_status status = hm_backend_program(backend, program, PATH_MAX, error);
    if (status != HM_OK)
        return status;
    *other = program[0] != '\0';
    if (!*other && !hm_program_file(program))
        return hm_error_set(error, HM_IO_ERROR, "the running program's file cannot be found");
    if (hm_program_file(running) && realpath(program, wanted) != NULL)
        *other = strcmp(running, wanted) != 0;
    *other = *other || (!hm_program_is_near() && hm_program_loader(program, loader));
    return HM_OK;
}

hm_status hm_sample_enter_environment(const hm_backend_spec *backend, int argc, char **argv,
                                      hm_error *error)
{
    char program[PATH_MAX];
    bool other_program;
    hm_status status = find_program(backend, program, &other_program, error);
    if (status != HM_OK)
        return status;
    hm_strings wanted = {0};
    hm_backend_environment(backend, add_wanted, &wanted);
    const char *difference = find_difference(&wanted);
    bool may_start_anew = getenv(guard) == NULL && hm_runtime_host_get() == NULL;
    if (may_start_anew && (difference != NULL || other_program)) {
        execute_anew(program, &wanted, argc, argv);
        status = hm_error_set(error, HM_IO_ERROR, "%s could not be started anew: %s", program,
                              strerror(errno));
    } else if (difference != NULL) {
        status = hm_error_set(error, HM_UNAVAILABLE,
                              "the environment of back end %s could not be set: '%.200s' is wrong",
                              backend->label, difference);
    }
    hm_strings_clear(&wanted);
    return status;
}
