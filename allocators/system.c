/**
 * This module is the back end `system`: libc's own malloc, from the handle of the libc this process
 * runs with, so that it pays the same indirect call as every other.
 *
 * glibc tells what it handed out and what it holds, but not which pages hold a live block: A is
 * merged into the rest. Under a sanitizer the process's malloc is the sanitizer's, and that is
 * bound, so that it watches every block of the runtime.
 */
#include "allocators/native.h"

#include <malloc.h>
#include <stdlib.h>

#ifdef HM_SANITIZED

static hm_status bind_system(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static char origin[PATH_MAX];
    HM_UNUSED(spec);
    allocator->malloc = malloc;
    allocator->free = free;
    allocator->realloc = realloc;
    allocator->calloc = calloc;
    allocator->aligned_alloc = aligned_alloc;
    allocator->usable_size = malloc_usable_size;
    allocator->version = "sanitizer: " HM_SANITIZED;
    allocator->origin = origin;
    allocator->capabilities =
        HM_ALLOCATOR_THREADS | HM_ALLOCATOR_ALIGNED | HM_ALLOCATOR_FORK | HM_ALLOCATOR_USABLE_SIZE;
    if (!hm_library_origin(&allocator->malloc, origin))
        return hm_error_set(error, HM_WRONG_RESULT, "system: the origin of malloc is unknown");
    return HM_OK;
}

#else

static struct mallinfo2 (*account)(void);
static int (*trim)(size_t);

static bool stats(hm_allocator_stats *result)
{
    struct mallinfo2 info = account();
    *result = (hm_allocator_stats){
        .allocated_bytes = (uint64_t)info.uordblks + info.hblkhd,
        .active_bytes = HM_UNKNOWN_BYTES,
        .resident_bytes = (uint64_t)info.arena + info.hblkhd,
        .metadata_bytes = HM_UNKNOWN_BYTES,
    };
    return true;
}

static void purge(void)
{
    trim(0);
}

static hm_status bind_system(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static hm_library libc;
    const char *(*version)(void) = NULL;
    HM_UNUSED(spec);
    hm_status status = hm_library_open_libc(&libc, error);
    if (status == HM_OK)
        status = hm_library_bind(&libc, allocator, error);
    if (status != HM_OK)
        return status;
    if (hm_library_find(&libc, "gnu_get_libc_version", &version))
        allocator->version = version();
    if (hm_library_find(&libc, "mallinfo2", &account)) {
        allocator->stats = stats;
        allocator->capabilities |= HM_ALLOCATOR_STATS;
    }
    if (hm_library_find(&libc, "malloc_trim", &trim)) {
        allocator->purge = purge;
        allocator->capabilities |= HM_ALLOCATOR_PURGE;
    }
    allocator->capabilities |= HM_ALLOCATOR_FORK;
    return HM_OK;
}

#endif

const hm_backend hm_backend_system = {
    .name = "system",
    .brief = "libc's malloc (glibc: ptmalloc)",
    .library = "libc.so.6",
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .bind = bind_system,
};
