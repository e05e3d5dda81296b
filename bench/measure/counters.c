#include "bench/measure/counters.h"

#include "base/check.h"
#include "bench/measure/proc_file.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A cache event's number is cache | operation << 8 | result << 16 (perf_event_open(2)). */
#define LOAD_MISSES_OF(cache)                                                                      \
    ((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

const hm_counter_event hm_hardware_counters[HM_HARDWARE_COUNTERS] = {
    [HM_COUNTER_INSTRUCTIONS] = {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    [HM_COUNTER_CYCLES] = {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    [HM_COUNTER_CACHE_MISSES] = {"cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    [HM_COUNTER_DTLB_MISSES] = {"dtlb_misses", PERF_TYPE_HW_CACHE,
                                LOAD_MISSES_OF(PERF_COUNT_HW_CACHE_DTLB)},
    [HM_COUNTER_BRANCH_MISSES] = {"branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
};

enum { WORD_EVENTS, WORD_ENABLED, WORD_RUNNING, FIRST_WORDS, WORDS_PER_EVENT = 2 };

static int open_event(const hm_counter_event *event, int leader)
{
    struct perf_event_attr wanted = {.size = sizeof wanted,
                                     .type = event->type,
                                     .config = event->config,
                                     .disabled = leader < 0,
                                     .exclude_kernel = 1,
                                     .exclude_hv = 1,
                                     .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID |
                                                    PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                    PERF_FORMAT_TOTAL_TIME_RUNNING};
    return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static void say_forbidden(char *reason, size_t size)
{
    char level[32];
    bool known = hm_proc_read_line("/proc/sys/kernel/perf_event_paranoid", level, sizeof level);
    snprintf(reason, size,
             "the kernel forbids it (kernel.perf_event_paranoid is %s; 2 or less allows it, unless "
             "a container's filter does not)",
             known ? level : "not readable");
}

static void say_why(int error, char *reason, size_t size)
{
    if (error == EACCES || error == EPERM)
        say_forbidden(reason, size);
    else if (error == ENOSYS)
        snprintf(reason, size, "the kernel has no perf_event_open");
    else if (error == ENOENT || error == ENODEV || error == EOPNOTSUPP)
        snprintf(reason, size, "this machine, or the virtual machine it is, does not count it");
    else if (error == EINVAL)
        snprintf(reason, size, "it does not fit into one group with the others");
    else
        snprintf(reason, size, "perf_event_open: %s", strerror(error));
}

/* Adds "NAME: why" to what is absent; the same reason is said once, after the last name. */
static void add_absent(hm_counters *counters, const char *name, int error)
{
    char reason[HM_COUNTER_ABSENT_BYTES], before[HM_COUNTER_ABSENT_BYTES];
    say_why(error, reason, sizeof reason);
    snprintf(before, sizeof before, "%s", counters->absent);
    char *same = strstr(before, reason);
    if (same != NULL && same - before >= 2)
        same[-2] = '\0'; /* at the colon */
    snprintf(counters->absent, sizeof counters->absent, "%.100s%s%.20s: %.128s", before,
             before[0] == '\0' ? ""
             : same != NULL    ? ", "
                               : "; ",
             name, reason);
}

void hm_counters_open(hm_counters *counters, const hm_counter_event *events, size_t count)
{
    HM_CHECK(count <= HM_COUNTERS_MOST);
    *counters = (hm_counters){.count = count, .leader = -1};
    for (size_t index = 0; index < count; index++) {
        int descriptor = open_event(&events[index], counters->leader);
        int error = errno;
        if (descriptor >= 0 && ioctl(descriptor, PERF_EVENT_IOC_ID, &counters->ids[index]) != 0) {
            error = errno;
            close(descriptor);
            descriptor = -1;
        }
        counters->descriptors[index] = descriptor;
        if (descriptor < 0)
            add_absent(counters, events[index].name, error);
        else if (counters->leader < 0)
            counters->leader = descriptor;
    }
}

/* The leader alone: a group runs only while its leader does. With PERF_IOC_FLAG_GROUP Linux 6.18
 * lets software siblings stand still from the second start on. */
void hm_counters_start(const hm_counters *counters)
{
    if (counters->count != 0 && counters->leader >= 0)
        ioctl(counters->leader, PERF_EVENT_IOC_ENABLE, 0);
}

void hm_counters_stop(const hm_counters *counters)
{
    if (counters->count != 0 && counters->leader >= 0)
        ioctl(counters->leader, PERF_EVENT_IOC_DISABLE, 0);
}

static uint64_t scale(uint64_t value, uint64_t enabled_ns, uint64_t running_ns)
{
    if (enabled_ns == running_ns)
        return value;
    return (uint64_t)((double)value * ((double)enabled_ns / (double)running_ns) + 0.5);
}

static void take_value(const hm_counters *counters, const uint64_t *words, uint64_t id,
                       uint64_t value, hm_counts *counts)
{
    for (size_t index = 0; index < counters->count; index++) {
        if (counters->descriptors[index] >= 0 && counters->ids[index] == id)
            counts->values[index] = scale(value, words[WORD_ENABLED], words[WORD_RUNNING]);
    }
}

bool hm_counters_parse(const hm_counters *counters, const uint64_t *words, size_t word_count,
                       hm_counts *counts)
{
    if (word_count < FIRST_WORDS ||
        (word_count - FIRST_WORDS) / WORDS_PER_EVENT < words[WORD_EVENTS])
        return false;
    if (words[WORD_RUNNING] == 0) {
        snprintf(counts->absent, sizeof counts->absent,
                 "the kernel never put the group on the processor (others use the counters)");
        return true;
    }
    counts->running_share = (double)words[WORD_RUNNING] / (double)words[WORD_ENABLED];
    const uint64_t *pair = words + FIRST_WORDS;
    for (uint64_t event = 0; event < words[WORD_EVENTS]; event++, pair += WORDS_PER_EVENT)
        take_value(counters, words, pair[1], pair[0], counts);
    return true;
}

void hm_counters_read(const hm_counters *counters, hm_counts *counts)
{
    uint64_t words[FIRST_WORDS + WORDS_PER_EVENT * HM_COUNTERS_MOST];
    *counts = (hm_counts){.count = counters->count};
    memcpy(counts->absent, counters->absent, sizeof counts->absent);
    for (size_t index = 0; index < counters->count; index++)
        counts->values[index] = HM_COUNTER_ABSENT;
    if (counters->count == 0 || counters->leader < 0)
        return;
    ssize_t bytes = read(counters->leader, words, sizeof words);
    if (bytes < 0 || !hm_counters_parse(counters, words, (size_t)bytes / sizeof *words, counts))
        snprintf(counts->absent, sizeof counts->absent, "the counters could not be read: %s",
                 bytes < 0 ? strerror(errno) : "the kernel's answer is cut short");
}

void hm_counters_close(hm_counters *counters)
{
    for (size_t index = 0; index < counters->count; index++) {
        if (counters->descriptors[index] >= 0)
            close(counters->descriptors[index]);
    }
    *counters = (hm_counters){0};
}
