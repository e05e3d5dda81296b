/**
 * This module is the ladder of block sizes, so that every small request has one size to be
 * rounded to, found by arithmetic alone.
 *
 * Words: a *class* is one block size, numbered from 0; a *page* is the pool's own unit of 16 KiB
 * (not the kernel's); a *slab* is a run of pages cut into blocks of one class.
 *
 * Invariant: class sizes are multiples of 16 and ascend; a request of n bytes gets the smallest
 * class of at least n bytes; above 128 bytes at most 12.5 % of a block is lost to rounding, and up
 * to 128 bytes at most 15 bytes are.
 */
#ifndef HM_ALLOCATORS_POOL_SIZE_CLASS_H
#define HM_ALLOCATORS_POOL_SIZE_CLASS_H

#include "base/attributes.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HM_POOL_PAGE_SHIFT = 14,
    HM_POOL_PAGE_BYTES = 1 << HM_POOL_PAGE_SHIFT,
    HM_POOL_SMALL_MAX = 32 * 1024, /**< the largest request served from a slab */
    HM_POOL_FINE_MAX = 128,        /**< up to here the step is 16 bytes */
    HM_POOL_FINE_COUNT = 8,
    HM_POOL_STEPS = 8, /**< classes between two powers of two */
    HM_POOL_CLASS_COUNT = HM_POOL_FINE_COUNT + 8 * HM_POOL_STEPS,
    HM_POOL_SIZE_STEPS = HM_POOL_SMALL_MAX / 16 + 1
};

/** The class of a request of `bytes`, which is at most HM_POOL_SMALL_MAX; 0 bytes count as 1.
    Below 128 bytes the last byte's number is read as if it had 7 bits before its step. */
static HM_ALWAYS_INLINE unsigned hm_pool_class_of(size_t bytes)
{
    size_t last = bytes - (bytes != 0);
    unsigned log = 63u ^ (unsigned)__builtin_clzl(last | HM_POOL_FINE_MAX);
    return (log - 7) * HM_POOL_STEPS + (unsigned)(last >> (log - 3));
}

/** The number of a request's bin, its class's number plus 1, by (bytes + 15) / 16. */
extern HM_HIDDEN const uint8_t hm_pool_bin_of_step[HM_POOL_SIZE_STEPS];

/** The number of the bin of a request of at most HM_POOL_SMALL_MAX bytes. Where the size is known
    when compiling, so is the bin; else a load beats the arithmetic and never mispredicts. */
static HM_ALWAYS_INLINE unsigned hm_pool_bin_number_of(size_t bytes)
{
    if (__builtin_constant_p(bytes))
        return hm_pool_class_of(bytes) + 1;
    return hm_pool_bin_of_step[(bytes + 15) >> 4];
}

/** The block size of a class, bytes. */
static inline size_t hm_pool_class_bytes(unsigned class_index)
{
    if (class_index < HM_POOL_FINE_COUNT)
        return ((size_t)class_index + 1) * 16;
    unsigned above = class_index - HM_POOL_FINE_COUNT;
    return (size_t)(HM_POOL_STEPS + 1 + above % HM_POOL_STEPS) << (above / HM_POOL_STEPS + 4);
}

/** An offset in a slab × this >> 32 is the number of the block there: exact, since offsets stay
    below 2^18 and sizes above 2^3. */
static inline uint32_t hm_pool_class_reciprocal(unsigned class_index)
{
    return (uint32_t)(((uint64_t)1 << 32) / hm_pool_class_bytes(class_index)) + 1;
}

/** How many pages a slab of the class has, a power of two: at least 4, and enough for 32 blocks
    where 16 suffice. A slab begins at a multiple of them. */
unsigned hm_pool_class_slab_pages(unsigned class_index);

/**
 * The smallest class of at least `bytes` whose blocks all lie at multiples of `alignment`, a power
 * of two of at most one page. HM_POOL_CLASS_COUNT: there is none.
 */
unsigned hm_pool_class_aligned(size_t alignment, size_t bytes);

#endif
