#include "trial.h"

#include "alone.h"
#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 2000000, LOOKS_A_SECOND = 1000000000 / LOOK_NS };

static void silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
}

static _Noreturn void run_here(const shadow_trial *trial, shadow_record *record)
{
    if (trial->quiet)
        silence();
    if (trial->threads == 1) {
        shadow_source source = {.list = trial->list, .left = trial->operations};
        shadow_generator_start(&source.generator, trial->seed, false);
        shadow_alone_run(shadow_model_new(trial->calls, record, 0, trial->seed), source,
                         trial->patience_s / 2);
    } else {
        shadow_crew_run(trial->calls, record, trial->threads, trial->seed, trial->operations,
                        trial->patience_s / 2);
    }
    _exit(0);
}

static uint64_t begun(const shadow_record *record)
{
    uint64_t sum = 0;
    for (unsigned index = 0; index < SHADOW_THREADS_MAX; index++)
        sum += atomic_load_explicit(&record->progress[index].operations, memory_order_relaxed);
    return sum;
}

static void nap(void)
{
    struct timespec pause = {.tv_nsec = LOOK_NS};
    nanosleep(&pause, NULL);
}

/* Waits for the process; false: it stood still for too long and was killed. */
static bool watch(pid_t child, const shadow_record *record, unsigned patience_s, int *status)
{
    uint64_t last = 0;
    unsigned still = 0;
    while (waitpid(child, status, WNOHANG) == 0) {
        uint64_t now = begun(record);
        still = now == last ? still + 1 : 0;
        last = now;
        if (still > patience_s * LOOKS_A_SECOND) {
            kill(child, SIGKILL);
            waitpid(child, status, 0);
            return false;
        }
        nap();
    }
    return true;
}

static void tell(shadow_record *record, const char *what, const char *more)
{
    atomic_store(&record->found, true);
    record->at = atomic_load(&record->progress[0].operations);
    snprintf(record->defect, sizeof record->defect, "%s%s", what, more);
    snprintf(record->kind, sizeof record->kind, "%s%s", what, more);
}

bool shadow_trial_run(const shadow_trial *trial, shadow_record *record)
{
    int status = 0;
    memset(record, 0, sizeof *record);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("shadow: fork");
        exit(3);
    }
    if (child == 0)
        run_here(trial, record);
    bool ended = watch(child, record, trial->patience_s, &status);
    if (atomic_load(&record->found))
        return false;
    if (!ended)
        tell(record, "no operation ended for too long: a deadlock?", "");
    else if (WIFSIGNALED(status))
        tell(record, "the process was ended by ", strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        tell(record, "the process left with an exit code of its own", "");
    return !atomic_load(&record->found);
}
