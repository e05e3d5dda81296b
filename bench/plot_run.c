/* The way to the plot package: a Python that has what it needs, and the folder the package lies in.
 *
 * HEAPMARK_PYTHON in the environment decides alone; otherwise the one found when heapmark was built
 * is tried, then Debian's, then the first on PATH: the first one on PATH is often a user's own and
 * lacks the packages. */
#include "bench/measure/clock.h"
#include "bench/process.h"
#include "bench/results.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_SECONDS = 600 };

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

/**
 * Starts Python with default signals; its output goes to `output` and its messages to `messages`,
 * to this process's where -1. False: it could not be started.
 */
static bool start_python(const char *python, const hm_strings *arguments, int output, int messages,
                         pid_t *child)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    hm_strings environment = {0};
    sigset_t none;
    sigset_t defaults;
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
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (messages >= 0)
        posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    int failed =
        posix_spawnp(child, python, &actions, &attributes, arguments->items, environment.items);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    hm_strings_clear(&environment);
    return failed == 0;
}

static int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/** Starts Python and waits; false: it could not be started. */
static bool run_python(const char *python, const hm_strings *arguments, int output, int *code)
{
    pid_t child;
    int status;
    if (!start_python(python, arguments, output, output, &child))
        return false;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    *code = code_of(status);
    return true;
}

static bool suits(const char *python)
{
    hm_strings arguments = {0};
    int code = 1;
    hm_strings_add(&arguments, python);
    hm_strings_add(&arguments, "-c");
    hm_strings_add(&arguments, check_script);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool started = run_python(python, &arguments, nowhere, &code);
    if (nowhere >= 0)
        close(nowhere);
    hm_strings_clear(&arguments);
    return started && code == 0;
}

const char *hm_plot_python(void)
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

/** The Python to run and its arguments up to `arguments`; HM_UNAVAILABLE: there is none. */
static hm_status make_command(const hm_strings *arguments, hm_strings *whole, hm_error *error)
{
    const char *chosen = getenv("HEAPMARK_PYTHON");
    const char *python = hm_plot_python();
    if (!python)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%s the packages the report needs: python3-matplotlib python3-seaborn "
                            "python3-pandas python3-scipy python3-statsmodels python3-jinja2 "
                            "python3-jsonschema; install them or set HEAPMARK_PYTHON",
                            chosen && *chosen ? "HEAPMARK_PYTHON names no Python that has"
                                              : "no python3 here has");
    const char *const fixed[] = {python, "-m", "heapmark_plot"};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(whole, fixed[index]);
    for (size_t index = 0; index < arguments->count; index++)
        hm_strings_add(whole, arguments->items[index]);
    return HM_OK;
}

hm_status hm_plot_run(const hm_strings *arguments, int *code, hm_error *error)
{
    hm_strings whole = {0};
    hm_status status = make_command(arguments, &whole, error);
    if (status == HM_OK && !run_python(whole.items[0], &whole, -1, code))
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be started", whole.items[0]);
    hm_strings_clear(&whole);
    return status;
}

/** Waits for the child, but not past a request to stop or MOST_SECONDS; its code. */
static int wait_for_answer(pid_t child)
{
    int status;
    uint64_t deadline_ns = hm_clock_wall_ns() + MOST_SECONDS * UINT64_C(1000000000);
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (hm_process_stop_signal() != 0 || hm_clock_wall_ns() > deadline_ns)
            kill(child, SIGKILL);
        hm_clock_sleep_until(hm_clock_wall_ns() + 5000000);
    }
    return ended == child ? code_of(status) : 1;
}

/** The whole of a file in memory; a new text. */
static char *read_answer(int file)
{
    off_t end = lseek(file, 0, SEEK_END);
    size_t bytes = end > 0 ? (size_t)end : 0;
    char *text = hm_grow(NULL, bytes + 1, 1);
    ssize_t part = pread(file, text, bytes, 0);
    text[part > 0 ? part : 0] = '\0';
    return text;
}

/** The last line of `text` that says something, cut out in place. */
static char *last_line(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    char *newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

hm_status hm_plot_capture(const hm_strings *arguments, char **text, hm_error *error)
{
    hm_strings whole = {0};
    pid_t child;
    int output = memfd_create("heapmark-answer", MFD_CLOEXEC);
    int messages = memfd_create("heapmark-messages", MFD_CLOEXEC);
    hm_status status = make_command(arguments, &whole, error);
    *text = NULL;
    if (status == HM_OK && (output < 0 || messages < 0 ||
                            !start_python(whole.items[0], &whole, output, messages, &child)))
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be started", whole.items[0]);
    else if (status == HM_OK && wait_for_answer(child) != 0) {
        char *said = read_answer(messages);
        status = hm_error_set(error, HM_WRONG_RESULT, "heapmark_plot %s failed: %.300s",
                              arguments->items[0], last_line(said));
        free(said);
    } else if (status == HM_OK) {
        *text = read_answer(output);
    }
    if (output >= 0)
        close(output);
    if (messages >= 0)
        close(messages);
    hm_strings_clear(&whole);
    return status;
}
