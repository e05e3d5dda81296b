#include "bench/measure/huge_pages.h"

#include "bench/measure/proc_file.h"

#include <fcntl.h>

int hm_huge_pages_open(void)
{
    return open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
}

bool hm_huge_pages_read(int file, uint64_t *bytes)
{
    char text[4096];
    return file >= 0 && hm_proc_read_descriptor(file, text, sizeof text) &&
           hm_proc_find_number(text, "AnonHugePages", bytes);
}
