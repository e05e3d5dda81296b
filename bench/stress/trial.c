#include "bench/stress/trial.h"

#include "bench/measure/resident.h"
#include "bench/stress/alone.h"
#include "bench/stress/crash.h"
#include "bench/stress/crew.h"
#include "bench/stress/granules.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 1000000, LOOKS_A_SECOND = 1000000000 / LOOK_NS, LOOKS_AT_MEMORY = 16 };
enum { WORDS_BYTES = 200 };

/* What the binding tried may wait in this thread's cache, where no worker can reach it. */
static void give_back_what_was_tried(const hm_stress_calls *calls)
{
    hm_allocator_stats ignored;
    if (calls->stats != NULL)
        calls->stats(&ignored);
    if (calls->purge != NULL)
        calls->purge();
}

void hm_stress_trial_start(const hm_stress_calls *calls, hm_stress_record *record)
{
    atomic_store(&record->stage, HM_STRESS_RUNNING);
    give_back_what_was_tried(calls);
}

void hm_stress_trial_here(const hm_stress_task *task, const hm_stress_operation *list,
                          const hm_stress_calls *calls, hm_stress_record *record)
{
    unsigned child_patience_s = task->patience_s > 3 ? task->patience_s / 2 : 1;
    hm_stress_crash_watch(record);
    hm_stress_trial_start(calls, record);
    if (task->program == HM_STRESS_RETENTION) {
        hm_stress_retention_run(calls, task->seed, &record->retention);
    } else if (task->program == HM_STRESS_PACE) {
        hm_stress_pace_run(calls, &record->pace);
    } else if (task->threads == 1) {
        hm_stress_source source = {.list = task->has_list ? list : NULL, .left = task->operations};
        hm_stress_granules_start();
        hm_stress_generator_start(&source.generator, task->seed, false);
        hm_stress_alone_run(hm_stress_model_new(calls, record, 0, task->seed), source,
                            child_patience_s);
    } else {
        hm_stress_granules_start();
        hm_stress_crew_run(calls, record, task->threads, task->seed, task->operations,
                           child_patience_s);
    }
    atomic_store(&record->stage, HM_STRESS_LEAVING);
}

/* ---- watching ---- */

typedef struct watch {
    const hm_stress_trial *trial;
    hm_stress_record *record;
    hm_stress_process process;
    hm_resident resident;
    bool resident_open;
    char words[WORDS_BYTES]; /* the last line it wrote */
    bool line_ended;
} watch;

static void keep_words(watch *watched, const char *text, size_t bytes)
{
    for (size_t index = 0; index < bytes; index++) {
        size_t length = strlen(watched->words);
        if (text[index] == '\n' || text[index] == '\0') {
            watched->line_ended = true;
            continue;
        }
        if (watched->line_ended)
            length = 0;
        watched->line_ended = false;
        if (length + 2 > WORDS_BYTES)
            continue;
        watched->words[length] = text[index];
        watched->words[length + 1] = '\0';
    }
}

static void drain(watch *watched)
{
    char block[4096];
    ssize_t bytes;
    while (watched->process.output >= 0 &&
           (bytes = read(watched->process.output, block, sizeof block)) > 0)
        keep_words(watched, block, (size_t)bytes);
}

/* What changes as long as the process goes on. */
static uint64_t progress_of(const hm_stress_record *record)
{
    uint64_t sum = atomic_load(&record->stage);
    for (unsigned index = 0; index < HM_STRESS_THREADS_MAX; index++)
        sum += atomic_load_explicit(&record->progress[index].operations, memory_order_relaxed) +
               atomic_load_explicit(&record->progress[index].checks, memory_order_relaxed);
    return sum;
}

static bool too_large(const watch *watched)
{
    uint64_t rss;
    return watched->trial->memory_limit_bytes > 0 && watched->resident_open &&
           hm_resident_read(&watched->resident, &rss) &&
           (int64_t)rss > watched->trial->memory_limit_bytes;
}

static void end(const watch *watched)
{
    kill(-watched->process.pid, SIGKILL);
    kill(watched->process.pid, SIGKILL);
}

typedef enum watch_end { ENDED, STOOD_STILL, PASSED_LIMIT, TOLD_TO_STOP } watch_end;

/* Retention and pace count no operations: they get as long as many still seconds. */
static unsigned patience_of(const hm_stress_task *task)
{
    return hm_stress_is_random(task) ? task->patience_s : task->patience_s * 6;
}

static watch_end watch_it(watch *watched, int *status)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    const uint64_t most = (uint64_t)patience_of(&watched->trial->task) * LOOKS_A_SECOND;
    watch_end how = ENDED;
    uint64_t last = 0, still = 0;
    for (uint64_t look = 1; waitpid(watched->process.pid, status, WNOHANG) == 0; look++) {
        uint64_t now = progress_of(watched->record);
        still = now == last ? still + 1 : 0;
        last = now;
        drain(watched);
        if (how == ENDED && still > most)
            how = STOOD_STILL;
        else if (how == ENDED && look % LOOKS_AT_MEMORY == 0 && too_large(watched))
            how = PASSED_LIMIT;
        else if (how == ENDED && watched->trial->stopped != NULL && watched->trial->stopped())
            how = TOLD_TO_STOP;
        if (how != ENDED)
            end(watched);
        nanosleep(&pause, NULL);
    }
    kill(-watched->process.pid, SIGKILL); /* what it may have left behind */
    drain(watched);
    return how;
}

/* ---- judging ---- */

/* The thread that crashed, or the first that has not come back. */
static unsigned guilty(const hm_stress_record *record)
{
    int crashed = atomic_load(&record->crashed_thread);
    if (crashed > 0 && crashed <= HM_STRESS_THREADS_MAX)
        return (unsigned)crashed - 1;
    for (unsigned index = 0; index < HM_STRESS_THREADS_MAX; index++) {
        if (atomic_load(&record->progress[index].in) != HM_STRESS_IN_NOTHING)
            return index;
    }
    return 0;
}

static const char *signal_name(int number)
{
    const char *name = sigabbrev_np(number);
    return name != NULL ? name : "?";
}

static void tell(watch *watched, hm_stress_defect kind, const char *what, const char *more)
{
    hm_stress_record *record = watched->record;
    unsigned thread = guilty(record);
    record->in = (hm_stress_call)atomic_load(&record->progress[thread].in);
    record->at = atomic_load(&record->progress[thread].operations);
    record->kind = kind;
    bool running = atomic_load(&record->stage) == HM_STRESS_RUNNING;
    snprintf(record->defect, sizeof record->defect, "%s%s%s%s%s%s%s", what, more,
             running ? " in " : "", running ? hm_stress_call_name(record->in) : "",
             atomic_load(&record->in_a_child) ? ", in a forked child or beside one" : "",
             *watched->words ? "; it last wrote: " : "", watched->words);
    atomic_store(&record->found, true);
}

static void tell_crash(watch *watched, int number)
{
    static const char what[] = "the process was ended by SIG";
    hm_stress_record *record = watched->record;
    unsigned in = atomic_load(&record->progress[guilty(record)].in);
    if (atomic_load(&record->stage) == HM_STRESS_LOADING)
        tell(watched, HM_STRESS_CRASH_AT_LOAD, what, signal_name(number));
    else if (atomic_load(&record->stage) == HM_STRESS_LEAVING)
        tell(watched, HM_STRESS_CRASH_AT_EXIT, what, signal_name(number));
    else if (in == HM_STRESS_IN_LOOK || in == HM_STRESS_IN_FILL)
        tell(watched, HM_STRESS_MEMORY_GONE, what, signal_name(number));
    else
        tell(watched, HM_STRESS_CRASH, what, signal_name(number));
}

static void tell_hang(watch *watched)
{
    static const char what[] = "no operation ended for too long";
    unsigned stage = atomic_load(&watched->record->stage);
    tell(watched,
         stage == HM_STRESS_LOADING   ? HM_STRESS_HANG_AT_LOAD
         : stage == HM_STRESS_LEAVING ? HM_STRESS_HANG_AT_EXIT
                                      : HM_STRESS_HANG,
         what, "");
}

static hm_stress_outcome judge(watch *watched, watch_end how, int status)
{
    hm_stress_record *record = watched->record;
    if (how == TOLD_TO_STOP)
        return HM_STRESS_STOPPED;
    if (atomic_load(&record->found))
        return HM_STRESS_BAD;
    if (how == PASSED_LIMIT)
        return HM_STRESS_OVERSIZE;
    if (how == STOOD_STILL)
        tell_hang(watched);
    else if (WIFSIGNALED(status))
        tell_crash(watched, WTERMSIG(status));
    else if (WEXITSTATUS(status) == HM_STRESS_EXIT_MACHINE)
        return HM_STRESS_REFUSED;
    else if (WEXITSTATUS(status) != 0 || atomic_load(&record->stage) != HM_STRESS_LEAVING)
        tell(watched, HM_STRESS_LEFT, "the process left with an exit code of its own", "");
    return atomic_load(&record->found) ? HM_STRESS_BAD : HM_STRESS_WELL;
}

hm_stress_outcome hm_stress_trial_run(const hm_stress_trial *trial, hm_stress_record *record)
{
    watch watched = {.trial = trial, .record = record, .process = {-1, -1}};
    int status = 0;
    memset(record, 0, sizeof *record);
    fflush(NULL);
    if (!trial->start(trial, record, &watched.process))
        return HM_STRESS_REFUSED;
    watched.resident_open = hm_resident_open(&watched.resident, watched.process.pid, NULL) == HM_OK;
    watch_end how = watch_it(&watched, &status);
    if (watched.resident_open)
        hm_resident_close(&watched.resident);
    if (watched.process.output >= 0)
        close(watched.process.output);
    return judge(&watched, how, status);
}
