/* The runtime maps memory of its own for each look at a heap, and gives it back. A fuzz target
 * looks many times an input, and the kernel's work for that was a third of its time: so the fuzz
 * build's linker puts these in the place of hm_system_map and hm_system_unmap
 * (base/system_memory.h). What is given back is kept poisoned, so that a use of it is reported, and
 * is handed out again as zeros. */
#include "base/system_memory.h"

#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <string.h>

enum { MOST_KEPT = 32, MOST_BYTES = 1 << 16 };

typedef struct mapping {
    void *address;
    size_t bytes;
} mapping;

static mapping kept[MOST_KEPT];
static size_t kept_count;

void *__real_hm_system_map(size_t bytes);                 /* NOLINT(bugprone-reserved-identifier) */
void __real_hm_system_unmap(void *address, size_t bytes); /* NOLINT(bugprone-reserved-identifier) */
void *__wrap_hm_system_map(size_t bytes);                 /* NOLINT(bugprone-reserved-identifier) */
void __wrap_hm_system_unmap(void *address, size_t bytes); /* NOLINT(bugprone-reserved-identifier) */

void *__wrap_hm_system_map(size_t bytes)
{
    size_t size = hm_system_round_up(bytes);
    for (size_t index = kept_count; index-- > 0;) {
        if (kept[index].bytes != size)
            continue;
        void *address = kept[index].address;
        kept[index] = kept[--kept_count];
        ASAN_UNPOISON_MEMORY_REGION(address, size);
        return memset(address, 0, size);
    }
    return __real_hm_system_map(bytes);
}

void __wrap_hm_system_unmap(void *address, size_t bytes)
{
    size_t size = hm_system_round_up(bytes);
    if (address == NULL || size > MOST_BYTES || kept_count == MOST_KEPT) {
        __real_hm_system_unmap(address, bytes);
        return;
    }
    kept[kept_count++] = (mapping){address, size};
    ASAN_POISON_MEMORY_REGION(address, size);
}
