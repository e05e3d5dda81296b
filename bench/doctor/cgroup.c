/* Checks of the control group, version 2 and version 1: limits of CPU time and memory.
 *
 * A limit of any group above counts too, so the path is walked up to the top. Inside a container
 * the path often begins at the container's own group: what lies above is not seen. */
#include "bench/doctor/doctor.h"

#include "base/quantity.h"
#include "bench/measure/proc_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 2048 };

static const uint64_t small_limit_bytes = UINT64_C(4) << 30;
/* Version 1 writes "no limit" as the largest number of whole pages. */
static const uint64_t no_limit_bytes = UINT64_C(1) << 62;

/**
 * The group's folder for `controller`: version 2's where the process is in one of that kind, else
 * version 1's. False: it cannot be told.
 */
static bool find_group(const hm_doctor_view *view, const char *controller, char *folder,
                       bool *second_version)
{
    char text[4096], *rest = NULL;
    bool found = false;
    if (!hm_doctor_text(view, "/proc/self/cgroup", text, sizeof text))
        return false;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        char *end = path + strlen(path);
        if (end > path && end[-1] == '/')
            end[-1] = '\0';
        if (*controllers == '\0' && !found) {
            snprintf(folder, PATH_BYTES, "/sys/fs/cgroup%s", path);
            *second_version = found = true;
            continue;
        }
        char list[512];
        snprintf(list, sizeof list, ",%s,", controllers);
        if (strstr(list, controller)) {
            snprintf(folder, PATH_BYTES, "/sys/fs/cgroup/%s%s", controllers, path);
            *second_version = false;
            return true;
        }
    }
    return found;
}

/** Cuts the last part off; false: the mount's own folder has been reached. */
static bool go_up(char *folder, bool second_version)
{
    char *slash = strrchr(folder, '/');
    size_t top = strlen(second_version ? "/sys/fs/cgroup" : "/sys/fs/cgroup/");
    if (!slash || (size_t)(slash - folder) < top)
        return false;
    *slash = '\0';
    return true;
}

static bool read_file(const hm_doctor_view *view, const char *folder, const char *file, char *text,
                      size_t size)
{
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return hm_doctor_text(view, path, text, size);
}

/** CPUs' worth of time the group may use; negative: no limit is set there; false: not told. */
static bool read_quota(const hm_doctor_view *view, const char *folder, bool second_version,
                       double *cpus)
{
    char text[128], period_text[64];
    *cpus = -1;
    if (second_version) {
        if (!read_file(view, folder, "cpu.max", text, sizeof text))
            return false;
        double quota, period;
        if (sscanf(text, "%lf %lf", &quota, &period) == 2 && period > 0)
            *cpus = quota / period;
        return true;
    }
    if (!read_file(view, folder, "cpu.cfs_quota_us", text, sizeof text) ||
        !read_file(view, folder, "cpu.cfs_period_us", period_text, sizeof period_text))
        return false;
    double quota = strtod(text, NULL), period = strtod(period_text, NULL);
    if (quota > 0 && period > 0)
        *cpus = quota / period;
    return true;
}

void hm_doctor_look_cpu_limit(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char folder[PATH_BYTES];
    bool second_version, known = false;
    double least = -1, cpus;
    if (find_group(view, ",cpu,", folder, &second_version)) {
        do {
            if (!read_quota(view, folder, second_version, &cpus))
                continue;
            known = true;
            if (cpus >= 0 && (least < 0 || cpus < least))
                least = cpus;
        } while (go_up(folder, second_version));
        /* The top group has no such file: it has no limit. */
        known = known || second_version;
    }
    if (!known) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "no control group for CPU time is seen");
    } else if (least < 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "none");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%.3g CPUs' worth of time", least);
        hm_doctor_advise(finding, "start the container or service without a CPU quota; give it "
                                  "whole CPUs instead (docker run --cpuset-cpus, AllowedCPUs=)");
    }
}

void hm_doctor_look_throttling(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char folder[PATH_BYTES], text[2048];
    bool second_version, known = false;
    uint64_t times, most = 0;
    if (find_group(view, ",cpu,", folder, &second_version)) {
        do {
            if (read_file(view, folder, "cpu.stat", text, sizeof text) &&
                hm_proc_find_number(text, "nr_throttled", &times)) {
                known = true;
                most = times > most ? times : most;
            }
        } while (go_up(folder, second_version));
    }
    if (!known) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the control group does not count it");
    } else if (most == 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "never so far");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%llu times so far", (unsigned long long)most);
        hm_doctor_advise(finding, "lift the CPU quota of the group");
    }
}

void hm_doctor_look_memory_limit(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    static const char *const files[] = {"memory.max", "memory.high", "memory.limit_in_bytes"};
    char folder[PATH_BYTES], text[128], amount[32];
    bool second_version, known = false;
    uint64_t least = UINT64_MAX;
    if (find_group(view, ",memory,", folder, &second_version)) {
        known = second_version;
        do {
            for (size_t index = 0; index < HM_COUNT_OF(files); index++) {
                if (!read_file(view, folder, files[index], text, sizeof text))
                    continue;
                known = true;
                if (text[0] >= '0' && text[0] <= '9' && strtoull(text, NULL, 10) < least)
                    least = strtoull(text, NULL, 10);
            }
        } while (go_up(folder, second_version));
    }
    hm_format_bytes((double)least, amount, sizeof amount);
    if (!known) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "no control group for memory is seen");
    } else if (least >= no_limit_bytes) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "none");
    } else if (least >= small_limit_bytes) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s", amount);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s", amount);
        hm_doctor_advise(finding, "raise it to 4 GiB or more (docker run --memory, MemoryMax=), or "
                                  "give heapmark a --memory-limit well below it");
    }
}
