/* Checks of the processor: governor, turbo, hardware threads, how many. */
#include "bench/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_FOLDER "/sys/devices/system/cpu"

enum { MOST_CPUS = 4096, FEW_CPUS = 4 };

void hm_doctor_look_governor(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char path[128], line[64], other[64] = "";
    unsigned known = 0, others = 0;
    for (unsigned cpu = 0; cpu < MOST_CPUS; cpu++) {
        snprintf(path, sizeof path, CPU_FOLDER "/cpu%u", cpu);
        if (!hm_doctor_there(view, path))
            break;
        snprintf(path, sizeof path, CPU_FOLDER "/cpu%u/cpufreq/scaling_governor", cpu);
        if (!hm_doctor_line(view, path, line, sizeof line))
            continue;
        known++;
        if (strcmp(line, "performance") != 0) {
            others++;
            snprintf(other, sizeof other, "%s", line);
        }
    }
    if (known == 0)
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL,
                      "no cpufreq: the clock is set by firmware or by a host");
    else if (others == 0)
        hm_doctor_say(finding, HM_DOCTOR_OK, "performance on all of %u CPUs", known);
    else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s on %u of %u CPUs", other, others, known);
        hm_doctor_advise(finding, "sudo cpupower frequency-set -g performance");
    }
}

void hm_doctor_look_boost(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[64];
    if (hm_doctor_line(view, CPU_FOLDER "/intel_pstate/no_turbo", line, sizeof line)) {
        bool on = strcmp(line, "0") == 0;
        hm_doctor_say(finding, on ? HM_DOCTOR_WARN : HM_DOCTOR_OK, "%s (intel_pstate)",
                      on ? "on" : "off");
        if (on)
            hm_doctor_advise(finding, "echo 1 | sudo tee " CPU_FOLDER "/intel_pstate/no_turbo");
    } else if (hm_doctor_line(view, CPU_FOLDER "/cpufreq/boost", line, sizeof line)) {
        bool on = strcmp(line, "0") != 0;
        hm_doctor_say(finding, on ? HM_DOCTOR_WARN : HM_DOCTOR_OK, "%s (cpufreq)",
                      on ? "on" : "off");
        if (on)
            hm_doctor_advise(finding, "echo 0 | sudo tee " CPU_FOLDER "/cpufreq/boost");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the kernel does not tell here");
    }
}

void hm_doctor_look_smt(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[64];
    if (!hm_doctor_line(view, CPU_FOLDER "/smt/active", line, sizeof line)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the kernel does not tell here");
    } else if (strcmp(line, "0") == 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "one for each core");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "several for each core");
        hm_doctor_advise(finding, "echo off | sudo tee " CPU_FOLDER "/smt/control");
    }
}

/** The number of CPUs in a list such as "0-3,8"; 0: it is none. */
static unsigned count_list(const char *list)
{
    unsigned count = 0;
    while (*list >= '0' && *list <= '9') {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (last < first || last - first > MOST_CPUS)
            return 0;
        count += (unsigned)(last - first + 1);
        list = *end == ',' ? end + 1 : end;
    }
    return count;
}

void hm_doctor_look_cores(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[256];
    unsigned count =
        hm_doctor_line(view, CPU_FOLDER "/online", line, sizeof line) ? count_list(line) : 0;
    if (count == 0) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the list of CPUs cannot be read");
    } else if (count >= FEW_CPUS) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%u online", count);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%u online", count);
        hm_doctor_advise(finding, "end everything else while you measure, or take a machine with "
                                  "4 CPUs or more");
    }
}
