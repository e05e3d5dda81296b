/**
 * This module is the page in which a memory sample keeps its requested bytes (Q) while it runs, as
 * the driver sees it, so that Q stands beside every look at the resident memory from outside.
 *
 * The page is memory without a file that both processes map (hm_count_page); the sample is given
 * its descriptor, and looking costs it nothing.
 */
#ifndef HM_BENCH_ACCOUNT_PAGE_H
#define HM_BENCH_ACCOUNT_PAGE_H

#include "allocators/decorators.h"

/** All zero is none. */
typedef struct hm_account_page {
    int file;            /**< closes on exec; above the descriptors a child puts in place */
    hm_count_page *page; /**< NULL: none */
} hm_account_page;

/** Makes a page, all zero. HM_IO_ERROR: the kernel refuses; nothing is left behind. */
hm_status hm_account_page_open(hm_account_page *account, hm_error *error);

/** Q as it is now; false: the sample does not count, not yet or no more. NULL is none. */
bool hm_account_page_read(const hm_account_page *account, uint64_t *requested_bytes);

/** Gives it back; nothing where it is none. */
void hm_account_page_close(hm_account_page *account);

#endif
