/* Checks of what else runs: load average, CPU time of others right now, pressure information. */
#include "bench/doctor/doctor.h"

#include "bench/measure/foreign.h"

#include <stdlib.h>
#include <string.h>

/* Shares of the machine from which others are felt. */
static const double most_foreign_share = 0.05;
static const double most_load_per_cpu = 0.25;

void hm_doctor_look_foreign_cpu(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char text[16384];
    hm_cpu_totals before, after;
    bool known =
        hm_doctor_text(view, "/proc/stat", text, sizeof text) && hm_cpu_totals_parse(text, &before);
    if (known && view->pause)
        view->pause();
    known = known && hm_doctor_text(view, "/proc/stat", text, sizeof text) &&
            hm_cpu_totals_parse(text, &after);
    double share = known ? hm_foreign_cpu_share(&before, &after, 0) : -1;
    if (share < 0) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/stat does not tell");
    } else if (share <= most_foreign_share) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%.1f %% of all CPU time", 100 * share);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%.1f %% of all CPU time", 100 * share);
        hm_doctor_advise(finding, "top -o %%CPU shows who; end it or wait");
    }
}

/** How many CPUs /proc/stat counts. */
static unsigned count_cpus(const hm_doctor_view *view)
{
    char text[16384];
    unsigned count = 0;
    if (!hm_doctor_text(view, "/proc/stat", text, sizeof text))
        return 1;
    for (const char *at = text; (at = strstr(at, "\ncpu")) != NULL; at++)
        count++;
    return count ? count : 1;
}

void hm_doctor_look_load(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[128], *end;
    if (!hm_doctor_line(view, "/proc/loadavg", line, sizeof line)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/loadavg does not tell");
        return;
    }
    double load = strtod(line, &end);
    unsigned cpus = count_cpus(view);
    if (end == line) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/loadavg does not tell");
    } else if (load <= most_load_per_cpu * cpus) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%.2f over the last minute", load);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%.2f over the last minute on %u CPU%s", load, cpus,
                      cpus == 1 ? "" : "s");
        hm_doctor_advise(finding, "end other programs and wait a minute");
    }
}

void hm_doctor_look_pressure(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[256];
    if (hm_doctor_line(view, "/proc/pressure/cpu", line, sizeof line)) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "there");
        return;
    }
    hm_doctor_say(finding, HM_DOCTOR_WARN, "the kernel has none, or it is switched off");
    hm_doctor_advise(finding, "boot with psi=1, or a kernel built with CONFIG_PSI");
}
