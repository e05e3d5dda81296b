/**
 * This module is the processor's part of the machine's description: model, caches, hypervisor,
 * counters.
 */
#include "bench/measure/machine.h"
#include "bench/measure/proc_file.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

static void read_model(char *model, size_t size)
{
    char text[8192];
    model[0] = '\0';
    if (!hm_proc_read_file("/proc/cpuinfo", text, sizeof text))
        return;
    const char *found = strstr(text, "model name");
    const char *colon = found == NULL ? NULL : strchr(found, ':');
    if (colon == NULL)
        return;
    colon += 1 + strspn(colon + 1, " \t");
    snprintf(model, size, "%.*s", (int)strcspn(colon, "\n"), colon);
}

static bool read_cache(unsigned index, hm_machine_cache *cache)
{
    char path[96], level[16], type[32], size[32];
    const char *files[] = {"level", "type", "size"};
    char *texts[] = {level, type, size};
    const size_t sizes[] = {sizeof level, sizeof type, sizeof size};
    for (int file = 0; file < 3; file++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%u/%s", index,
                 files[file]);
        if (!hm_proc_read_line(path, texts[file], sizes[file]))
            return false;
    }
    const char *letter = strcmp(type, "Data") == 0          ? "d"
                         : strcmp(type, "Instruction") == 0 ? "i"
                                                            : "";
    snprintf(cache->name, sizeof cache->name, "L%.8s%s", level, letter);
    char *unit;
    cache->bytes = strtoll(size, &unit, 10);
    cache->bytes *= *unit == 'K' ? 1024 : *unit == 'M' ? 1024 * 1024 : 1;
    return true;
}

/* The hypervisor's signature (CPUID leaf 0x40000000), in the words of systemd-detect-virt(1). */
static void name_hypervisor(const char *signature, char *name, size_t size)
{
    static const char *const known[][2] = {
        {"KVMKVMKVM", "kvm"},     {"VMwareVMware", "vmware"}, {"Microsoft Hv", "microsoft"},
        {"XenVMMXenVMM", "xen"},  {"TCGTCGTCGTCG", "qemu"},   {"VBoxVBoxVBox", "oracle"},
        {"bhyve bhyve ", "bhyve"}};
    for (size_t index = 0; index < sizeof known / sizeof known[0]; index++) {
        if (strcmp(signature, known[index][0]) == 0) {
            snprintf(name, size, "%s", known[index][1]);
            return;
        }
    }
    snprintf(name, size, "%s", signature[0] == '\0' ? "unknown" : signature);
}

static void read_virtual_machine(char *name, size_t size)
{
    name[0] = '\0';
#if defined(__x86_64__) || defined(__i386__)
    const unsigned hypervisor_bit = 1u << 31;
    unsigned eax, words[3] = {0}, ecx, edx, ebx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & hypervisor_bit) == 0)
        return;
    __cpuid(0x40000000, eax, words[0], words[1], words[2]);
    char signature[sizeof words + 1] = {0};
    memcpy(signature, words, sizeof words);
    name_hypervisor(signature, name, size);
#else
    char product[64];
    if (hm_proc_read_line("/sys/hypervisor/type", product, sizeof product))
        name_hypervisor(product, name, size);
#endif
}

static bool count_cycles(void)
{
    struct perf_event_attr attribute = {.type = PERF_TYPE_HARDWARE,
                                        .size = sizeof attribute,
                                        .config = PERF_COUNT_HW_CPU_CYCLES,
                                        .exclude_kernel = 1,
                                        .exclude_hv = 1};
    long descriptor = syscall(SYS_perf_event_open, &attribute, 0, -1, -1, 0);
    if (descriptor < 0)
        return false;
    uint64_t cycles = 0;
    ssize_t got = read((int)descriptor, &cycles, sizeof cycles);
    close((int)descriptor);
    return got == (ssize_t)sizeof cycles && cycles > 0;
}

void hm_machine_read_cpu(hm_machine *machine)
{
    read_model(machine->cpu_model, sizeof machine->cpu_model);
    read_virtual_machine(machine->virtual_machine, sizeof machine->virtual_machine);
    machine->hardware_counters = count_cycles();
    for (unsigned index = 0; machine->cache_count < HM_MACHINE_CACHES; index++) {
        if (!read_cache(index, &machine->caches[machine->cache_count]))
            return;
        machine->cache_count++;
    }
}
