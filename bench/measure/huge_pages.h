/**
 * This module is how much of this process's memory lies in transparent huge pages, so that what an
 * allocator's layout gains from them is seen beside what it costs.
 *
 * The figure is AnonHugePages of /proc/self/smaps_rollup: the kernel walks the page tables for it,
 * some milliseconds a GiB, and allocates nothing in this process.
 */
#ifndef HM_MEASURE_HUGE_PAGES_H
#define HM_MEASURE_HUGE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

/** Opens the file; -1: this kernel has none (before Linux 4.14). The caller closes it. */
int hm_huge_pages_open(void);

/** Bytes in transparent huge pages now; false: the file is not open or does not say. */
bool hm_huge_pages_read(int file, uint64_t *bytes);

#endif
