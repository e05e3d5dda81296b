#include "calls.h"

#include "allocators/pool/pool.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

hm_stress_calls shadow_calls_pool(void)
{
    return (hm_stress_calls){.malloc = hm_pool_malloc,
                             .calloc = hm_pool_calloc,
                             .realloc = hm_pool_realloc,
                             .free = hm_pool_free,
                             .aligned_alloc = hm_pool_aligned_alloc,
                             .free_sized = hm_pool_free_sized,
                             .usable_size = hm_pool_usable_size,
                             .stats = hm_pool_stats,
                             .size_classes = hm_pool_size_classes,
                             .purge = hm_pool_purge,
                             .check = hm_pool_check,
                             .small_alignment_bytes = 16,
                             .exact_account = true,
                             .strict = true,
                             .forks_among_threads = true,
                             .name = "the pool, linked"};
}

/* ISO C has no cast from an object's address to a function's. */
static bool find(void *library, const char *name, void *slot)
{
    void *symbol = dlsym(library, name);
    memcpy(slot, &symbol, sizeof symbol);
    return symbol != NULL;
}

bool shadow_calls_load(hm_stress_calls *calls, const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    *calls = (hm_stress_calls){.small_alignment_bytes = 8, .name = path};
    if (library == NULL) {
        fprintf(stderr, "shadow: %s\n", dlerror());
        return false;
    }
    if (!find(library, "malloc", &calls->malloc) || !find(library, "calloc", &calls->calloc) ||
        !find(library, "realloc", &calls->realloc) || !find(library, "free", &calls->free)) {
        fprintf(stderr, "shadow: %s lacks one of malloc, calloc, realloc and free\n", path);
        return false;
    }
    find(library, "reallocarray", &calls->reallocarray);
    find(library, "aligned_alloc", &calls->aligned_alloc);
    find(library, "memalign", &calls->memalign);
    find(library, "posix_memalign", &calls->posix_memalign);
    find(library, "malloc_usable_size", &calls->usable_size);
    if (find(library, "hm_pool_stats", &calls->stats)) {
        find(library, "hm_pool_size_classes", &calls->size_classes);
        find(library, "hm_pool_free_sized", &calls->free_sized);
        find(library, "hm_pool_purge", &calls->purge);
        calls->small_alignment_bytes = 16;
        calls->exact_account = calls->strict = calls->forks_among_threads = true;
    }
    return true;
}
