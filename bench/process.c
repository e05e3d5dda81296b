#include "bench/process.h"

#include "base/quantity.h"
#include "bench/measure/clock.h"
#include "bench/measure/resident.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RECORD_BYTES = 64 << 20, EXIT_OF_INVALID_SAMPLE = 3 };

static volatile sig_atomic_t stop_signal;
static sigset_t waiting_mask; /* what is blocked while the driver waits: nothing of ours */

static void on_stop(int number)
{
    stop_signal = number;
}

void hm_process_catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_stop};
    sigset_t blocked;
    /* A closed pipe and a full quota are failures to be told, not the end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&blocked);
    for (size_t index = 0; index < HM_COUNT_OF(numbers); index++) {
        sigaction(numbers[index], &action, NULL);
        sigaddset(&blocked, numbers[index]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
    for (size_t index = 0; index < HM_COUNT_OF(numbers); index++)
        sigdelset(&waiting_mask, numbers[index]);
}

int hm_process_stop_signal(void)
{
    /* A signal that came while nothing was waiting is still pending: let it in. */
    struct timespec nothing = {0, 0};
    ppoll(NULL, 0, &nothing, &waiting_mask);
    return stop_signal;
}

/** A child being watched. */
typedef struct watch {
    const hm_process_request *request;
    hm_process_result *result;
    hm_process_pipes pipes;
    hm_resident resident;
    bool resident_open;
    size_t record_room;
    size_t look_room;
    bool ended_by_us;
} watch;

/** Keeps the last line of what the child writes: all that a reason has room for. */
static void keep_last_words(hm_process_result *result, const char *text, size_t bytes)
{
    char *words = result->last_words;
    for (size_t index = 0; index < bytes; index++) {
        size_t length = strlen(words);
        bool ended = length > 0 && words[length - 1] == '\n';
        if (text[index] == '\n' ? length == 0 || ended : text[index] == '\0')
            continue;
        if (ended)
            length = 0;
        if (length + 2 > HM_LAST_WORDS_BYTES)
            continue;
        words[length] = text[index];
        words[length + 1] = '\0';
    }
}

static void keep_record(watch *watched, const char *text, size_t bytes)
{
    hm_process_result *result = watched->result;
    if (result->record_bytes + bytes > MOST_RECORD_BYTES)
        return;
    if (result->record_bytes + bytes + 1 > watched->record_room) {
        watched->record_room = 2 * (result->record_bytes + bytes + 1);
        result->record = hm_grow(result->record, watched->record_room, 1);
    }
    memcpy(result->record + result->record_bytes, text, bytes);
    result->record_bytes += bytes;
    result->record[result->record_bytes] = '\0';
}

/** Reads what is there; closes the descriptor at its end. */
static void drain(watch *watched, int *descriptor)
{
    char block[65536];
    while (*descriptor >= 0) {
        ssize_t bytes = read(*descriptor, block, sizeof block);
        if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (bytes <= 0) {
            close(*descriptor);
            *descriptor = -1;
        } else if (descriptor == &watched->pipes.record) {
            keep_record(watched, block, (size_t)bytes);
        } else {
            keep_last_words(watched->result, block, (size_t)bytes);
        }
    }
}

static void end_child(watch *watched, hm_process_end end)
{
    if (watched->ended_by_us)
        return;
    watched->ended_by_us = true;
    watched->result->end = end;
    kill(-watched->pipes.pid, SIGKILL);
    kill(watched->pipes.pid, SIGKILL);
}

static void look(watch *watched)
{
    hm_process_result *result = watched->result;
    uint64_t rss, requested = 0;
    uint64_t now = hm_clock_wall_ns();
    if (watched->request->on_look)
        watched->request->on_look(watched->request->context);
    if (!watched->resident_open || !hm_resident_read(&watched->resident, &rss) || rss == 0)
        return;
    bool counted = hm_account_page_read(watched->request->account, &requested);
    if (result->look_count == watched->look_room) {
        watched->look_room = watched->look_room ? 2 * watched->look_room : 256;
        result->look_ns = hm_grow(result->look_ns, watched->look_room, sizeof *result->look_ns);
        result->look_rss_bytes =
            hm_grow(result->look_rss_bytes, watched->look_room, sizeof *result->look_rss_bytes);
        result->look_requested_bytes = hm_grow(result->look_requested_bytes, watched->look_room,
                                               sizeof *result->look_requested_bytes);
    }
    result->look_ns[result->look_count] = now;
    result->look_requested_bytes[result->look_count] = counted ? (int64_t)requested : -1;
    result->look_rss_bytes[result->look_count++] = (int64_t)rss;
    if ((int64_t)rss > result->largest_rss_bytes)
        result->largest_rss_bytes = (int64_t)rss;
    if ((int64_t)rss > watched->request->memory_limit_bytes)
        end_child(watched, HM_PROCESS_TOO_LARGE);
}

/** Whether the child has ended; takes its status and its CPU time then. */
static bool reap(watch *watched, int flags)
{
    struct rusage usage;
    int status;
    pid_t found = wait4(watched->pipes.pid, &status, flags, &usage);
    if (found != watched->pipes.pid)
        return false;
    hm_process_result *result = watched->result;
    result->cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
                     (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
    result->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (!watched->ended_by_us)
        result->end = WIFSIGNALED(status) ? HM_PROCESS_KILLED : HM_PROCESS_EXITED;
    return true;
}

static void wait_a_little(watch *watched, uint64_t until_ns)
{
    struct pollfd ends[2] = {{.fd = watched->pipes.record, .events = POLLIN},
                             {.fd = watched->pipes.output, .events = POLLIN}};
    uint64_t now = hm_clock_wall_ns();
    uint64_t left = until_ns > now ? until_ns - now : 0;
    /* Both pipes closed: the child is about to end, and nothing else would tell. */
    if (watched->pipes.record < 0 && watched->pipes.output < 0 && left > 500000)
        left = 500000;
    struct timespec pause = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    ppoll(ends, 2, &pause, &waiting_mask);
    drain(watched, &watched->pipes.record);
    drain(watched, &watched->pipes.output);
}

static void watch_to_the_end(watch *watched)
{
    const hm_process_request *request = watched->request;
    uint64_t step = (uint64_t)(request->look_seconds * 1e9);
    uint64_t started = watched->result->started_ns;
    uint64_t deadline = started + (uint64_t)(request->timeout_seconds * 1e9);
    uint64_t next = started + step;
    while (!reap(watched, WNOHANG)) {
        uint64_t now = hm_clock_wall_ns();
        if (stop_signal)
            end_child(watched, HM_PROCESS_INTERRUPTED);
        else if (now >= deadline)
            end_child(watched, HM_PROCESS_TIMED_OUT);
        if (now >= next) {
            look(watched);
            next += step * ((now - next) / step + 1);
        }
        wait_a_little(watched, next);
    }
}

/** Takes what is left in the pipes and ends whatever the child may have started. */
static void finish(watch *watched)
{
    kill(-watched->pipes.pid, SIGKILL);
    drain(watched, &watched->pipes.record);
    drain(watched, &watched->pipes.output);
    if (watched->pipes.record >= 0)
        close(watched->pipes.record);
    if (watched->pipes.output >= 0)
        close(watched->pipes.output);
    if (watched->resident_open)
        hm_resident_close(&watched->resident);
    char *words = watched->result->last_words;
    words[strcspn(words, "\n")] = '\0';
}

hm_status hm_process_run(const hm_process_request *request, hm_process_result *result,
                         hm_error *error)
{
    hm_quiet_reading before = hm_quiet_read();
    watch watched = {.request = request, .result = result};
    *result = (hm_process_result){.started_ns = hm_clock_wall_ns()};
    hm_status status = hm_process_start(request, &watched.pipes, error);
    if (status != HM_OK)
        return status;
    watched.resident_open = hm_resident_open(&watched.resident, watched.pipes.pid, NULL) == HM_OK;
    watch_to_the_end(&watched);
    finish(&watched);
    result->duration_ns = hm_clock_wall_ns() - result->started_ns;
    hm_quiet_reading after = hm_quiet_read();
    result->shares = hm_quiet_between(&before, &after, result->cpu_ns);
    return HM_OK;
}

void hm_process_clear(hm_process_result *result)
{
    free(result->record);
    free(result->look_ns);
    free(result->look_rss_bytes);
    free(result->look_requested_bytes);
    *result = (hm_process_result){0};
}

/** "SIGSEGV", or "signal 99" where it has no name. */
static const char *signal_name(int number, char *text, size_t size)
{
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(text, size, "SIG%s", name);
    else
        snprintf(text, size, "signal %d", number);
    return text;
}

static void add_last_words(const hm_process_result *result, char *text, size_t size)
{
    size_t used = strlen(text);
    if (*result->last_words)
        snprintf(text + used, size - used, "; it last wrote: %s", result->last_words);
}

const char *hm_process_describe(const hm_process_request *request, const hm_process_result *result,
                                char *text, size_t size)
{
    char first[64];
    char second[64];
    text[0] = '\0';
    switch (result->end) {
    case HM_PROCESS_TIMED_OUT:
        snprintf(text, size, "no answer within %g s", request->timeout_seconds);
        break;
    case HM_PROCESS_TOO_LARGE:
        snprintf(text, size, "resident memory %s passed the limit of %s",
                 hm_format_bytes((double)result->largest_rss_bytes, first, sizeof first),
                 hm_format_bytes((double)request->memory_limit_bytes, second, sizeof second));
        break;
    case HM_PROCESS_INTERRUPTED:
        snprintf(text, size, "interrupted");
        break;
    case HM_PROCESS_KILLED:
        snprintf(text, size, "killed by %s", signal_name(result->code, first, sizeof first));
        add_last_words(result, text, size);
        break;
    case HM_PROCESS_EXITED:
        if (result->code == 0 || result->code == EXIT_OF_INVALID_SAMPLE)
            break;
        snprintf(text, size, "ended with exit code %d", result->code);
        add_last_words(result, text, size);
        break;
    }
    return text;
}
