/* The way to the plot package: a Python that has what it needs, and the folder the package lies in.
 *
 * HEAPMARK_PYTHON in the environment decides alone; otherwise the one found when heapmark was built
 * is tried, then Debian's, then the first on PATH: the first one on PATH is often a user's own and
 * lacks the packages. */
#include "bench/results.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char check_script[] =
    "import importlib.util as u,sys;"
    "sys.exit(any(u.find_spec(m) is None for m in "
    "('numpy','pandas','scipy','statsmodels','matplotlib','seaborn','jinja2','jsonschema')))";

/** The environment with PYTHONPATH set to the package's folder. */
static void make_environment(hm_strings *environment)
{
    const char *folder = getenv("HEAPMARK_PLOT");
    char *path = hm_format("PYTHONPATH=%s", folder && *folder ? folder : HM_PLOT_FOLDER);
    for (char **variable = environ; *variable; variable++) {
        if (strncmp(*variable, "PYTHONPATH=", strlen("PYTHONPATH=")) != 0)
            hm_strings_add(environment, *variable);
    }
    hm_strings_add(environment, path);
    free(path);
}

/** Starts Python with default signals, waits; false: it could not be started. */
static bool run_python(const char *python, const hm_strings *arguments, bool silent, int *code)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    hm_strings environment = {0};
    sigset_t none;
    sigset_t defaults;
    pid_t child;
    int status;
    make_environment(&environment);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    for (int output = STDOUT_FILENO; silent && output <= STDERR_FILENO; output++)
        posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    int failed =
        posix_spawnp(&child, python, &actions, &attributes, arguments->items, environment.items);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    hm_strings_clear(&environment);
    if (failed != 0)
        return false;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

static bool suits(const char *python)
{
    hm_strings arguments = {0};
    int code = 1;
    hm_strings_add(&arguments, python);
    hm_strings_add(&arguments, "-c");
    hm_strings_add(&arguments, check_script);
    bool started = run_python(python, &arguments, true, &code);
    hm_strings_clear(&arguments);
    return started && code == 0;
}

/** A Python that has the packages, NULL: none. */
static const char *find_python(void)
{
    static const char *const found[] = {HM_PYTHON, "/usr/bin/python3", "python3"};
    const char *chosen = getenv("HEAPMARK_PYTHON");
    if (chosen && *chosen)
        return suits(chosen) ? chosen : NULL;
    for (size_t index = 0; index < HM_COUNT_OF(found); index++) {
        if (*found[index] && suits(found[index]))
            return found[index];
    }
    return NULL;
}

hm_status hm_plot_run(const hm_strings *arguments, int *code, hm_error *error)
{
    const char *chosen = getenv("HEAPMARK_PYTHON");
    const char *python = find_python();
    if (!python)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%s the packages the report needs: python3-matplotlib python3-seaborn "
                            "python3-pandas python3-scipy python3-statsmodels python3-jinja2 "
                            "python3-jsonschema; install them or set HEAPMARK_PYTHON",
                            chosen && *chosen ? "HEAPMARK_PYTHON names no Python that has"
                                              : "no python3 here has");
    hm_strings whole = {0};
    const char *const fixed[] = {python, "-m", "heapmark_plot"};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(&whole, fixed[index]);
    for (size_t index = 0; index < arguments->count; index++)
        hm_strings_add(&whole, arguments->items[index]);
    hm_status status = HM_OK;
    if (!run_python(python, &whole, false, code))
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be started", python);
    hm_strings_clear(&whole);
    return status;
}
