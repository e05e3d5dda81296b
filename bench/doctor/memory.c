/* Checks of memory and layout: huge pages, swap, address randomization. */
#include "bench/doctor/doctor.h"

#include "base/quantity.h"
#include "bench/measure/machine.h"
#include "bench/measure/proc_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

void hm_doctor_look_huge_pages(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    char line[128], chosen[32];
    if (!hm_doctor_line(view, path, line, sizeof line) ||
        !hm_machine_chosen(line, chosen, sizeof chosen)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the kernel does not tell here");
    } else if (strcmp(chosen, "always") != 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s", chosen);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "always");
        hm_doctor_advise(finding, "echo madvise | sudo tee %s", path);
    }
}

void hm_doctor_look_swap(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char text[8192], used_text[32], total_text[32];
    uint64_t total, unused;
    if (!hm_doctor_text(view, "/proc/meminfo", text, sizeof text) ||
        !hm_proc_find_number(text, "SwapTotal", &total) ||
        !hm_proc_find_number(text, "SwapFree", &unused)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "/proc/meminfo does not tell");
        return;
    }
    uint64_t used = total > unused ? total - unused : 0;
    hm_format_bytes((double)used, used_text, sizeof used_text);
    hm_format_bytes((double)total, total_text, sizeof total_text);
    if (total == 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "none");
    } else if (used == 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s, none of it in use", total_text);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s of %s in use", used_text, total_text);
        hm_doctor_advise(finding, "sudo swapoff -a (and swapon -a afterwards)");
    }
}

void hm_doctor_look_aslr(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char line[64], own[64];
    if (!hm_doctor_line(view, "/proc/sys/kernel/randomize_va_space", line, sizeof line)) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the kernel does not tell here");
    } else if (strcmp(line, "2") != 0) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s",
                      strcmp(line, "0") == 0 ? "fixed (ASLR is off)"
                                             : "the heap's place is fixed (ASLR is in part)");
        hm_doctor_advise(finding, "sudo sysctl kernel.randomize_va_space=2");
    } else if (hm_doctor_line(view, "/proc/self/personality", own, sizeof own) &&
               (strtoul(own, NULL, 16) & ADDR_NO_RANDOMIZE) != 0) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "fixed for this process (setarch -R)");
        hm_doctor_advise(finding, "start heapmark without setarch -R and outside a debugger");
    } else {
        hm_doctor_say(finding, HM_DOCTOR_OK, "drawn anew for each process");
    }
}
