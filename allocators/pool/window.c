#include "allocators/pool/window.h"

#include "base/system_memory.h"

#include <errno.h>
#include <sys/mman.h>

_Atomic(uintptr_t) hm_pool_window_base;
uint8_t hm_pool_bin_of_page[HM_POOL_WINDOW_PAGES];
_Atomic(struct hm_pool_arena *) hm_pool_arenas[HM_POOL_WINDOW_SLOTS];

/* Slots below are taken, by arenas or by mappings of others. */
static size_t first_slot;

/* The window begins half its size below where the kernel would map next: what it maps for others
   grows down from there, arenas grow up towards it, and they meet after a quarter of a terabyte. No
   lower, since below is where ThreadSanitizer has its own memory and lets nobody map. */
static bool choose_window(void)
{
    char *probe = hm_system_map_aligned(HM_POOL_ARENA_BYTES, HM_POOL_ARENA_BYTES);
    if (probe == NULL)
        return false;
    uintptr_t next = (uintptr_t)probe, below = (uintptr_t)1 << (HM_POOL_WINDOW_SHIFT - 1);
    hm_system_unmap(probe, HM_POOL_ARENA_BYTES);
    atomic_store_explicit(&hm_pool_window_base, next > below ? next - below : HM_POOL_ARENA_BYTES,
                          memory_order_relaxed);
    return true;
}

static char *map_at(char *address)
{
    char *mapped = mmap(address, HM_POOL_ARENA_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped == address)
        return mapped;
    if (mapped != MAP_FAILED) { /* a kernel that takes the address for a hint */
        munmap(mapped, HM_POOL_ARENA_BYTES);
        errno = EEXIST;
    }
    return NULL;
}

char *hm_pool_window_map(struct hm_pool_arena *arena)
{
    if (atomic_load_explicit(&hm_pool_window_base, memory_order_relaxed) == 0 && !choose_window())
        return NULL;
    char *begin = (char *)atomic_load_explicit(&hm_pool_window_base, memory_order_relaxed);
    for (size_t slot = first_slot; slot < HM_POOL_WINDOW_SLOTS; slot++) {
        if (atomic_load_explicit(&hm_pool_arenas[slot], memory_order_relaxed) != NULL)
            continue;
        char *base = map_at(begin + (slot << HM_POOL_ARENA_SHIFT));
        if (base != NULL) {
            first_slot = slot + 1;
            atomic_store_explicit(&hm_pool_arenas[slot], arena, memory_order_release);
            return base;
        }
        if (errno == ENOMEM)
            return NULL;
    }
    return NULL;
}

void hm_pool_window_unmap(char *base)
{
    size_t slot = hm_pool_window_offset(base) >> HM_POOL_ARENA_SHIFT;
    atomic_store_explicit(&hm_pool_arenas[slot], NULL, memory_order_release);
    hm_system_unmap(base, HM_POOL_ARENA_BYTES);
    if (slot < first_slot)
        first_slot = slot;
}
