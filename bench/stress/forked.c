#include "bench/stress/forked.h"

#include "bench/measure/proc_file.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int64_t LOOK_FIRST_NS = 100 * 1000, LOOK_MOST_NS = 50 * 1000 * 1000;

/* What the parent knows of the child at one look. */
typedef struct look {
    uint64_t progress;
    int64_t at_ns, waited_ns; /* waited_ns: all the time it was ready and did not run */
} look;

void hm_stress_forked_child(int parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(HM_STRESS_EXIT_MACHINE);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The second number of schedstat; 0 where the kernel keeps none. */
static int64_t waited_ns(int child)
{
    char path[64], text[128];
    int64_t ran, waited;
    snprintf(path, sizeof path, "/proc/%d/schedstat", child);
    if (!hm_proc_read_line(path, text, sizeof text) ||
        sscanf(text, "%" SCNd64 " %" SCNd64, &ran, &waited) != 2)
        return 0;
    return waited;
}

static look look_at(const hm_stress_progress *progress, int child)
{
    return (look){atomic_load(&progress->operations) + atomic_load(&progress->checks), now_ns(),
                  waited_ns(child)};
}

/* Looks more and more seldom, since most children end at once. False: it hangs. */
static bool ends_by_itself(const hm_stress_progress *progress, int child, unsigned patience_s,
                           int *status)
{
    int64_t pause_ns = LOOK_FIRST_NS;
    look last = look_at(progress, child);
    for (;;) {
        pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child)
            return true;
        if (ended < 0 && errno != EINTR)
            hm_stress_machine_refuses("a forked child");
        look now = look_at(progress, child);
        int64_t still_ns = now.at_ns - last.at_ns - (now.waited_ns - last.waited_ns);
        if (now.progress != last.progress)
            last = now;
        else if (still_ns > (int64_t)patience_s * 1000000000)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
        pause_ns = pause_ns * 2 < LOOK_MOST_NS ? pause_ns * 2 : LOOK_MOST_NS;
    }
}

void hm_stress_await_child(hm_stress_record *record, unsigned thread, int child,
                           unsigned patience_s)
{
    int status = 0;
    if (child < 0)
        hm_stress_machine_refuses("a forked child");
    bool ended = ends_by_itself(&record->progress[thread], child, patience_s, &status);
    hm_stress_call in = (hm_stress_call)atomic_load(&record->progress[thread].in);
    if (!ended) {
        kill(child, SIGKILL);
        hm_stress_record_defect(record, thread, HM_STRESS_CHILD_HANG,
                                "a forked child did not go on; it was in %s",
                                hm_stress_call_name(in));
    }
    if (WIFSIGNALED(status))
        hm_stress_record_defect(record, thread, HM_STRESS_CHILD_CRASH,
                                "a forked child was ended by signal %d in %s", WTERMSIG(status),
                                hm_stress_call_name(in));
    if (WEXITSTATUS(status) != 0)
        _exit(WEXITSTATUS(status));
    atomic_fetch_add_explicit(&record->forks, 1, memory_order_relaxed);
}
