/**
 * This module is the back end `pool`: our own allocator, bound from its library like any other, so
 * that it pays the same indirect call as those it is compared with.
 *
 * The library is looked for in HEAPMARK_POOL_PATH (a file; nothing else is tried where it is set),
 * then beside the running executable, then in the folder it was built in.
 */
#include "allocators/native.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POOL_LIBRARY "libheapmark_pool.so"

static hm_status locate_pool(char *path, size_t size, hm_error *error)
{
    const char *asked = getenv("HEAPMARK_POOL_PATH");
    if (asked != NULL && asked[0] != '\0') {
        snprintf(path, size, "%s", asked);
        return access(path, R_OK) == 0
                   ? HM_OK
                   : hm_error_set(error, HM_UNAVAILABLE,
                                  "pool: HEAPMARK_POOL_PATH names %.300s, which cannot be read",
                                  asked);
    }
    if (hm_native_own_file(POOL_LIBRARY, path, size))
        return HM_OK;
    return hm_error_set(error, HM_UNAVAILABLE,
                        "pool: " POOL_LIBRARY " is not beside the executable; build the target "
                        "heapmark_pool or name the file in HEAPMARK_POOL_PATH");
}

bool hm_native_pool(const hm_library *library, hm_allocator *allocator)
{
    const char *(*version)(void) = NULL;
    if (!hm_library_find(library, "hm_pool_version", &version))
        return false;
    allocator->version = version();
    if (hm_library_find(library, "hm_pool_stats", &allocator->stats))
        allocator->capabilities |= HM_ALLOCATOR_STATS | HM_ALLOCATOR_ACTIVE_BYTES;
    hm_library_find(library, "hm_pool_size_classes", &allocator->size_classes);
    if (hm_library_find(library, "hm_pool_purge", &allocator->purge))
        allocator->capabilities |= HM_ALLOCATOR_PURGE;
    if (hm_library_find(library, "hm_pool_free_sized", &allocator->free_sized))
        allocator->capabilities |= HM_ALLOCATOR_SIZED_FREE;
    allocator->capabilities |= HM_ALLOCATOR_FORK;
    return true;
}

static hm_status bind_pool(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static hm_library library;
    char path[PATH_MAX];
    hm_status status = locate_pool(path, sizeof path, error);
    if (status == HM_OK)
        status = hm_library_open(&library, spec->backend->name, path, error);
    if (status == HM_OK)
        status = hm_library_bind(&library, allocator, error);
    if (status == HM_OK && !hm_native_pool(&library, allocator))
        status = hm_error_set(error, HM_WRONG_RESULT, "pool: %.300s is not heapmark's pool", path);
    return status;
}

const hm_backend hm_backend_pool = {
    .name = "pool",
    .brief = "heapmark's own: size classes, slabs, arenas of 2 MiB from mmap",
    .library = POOL_LIBRARY,
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .locate = locate_pool,
    .bind = bind_pool,
};
