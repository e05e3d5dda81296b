#include "bench/exec/process.h"

#include "bench/measure/clock.h"
#include "bench/measure/proc_file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FEWEST_LOOKS = 2 };

static const uint64_t shortest_pause_ns = 500000;

/** A command being watched. */
typedef struct watch {
    const hm_exec_request *request;
    hm_exec_result *result;
    hm_exec_child child;
    sigset_t waiting_mask;
    bool command_ended;
    bool ended_by_us;
    bool childless; /**< nothing of the tree is left */
} watch;

hm_status hm_exec_become_subreaper(hm_error *error)
{
    signal(SIGCHLD,
           SIG_DFL); /* ignored, as a parent may have left it, nothing could be waited for */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
        return HM_OK;
    return hm_error_set(error, HM_IO_ERROR, "orphans cannot be waited for: %s", strerror(errno));
}

static void end_tree(watch *watched, hm_process_end end)
{
    if (!watched->ended_by_us)
        watched->result->end = end;
    watched->ended_by_us = true;
    if (!watched->command_ended)
        kill(-watched->child.pid, SIGKILL);
    hm_exec_tree_kill(&watched->result->tree);
}

static uint64_t nanoseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static void add_usage(hm_exec_result *result, const struct rusage *usage)
{
    int64_t peak = (int64_t)usage->ru_maxrss * 1024;
    result->user_ns += nanoseconds(usage->ru_utime);
    result->system_ns += nanoseconds(usage->ru_stime);
    result->minor_page_faults += (uint64_t)usage->ru_minflt;
    result->major_page_faults += (uint64_t)usage->ru_majflt;
    result->voluntary_context_switches += (uint64_t)usage->ru_nvcsw;
    result->involuntary_context_switches += (uint64_t)usage->ru_nivcsw;
    if (peak > result->largest_maxrss_bytes)
        result->largest_maxrss_bytes = peak;
}

/** The command has ended and is not reaped yet: its name can still be read. */
static void note_end(watch *watched, uint64_t now_ns)
{
    char path[64];
    hm_exec_result *result = watched->result;
    watched->command_ended = true;
    result->wall_ns = now_ns - result->started_ns;
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)watched->child.pid);
    hm_proc_read_line(path, result->name, sizeof result->name);
}

/** Takes every process that has ended. */
static void reap(watch *watched)
{
    siginfo_t info;
    uint64_t now = hm_clock_wall_ns();
    for (;;) {
        struct rusage usage;
        int status;
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
            watched->childless = errno == ECHILD;
            break;
        }
        if (info.si_pid == 0)
            break;
        bool is_command = info.si_pid == watched->child.pid;
        if (is_command)
            note_end(watched, now);
        if (wait4(info.si_pid, &status, 0, &usage) != info.si_pid)
            break;
        add_usage(watched->result, &usage);
        if (!is_command)
            continue;
        watched->result->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
        if (!watched->ended_by_us)
            watched->result->end = WIFSIGNALED(status) ? HM_PROCESS_KILLED : HM_PROCESS_EXITED;
    }
}

static void look(watch *watched, uint64_t now_ns)
{
    const hm_exec_request *request = watched->request;
    if (request->on_look)
        request->on_look(request->context);
    int64_t sum = hm_exec_tree_look(&watched->result->tree, now_ns);
    if (sum > request->memory_limit_bytes) {
        watched->result->last_sum_bytes = sum;
        end_tree(watched, HM_PROCESS_TOO_LARGE);
    }
}

static void drain(watch *watched)
{
    hm_exec_output_drain(&watched->result->output, &watched->child.output);
    hm_exec_words_drain(&watched->result->words, &watched->child.errors);
}

static void wait_a_little(watch *watched, uint64_t until_ns)
{
    bool busy = hm_exec_output_is_busy(&watched->result->output);
    struct pollfd ends[] = {
        {.fd = watched->command_ended ? -1 : watched->child.pidfd, .events = POLLIN},
        {.fd = watched->child.output, .events = busy ? POLLIN : 0},
        {.fd = watched->child.errors, .events = 0}};
    uint64_t now = hm_clock_wall_ns();
    uint64_t left = until_ns > now ? until_ns - now : 0;
    /* Without a pidfd, or when only descendants are left, nothing wakes the watcher. */
    if ((watched->command_ended || watched->child.pidfd < 0) && left > shortest_pause_ns)
        left = shortest_pause_ns;
    struct timespec pause = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    ppoll(ends, HM_COUNT_OF(ends), &pause, &watched->waiting_mask);
    /* The command's end is told first: what it left in the pipes can wait. */
    reap(watched);
    drain(watched);
}

static void watch_to_the_end(watch *watched)
{
    const hm_exec_request *request = watched->request;
    uint64_t step = (uint64_t)(request->look_seconds * 1e9);
    uint64_t started = watched->result->started_ns;
    uint64_t deadline = started + (uint64_t)(request->timeout_seconds * 1e9);
    uint64_t next = hm_clock_wall_ns();
    while (!watched->childless) {
        uint64_t now = hm_clock_wall_ns();
        if (hm_process_stop_signal())
            end_tree(watched, HM_PROCESS_INTERRUPTED);
        else if (now >= deadline || watched->ended_by_us)
            end_tree(watched, HM_PROCESS_TIMED_OUT);
        if (now >= next) {
            look(watched, now);
            next += step * ((now - next) / step + 1);
        }
        wait_a_little(watched, next);
    }
}

/** What is blocked while the watcher waits: nothing of ours. */
static void make_mask(sigset_t *mask)
{
    sigprocmask(SIG_SETMASK, NULL, mask);
    sigdelset(mask, SIGINT);
    sigdelset(mask, SIGTERM);
    sigdelset(mask, SIGHUP);
}

hm_status hm_exec_run(const hm_exec_request *request, hm_exec_result *result, hm_error *error)
{
    watch watched = {.request = request, .result = result};
    *result = (hm_exec_result){.end = HM_PROCESS_EXITED};
    if (!request->ignore_output)
        hm_exec_output_open(&result->output);
    hm_exec_tree_open(&result->tree);
    make_mask(&watched.waiting_mask);
    hm_status status = hm_exec_start(request, &watched.child, result, error);
    if (status != HM_OK)
        return status;
    result->pid = watched.child.pid;
    watch_to_the_end(&watched);
    result->outlived_ns = hm_clock_wall_ns() - result->started_ns - result->wall_ns;
    drain(&watched);
    int *const left[] = {&watched.child.output, &watched.child.errors, &watched.child.pidfd};
    for (size_t index = 0; index < HM_COUNT_OF(left); index++) {
        if (*left[index] >= 0)
            close(*left[index]);
    }
    return HM_OK;
}

void hm_exec_result_clear(hm_exec_result *result)
{
    hm_exec_output_clear(&result->output);
    hm_exec_tree_clear(&result->tree);
}

int64_t hm_exec_largest_peak(const hm_exec_result *result)
{
    int64_t seen = result->tree.largest_peak_bytes;
    int64_t told = result->largest_maxrss_bytes;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t slack = (int64_t)HM_RESIDENT_PEAK_SLACK_PAGES * processors * sysconf(_SC_PAGESIZE);
    bool own = told > result->floor_rss_bytes + slack;
    /* What a look saw is exact, the kernel's last word is not: it counts where it says more. */
    if (own && told > seen + slack)
        return told;
    /* It may be heapmark's own size, and one look at a short life says too little. */
    return own || result->tree.looks >= FEWEST_LOOKS ? seen : -1;
}

int64_t hm_exec_tree_peak(const hm_exec_result *result)
{
    int64_t largest = hm_exec_largest_peak(result);
    int64_t sum = result->tree.peak_rss_bytes;
    return largest < 0 || sum < largest ? largest : sum;
}
