#include "bench/stress/calls.h"

#include "allocators/loader.h"

#include <stdio.h>

static void find_extra(hm_stress_calls *calls, const hm_library *library, bool *aligned_left_out)
{
    char name[128];
    void *(*aligned)(size_t, size_t);
    snprintf(name, sizeof name, "%sreallocarray", library->prefix);
    hm_library_find(library, name, &calls->reallocarray);
    snprintf(name, sizeof name, "%saligned_alloc", library->prefix);
    *aligned_left_out = calls->aligned_alloc == NULL && hm_library_find(library, name, &aligned);
    if (*aligned_left_out)
        return;
    snprintf(name, sizeof name, "%smemalign", library->prefix);
    hm_library_find(library, name, &calls->memalign);
    snprintf(name, sizeof name, "%sposix_memalign", library->prefix);
    hm_library_find(library, name, &calls->posix_memalign);
}

void hm_stress_calls_of(hm_stress_calls *calls, const hm_allocator *allocator,
                        const hm_backend_spec *spec, bool *aligned_left_out)
{
    static hm_library library;
    bool own_thread_only = (allocator->capabilities & HM_ALLOCATOR_THREAD_STATS) != 0;
    hm_error ignored;
    *calls = (hm_stress_calls){
        .malloc = allocator->malloc,
        .calloc = allocator->calloc,
        .realloc = allocator->realloc,
        .free = allocator->free,
        .aligned_alloc = allocator->aligned_alloc,
        .free_sized = allocator->free_sized,
        .usable_size = allocator->usable_size,
        .stats = own_thread_only ? NULL : allocator->stats,
        .size_classes = own_thread_only ? NULL : allocator->size_classes,
        .purge = allocator->purge,
        .small_alignment_bytes = 8,
        .forks_among_threads = (allocator->capabilities & HM_ALLOCATOR_FORK) != 0,
        .name = spec->label,
    };
    *aligned_left_out = false;
    bool library_of_its_own =
        allocator->linkage == HM_LINKAGE_SO || allocator->linkage == HM_LINKAGE_PRELOAD;
    if (!library_of_its_own ||
        hm_library_open(&library, spec->label, allocator->origin, &ignored) != HM_OK)
        return;
    library.prefix = spec->prefix != NULL ? spec->prefix : "";
    find_extra(calls, &library, aligned_left_out);
    const char *(*version)(void);
    if (hm_library_find(&library, "hm_pool_version", &version)) {
        calls->strict = true;
        /* preloaded, it serves the whole process */
        calls->exact_account = allocator->linkage == HM_LINKAGE_SO;
        calls->small_alignment_bytes = 16;
    }
}
