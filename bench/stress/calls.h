/**
 * This module is the allocator under test as a table of calls, so that the same random operations
 * run on any back end, on the pool linked into a test, and on an allocator broken on purpose.
 *
 * Words: the *extra* entry points are those of libc's family that hm_allocator has no slot for.
 *
 * Invariant: a call that the allocator does not have is NULL; malloc, calloc, realloc and free are
 * always there.
 */
#ifndef HM_BENCH_STRESS_CALLS_H
#define HM_BENCH_STRESS_CALLS_H

#include "allocators/backend.h"

typedef struct hm_stress_calls {
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
    bool exact_account; /**< its statistics are the sum of the live blocks, no less or more */
    bool strict; /**< alignments that cannot be are refused as glibc does, and errno is set */
    bool forks_among_threads; /**< a child forked while other threads run may allocate */
    const char *name;
} hm_stress_calls;

/**
 * The calls of a bound back end: what the table has, and the extra entry points of the file it came
 * from. Where the binding left aligned_alloc out although the file has it, none of its family is
 * called and `*aligned_left_out` is set.
 */
void hm_stress_calls_of(hm_stress_calls *calls, const hm_allocator *allocator,
                        const hm_backend_spec *spec, bool *aligned_left_out);

#endif
