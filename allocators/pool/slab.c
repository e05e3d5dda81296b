#include "allocators/pool/slab.h"

#include "base/check.h"

enum { KERNEL_PAGE_BYTES = 4096 };

void hm_pool_slab_start(hm_pool_slab *slab, struct hm_pool_local *owner, unsigned class_index)
{
    size_t block_bytes = hm_pool_class_bytes(class_index);
    size_t bytes = (size_t)slab->pages << HM_POOL_PAGE_SHIFT;
    slab->free = NULL;
    slab->owner = owner;
    slab->next = slab->previous = NULL;
    atomic_store_explicit(&slab->used, 0, memory_order_relaxed);
    atomic_store_explicit(&slab->carved, 0, memory_order_relaxed);
    slab->capacity = (uint32_t)(bytes / block_bytes);
    slab->block_bytes = (uint32_t)block_bytes;
    slab->kind = HM_POOL_RUN_SLAB;
    slab->state = HM_POOL_SLAB_CURRENT;
    slab->class_index = (uint8_t)class_index;
    atomic_store_explicit(&slab->remote, NULL, memory_order_relaxed);
    slab->pending_next = NULL;
}

/* Links the blocks in address order, so that a fresh slab is walked as the prefetcher likes. */
bool hm_pool_slab_carve(hm_pool_slab *slab)
{
    uint32_t carved = hm_pool_slab_carved(slab);
    uint32_t left = slab->capacity - carved;
    uint32_t wanted =
        slab->block_bytes < KERNEL_PAGE_BYTES ? KERNEL_PAGE_BYTES / slab->block_bytes : 1;
    uint32_t count = wanted < left ? wanted : left;
    if (count == 0)
        return false;
    char *first = slab->base + (size_t)carved * slab->block_bytes;
    char *last = first + (size_t)(count - 1) * slab->block_bytes;
    for (char *block = first; block != last; block += slab->block_bytes)
        *(void **)block = block + slab->block_bytes;
    *(void **)last = slab->free;
    slab->free = first;
    atomic_store_explicit(&slab->carved, carved + count, memory_order_relaxed);
    return true;
}

/* Released, so that the owner, who takes with acquire, sees the block's link; acquired, so that
   what the owner read of the slab before it last took (pending_next) is read before it is
   overwritten. */
bool hm_pool_slab_free_remote(hm_pool_slab *slab, void *block)
{
    void *head = atomic_load_explicit(&slab->remote, memory_order_relaxed);
    do {
        *(void **)block = head;
    } while (!atomic_compare_exchange_weak_explicit(&slab->remote, &head, block,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return head == NULL;
}

void hm_pool_slab_collect(hm_pool_slab *slab)
{
    void *block = atomic_exchange_explicit(&slab->remote, NULL, memory_order_acq_rel);
    while (block != NULL) {
        void *next = *(void **)block;
        HM_ASSERT(hm_pool_slab_used(slab) > 0);
        hm_pool_slab_push(slab, block);
        block = next;
    }
}

size_t hm_pool_slab_carved_bytes(const hm_pool_slab *slab)
{
    size_t bytes = (size_t)hm_pool_slab_carved(slab) * slab->block_bytes;
    return (bytes + KERNEL_PAGE_BYTES - 1) & ~(size_t)(KERNEL_PAGE_BYTES - 1);
}
