/**
 * This module is the back end `tcmalloc`, from libtcmalloc_minimal.so.4, and what any library with
 * its MallocExtension_ functions tells.
 *
 * Active bytes are those of spans that are not free in the page heap: spans with a block handed
 * out or held in a thread's cache. TCMALLOC_SKIP_SBRK must be set: opened by dlopen it would fight
 * with libc over the program break.
 */
#include "allocators/native.h"

#include <stdint.h>

static int (*read_property)(const char *name, size_t *value);
static void (*mark_idle)(void);
static void (*release)(void);

static bool stats(hm_allocator_stats *result)
{
    size_t allocated, heap, free_bytes, unmapped;
    if (!read_property("generic.current_allocated_bytes", &allocated) ||
        !read_property("generic.heap_size", &heap) ||
        !read_property("tcmalloc.pageheap_free_bytes", &free_bytes) ||
        !read_property("tcmalloc.pageheap_unmapped_bytes", &unmapped))
        return false;
    *result = (hm_allocator_stats){
        .allocated_bytes = allocated,
        .active_bytes = heap - free_bytes - unmapped,
        .resident_bytes = heap - unmapped,
        .metadata_bytes = HM_UNKNOWN_BYTES,
    };
    size_t physical;
    if (read_property("generic.total_physical_bytes", &physical)) {
        result->resident_bytes = physical;
        result->metadata_bytes = physical > heap - unmapped ? physical - (heap - unmapped) : 0;
    }
    return true;
}

/* The thread's cache first: its blocks hold spans that could be released. */
static void purge(void)
{
    mark_idle();
    release();
}

bool hm_native_tcmalloc(const hm_library *library, hm_allocator *allocator)
{
    const char *(*version)(int *, int *, const char **) = NULL;
    if (!hm_library_find(library, "tc_version", &version))
        return false;
    allocator->version = version(NULL, NULL, NULL);
    if (hm_library_find(library, "MallocExtension_GetNumericProperty", &read_property)) {
        allocator->stats = stats;
        allocator->capabilities |= HM_ALLOCATOR_STATS | HM_ALLOCATOR_ACTIVE_BYTES;
    }
    if (hm_library_find(library, "MallocExtension_ReleaseFreeMemory", &release) &&
        hm_library_find(library, "MallocExtension_MarkThreadIdle", &mark_idle)) {
        allocator->purge = purge;
        allocator->capabilities |= HM_ALLOCATOR_PURGE;
    }
    if (hm_library_find(library, "tc_free_sized", &allocator->free_sized))
        allocator->capabilities |= HM_ALLOCATOR_SIZED_FREE;
    allocator->capabilities |= HM_ALLOCATOR_FORK;
    return true;
}

static hm_status bind_tcmalloc(const hm_backend_spec *spec, hm_allocator *allocator,
                               hm_error *error)
{
    return hm_native_bind_package(spec->backend, allocator, hm_native_tcmalloc, error);
}

static const char *const environment[] = {"TCMALLOC_SKIP_SBRK=1", NULL};

const hm_backend hm_backend_tcmalloc = {
    .name = "tcmalloc",
    .brief = "gperftools' tcmalloc (minimal): thread caches over a page heap",
    .package = "libtcmalloc-minimal4",
    .library = "libtcmalloc_minimal.so.4",
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .environment = environment,
    .bind = bind_tcmalloc,
};
