#include "bench/stress/area.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What no list uses is never touched, and costs nothing. */
#define AREA_BYTES                                                                                 \
    (sizeof(hm_stress_area) + HM_STRESS_AREA_OPERATIONS * sizeof(hm_stress_operation))

static hm_stress_area *map(int file)
{
    void *address = mmap(NULL, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return address == MAP_FAILED ? NULL : address;
}

hm_status hm_stress_area_open(hm_stress_area **area, int *file, hm_error *error)
{
    int made = memfd_create("heapmark-stress", MFD_CLOEXEC);
    *file = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, 10);
    if (made >= 0)
        close(made);
    *area = *file >= 0 && ftruncate(*file, (off_t)AREA_BYTES) == 0 ? map(*file) : NULL;
    if (*area != NULL) {
        (*area)->layout = HM_STRESS_AREA_LAYOUT;
        return HM_OK;
    }
    if (*file >= 0)
        close(*file);
    return hm_error_set(error, HM_IO_ERROR, "memory to share with the processes under test: %s",
                        strerror(errno));
}

hm_stress_area *hm_stress_area_map(int file)
{
    off_t bytes = lseek(file, 0, SEEK_END);
    if (bytes != (off_t)AREA_BYTES)
        return NULL;
    hm_stress_area *area = map(file);
    return area != NULL && area->layout == HM_STRESS_AREA_LAYOUT ? area : NULL;
}

void hm_stress_area_close(hm_stress_area *area, int file)
{
    munmap(area, AREA_BYTES);
    close(file);
}
