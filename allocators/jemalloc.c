/**
 * This module is the back end `jemalloc`, from libjemalloc.so.2, and what any library with its
 * mallctl tells.
 *
 * Statistics are of the last epoch, so one is begun at each reading; blocks in a thread's cache
 * count as handed out in jemalloc's own sums and in its classes. sdallocx has a third parameter, so
 * sized free goes through a trampoline: the one hot slot that is not the library's own function.
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

static bool begin_epoch(void)
{
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    return control("epoch", &epoch, &size, &epoch, size) == 0;
}

/* Handed out and not freed: what waits in the threads' caches is taken off, where it is told. */
static uint64_t read_allocated(void)
{
    uint64_t allocated = read_bytes("stats.allocated");
    uint64_t cached = read_bytes("stats.arenas." ALL_ARENAS ".tcache_bytes");
    bool both = allocated != HM_UNKNOWN_BYTES && cached != HM_UNKNOWN_BYTES;
    return both && cached <= allocated ? allocated - cached : allocated;
}

static bool stats(hm_allocator_stats *result)
{
    if (!begin_epoch())
        return false;
    result->allocated_bytes = read_allocated();
    result->active_bytes = read_bytes("stats.active");
    result->resident_bytes = read_bytes("stats.resident");
    result->metadata_bytes = read_bytes("stats.metadata");
    return result->allocated_bytes != HM_UNKNOWN_BYTES;
}

/* A number of `group` ("arenas.bin", …) and the class `index`; HM_UNKNOWN_BYTES: not told. Numbers
 * are of two widths, and jemalloc refuses the wrong one. */
static uint64_t read_of_class(const char *group, unsigned index, const char *what)
{
    char name[96];
    uint64_t value = 0;
    size_t size = sizeof value;
    snprintf(name, sizeof name, "%s.%u.%s", group, index, what);
    if (control(name, &value, &size, NULL, 0) == 0)
        return value;
    uint32_t narrow = 0;
    size = sizeof narrow;
    return control(name, &narrow, &size, NULL, 0) == 0 ? narrow : HM_UNKNOWN_BYTES;
}

static uint64_t read_count(const char *name)
{
    unsigned value = 0;
    size_t size = sizeof value;
    return control(name, &value, &size, NULL, 0) == 0 ? value : HM_UNKNOWN_BYTES;
}

/* Small classes: slabs of so many regions. Blocks in a thread's cache count as handed out. */
static bool tell_small(hm_allocator_class_visitor visit, void *context, unsigned index)
{
    uint64_t slabs = read_of_class("stats.arenas." ALL_ARENAS ".bins", index, "curslabs");
    uint64_t regions = read_of_class("arenas.bin", index, "nregs");
    hm_allocator_class told = {
        .usable_bytes = read_of_class("arenas.bin", index, "size"),
        .blocks = read_of_class("stats.arenas." ALL_ARENAS ".bins", index, "curregs")};
    if (slabs == HM_UNKNOWN_BYTES || regions == HM_UNKNOWN_BYTES ||
        told.usable_bytes == HM_UNKNOWN_BYTES || told.blocks == HM_UNKNOWN_BYTES)
        return false;
    told.slots = slabs * regions;
    if (slabs != 0)
        visit(context, &told);
    return true;
}

/* Large classes: an extent a block. */
static bool tell_large(hm_allocator_class_visitor visit, void *context, unsigned index)
{
    uint64_t blocks = read_of_class("stats.arenas." ALL_ARENAS ".lextents", index, "curlextents");
    hm_allocator_class told = {.usable_bytes = read_of_class("arenas.lextent", index, "size"),
                               .blocks = blocks,
                               .slots = blocks};
    if (blocks == HM_UNKNOWN_BYTES || told.usable_bytes == HM_UNKNOWN_BYTES)
        return false;
    if (blocks != 0)
        visit(context, &told);
    return true;
}

static bool size_classes(hm_allocator_class_visitor visit, void *context)
{
    uint64_t small = read_count("arenas.nbins"), large = read_count("arenas.nlextents");
    bool told = small != HM_UNKNOWN_BYTES && large != HM_UNKNOWN_BYTES && begin_epoch();
    for (unsigned index = 0; told && index < small; index++)
        told = tell_small(visit, context, index);
    for (unsigned index = 0; told && index < large; index++)
        told = tell_large(visit, context, index);
    return told;
}

static void ignore_class(void *context, const hm_allocator_class *size_class)
{
    HM_UNUSED(context);
    HM_UNUSED(size_class);
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
    if (size_classes(ignore_class, NULL))
        allocator->size_classes = size_classes;
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
