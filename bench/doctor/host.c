/* Checks of what the machine really is: a guest, a container, where its time comes from, counters.
 */
#include "bench/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hm_doctor_look_virtual_machine(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char text[16384], product[128] = "";
    bool told = hm_doctor_text(view, "/proc/cpuinfo", text, sizeof text);
    const char *flags = told ? strstr(text, "\nflags") : NULL;
    bool guest = hm_doctor_there(view, "/sys/hypervisor/type");
    if (flags) {
        const char *end = strchr(flags + 1, '\n');
        const char *flag = strstr(flags, " hypervisor");
        guest = guest || (flag && (!end || flag < end));
    }
    hm_doctor_line(view, "/sys/class/dmi/id/product_name", product, sizeof product);
    if (guest) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "this is a guest%s%s%s", *product ? " (" : "",
                      product, *product ? ")" : "");
        hm_doctor_advise(finding, "measure on a machine of your own, or pin the guest's CPUs and "
                                  "keep the host quiet");
    } else if (flags) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "no");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/cpuinfo does not tell");
    }
}

void hm_doctor_look_container(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    static const char *const words[] = {"docker", "kubepods", "lxc", "libpod", "containerd"};
    char text[4096] = "";
    const char *sign = NULL;
    if (hm_doctor_there(view, "/.dockerenv"))
        sign = "docker";
    else if (hm_doctor_there(view, "/run/.containerenv"))
        sign = "podman";
    else if (hm_doctor_there(view, "/run/systemd/container"))
        sign = "systemd-nspawn or another";
    bool told = hm_doctor_text(view, "/proc/self/cgroup", text, sizeof text);
    for (size_t index = 0; index < HM_COUNT_OF(words) && !sign; index++)
        sign = strstr(text, words[index]) ? words[index] : NULL;
    if (sign) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "yes (%s)", sign);
        hm_doctor_advise(finding,
                         "measure outside of it, or see that it has CPUs of its own and no "
                         "limits");
    } else if (told) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "no sign of one");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/self/cgroup does not tell");
    }
}

void hm_doctor_look_clock_source(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    /* Sources that the vDSO reads without a system call. */
    static const char *const quick[] = {"tsc",
                                        "kvm-clock",
                                        "arch_sys_counter",
                                        "hyperv_clocksource_tsc_page",
                                        "timebase",
                                        "riscv_clocksource",
                                        "tod"};
    static const char path[] = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    char line[64];
    if (!hm_doctor_line(view, path, line, sizeof line)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the kernel does not tell here");
        return;
    }
    for (size_t index = 0; index < HM_COUNT_OF(quick); index++) {
        if (strcmp(line, quick[index]) == 0) {
            hm_doctor_say(finding, HM_DOCTOR_OK, "%s", line);
            return;
        }
    }
    hm_doctor_say(finding, HM_DOCTOR_WARN, "%s", line);
    hm_doctor_advise(finding,
                     "where available_clocksource beside it has tsc: echo tsc | sudo tee %s", path);
}

void hm_doctor_look_hardware_counters(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[64];
    bool told = hm_doctor_line(view, "/proc/sys/kernel/perf_event_paranoid", line, sizeof line);
    long paranoid = told ? strtol(line, NULL, 10) : 0;
    if (view->count_cycles && view->count_cycles()) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "they count");
    } else if (told && paranoid > 2) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "not allowed: kernel.perf_event_paranoid is %ld",
                      paranoid);
        hm_doctor_advise(finding, "sudo sysctl kernel.perf_event_paranoid=2");
    } else if (!view->count_cycles) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "only the machine itself can tell");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s",
                      told ? "this machine shows none (a guest without a virtual PMU, or a "
                             "sandbox that forbids perf_event_open)"
                           : "the kernel has no perf events");
        hm_doctor_advise(finding,
                         "in a guest: have the host pass the PMU on (kvm: -cpu host,pmu=on)");
    }
}
