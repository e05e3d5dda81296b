/**
 * This module is the back end `mimalloc`, from libmimalloc.so.2.0, and what any library with its
 * mi_ functions tells.
 *
 * The unprefixed malloc is bound, as of every other library: it is an alias of mi_malloc, the same
 * address, so neither costs more. Statistics come from visiting the heap of the calling thread;
 * other threads' heaps are not seen. The library has no fork handlers, and its aligned_alloc
 * (2.0.9) does not align blocks whose size is the alignment, so that the binding leaves it out.
 */
#include "allocators/native.h"

#include <stdint.h>
#include <stdio.h>

/* The first five fields of mimalloc's area; later versions add behind them. */
typedef struct heap_area {
    void *blocks;
    size_t reserved, committed;
    size_t used; /* blocks, as of 2.0 */
    size_t block_size;
} heap_area;

typedef bool (*area_visitor)(const void *heap, const heap_area *area, void *block, size_t bytes,
                             void *context);

static bool (*visit_blocks)(const void *heap, bool all_blocks, area_visitor visitor, void *context);
static void *(*default_heap)(void);
static void (*collect)(bool force);

static bool add_area(const void *heap, const heap_area *area, void *block, size_t bytes,
                     void *context)
{
    hm_allocator_stats *result = context;
    HM_UNUSED(heap);
    HM_UNUSED(block);
    HM_UNUSED(bytes);
    result->allocated_bytes += (uint64_t)area->used * area->block_size;
    result->active_bytes += area->used != 0 ? area->committed : 0;
    return true;
}

static bool stats(hm_allocator_stats *result)
{
    *result = (hm_allocator_stats){.resident_bytes = HM_UNKNOWN_BYTES,
                                   .metadata_bytes = HM_UNKNOWN_BYTES};
    /* Its result is false for an empty heap, too; the visitor never stops it. */
    visit_blocks(default_heap(), false, add_area, result);
    return true;
}

typedef struct class_listener {
    hm_allocator_class_visitor visit;
    void *context;
} class_listener;

/* `reserved` is the whole of the area's room for blocks, whether carved yet or not. */
static bool tell_area(const void *heap, const heap_area *area, void *block, size_t bytes,
                      void *context)
{
    const class_listener *listener = context;
    HM_UNUSED(heap);
    HM_UNUSED(block);
    HM_UNUSED(bytes);
    if (area->block_size == 0)
        return true;
    listener->visit(listener->context, &(hm_allocator_class){
                                           .usable_bytes = area->block_size,
                                           .blocks = area->used,
                                           .slots = area->reserved / area->block_size,
                                       });
    return true;
}

static bool size_classes(hm_allocator_class_visitor visit, void *context)
{
    class_listener listener = {visit, context};
    visit_blocks(default_heap(), false, tell_area, &listener);
    return true;
}

static void purge(void)
{
    collect(true);
}

/* 209 is 2.0.9; later versions count in hundreds, 30103 is 3.1.3. */
static const char *version_text(int number)
{
    static char text[32];
    if (number >= 10000)
        snprintf(text, sizeof text, "%d.%d.%d", number / 10000, number / 100 % 100, number % 100);
    else
        snprintf(text, sizeof text, "%d.%d.%d", number / 100, number / 10 % 10, number % 10);
    return text;
}

bool hm_native_mimalloc(const hm_library *library, hm_allocator *allocator)
{
    int (*version)(void) = NULL;
    if (!hm_library_find(library, "mi_version", &version))
        return false;
    allocator->version = version_text(version());
    if (hm_library_find(library, "mi_heap_visit_blocks", &visit_blocks) &&
        hm_library_find(library, "mi_heap_get_default", &default_heap)) {
        allocator->stats = stats;
        allocator->size_classes = size_classes;
        allocator->capabilities |=
            HM_ALLOCATOR_STATS | HM_ALLOCATOR_ACTIVE_BYTES | HM_ALLOCATOR_THREAD_STATS;
    }
    if (hm_library_find(library, "mi_collect", &collect)) {
        allocator->purge = purge;
        allocator->capabilities |= HM_ALLOCATOR_PURGE;
    }
    if (hm_library_find(library, "mi_free_size", &allocator->free_sized))
        allocator->capabilities |= HM_ALLOCATOR_SIZED_FREE;
    return true;
}

static hm_status bind_mimalloc(const hm_backend_spec *spec, hm_allocator *allocator,
                               hm_error *error)
{
    return hm_native_bind_package(spec->backend, allocator, hm_native_mimalloc, error);
}

const hm_backend hm_backend_mimalloc = {
    .name = "mimalloc",
    .brief = "mimalloc: free lists sharded by page, one heap a thread",
    .package = "libmimalloc2.0",
    .library = "libmimalloc.so.2.0",
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .bind = bind_mimalloc,
};
