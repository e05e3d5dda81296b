#include "bench/measure/resident.h"

#include "base/system_memory.h"
#include "bench/measure/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_of(pid_t pid, const char *file, int flags)
{
    char path[64];
    if (pid == 0)
        snprintf(path, sizeof path, "/proc/self/%s", file);
    else
        snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    return open(path, flags | O_CLOEXEC);
}

hm_status hm_resident_open(hm_resident *resident, pid_t pid, hm_error *error)
{
    resident->statm = open_of(pid, "statm", O_RDONLY);
    int reason = errno;
    resident->status = open_of(pid, "status", O_RDONLY);
    resident->clear_refs = pid == 0 ? open_of(pid, "clear_refs", O_WRONLY) : -1;
    if (resident->statm >= 0 && resident->status >= 0)
        return HM_OK;
    hm_resident_close(resident);
    return hm_error_set(error, HM_IO_ERROR, "cannot read /proc/%ld/statm: %s",
                        (long)(pid == 0 ? getpid() : pid), strerror(reason));
}

void hm_resident_close(hm_resident *resident)
{
    int *descriptors[] = {&resident->statm, &resident->status, &resident->clear_refs};
    for (size_t index = 0; index < HM_COUNT_OF(descriptors); index++) {
        if (*descriptors[index] >= 0)
            close(*descriptors[index]);
        *descriptors[index] = -1;
    }
}

bool hm_resident_read(const hm_resident *resident, uint64_t *bytes)
{
    char text[128];
    if (!hm_proc_read_descriptor(resident->statm, text, sizeof text))
        return false;
    const char *second = strchr(text, ' ');
    if (second == NULL)
        return false;
    *bytes = strtoull(second, NULL, 10) * hm_system_page_bytes();
    return true;
}

bool hm_resident_peak(const hm_resident *resident, uint64_t *bytes)
{
    char text[4096];
    return hm_proc_read_descriptor(resident->status, text, sizeof text) &&
           hm_proc_find_number(text, "VmHWM", bytes);
}

bool hm_resident_reset_peak(const hm_resident *resident)
{
    return resident->clear_refs >= 0 && pwrite(resident->clear_refs, "5", 1, 0) == 1;
}
