/**
 * This module is which bytes of the address space are handed out, so that two blocks that overlap
 * are found when the second one appears, whatever is or is not written to them.
 *
 * Words: a *granule* is 8 bytes, one bit; a *leaf* has the bits of 2 MiB of addresses.
 *
 * Invariant: a granule's bit is set exactly while a block that covers it is out: set after the
 * allocator gave the block and cleared before it gets it back. Bits carry no order between
 * threads (all accesses are relaxed), so that they hide no race of the allocator's.
 */
#ifndef HM_BENCH_STRESS_GRANULES_H
#define HM_BENCH_STRESS_GRANULES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_STRESS_GRANULE_SHIFT = 3,
    HM_STRESS_LEAF_SHIFT = 21,
    HM_STRESS_LEAF_WORDS = 1 << (HM_STRESS_LEAF_SHIFT - HM_STRESS_GRANULE_SHIFT - 6),
    HM_STRESS_ADDRESS_BITS = 47
};

/** Makes the map, of address space that costs nothing until it is used; ends the program where
    the kernel refuses. */
void hm_stress_granules_start(void);

/** Sets the bits of `bytes` bytes at `block`; false: some were set. `shared`: by several threads.
 */
bool hm_stress_granules_take(const void *block, size_t bytes, bool shared);

/** Clears them; false: some were clear. */
bool hm_stress_granules_drop(const void *block, size_t bytes, bool shared);

#endif
