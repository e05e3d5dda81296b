/**
 * This module is the pages under a set of blocks, so that resident memory can be held against what
 * no allocator can go below without moving blocks.
 *
 * Memory comes from the kernel and goes back at the end; nothing here is meant for a timed phase.
 */
#ifndef HM_WORKLOADS_LIVE_PAGES_H
#define HM_WORKLOADS_LIVE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HM_LIVE_PAGE_BYTES = 4096 };

/** A number with another that goes with it: a block's first page and its last. */
typedef struct hm_page_span {
    uint64_t first, last;
} hm_page_span;

/** Blocks, as the pages they begin and end in. */
typedef struct hm_live_pages {
    hm_page_span *spans; /**< twice `room`: the second half is for sorting */
    size_t room, count;
} hm_live_pages;

/** Room for `blocks` blocks; false: the kernel refused. */
bool hm_live_pages_open(hm_live_pages *pages, size_t blocks);

/** Adds a block of at least a byte; NULL adds nothing. */
void hm_live_pages_add(hm_live_pages *pages, const void *block, size_t bytes);

/** Bytes of the pages that hold at least a byte of a block that was added; gives the room back. */
uint64_t hm_live_pages_close(hm_live_pages *pages);

/** Sorts by `first`, ascending and stable; `spare` has room for as many. */
void hm_sort_spans(hm_page_span *spans, hm_page_span *spare, size_t count);

#endif
