/**
 * This module is the back end `jemalloc`, from libjemalloc.so.2, and what any library with its
 * mallctl tells.
 *
 * Statistics are of the last epoch, so one is begun at each reading; blocks in a thread's cache
 * count as allocated. sdallocx has a third parameter, so sized free goes through a trampoline:
 * the one hot slot that is not the library's own function.
 */
#include "allocators/native.h"

#include <stdint.h>
#include <stdio.h>

/* jemalloc's number for "all arenas" in the name arena.<i>.purge. */
#define ALL_ARENAS "4096"

static int (*control)(const char *, void *, size_t *, void *, size_t);
static void (*sized_deallocate)(void *, size_t, int);

static void free_sized(void *block, size_t bytes)
{
    if (block != NULL)
        sized_deallocate(block, bytes, 0);
}

static uint64_t read_bytes(const char *name)
{
    size_t value, size = sizeof value;
    return control(name, &value, &size, NULL, 0) == 0 ? value : HM_UNKNOWN_BYTES;
}

static bool stats(hm_allocator_stats *result)
{
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    if (control("epoch", &epoch, &size, &epoch, size) != 0)
        return false;
    result->allocated_bytes = read_bytes("stats.allocated");
    result->active_bytes = read_bytes("stats.active");
    result->resident_bytes = read_bytes("stats.resident");
    result->metadata_bytes = read_bytes("stats.metadata");
    return result->allocated_bytes != HM_UNKNOWN_BYTES;
}

static void purge(void)
{
    control("thread.tcache.flush", NULL, NULL, NULL, 0);
    control("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
}

bool hm_native_jemalloc(const hm_library *library, hm_allocator *allocator)
{
    const char *version = "";
    size_t size = sizeof version;
    char name[128];
    snprintf(name, sizeof name, "%smallctl", library->prefix);
    if (!hm_library_find(library, name, &control))
        return false;
    if (control("version", &version, &size, NULL, 0) == 0)
        allocator->version = version;
    hm_allocator_stats now;
    if (stats(&now)) {
        allocator->stats = stats;
        allocator->capabilities |= HM_ALLOCATOR_STATS | HM_ALLOCATOR_ACTIVE_BYTES;
    }
    allocator->purge = purge;
    allocator->capabilities |= HM_ALLOCATOR_PURGE | HM_ALLOCATOR_FORK;
    snprintf(name, sizeof name, "%ssdallocx", library->prefix);
    if (hm_library_find(library, name, &sized_deallocate)) {
        allocator->free_sized = free_sized;
        allocator->capabilities |= HM_ALLOCATOR_SIZED_FREE;
    }
    return true;
}

static hm_status bind_jemalloc(const hm_backend_spec *spec, hm_allocator *allocator,
                               hm_error *error)
{
    return hm_native_bind_package(spec->backend, allocator, hm_native_jemalloc, error);
}

const hm_backend hm_backend_jemalloc = {
    .name = "jemalloc",
    .brief = "jemalloc: size classes, thread caches, decaying purges",
    .package = "libjemalloc2",
    .library = "libjemalloc.so.2",
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .bind = bind_jemalloc,
};
