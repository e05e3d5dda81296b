/**
 * This module is the resident set size of a process, now and at its highest, so that a sample can
 * read its own memory without allocating any.
 *
 * Words: *RSS* is the resident set size (field 2 of /proc/PID/statm); the *peak* is VmHWM of
 * /proc/PID/status since the process began or since the last reset. ru_maxrss is not used: it is
 * inherited from the parent over fork and exec.
 *
 * The RSS is exact, and so is a peak that still stands: the memory that made it has not been given
 * back. A past one is exact only to HM_RESIDENT_PEAK_SLACK_PAGES a processor, and so is the peak
 * just after a reset: the kernel keeps the counts of pages per processor and sums them roughly when
 * it unmaps and when it resets (Linux 6.2 and later, percpu_counter).
 *
 * The descriptors are kept open: a read is one pread, about a microsecond.
 */
#ifndef HM_MEASURE_RESIDENT_H
#define HM_MEASURE_RESIDENT_H

#include "base/status.h"

#include <stdint.h>
#include <sys/types.h>

/** Pages by which a past peak may be off, for each processor. */
enum { HM_RESIDENT_PEAK_SLACK_PAGES = 64 };

typedef struct hm_resident {
    int statm;
    int status;
    int clear_refs; /**< -1: the peak cannot be reset (another process, or no such file) */
} hm_resident;

/** Opens the files of process `pid`, 0: this one. HM_IO_ERROR: there is no such process. */
hm_status hm_resident_open(hm_resident *resident, pid_t pid, hm_error *error);

/** Closes the files. */
void hm_resident_close(hm_resident *resident);

/** RSS in bytes; false: the process is gone. */
bool hm_resident_read(const hm_resident *resident, uint64_t *bytes) HM_MUST_USE;

/** Peak in bytes; false: the process is gone. */
bool hm_resident_peak(const hm_resident *resident, uint64_t *bytes) HM_MUST_USE;

/** Sets the peak to the RSS of now; false: the kernel does not let us. */
bool hm_resident_reset_peak(const hm_resident *resident) HM_MUST_USE;

#endif
