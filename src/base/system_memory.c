#include "base/system_memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

size_t hm_system_page_bytes(void)
{
    static _Atomic(size_t) known_bytes; /* threads that ask first at once write the same */
    size_t page_bytes = atomic_load_explicit(&known_bytes, memory_order_relaxed);
    if (page_bytes == 0) {
        page_bytes = (size_t)sysconf(_SC_PAGESIZE);
        atomic_store_explicit(&known_bytes, page_bytes, memory_order_relaxed);
    }
    return page_bytes;
}

size_t hm_system_round_up(size_t bytes)
{
    size_t page = hm_system_page_bytes();
    return (bytes + page - 1) & ~(page - 1);
}

void *hm_system_map(size_t bytes)
{
    void *address = mmap(NULL, hm_system_round_up(bytes), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

/* Maps alignment bytes too many and gives back what lies outside the aligned part. */
void *hm_system_map_aligned(size_t bytes, size_t alignment)
{
    size_t size = hm_system_round_up(bytes);
    if (size > SIZE_MAX - alignment)
        return NULL;
    char *address = hm_system_map(size + alignment);
    if (address == NULL)
        return NULL;
    size_t offset = (alignment - ((uintptr_t)address & (alignment - 1))) & (alignment - 1);
    if (offset != 0)
        munmap(address, offset);
    if (alignment - offset != 0)
        munmap(address + offset + size, alignment - offset);
    return address + offset;
}

#if defined(__SANITIZE_THREAD__)
#define HM_REMAP_UNSEEN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HM_REMAP_UNSEEN 1
#endif
#endif

#ifdef HM_REMAP_UNSEEN

/* The thread sanitizer does not see mremap, and takes what others did at that address for races. */
void *hm_system_remap(void *address, size_t old_bytes, size_t new_bytes)
{
    void *moved = hm_system_map(new_bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, address, old_bytes < new_bytes ? old_bytes : new_bytes);
    hm_system_unmap(address, old_bytes);
    return moved;
}

#else

void *hm_system_remap(void *address, size_t old_bytes, size_t new_bytes)
{
    void *moved = mremap(address, hm_system_round_up(old_bytes), hm_system_round_up(new_bytes),
                         MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

#endif

void hm_system_unmap(void *address, size_t bytes)
{
    if (address != NULL)
        munmap(address, hm_system_round_up(bytes));
}
