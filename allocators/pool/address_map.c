#include "allocators/pool/address_map.h"

#include "allocators/pool/metadata.h"
#include "base/check.h"

_Atomic(hm_pool_map_entry *) hm_pool_map[HM_POOL_MAP_ENTRIES];

static hm_pool_map_entry *leaf_of(uintptr_t top)
{
    hm_pool_map_entry *leaf = atomic_load_explicit(&hm_pool_map[top], memory_order_relaxed);
    if (leaf == NULL) {
        leaf = hm_pool_metadata_allocate(HM_POOL_MAP_ENTRIES * sizeof *leaf);
        atomic_store_explicit(&hm_pool_map[top], leaf, memory_order_release);
    }
    return leaf;
}

bool hm_pool_map_enter(hm_pool_region *region)
{
    uintptr_t number = (uintptr_t)region->base >> HM_POOL_REGION_SHIFT;
    uintptr_t top = number >> HM_POOL_MAP_BITS;
    HM_CHECK(top < HM_POOL_MAP_ENTRIES && (uintptr_t)region->base % HM_POOL_REGION_BYTES == 0);
    hm_pool_map_entry *leaf = leaf_of(top);
    if (leaf == NULL)
        return false;
    atomic_store_explicit(&leaf[number & (HM_POOL_MAP_ENTRIES - 1)], region, memory_order_release);
    return true;
}

void hm_pool_map_leave(const char *base)
{
    uintptr_t number = (uintptr_t)base >> HM_POOL_REGION_SHIFT;
    hm_pool_map_entry *leaf = leaf_of(number >> HM_POOL_MAP_BITS);
    atomic_store_explicit(&leaf[number & (HM_POOL_MAP_ENTRIES - 1)], NULL, memory_order_release);
}
