/**
 * This module runs bind_probe for a spec, in the environment that the spec asks for, and reads what
 * it printed. HM_BIND_PROBE and HM_FIXTURES are paths given by CMake.
 */
#ifndef HM_TESTS_ALLOCATORS_BIND_PROCESS_H
#define HM_TESTS_ALLOCATORS_BIND_PROCESS_H

#include "cmocka_all.h"

#include "allocators/backend.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIND_ENVIRONMENT = 256, BIND_OUTPUT = 16384 };

typedef struct bind_result {
    int exit_code; /* -1: ended by a signal */
    int signal;
    char output[BIND_OUTPUT];
} bind_result;

typedef struct bind_environment {
    char *settings[BIND_ENVIRONMENT];
    size_t count;
} bind_environment;

extern char **environ;

static inline void bind_add_setting(void *context, const char *setting)
{
    bind_environment *environment = context;
    assert_true(environment->count + 1 < BIND_ENVIRONMENT);
    environment->settings[environment->count++] = strdup(setting);
}

/* This process's environment without what changes allocators, and what the spec asks for. */
static inline void bind_make_environment(const hm_backend_spec *spec, bind_environment *environment)
{
    environment->count = 0;
    for (char **setting = environ; *setting != NULL; setting++) {
        char name[128];
        size_t length = strcspn(*setting, "=");
        snprintf(name, sizeof name, "%.*s", (int)(length < 127 ? length : 127), *setting);
        if (!hm_backend_scrubs(name))
            bind_add_setting(environment, *setting);
    }
    hm_backend_environment(spec, bind_add_setting, environment);
    environment->settings[environment->count] = NULL;
}

static inline void bind_read_output(int descriptor, bind_result *result)
{
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length + 1 < sizeof result->output) {
        got = read(descriptor, result->output + length, sizeof result->output - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    result->output[length] = '\0';
    close(descriptor);
}

/* Runs bind_probe; `seconds` is when a hanging one is ended by SIGALRM. */
static inline void bind_run(const char *text, unsigned seconds, bind_result *result)
{
    hm_backend_spec spec;
    hm_error error;
    bind_environment environment;
    int channel[2], status = 0;
    if (hm_backend_parse(text, &spec, &error) != HM_OK)
        fail_msg("%s", error.message);
    bind_make_environment(&spec, &environment);
    char *arguments[] = {(char *)(uintptr_t)HM_BIND_PROBE, (char *)(uintptr_t)text, NULL};
    assert_int_equal(pipe(channel), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], STDOUT_FILENO);
        close(channel[0]);
        close(channel[1]);
        alarm(seconds);
        execve(HM_BIND_PROBE, arguments, environment.settings);
        _exit(126);
    }
    close(channel[1]);
    bind_read_output(channel[0], result);
    assert_int_equal(waitpid(child, &status, 0), child);
    result->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    while (environment.count > 0)
        free(environment.settings[--environment.count]);
    hm_backend_spec_clear(&spec);
}

/* The value of `key` in the output; "" where there is none. Overwritten by the fourth next call. */
static inline const char *bind_value(const bind_result *result, const char *key)
{
    static char values[4][PATH_MAX];
    static unsigned turn;
    char *value = values[turn++ % 4];
    char line[64];
    snprintf(line, sizeof line, "%s=", key);
    const char *at = result->output;
    while (at != NULL && strncmp(at, line, strlen(line)) != 0) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    snprintf(value, PATH_MAX, "%.*s", at == NULL ? 0 : (int)strcspn(at + strlen(line), "\n"),
             at == NULL ? "" : at + strlen(line));
    return value;
}

static inline long long bind_number(const bind_result *result, const char *key)
{
    const char *value = bind_value(result, key);
    if (value[0] == '\0')
        fail_msg("no %s in: %s", key, result->output);
    return strtoll(value, NULL, 10);
}

/* The process ended well, its functions came from `origin`, and it bound only once. */
static inline void bind_expect_good(const bind_result *result, const char *origin)
{
    char resolved[PATH_MAX];
    if (result->exit_code != 0)
        fail_msg("exit %d signal %d: %s", result->exit_code, result->signal, result->output);
    assert_non_null(realpath(origin, resolved));
    assert_string_equal(bind_value(result, "origin"), resolved);
    assert_int_equal(bind_number(result, "second"), 1);
}

/* The account follows 20 MB coming and going within a tenth, and a purge returns most of it. */
static inline void bind_expect_stats(const bind_result *result, bool tells_active)
{
    const long long bulk = 20000000, slack = bulk / 4;
    long long grown =
        bind_number(result, "full_allocated") - bind_number(result, "before_allocated");
    long long left =
        bind_number(result, "freed_allocated") - bind_number(result, "before_allocated");
    assert_in_range(grown, bulk, bulk + slack);
    assert_true(left < bulk / 10);
    long long active = bind_number(result, "full_active");
    if (tells_active)
        assert_in_range(active, bulk, bind_number(result, "full_allocated") + slack);
    else
        assert_int_equal(active, -1);
    assert_true(bind_number(result, "purged_rss") + bulk / 2 < bind_number(result, "full_rss"));
}

static inline void bind_expect_error(const bind_result *result, hm_status status, const char *part)
{
    if (result->exit_code != 10 + (int)status || strstr(bind_value(result, "error"), part) == NULL)
        fail_msg("wanted exit %d and '%s', got %d: %s", 10 + (int)status, part, result->exit_code,
                 result->output);
}

#endif
