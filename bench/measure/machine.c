#include "bench/measure/machine.h"

#include "bench/measure/foreign.h"
#include "bench/measure/proc_file.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static int64_t read_number(const char *path)
{
    char line[64];
    if (!hm_proc_read_line(path, line, sizeof line))
        return HM_MACHINE_UNKNOWN;
    return strtoll(line, NULL, 10);
}

static void read_memory(hm_machine *machine)
{
    char text[4096];
    uint64_t bytes;
    machine->memory_bytes = machine->swap_bytes = HM_MACHINE_UNKNOWN;
    if (!hm_proc_read_file("/proc/meminfo", text, sizeof text))
        return;
    if (hm_proc_find_number(text, "MemTotal", &bytes))
        machine->memory_bytes = (int64_t)bytes;
    if (hm_proc_find_number(text, "SwapTotal", &bytes))
        machine->swap_bytes = (int64_t)bytes;
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" of os-release(5). */
static void read_os(char *os, size_t size)
{
    char text[4096];
    const char key[] = "PRETTY_NAME=";
    os[0] = '\0';
    if (!hm_proc_read_file("/etc/os-release", text, sizeof text))
        return;
    const char *found = strstr(text, key);
    if (found == NULL)
        return;
    found += strlen(key);
    if (*found == '"')
        found++;
    snprintf(os, size, "%.*s", (int)strcspn(found, "\"\n"), found);
}

bool hm_machine_chosen(const char *line, char *word, unsigned size)
{
    const char *begin = strchr(line, '[');
    const char *end = begin == NULL ? NULL : strchr(begin, ']');
    word[0] = '\0';
    if (end == NULL)
        return false;
    snprintf(word, size, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

double hm_machine_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

void hm_machine_read(hm_machine *machine)
{
    *machine = (hm_machine){0};
    hm_machine_read_cpu(machine);
    read_memory(machine);
    machine->cores_online = sysconf(_SC_NPROCESSORS_ONLN);
    struct utsname names;
    if (uname(&names) == 0)
        snprintf(machine->kernel, sizeof machine->kernel, "%.60s %.60s", names.sysname,
                 names.release);
    read_os(machine->os, sizeof machine->os);
    snprintf(machine->libc, sizeof machine->libc, "glibc %s", gnu_get_libc_version());
    char line[128];
    if (hm_proc_read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line))
        hm_machine_chosen(line, machine->thp, sizeof machine->thp);
    hm_proc_read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", machine->governor,
                      sizeof machine->governor);
    machine->aslr = read_number("/proc/sys/kernel/randomize_va_space");
    machine->load_1m = hm_machine_load();
    hm_pressure pressure;
    machine->psi = hm_pressure_read(&pressure);
}
