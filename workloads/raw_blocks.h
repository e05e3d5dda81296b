/**
 * This module is what raw workloads do to a block, so that all of them touch, read and prove blocks
 * in one way, and their timed loops hold little beside the two calls.
 *
 * A block's content is its *word*, written to its first eight bytes; one of more than a page has
 * the word in the first eight bytes of every 4096, so that no page of it is left untouched. Words
 * are summed as they are written and as they are read: what was lost, mixed up or shared by two
 * blocks leaves a difference. Outside the timed part blocks are *proved*: every byte of all of them
 * is written, and then read back.
 */
#ifndef HM_WORKLOADS_RAW_BLOCKS_H
#define HM_WORKLOADS_RAW_BLOCKS_H

#include "allocators/call.h"
#include "workloads/lanes.h"
#include "workloads/payload.h"

enum { HM_TOUCH_BYTES = 4096 };

/** The odd step of a Weyl sequence over 64 bits, and its inverse modulo 2^64. */
#define HM_WEYL_STEP    0x9e3779b97f4a7c15u
#define HM_WEYL_INVERSE 0xf1de83e19937733du
_Static_assert((uint64_t)HM_WEYL_STEP *HM_WEYL_INVERSE == 1, "the inverse is one");

/** The sum of `count` words from `first` on, each HM_WEYL_STEP further, modulo 2^64. */
static HM_ALWAYS_INLINE uint64_t hm_raw_sum(uint64_t first, uint64_t count)
{
    uint64_t steps = count % 2 == 0 ? count / 2 * (count - 1) : (count - 1) / 2 * count;
    return count * first + steps * HM_WEYL_STEP;
}

/** How blocks go back. */
enum { HM_FREE_PLAIN, HM_FREE_SIZED };

/** The parameter `free`. */
#define HM_FREE_PARAMETER                                                                          \
    {                                                                                              \
        "free", "", "by its address alone, or with its size too", 0, HM_FREE_SIZED, HM_FREE_PLAIN, \
            hm_free_names, false                                                                   \
    }
extern const char *const hm_free_names[];

/**
 * Whether the lane must free with the size, for a value of `free`: the parameter says so or the
 * sample needs it. False in `*able`, and told: the allocator has no such call.
 */
bool hm_raw_sized(hm_lane *lane, const char *workload, int64_t parameter, bool *able);

/** Returns `same`: whether the words read from the blocks add up to those written; tells it if not.
 */
bool hm_raw_read_back(hm_lane *lane, const char *workload, bool same);

/** Writes a block's word; `pages`: the block may be larger than a page. */
static HM_ALWAYS_INLINE void hm_raw_touch(void *block, size_t bytes, uint64_t word, bool pages)
{
    __builtin_memcpy(block, &word, sizeof word);
    for (size_t at = HM_TOUCH_BYTES; pages && at + sizeof word <= bytes; at += HM_TOUCH_BYTES)
        __builtin_memcpy((char *)block + at, &word, sizeof word);
}

/** Reads a block's word; where its pages do not agree, something that is not it. */
static HM_ALWAYS_INLINE uint64_t hm_raw_read(const void *block, size_t bytes, bool pages)
{
    uint64_t word, other, different = 0;
    __builtin_memcpy(&word, block, sizeof word);
    for (size_t at = HM_TOUCH_BYTES; pages && at + sizeof word <= bytes; at += HM_TOUCH_BYTES) {
        __builtin_memcpy(&other, (const char *)block + at, sizeof other);
        different |= word ^ other;
    }
    return word + different;
}

/** Frees a block, with its size or without. */
static HM_ALWAYS_INLINE void hm_raw_free(const hm_allocator *allocator, void *block, size_t bytes,
                                         bool sized)
{
    if (sized)
        hm_call_free_sized(allocator, block, bytes);
    else
        hm_call_free(allocator, block);
}

/** Writes every byte of a block, as the proof of block `number`. */
void hm_raw_fill(void *block, size_t bytes, uint64_t number);

/** Whether hm_raw_fill's bytes are still there. Told where they are not. */
bool hm_raw_prove(hm_lane *lane, const char *workload, const void *block, size_t bytes,
                  uint64_t number);

/** Puts the numbers below `count` into random order. */
void hm_raw_shuffle(uint64_t seed, uint32_t *numbers, uint32_t count);

#endif
