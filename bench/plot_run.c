/* The way to the plot package: a Python that has what it needs, and the folder the package lies in.
 *
 * HEAPMARK_PYTHON in the environment decides alone; otherwise the one found when heapmark was built
 * is tried, then Debian's, then the first on PATH: the first one on PATH is often a user's own and
 * lacks the packages.
 *
 * The current folder may be a stranger's run: nothing is imported from there, and PYTHONPATH is not
 * followed. The process ends with this one and has bounds of time and memory. */
#include "base/child.h"
#include "base/quantity.h"
#include "bench/measure/clock.h"
#include "bench/process.h"
#include "bench/results.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SECONDS_TO_ANSWER = 600, SECONDS_TO_DRAW = 3600, EXIT_NOT_STARTED = 127 };

/* The folder that holds the package comes first, the current one ("") not at all. */
static const char run_script[] = "import sys;"
                                 "sys.path[:]=[sys.argv.pop(1)]+[p for p in sys.path if p];"
                                 "import runpy;"
                                 "runpy.run_module('heapmark_plot',run_name='__main__',"
                                 "alter_sys=True)";

static const char check_script[] =
    "import sys;sys.path[:]=[p for p in sys.path if p];"
    "import importlib.util as u;"
    "sys.exit(any(u.find_spec(m) is None for m in "
    "('numpy','pandas','scipy','statsmodels','matplotlib','seaborn','jinja2','jsonschema')))";

static const char *plot_folder(void)
{
    const char *folder = getenv("HEAPMARK_PLOT");
    return folder && *folder ? folder : HM_PLOT_FOLDER;
}

static void make_environment(hm_strings *environment)
{
    for (char **variable = environ; *variable; variable++) {
        if (strncmp(*variable, "PYTHONPATH=", strlen("PYTHONPATH=")) != 0)
            hm_strings_add(environment, *variable);
    }
}

/** HEAPMARK_PYTHON_SECONDS where it is a number above 0, else `usual`. */
static double seconds_allowed(double usual)
{
    const char *asked = getenv("HEAPMARK_PYTHON_SECONDS");
    double seconds = 0;
    return asked && hm_parse_seconds(asked, &seconds) && seconds > 0 ? seconds : usual;
}

/** HEAPMARK_PYTHON_MEMORY where it is an amount, else three quarters of the machine's. */
static uint64_t bytes_allowed(void)
{
    const char *asked = getenv("HEAPMARK_PYTHON_MEMORY");
    const uint64_t least = UINT64_C(2) << 30;
    int64_t bytes = 0;
    if (asked && hm_parse_count(asked, &bytes) && bytes > 0)
        return (uint64_t)bytes;
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return machine / 4 * 3 > least ? machine / 4 * 3 : least;
}

/** In the child: becomes Python, with default signals. */
__attribute__((noreturn)) static void become(pid_t parent, const char *python,
                                             const hm_strings *arguments,
                                             const hm_strings *environment, int output,
                                             int messages, uint64_t memory_bytes)
{
    sigset_t none;
    sigemptyset(&none);
    hm_child_enter(parent, (hm_child_bounds){.memory_bytes = memory_bytes});
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if ((output < 0 || dup2(output, STDOUT_FILENO) >= 0) &&
        (messages < 0 || dup2(messages, STDERR_FILENO) >= 0))
        execvpe(python, arguments->items, environment->items);
    _exit(EXIT_NOT_STARTED);
}

/**
 * Starts Python; its output goes to `output` and its messages to `messages`, to this process's
 * where -1. False: it could not be started.
 */
static bool start_python(const char *python, const hm_strings *arguments, int output, int messages,
                         pid_t *child)
{
    hm_strings environment = {0};
    make_environment(&environment);
    uint64_t memory_bytes = bytes_allowed();
    pid_t parent = getpid();
    *child = fork();
    if (*child == 0)
        become(parent, python, arguments, &environment, output, messages, memory_bytes);
    hm_strings_clear(&environment);
    return *child > 0;
}

static int code_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/** Waits for the child, but not past a request to stop or `seconds`; false: it was ended for those.
 */
static bool wait_for(pid_t child, double seconds, int *code)
{
    int status = 0;
    bool in_time = true;
    uint64_t deadline_ns = hm_clock_wall_ns() + (uint64_t)(seconds * 1e9);
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (hm_process_stop_signal() != 0 || hm_clock_wall_ns() > deadline_ns)
            in_time = kill(child, SIGKILL) != 0 && in_time;
        hm_clock_sleep_until(hm_clock_wall_ns() + 5000000);
    }
    *code = ended == child ? code_of(status) : 1;
    return in_time;
}

static bool suits(const char *python)
{
    hm_strings arguments = {0};
    pid_t child;
    int code = 1;
    hm_strings_add(&arguments, python);
    hm_strings_add(&arguments, "-c");
    hm_strings_add(&arguments, check_script);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool ended = start_python(python, &arguments, nowhere, nowhere, &child) &&
                 wait_for(child, seconds_allowed(SECONDS_TO_ANSWER), &code);
    if (nowhere >= 0)
        close(nowhere);
    hm_strings_clear(&arguments);
    return ended && code == 0;
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
    const char *const fixed[] = {python, "-c", run_script, plot_folder()};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(whole, fixed[index]);
    for (size_t index = 0; index < arguments->count; index++)
        hm_strings_add(whole, arguments->items[index]);
    return HM_OK;
}

/** What is wrong with the end of a Python that was waited for. */
static hm_status judge(const char *python, bool in_time, int code, double seconds, hm_error *error)
{
    if (!in_time && hm_process_stop_signal() == 0)
        return hm_error_set(error, HM_IO_ERROR,
                            "the package heapmark_plot did not end within %g s; set "
                            "HEAPMARK_PYTHON_SECONDS to let it",
                            seconds);
    if (code == EXIT_NOT_STARTED)
        return hm_error_set(error, HM_IO_ERROR, "%s cannot be started", python);
    return HM_OK;
}

hm_status hm_plot_run(const hm_strings *arguments, int *code, hm_error *error)
{
    hm_strings whole = {0};
    pid_t child;
    double seconds = seconds_allowed(SECONDS_TO_DRAW);
    hm_status status = make_command(arguments, &whole, error);
    if (status == HM_OK && !start_python(whole.items[0], &whole, -1, -1, &child)) {
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be started", whole.items[0]);
    } else if (status == HM_OK) {
        bool in_time = wait_for(child, seconds, code);
        status = judge(whole.items[0], in_time, *code, seconds, error);
    }
    hm_strings_clear(&whole);
    return status;
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
    int code = 1;
    int output = memfd_create("heapmark-answer", MFD_CLOEXEC);
    int messages = memfd_create("heapmark-messages", MFD_CLOEXEC);
    hm_status status = make_command(arguments, &whole, error);
    *text = NULL;
    if (status == HM_OK && (output < 0 || messages < 0 ||
                            !start_python(whole.items[0], &whole, output, messages, &child)))
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be started", whole.items[0]);
    else if (status == HM_OK &&
             (!wait_for(child, seconds_allowed(SECONDS_TO_ANSWER), &code) || code != 0)) {
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
