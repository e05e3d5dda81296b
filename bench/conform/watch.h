/**
 * This module is an allocator that forwards to another one and takes the label from each block that
 * is freed, so that a label never outlives its object and no dead object is taken for a live one at
 * the same address.
 *
 * A decorator like those of allocators/decorators.h: static state, so once in a chain.
 */
#ifndef HM_BENCH_CONFORM_WATCH_H
#define HM_BENCH_CONFORM_WATCH_H

#include "allocators/allocator.h"
#include "bench/conform/label.h"

/** Fills `*decorated` with a table that forwards to `*inner` (copied), which must free by size. */
void hm_conform_watch_decorate(const hm_allocator *inner, hm_allocator *decorated);

/** From now on blocks freed lose their label in `labels`; objects stand `prefix_bytes` into theirs.
 */
void hm_conform_watch_labels(hm_conform_labels *labels, size_t prefix_bytes);

#endif
