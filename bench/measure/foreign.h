/**
 * This module is what the rest of the machine does while a sample runs, so that a sample disturbed
 * by others can be told from a slow one.
 *
 * Words: *busy* is CPU time spent on anything but waiting; *foreign* is busy time that is not the
 * sample's own. *Steal* is time in which a task of this machine could have run but the hypervisor
 * ran another guest. *PSI* is the kernel's pressure stall information: time in which at least one
 * task waited for a CPU, for memory or for input/output.
 *
 * The kernel counts all of this for the machine as it sees it. In a container these are the host's
 * figures, other containers' work included; a guest sees steal only where its hypervisor tells.
 */
#ifndef HM_MEASURE_FOREIGN_H
#define HM_MEASURE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

/** CPU time of all processors since the machine started. */
typedef struct hm_cpu_totals {
    uint64_t busy_ns;
    uint64_t steal_ns; /**< 0 also where the kernel does not tell */
    uint64_t total_ns; /**< busy, stolen and idle, all processors */
    bool tells_steal;
} hm_cpu_totals;

/** Reads /proc/stat, exact to a clock tick (10 ms) a processor; false: not there. */
bool hm_cpu_totals_read(hm_cpu_totals *totals);

/** Reads the totals from the text of /proc/stat; false: it has no line "cpu". */
bool hm_cpu_totals_parse(const char *text, hm_cpu_totals *totals);

/**
 * The share of all CPU time between the two readings that was spent on others than the one that
 * used `own_cpu_ns`, from 0 to 1; negative: the readings are too close together to tell.
 */
double hm_foreign_cpu_share(const hm_cpu_totals *before, const hm_cpu_totals *after,
                            uint64_t own_cpu_ns);

/** The share of all CPU time between the readings that was stolen; negative: not to be told. */
double hm_steal_share(const hm_cpu_totals *before, const hm_cpu_totals *after);

/** Time with at least one task stalled, since the machine started. */
typedef struct hm_pressure {
    uint64_t cpu_us;
    uint64_t memory_us;
    uint64_t io_us;
} hm_pressure;

/** Reads /proc/pressure; false: the kernel has no PSI or it is switched off. */
bool hm_pressure_read(hm_pressure *pressure);

#endif
