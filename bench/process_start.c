/* Starting a sample's process: its environment, its descriptors, its group. */
#include "base/child.h"
#include "base/program.h"
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

#define PADDING_NAME "HEAPMARK_PADDING"

/** The driver's environment without what changes allocators, with what the back end needs. */
static void make_environment(const hm_process_request *request, hm_strings *environment)
{
    for (char **variable = environ; *variable; variable++) {
        char *name = hm_format("%.*s", (int)strcspn(*variable, "="), *variable);
        if (!hm_backend_scrubs(name) && strcmp(name, PADDING_NAME) != 0)
            hm_strings_add(environment, *variable);
        free(name);
    }
    hm_backend_environment(request->backend, hm_strings_set_variable, environment);
    char *padding = hm_grow(NULL, request->padding_bytes + 1u, 1);
    memset(padding, 'x', request->padding_bytes);
    padding[request->padding_bytes] = '\0';
    char *setting = hm_format("%s=%s", PADDING_NAME, padding);
    hm_strings_add(environment, setting);
    free(setting);
    free(padding);
}

/** What is executed. */
typedef struct start {
    char program[PATH_MAX]; /**< the loader, or the sample's program itself */
    hm_strings arguments;
    hm_strings environment;
} start;

/**
 * The program near its libraries where it has a loader (base/program.h). This one is named by the
 * driver's process, so that it is the same file though another has taken its place.
 */
static void prepare(const hm_process_request *request, start *how)
{
    const hm_strings *given = request->arguments;
    char *own = hm_format("/proc/%d/exe", (int)getpid());
    const char *program = request->program != NULL ? request->program : own;
    *how = (start){.arguments = {0}};
    make_environment(request, &how->environment);
    bool near = hm_program_loader(program, how->program);
    if (near)
        hm_strings_add(&how->arguments, how->program);
    else
        snprintf(how->program, sizeof how->program, "%s", program);
    hm_strings_add(&how->arguments, near ? program : given->items[0]);
    for (size_t index = 1; index < given->count; index++)
        hm_strings_add(&how->arguments, given->items[index]);
    free(own);
}

static void clear(start *how)
{
    hm_strings_clear(&how->arguments);
    hm_strings_clear(&how->environment);
}

/** In the child: puts descriptors, group and signals in place and becomes the sample. */
__attribute__((noreturn)) static void become(pid_t driver, int record, int output, int account,
                                             const start *how)
{
    sigset_t none;
    int input = open("/dev/null", O_RDONLY);
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    setpgid(0, 0);
    /* The driver may have died before prctl: then its child has another parent already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != driver)
        _exit(127);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        _exit(127);
    /* dup2 to itself would keep close-on-exec. */
    if (record == HM_RECORD_FD ? fcntl(record, F_SETFD, 0) < 0 : dup2(record, HM_RECORD_FD) < 0)
        _exit(127);
    if (account >= 0 && dup2(account, HM_ACCOUNT_FD) < 0)
        _exit(127);
    hm_child_bind(0, (hm_child_bounds){0}); /* watched from outside; but no core file */
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(how->program, how->arguments.items, how->environment.items);
    dprintf(STDERR_FILENO, "%s cannot be executed: %s\n", how->program, strerror(errno));
    _exit(127);
}

static hm_status fail(hm_error *error, const char *what)
{
    return hm_error_set(error, HM_IO_ERROR, "a sample cannot be started: %s: %s", what,
                        strerror(errno));
}

/** A pipe whose ends close on exec and lie above the descriptors a child puts in place. */
static bool open_pipe(int ends[2])
{
    int made[2];
    if (pipe2(made, O_CLOEXEC) != 0)
        return false;
    for (int index = 0; index < 2; index++) {
        ends[index] = fcntl(made[index], F_DUPFD_CLOEXEC, 10);
        close(made[index]);
    }
    if (ends[0] >= 0 && ends[1] >= 0)
        return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    return false;
}

hm_status hm_process_start(const hm_process_request *request, hm_process_pipes *pipes,
                           hm_error *error)
{
    int record[2] = {-1, -1};
    int output[2] = {-1, -1};
    start how;
    hm_status status = HM_OK;
    *pipes = (hm_process_pipes){.pid = -1, .record = -1, .output = -1};
    prepare(request, &how);
    pid_t driver = getpid();
    if (!open_pipe(record) || !open_pipe(output))
        status = fail(error, "pipe");
    else if ((pipes->pid = fork()) < 0)
        status = fail(error, "fork");
    else if (pipes->pid == 0)
        become(driver, record[1], output[1], request->account ? request->account->file : -1, &how);
    clear(&how);
    if (record[1] >= 0)
        close(record[1]);
    if (output[1] >= 0)
        close(output[1]);
    if (status == HM_OK) {
        setpgid(pipes->pid, pipes->pid); /* the child does so too: whoever is first */
        pipes->record = record[0];
        pipes->output = output[0];
        return HM_OK;
    }
    if (record[0] >= 0)
        close(record[0]);
    if (output[0] >= 0)
        close(output[0]);
    return status;
}
