/**
 * This module is the allocator under test as a table of calls, so that the same random operations
 * run on the pool linked into the program, on any library, and on an allocator broken on purpose.
 *
 * Invariant: a call that the allocator does not have is NULL; malloc, calloc, realloc and free are
 * always there.
 */
#ifndef HM_TESTS_SHADOW_CALLS_H
#define HM_TESTS_SHADOW_CALLS_H

#include "allocators/allocator.h"

typedef struct shadow_calls {
    void *(*malloc)(size_t bytes);
    void *(*calloc)(size_t count, size_t bytes);
    void *(*realloc)(void *block, size_t bytes);
    void (*free)(void *block);
    void *(*reallocarray)(void *block, size_t count, size_t bytes);
    void *(*aligned_alloc)(size_t alignment, size_t bytes);
    void *(*memalign)(size_t alignment, size_t bytes);
    int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
    void (*free_sized)(void *block, size_t bytes);
    size_t (*usable_size)(void *block);
    bool (*stats)(hm_allocator_stats *stats);
    bool (*size_classes)(hm_allocator_class_visitor visit, void *context);
    void (*purge)(void);
    const char *(*check)(void);   /**< walks its own records: NULL, or what is wrong */
    size_t small_alignment_bytes; /**< of blocks below 16 bytes; all others are aligned to 16 */
    const char *name;
} shadow_calls;

/** The pool linked into this program. */
shadow_calls shadow_calls_pool(void);

/** The allocator of the library at `path`; false: it prints a line that says what is missing. */
bool shadow_calls_load(shadow_calls *calls, const char *path);

#endif
