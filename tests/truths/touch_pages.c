/*
 * This module is a program that touches a known number of pages and says what the readers of
 * resident memory make of it: "rss=BYTES peak=BYTES maxrss=BYTES grown=BYTES".
 *
 * Arguments: pages that it keeps, pages that it touches and gives back first.
 */
#include "base/system_memory.h"
#include "bench/measure/resident.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

static char *touch(size_t pages)
{
    size_t page = hm_system_page_bytes();
    char *memory = hm_system_map((pages + 1) * page);
    if (memory == NULL)
        exit(1);
    madvise(memory, pages * page, MADV_NOHUGEPAGE);
    for (size_t index = 0; index < pages; index++)
        ((volatile char *)memory)[index * page] = 1;
    return memory;
}

int main(int argument_count, char **arguments)
{
    hm_resident resident;
    hm_error error;
    uint64_t before, rss, peak;
    if (argument_count != 3 || hm_resident_open(&resident, 0, &error) != HM_OK)
        return 1;
    size_t kept = strtoul(arguments[1], NULL, 10), given_back = strtoul(arguments[2], NULL, 10);
    /* Once before it counts: the readers' own code and stack become resident. */
    if (!hm_resident_read(&resident, &before) || !hm_resident_peak(&resident, &peak))
        return 1;
    hm_system_unmap(touch(given_back), (given_back + 1) * hm_system_page_bytes());
    if (!hm_resident_reset_peak(&resident) || !hm_resident_read(&resident, &before))
        return 1;
    touch(kept);
    if (!hm_resident_peak(&resident, &peak) || !hm_resident_read(&resident, &rss))
        return 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("rss=%" PRIu64 " peak=%" PRIu64 " maxrss=%" PRIu64 " grown=%" PRIu64 "\n", rss, peak,
           (uint64_t)usage.ru_maxrss * 1024, peak - before);
    return 0;
}
