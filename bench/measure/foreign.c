#include "bench/measure/foreign.h"

#include "bench/measure/proc_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields of the line "cpu" as proc(5) orders them; guest time lies inside user and nice. Steal came
 * with Linux 2.6.11, the fields before it have always been there. */
enum { FIELD_IDLE = 3, FIELD_IOWAIT = 4, FIELD_STEAL = 7, FIELD_COUNT = 8 };

/** Reads the numbers at the start of `text`, at most FIELD_COUNT; how many. */
static int read_fields(const char *text, uint64_t ticks[FIELD_COUNT])
{
    for (int field = 0; field < FIELD_COUNT; field++) {
        char *end;
        ticks[field] = strtoull(text, &end, 10);
        if (end == text || *text == '\n' || memchr(text, '\n', (size_t)(end - text)))
            return field;
        text = end;
    }
    return FIELD_COUNT;
}

bool hm_cpu_totals_parse(const char *text, hm_cpu_totals *totals)
{
    uint64_t ticks[FIELD_COUNT] = {0};
    if (strncmp(text, "cpu ", 4) != 0)
        return false;
    int fields = read_fields(text + 4, ticks);
    if (fields < FIELD_STEAL)
        return false;
    uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    *totals = (hm_cpu_totals){.tells_steal = fields > FIELD_STEAL};
    for (int field = 0; field < fields; field++) {
        uint64_t spent_ns = ticks[field] * tick_ns;
        totals->total_ns += spent_ns;
        if (field == FIELD_STEAL)
            totals->steal_ns = spent_ns;
        else if (field != FIELD_IDLE && field != FIELD_IOWAIT)
            totals->busy_ns += spent_ns;
    }
    return true;
}

bool hm_cpu_totals_read(hm_cpu_totals *totals)
{
    char text[512];
    return hm_proc_read_file("/proc/stat", text, sizeof text) && hm_cpu_totals_parse(text, totals);
}

double hm_foreign_cpu_share(const hm_cpu_totals *before, const hm_cpu_totals *after,
                            uint64_t own_cpu_ns)
{
    if (after->total_ns <= before->total_ns)
        return -1;
    uint64_t total = after->total_ns - before->total_ns;
    uint64_t busy = after->busy_ns > before->busy_ns ? after->busy_ns - before->busy_ns : 0;
    /* Ticks are coarse: our own time can come out above the machine's. */
    uint64_t foreign = busy > own_cpu_ns ? busy - own_cpu_ns : 0;
    return (double)foreign / (double)total;
}

double hm_steal_share(const hm_cpu_totals *before, const hm_cpu_totals *after)
{
    if (!before->tells_steal || !after->tells_steal || after->total_ns <= before->total_ns)
        return -1;
    uint64_t stolen = after->steal_ns > before->steal_ns ? after->steal_ns - before->steal_ns : 0;
    return (double)stolen / (double)(after->total_ns - before->total_ns);
}

static bool read_stalled(const char *path, uint64_t *stalled_us)
{
    char text[256];
    if (!hm_proc_read_file(path, text, sizeof text) || strncmp(text, "some ", 5) != 0)
        return false;
    const char *total = strstr(text, "total=");
    if (total == NULL)
        return false;
    *stalled_us = strtoull(total + strlen("total="), NULL, 10);
    return true;
}

bool hm_pressure_read(hm_pressure *pressure)
{
    return read_stalled("/proc/pressure/cpu", &pressure->cpu_us) &&
           read_stalled("/proc/pressure/memory", &pressure->memory_us) &&
           read_stalled("/proc/pressure/io", &pressure->io_us);
}
