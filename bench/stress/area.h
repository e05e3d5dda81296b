/**
 * This module is the memory that the driver and a trial's process share: what is to be run, the
 * list of operations where there is one, and the record.
 *
 * The driver makes it, the process is given its descriptor (HM_ACCOUNT_FD). It is a file without a
 * name, so that nothing is left behind, however either ends.
 */
#ifndef HM_BENCH_STRESS_AREA_H
#define HM_BENCH_STRESS_AREA_H

#include "bench/stress/trial.h"

typedef struct hm_stress_area {
    uint64_t layout; /**< HM_STRESS_AREA_LAYOUT: the process is this very program */
    hm_stress_task task;
    hm_stress_record record;
    hm_stress_operation list[];
} hm_stress_area;

#define HM_STRESS_AREA_LAYOUT (0x68656170737472ull + sizeof(hm_stress_area))

/** Makes one with room for lists of HM_STRESS_AREA_OPERATIONS. HM_IO_ERROR: the kernel refuses. */
hm_status hm_stress_area_open(hm_stress_area **area, int *file, hm_error *error);

enum { HM_STRESS_AREA_OPERATIONS = 10 * 1000 * 1000 };

/** The one behind `file`; NULL: there is none, or of another program. */
hm_stress_area *hm_stress_area_map(int file);

/** Gives it back. */
void hm_stress_area_close(hm_stress_area *area, int file);

#endif
