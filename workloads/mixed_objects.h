/**
 * This module is objects of mixed sizes that say nothing but what they must be, so that a workload
 * fills a heap with blocks of any distribution of sizes and can tell when one is damaged.
 *
 * An object follows from a seed and a table of block sizes: a block of up to 33 bytes is a float
 * (24 bytes, the smallest object there is), a larger one a bytes object. Invariant: the size of a
 * block is what the runtime asks the allocator for, since neither has a collector's prefix.
 */
#ifndef HM_WORKLOADS_MIXED_OBJECTS_H
#define HM_WORKLOADS_MIXED_OBJECTS_H

#include "heapmark.h"
#include "workloads/sizes.h"

enum { HM_MIXED_LEAST_BYTES = 24 };

/** The bytes of the object's block. */
uint32_t hm_mixed_bytes(const hm_sizes *sizes, uint64_t seed);

/** The mean of hm_mixed_bytes. */
double hm_mixed_mean(const hm_sizes *sizes);

/** Makes all sizes `percent` of what they are, but not less than the smallest object. */
void hm_mixed_scale(hm_sizes *sizes, uint64_t percent);

/** A new object, all of it written, or NULL. */
hm_object *hm_mixed_new(hm_heap *heap, const hm_sizes *sizes, uint64_t seed);

/** Reads it back and adds what was read to `*sum`; false: it is not what the seed makes. */
bool hm_mixed_read(hm_object *object, const hm_sizes *sizes, uint64_t seed, uint64_t *sum);

#endif
