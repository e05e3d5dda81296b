#include "bench/measure/foreign.h"

#include "bench/measure/proc_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields of the line "cpu" as proc(5) orders them; guest time lies inside user and nice. */
enum { FIELD_IDLE = 3, FIELD_IOWAIT = 4, FIELD_COUNT = 8 };

bool hm_cpu_totals_parse(const char *text, hm_cpu_totals *totals)
{
    if (strncmp(text, "cpu ", 4) != 0)
        return false;
    const char *rest = text + 4;
    uint64_t busy = 0, idle = 0;
    for (int field = 0; field < FIELD_COUNT; field++) {
        char *end;
        uint64_t ticks = strtoull(rest, &end, 10);
        if (end == rest)
            return false;
        rest = end;
        if (field == FIELD_IDLE || field == FIELD_IOWAIT)
            idle += ticks;
        else
            busy += ticks;
    }
    uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    totals->busy_ns = busy * tick_ns;
    totals->total_ns = (busy + idle) * tick_ns;
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
