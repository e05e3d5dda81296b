/**
 * This module is the back end `bump`: blocks cut one after the other from memory faulted in ahead,
 * never freed, so that there is a reference for what allocating costs without any reuse.
 *
 * Words: a *slice* is what a thread takes at once and cuts up without a lock; a *chunk* is what is
 * faulted in at once, with MAP_POPULATE, so that a resident limit is met by need and not at start.
 * Where that may not be in the time that is measured, HEAPMARK_BUMP_FAULTED says how much is
 * faulted in at the start.
 *
 * Invariant: 16 bytes before each block hold its size, since realloc must know it; the region ends
 * at HEAPMARK_BUMP_BYTES (16 GiB where unset: addresses alone), and then malloc fails.
 */
#include "allocators/native.h"
#include "base/quantity.h"
#include "base/system_memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HEADER_BYTES = 16, SLICE_BYTES = 1 << 20, CHUNK_BYTES = 64 << 20 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *region, *next_slice, *faulted_end, *region_end;
static _Thread_local char *cursor, *slice_end;

/* Faults in what lies before `end`; the lock is held. */
static bool fault_in(const char *end)
{
    while (faulted_end < end) {
        size_t left = (size_t)(region_end - faulted_end);
        size_t bytes = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        if (mmap(faulted_end, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0) == MAP_FAILED)
            return false;
        faulted_end += bytes;
    }
    return true;
}

static char *take(size_t bytes)
{
    char *taken = NULL;
    pthread_mutex_lock(&mutex);
    if (bytes <= (size_t)(region_end - next_slice) && fault_in(next_slice + bytes)) {
        taken = next_slice;
        next_slice += bytes;
    }
    pthread_mutex_unlock(&mutex);
    if (taken == NULL)
        errno = ENOMEM;
    return taken;
}

static char *reserve(size_t bytes)
{
    if (HM_LIKELY(bytes <= (size_t)(slice_end - cursor))) {
        char *reserved = cursor;
        cursor += bytes;
        return reserved;
    }
    if (bytes > SLICE_BYTES / 4)
        return take(bytes);
    char *slice = take(SLICE_BYTES);
    if (slice == NULL)
        return NULL;
    cursor = slice + bytes;
    slice_end = slice + SLICE_BYTES;
    return slice;
}

static size_t *size_of(void *block)
{
    return (size_t *)(void *)((char *)block - HEADER_BYTES);
}

static void *bump_aligned_alloc(size_t alignment, size_t bytes)
{
    size_t slack = alignment > HEADER_BYTES ? alignment - HEADER_BYTES : 0;
    if (bytes > PTRDIFF_MAX || slack > PTRDIFF_MAX / 2) {
        errno = ENOMEM;
        return NULL;
    }
    size_t rounded = (bytes + 15) & ~(size_t)15;
    char *reserved = reserve(rounded + HEADER_BYTES + slack);
    if (reserved == NULL)
        return NULL;
    uintptr_t first = (uintptr_t)reserved + HEADER_BYTES;
    char *block = reserved + HEADER_BYTES + (slack != 0 ? -first & (alignment - 1) : 0);
    *size_of(block) = rounded;
    return block;
}

static void *bump_malloc(size_t bytes)
{
    return bump_aligned_alloc(HEADER_BYTES, bytes);
}

static void bump_free(void *block)
{
    HM_UNUSED(block);
}

static void bump_free_sized(void *block, size_t bytes)
{
    HM_UNUSED(block);
    HM_UNUSED(bytes);
}

static size_t bump_usable_size(void *block)
{
    return block == NULL ? 0 : *size_of(block);
}

/* The region is fresh from the kernel and never used twice, so it is zero. */
static void *bump_calloc(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return bump_malloc(total);
}

static void *bump_realloc(void *block, size_t bytes)
{
    size_t old_bytes = bump_usable_size(block);
    if (block != NULL && bytes <= old_bytes)
        return block;
    void *resized = bump_malloc(bytes);
    if (resized != NULL && block != NULL)
        memcpy(resized, block, old_bytes);
    return resized;
}

/* A size from the environment; unset: as it is. */
static hm_status read_size(const char *name, int64_t least, int64_t most, int64_t *bytes,
                           hm_error *error)
{
    const char *text = getenv(name);
    if (text == NULL || (hm_parse_count(text, bytes) && *bytes >= least && *bytes <= most))
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "bump: %s is '%.60s'; write a size of at least %lldMiB and at most %lldMiB",
                        name, text, (long long)(least >> 20), (long long)(most >> 20));
}

static hm_status reserve_region(hm_error *error)
{
    int64_t bytes = (int64_t)16 << 30, faulted = SLICE_BYTES;
    if (read_size("HEAPMARK_BUMP_BYTES", SLICE_BYTES, (int64_t)1 << 45, &bytes, error) != HM_OK ||
        read_size("HEAPMARK_BUMP_FAULTED", SLICE_BYTES, bytes, &faulted, error) != HM_OK)
        return error->status;
    size_t size = hm_system_round_up((size_t)bytes);
    region = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED)
        return hm_error_set(error, HM_UNAVAILABLE, "bump: cannot reserve %zu bytes: %s", size,
                            strerror(errno));
    next_slice = faulted_end = region;
    region_end = region + size;
    return fault_in(region + faulted)
               ? HM_OK
               : hm_error_set(error, HM_UNAVAILABLE, "bump: no memory: %s", strerror(errno));
}

static hm_status bind_bump(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    HM_UNUSED(spec);
    hm_status status = reserve_region(error);
    if (status != HM_OK)
        return status;
    allocator->malloc = bump_malloc;
    allocator->free = bump_free;
    allocator->realloc = bump_realloc;
    allocator->calloc = bump_calloc;
    allocator->free_sized = bump_free_sized;
    allocator->aligned_alloc = bump_aligned_alloc;
    allocator->usable_size = bump_usable_size;
    allocator->capabilities = HM_ALLOCATOR_USABLE_SIZE | HM_ALLOCATOR_THREADS |
                              HM_ALLOCATOR_SIZED_FREE | HM_ALLOCATOR_ALIGNED;
    return HM_OK;
}

const hm_backend hm_backend_bump = {
    .name = "bump",
    .brief = "a reference without reuse: cut from memory faulted in ahead, never freed",
    .linkage = HM_LINKAGE_STATIC,
    .bind = bind_bump,
};
