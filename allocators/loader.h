/**
 * This module is how functions are got out of a shared library with proof of where they come from,
 * so that no figure is ever that of another allocator than the one named.
 *
 * Words: the *origin* of a function is the file that dladdr says it lies in, links resolved. A
 * function *falls through* where the library lacks it and the dynamic linker hands out that of a
 * library it depends on, or where the library's own call of it reaches another malloc.
 *
 * Invariant: whatever hm_library_find stores has the library's own file as its origin. Libraries
 * are opened with RTLD_NOW | RTLD_LOCAL and never closed.
 */
#ifndef HM_ALLOCATORS_LOADER_H
#define HM_ALLOCATORS_LOADER_H

#include "allocators/allocator.h"

#include <limits.h>

/** An opened library. */
typedef struct hm_library {
    void *handle;
    const char *label;   /**< what messages call it; borrowed */
    const char *prefix;  /**< put before malloc's names ("je_"), "" for none; borrowed */
    char path[PATH_MAX]; /**< its file, links resolved */
} hm_library;

/** Opens the file `path`. HM_UNAVAILABLE with the linker's own words. */
hm_status hm_library_open(hm_library *library, const char *label, const char *path,
                          hm_error *error);

/** The libc this process runs with, which is never opened anew. */
hm_status hm_library_open_libc(hm_library *library, hm_error *error);

/** The process's global scope, of which only what lies in the file `path` is found. */
hm_status hm_library_open_global(hm_library *library, const char *label, const char *path,
                                 hm_error *error);

/**
 * Stores the library's function `name` in `*slot`, a function pointer of the right type; NULL and
 * false where the library itself has none.
 */
bool hm_library_find(const hm_library *library, const char *name, void *slot);

/**
 * Binds malloc, free, realloc and calloc, all required, and what there is of aligned_alloc and
 * malloc_usable_size, each with the prefix; sets origin, and the capabilities of threads and of
 * what was found. HM_UNAVAILABLE: a required one is not there; HM_WRONG_RESULT: it is another
 * file's.
 */
hm_status hm_library_bind(const hm_library *library, hm_allocator *allocator, hm_error *error);

/**
 * Tries the bound functions on a few blocks: alignment, contents, zeroes, and that libc's own
 * account does not grow by what was asked of another allocator. HM_WRONG_RESULT says what failed.
 * An aligned_alloc that does not align (mimalloc 2.0.9 has one) is taken out of the table.
 */
hm_status hm_library_try(hm_allocator *allocator, hm_error *error);

/** Finds `file_name` where the dynamic linker would look. False: nowhere. */
bool hm_library_locate(const char *file_name, char *path, size_t size);

/** The file in which `function` (a function pointer's bytes) lies; false: dladdr knows none. */
HM_EXPORT bool hm_library_origin(const void *function_slot, char path[PATH_MAX]);

#endif
