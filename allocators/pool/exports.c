/**
 * This module is libheapmark_pool.so's face: libc's names, so that the pool is bound like any
 * other allocator's library and is a program's whole malloc under LD_PRELOAD. Nothing here or
 * below calls malloc. exports_account.c has the calls that tell and tune.
 *
 * C++'s operator new and delete come here through libstdc++'s own, which call malloc and free.
 *
 * Invariant: no name here is called from here: where the library is opened beside another malloc,
 * the dynamic linker would lead the call to that one. Errno, sizes of zero, alignments and sizes
 * that cannot be are answered as glibc answers them; what glibc exports under a second name leads
 * to the pool as well, so that no block of one allocator is freed by the other.
 */
#include "allocators/pool/inline.h"
#include "allocators/pool/pool.h"
#include "base/system_memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

enum { LEAST_ALIGNMENT = 16 /* of every block */ };

HM_EXPORT HM_AT_CACHE_LINE void *malloc(size_t bytes)
{
    return hm_pool_malloc_inline(bytes);
}

HM_EXPORT HM_AT_CACHE_LINE void free(void *block)
{
    hm_pool_free_inline(block);
}

HM_EXPORT void *calloc(size_t count, size_t bytes)
{
    return hm_pool_calloc(count, bytes);
}

/* Asked for no bytes, glibc frees the block and gives none. */
static void *resize(void *block, size_t bytes)
{
    if (HM_UNLIKELY(bytes == 0 && block != NULL)) {
        hm_pool_free_inline(block);
        return NULL;
    }
    return hm_pool_realloc(block, bytes);
}

static void *resize_array(void *block, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(block, total);
}

HM_EXPORT void *realloc(void *block, size_t bytes)
{
    return resize(block, bytes);
}

HM_EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
    return resize_array(block, count, bytes);
}

/* C23's. The size is not believed: a block that realloc made smaller in place is of another class
   than its size says. */
HM_EXPORT void free_sized(void *block, size_t bytes);
HM_EXPORT void free_sized(void *block, size_t bytes)
{
    HM_UNUSED(bytes);
    hm_pool_free_inline(block);
}

HM_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes);
HM_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes)
{
    HM_UNUSED(alignment);
    HM_UNUSED(bytes);
    hm_pool_free_inline(block);
}

/* ---- with an alignment ---- */

HM_EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    return hm_pool_aligned_alloc(alignment, bytes);
}

static int allocate_aligned(void **block, size_t alignment, size_t bytes)
{
    if (alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *allocated = hm_pool_aligned_alloc(alignment, bytes);
    int failure = allocated == NULL ? errno : 0;
    errno = saved;
    if (failure == 0)
        *block = allocated;
    return failure;
}

HM_EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    return allocate_aligned(block, alignment, bytes);
}

/* The old call takes any number and means the next power of two. */
static void *allocate_at_least_aligned(size_t alignment, size_t bytes)
{
    if (alignment <= LEAST_ALIGNMENT)
        return hm_pool_malloc_inline(bytes);
    if (alignment > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    return hm_pool_aligned_alloc((size_t)1 << (64 - __builtin_clzl(alignment - 1)), bytes);
}

static void *allocate_whole_pages(size_t bytes)
{
    size_t size = hm_system_round_up(bytes);
    return hm_pool_aligned_alloc(hm_system_page_bytes(), size < bytes ? bytes : size);
}

HM_EXPORT void *memalign(size_t alignment, size_t bytes)
{
    return allocate_at_least_aligned(alignment, bytes);
}

HM_EXPORT void *valloc(size_t bytes)
{
    return hm_pool_aligned_alloc(hm_system_page_bytes(), bytes);
}

HM_EXPORT void *pvalloc(size_t bytes)
{
    return allocate_whole_pages(bytes);
}

HM_EXPORT size_t malloc_usable_size(void *block)
{
    return hm_pool_usable_size(block);
}

/* ---- second names: old programs' cfree, and what libc's own malloc can be called by ---- */

HM_EXPORT void cfree(void *block);
HM_EXPORT void *__libc_malloc(size_t bytes);
HM_EXPORT void __libc_free(void *block);
HM_EXPORT void *__libc_calloc(size_t count, size_t bytes);
HM_EXPORT void *__libc_realloc(void *block, size_t bytes);
HM_EXPORT void *__libc_reallocarray(void *block, size_t count, size_t bytes);
HM_EXPORT void *__libc_memalign(size_t alignment, size_t bytes);
HM_EXPORT void *__libc_valloc(size_t bytes);
HM_EXPORT void *__libc_pvalloc(size_t bytes);
HM_EXPORT int __posix_memalign(void **block, size_t alignment, size_t bytes);

void cfree(void *block)
{
    hm_pool_free_inline(block);
}

void *__libc_malloc(size_t bytes)
{
    return hm_pool_malloc_inline(bytes);
}

void __libc_free(void *block)
{
    hm_pool_free_inline(block);
}

void *__libc_calloc(size_t count, size_t bytes)
{
    return hm_pool_calloc(count, bytes);
}

void *__libc_realloc(void *block, size_t bytes)
{
    return resize(block, bytes);
}

void *__libc_reallocarray(void *block, size_t count, size_t bytes)
{
    return resize_array(block, count, bytes);
}

void *__libc_memalign(size_t alignment, size_t bytes)
{
    return allocate_at_least_aligned(alignment, bytes);
}

void *__libc_valloc(size_t bytes)
{
    return hm_pool_aligned_alloc(hm_system_page_bytes(), bytes);
}

void *__libc_pvalloc(size_t bytes)
{
    return allocate_whole_pages(bytes);
}

int __posix_memalign(void **block, size_t alignment, size_t bytes)
{
    return allocate_aligned(block, alignment, bytes);
}
