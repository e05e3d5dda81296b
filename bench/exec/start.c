/* Starting the command: its descriptors, its group, and what its peak holds of heapmark before
 * exec.
 */
#include "bench/exec/process.h"

#include "bench/measure/clock.h"
#include "bench/measure/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_OWN_DESCRIPTOR = 10, EXIT_NOT_STARTED = 127 };

/** What the child tells before it becomes the command: its size, then errno where it cannot. */
typedef struct farewell {
    uint64_t peak_rss_bytes;
    int failure;
} farewell;

/** A pipe whose ends close on exec and lie above the descriptors a child puts in place. */
static bool open_pipe(int ends[2])
{
    int made[2];
    ends[0] = ends[1] = -1;
    if (pipe2(made, O_CLOEXEC) != 0)
        return false;
    for (int index = 0; index < 2; index++) {
        ends[index] = fcntl(made[index], F_DUPFD_CLOEXEC, FIRST_OWN_DESCRIPTOR);
        close(made[index]);
    }
    if (ends[0] >= 0)
        fcntl(ends[0], F_SETPIPE_SZ, HM_EXEC_PIPE_BYTES); /* a smaller one works, more slowly */
    return ends[0] >= 0 && ends[1] >= 0;
}

static void close_pipe(int ends[2])
{
    for (int index = 0; index < 2; index++) {
        if (ends[index] >= 0)
            close(ends[index]);
        ends[index] = -1;
    }
}

/** The pipes of one start. */
typedef struct pipes {
    int output[2];
    int errors[2];
    int farewell[2];
} pipes;

static void close_pipes(pipes *made)
{
    close_pipe(made->output);
    close_pipe(made->errors);
    close_pipe(made->farewell);
}

static bool place(int descriptor, int wanted)
{
    return descriptor >= 0 && dup2(descriptor, wanted) >= 0;
}

/** In the child: becomes the command. */
__attribute__((noreturn)) static void become(const hm_exec_request *request, const pipes *made,
                                             pid_t driver)
{
    farewell last = {0};
    sigset_t none;
    hm_resident self;
    int output = made->output[1] >= 0 ? made->output[1] : open("/dev/null", O_WRONLY | O_CLOEXEC);
    int input = open(request->input, O_RDONLY | O_CLOEXEC);
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    setpgid(0, 0);
    bool ready = input >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == driver &&
                 place(input, STDIN_FILENO) && place(output, STDOUT_FILENO) &&
                 place(made->errors[1], STDERR_FILENO);
    if (ready && hm_resident_open(&self, 0, NULL) == HM_OK) {
        ready = hm_resident_peak(&self, &last.peak_rss_bytes);
        hm_resident_close(&self);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (ready && write(made->farewell[1], &last, sizeof last) == sizeof last)
        execve(request->path, request->arguments, request->environment->items);
    last.failure = errno ? errno : ESRCH;
    ssize_t told = write(made->farewell[1], &last, sizeof last);
    _exit(told > 0 ? EXIT_NOT_STARTED : EXIT_NOT_STARTED + 1);
}

/** Reads what the child told; the pipe ends when it has become the command. */
static int read_farewell(int descriptor, farewell *last)
{
    farewell told;
    int count = 0;
    ssize_t bytes;
    while ((bytes = read(descriptor, &told, sizeof told)) != 0) {
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes != sizeof told)
            return ESRCH;
        *last = told;
        count++;
    }
    return count == 0 ? ESRCH : last->failure;
}

static hm_status fail(hm_error *error, const char *what)
{
    return hm_error_set(error, HM_IO_ERROR, "the command cannot be started: %s: %s", what,
                        strerror(errno));
}

/** After fork: waits until the child is the command. */
static hm_status confirm(const hm_exec_request *request, hm_exec_child *child, int descriptor,
                         hm_exec_result *result, hm_error *error)
{
    farewell last = {0};
    int failure = read_farewell(descriptor, &last);
    if (failure != 0) {
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        return hm_error_set(
            error, failure == EAGAIN || failure == ENOMEM ? HM_IO_ERROR : HM_USAGE_ERROR,
            "the command '%.200s' cannot be executed: %s%s", request->path, strerror(failure),
            failure == ENOEXEC ? " (a script needs a first line such as #!/bin/sh)" : "");
    }
    result->floor_rss_bytes = (int64_t)last.peak_rss_bytes;
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    return HM_OK;
}

hm_status hm_exec_start(const hm_exec_request *request, hm_exec_child *child,
                        hm_exec_result *result, hm_error *error)
{
    pipes made = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t driver = getpid();
    hm_status status = HM_OK;
    *child = (hm_exec_child){.pid = -1, .pidfd = -1, .output = -1, .errors = -1};
    if ((!request->ignore_output && !open_pipe(made.output)) || !open_pipe(made.errors) ||
        !open_pipe(made.farewell)) {
        status = fail(error, "pipe");
        close_pipes(&made);
        return status;
    }
    result->started_ns = hm_clock_wall_ns();
    child->pid = fork();
    if (child->pid == 0)
        become(request, &made, driver);
    int *const writing[] = {&made.output[1], &made.errors[1], &made.farewell[1]};
    for (size_t index = 0; index < HM_COUNT_OF(writing); index++) {
        if (*writing[index] >= 0)
            close(*writing[index]);
        *writing[index] = -1;
    }
    status = child->pid < 0 ? fail(error, "fork")
                            : confirm(request, child, made.farewell[0], result, error);
    if (status == HM_OK) {
        setpgid(child->pid, child->pid);
        child->output = made.output[0];
        child->errors = made.errors[0];
        made.output[0] = made.errors[0] = -1;
        fcntl(child->errors, F_SETFL, O_NONBLOCK);
        if (child->output >= 0)
            fcntl(child->output, F_SETFL, O_NONBLOCK);
    }
    close_pipes(&made);
    return status;
}
