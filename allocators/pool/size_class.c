#include "allocators/pool/size_class.h"

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
