#include "allocators/pool/size_class.h"

/* Entries of a class are as many as its step has units of 16 bytes. */
#define REPEAT_1(bin)   bin
#define REPEAT_2(bin)   REPEAT_1(bin), REPEAT_1(bin)
#define REPEAT_4(bin)   REPEAT_2(bin), REPEAT_2(bin)
#define REPEAT_8(bin)   REPEAT_4(bin), REPEAT_4(bin)
#define REPEAT_16(bin)  REPEAT_8(bin), REPEAT_8(bin)
#define REPEAT_32(bin)  REPEAT_16(bin), REPEAT_16(bin)
#define REPEAT_64(bin)  REPEAT_32(bin), REPEAT_32(bin)
#define REPEAT_128(bin) REPEAT_64(bin), REPEAT_64(bin)
/* The eight classes between two powers of two. */
#define OCTAVE(repeat, bin)                                                                        \
    repeat(bin), repeat(bin + 1), repeat(bin + 2), repeat(bin + 3), repeat(bin + 4),               \
        repeat(bin + 5), repeat(bin + 6), repeat(bin + 7)

/* No bytes, up to 128 in steps of 16, then octave by octave. */
const uint8_t hm_pool_bin_of_step[HM_POOL_SIZE_STEPS] = {
    1,
    OCTAVE(REPEAT_1, 1),
    OCTAVE(REPEAT_1, 9),
    OCTAVE(REPEAT_2, 17),
    OCTAVE(REPEAT_4, 25),
    OCTAVE(REPEAT_8, 33),
    OCTAVE(REPEAT_16, 41),
    OCTAVE(REPEAT_32, 49),
    OCTAVE(REPEAT_64, 57),
    OCTAVE(REPEAT_128, 65),
};

enum { BLOCKS_WANTED = 32, SLAB_PAGES_MIN = 4, SLAB_PAGES_MAX = 16 };

unsigned hm_pool_class_slab_pages(unsigned class_index)
{
    size_t wanted = hm_pool_class_bytes(class_index) * BLOCKS_WANTED;
    unsigned pages = SLAB_PAGES_MIN;
    while (pages < SLAB_PAGES_MAX && ((size_t)pages << HM_POOL_PAGE_SHIFT) < wanted)
        pages *= 2;
    return pages;
}

/* Slabs begin at a page, so a block size that is a multiple of the alignment is enough. */
unsigned hm_pool_class_aligned(size_t alignment, size_t bytes)
{
    size_t wanted = bytes > alignment ? bytes : alignment;
    if (wanted > HM_POOL_SMALL_MAX || alignment > HM_POOL_PAGE_BYTES)
        return HM_POOL_CLASS_COUNT;
    unsigned class_index = hm_pool_class_of(wanted);
    while (class_index < HM_POOL_CLASS_COUNT && hm_pool_class_bytes(class_index) % alignment != 0)
        class_index++;
    return class_index;
}
