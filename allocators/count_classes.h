/**
 * This module is the table of usable sizes that `count` keeps, so that what is lost to rounding can
 * be told for each size class of any allocator that tells usable sizes.
 *
 * The room is fixed and touched before the count begins: nothing is allocated, and the resident set
 * does not grow by it while something is measured. Sizes that come when it is full are taken
 * together.
 *
 * Invariant: the blocks of all entries together are the blocks that `count` knows.
 */
#ifndef HM_ALLOCATORS_COUNT_CLASSES_H
#define HM_ALLOCATORS_COUNT_CLASSES_H

#include <stdint.h>

/** Forgets everything and makes the table's pages resident. */
void hm_count_classes_clear(void);

/** Adds to the entry of blocks of `usable` bytes; unsigned sums wrap, so `more` may be "negative".
 */
void hm_count_classes_add(uint64_t usable, uint64_t more_requested, uint64_t more_blocks);

#endif
