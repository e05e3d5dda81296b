/**
 * This program part is a family of allocators that are each wrong in one way, so that it is known
 * that `heapmark stress` finds such a defect and gives it its name. Each library is this file with
 * BROKEN_<NAME> defined; with none it is sound.
 *
 * What each does stands at its #ifdef; which name it must be given stands in test_broken.py.
 */
#include "heap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t bytes);
EXPORTED void free(void *block);
EXPORTED size_t malloc_usable_size(void *block);
EXPORTED void *aligned_alloc(size_t alignment, size_t bytes);
EXPORTED int posix_memalign(void **result, size_t alignment, size_t bytes);
EXPORTED void free_sized(void *block, size_t bytes);
EXPORTED void *realloc(void *block, size_t bytes);
EXPORTED void *calloc(size_t count, size_t bytes);

/* ---- threads, processes, the library's own birth and end ---- */

static unsigned next_owner;
static _Thread_local unsigned own_number;

static inline unsigned owner_here(void)
{
    if (own_number == 0)
        own_number = __atomic_add_fetch(&next_owner, 1, __ATOMIC_RELAXED);
    return own_number;
}

static inline void lock(void)
{
#ifndef BROKEN_RACE
    pthread_mutex_lock(&heap_lock);
#endif
}

static inline void unlock(void)
{
#ifndef BROKEN_RACE
    pthread_mutex_unlock(&heap_lock);
#endif
}

static void before_fork(void)
{
    pthread_mutex_lock(&heap_lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&heap_lock);
}

static void in_child(void)
{
#ifndef BROKEN_FORK_HANG /* the child inherits a lock that nobody gives back */
    pthread_mutex_unlock(&heap_lock);
#endif
}

__attribute__((constructor)) static void at_load(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
#ifdef BROKEN_LOAD_CRASH
    abort();
#endif
}

#ifdef BROKEN_EXIT_CRASH
__attribute__((destructor)) static void at_exit(void)
{
    abort();
}
#endif

#ifdef BROKEN_EXIT_HANG
__attribute__((destructor)) static void at_exit(void)
{
    for (;;)
        pause();
}
#endif

#ifdef BROKEN_THREAD_UNMAP /* small blocks lie in memory that goes with the thread that asked */
static pthread_key_t own_memory;
static pthread_once_t own_memory_once = PTHREAD_ONCE_INIT;
static _Thread_local char *own_chunk, *own_chunk_end;

static void unmap_own(void *chunk)
{
    munmap(chunk, CHUNK_BYTES);
}

static void make_own_memory(void)
{
    pthread_key_create(&own_memory, unmap_own);
}

static void *cut_own(unsigned index)
{
    size_t stride = class_bytes(index) + HEADER_BYTES;
    pthread_once(&own_memory_once, make_own_memory);
    if ((size_t)(own_chunk_end - own_chunk) < stride) {
        own_chunk = heap_map(CHUNK_BYTES);
        own_chunk_end = own_chunk + CHUNK_BYTES;
        pthread_setspecific(own_memory, own_chunk);
    }
    void *block = finish_block(own_chunk, class_bytes(index));
    own_chunk += stride;
    return block;
}
#endif

/* ---- small blocks ---- */

static size_t stride_of(unsigned index)
{
    size_t stride = class_bytes(index) + HEADER_BYTES;
#ifdef BROKEN_OVERLAP /* one rare class is cut too narrowly */
    if (class_bytes(index) == 912)
        stride -= 64;
#endif
    return stride;
}

static void *take_small(unsigned index)
{
#ifdef BROKEN_LOST /* blocks of one class never come back */
    void *block = class_bytes(index) == 320 ? NULL : pop(index);
#else
    void *block = pop(index);
#endif
#ifdef BROKEN_THREAD_UNMAP
    if (block == NULL && class_bytes(index) == 64)
        block = cut_own(index);
#endif
    if (block == NULL)
        block = cut(index, stride_of(index));
    return block;
}

static void give_small(void *block)
{
    unsigned index = class_of(header_of(block)->usable);
    push(index, block);
#ifdef BROKEN_DOUBLE /* now and then a block is put into its list twice */
    static unsigned frees;
    if (++frees % 500 == 0 && heap_lists[index] == block) {
        void *second;
        memcpy(&second, block, sizeof second);
        if (second != NULL)
            memcpy(second, &block, sizeof block);
    }
#endif
#ifdef BROKEN_FOREIGN_FREE /* another thread's block gets into two lists */
    if (header_of(block)->owner != owner_here() && index + 1 < LINEAR_CLASSES && index > 0)
        heap_lists[index - 1] = block;
#endif
#ifdef BROKEN_SCRIBBLE /* a note about a freed block is written late, when it may be another's */
    static void *noted;
    static unsigned until;
    if (noted == NULL && header_of(block)->usable == 128) {
        noted = block;
        until = 300;
    } else if (noted != NULL && --until == 0) {
        ((char *)noted)[40] ^= 1;
        noted = NULL;
    }
#endif
}

/* ---- malloc ---- */

static int cannot_be(size_t bytes)
{
#ifdef BROKEN_ABSURD /* the check was forgotten, and rounding up wraps */
    return bytes > PTRDIFF_MAX - 4 * PAGE && bytes < SIZE_MAX - 4 * PAGE;
#else
    return bytes > PTRDIFF_MAX - 4 * PAGE;
#endif
}

static void *no_memory(void)
{
#ifndef BROKEN_ERRNO_MALLOC
    errno = ENOMEM;
#endif
    return NULL;
}

static void *allocate(size_t bytes)
{
    void *block;
    if (cannot_be(bytes))
        return no_memory();
#ifdef BROKEN_ABSURD
    bytes = bytes > PTRDIFF_MAX ? 16 : bytes;
#endif
    if (bytes <= SMALL_MAX) {
        lock();
        block = take_small(class_of(bytes));
        unlock();
    } else {
        block = map_large(bytes, 16);
    }
    if (block == NULL)
        return no_memory();
    header_of(block)->owner = owner_here();
    return block;
}

static void misbehave_in_malloc(size_t bytes)
{
    static unsigned calls;
    calls++;
    (void)bytes;
#ifdef BROKEN_HANG
    while (calls > 5000)
        pause();
#endif
#ifdef BROKEN_CRASH
    if (bytes == 777)
        abort();
#endif
#ifdef BROKEN_LEAVE
    if (calls == 3000)
        _exit(0);
#endif
#ifdef BROKEN_SLOW
    if (bytes == 65536)
        usleep(1000);
#endif
#ifdef BROKEN_RECURSION
    if (bytes == 555) {
        volatile char room[4096];
        room[0] = 1;
        misbehave_in_malloc(bytes);
        calls += (unsigned)room[0];
    }
#endif
}

void *malloc(size_t bytes)
{
    misbehave_in_malloc(bytes);
#ifdef BROKEN_NULL
    static unsigned calls;
    if (++calls % 4000 == 0)
        return no_memory();
#endif
#ifdef BROKEN_ZERO_SHARED /* all blocks of no bytes are one */
    static char nothing[2 * HEADER_BYTES] __attribute__((aligned(16)));
    if (bytes == 0)
        return nothing + HEADER_BYTES;
#endif
#ifdef BROKEN_MISALIGNED
    if (bytes == 1001)
        return (char *)allocate(bytes + 8) + 8;
#endif
#ifdef BROKEN_SHORT /* a class too small for its largest size */
    if (bytes == 512)
        return allocate(496);
#endif
    return allocate(bytes);
}

/* ---- free ---- */

void free(void *block)
{
#ifdef BROKEN_FREE_NULL
    if (block == NULL)
        abort();
#endif
    if (block == NULL)
        return;
#ifdef BROKEN_ZERO_SHARED
    if (header_of(block)->usable == 0)
        return;
#endif
#ifdef BROKEN_MISALIGNED
    if (((uintptr_t)block & 15) != 0)
        return;
#endif
    if (is_small(block)) {
        lock();
        give_small(block);
        unlock();
    } else {
        unmap_large(block);
    }
#ifdef BROKEN_ERRNO_FREE
    errno = 0;
#endif
}

#ifdef BROKEN_SIZED_FREE /* the size given is believed, and rounded the wrong way */
void free_sized(void *block, size_t bytes)
{
    if (block == NULL || !is_small(block) || bytes > LINEAR_MAX - 16) {
        free(block);
        return;
    }
    lock();
    header_of(block)->usable = class_bytes(class_of(bytes) + 1);
    push(class_of(bytes) + 1, block);
    unlock();
}
#endif

size_t malloc_usable_size(void *block)
{
    size_t usable = block == NULL ? 0 : header_of(block)->usable;
#ifdef BROKEN_USABLE_LARGE
    if (usable == 80)
        return usable + 8;
#endif
#ifdef BROKEN_USABLE_HUGE
    if (usable == 80)
        return usable * 2;
#endif
#ifdef BROKEN_USABLE_SMALL
    if (usable == 208)
        return usable - 16;
#endif
    return usable;
}

/* ---- the others ---- */

#ifndef BROKEN_NO_CALLOC
void *calloc(size_t count, size_t bytes)
{
    size_t total = count * bytes;
#ifndef BROKEN_OVERFLOW /* the product is not looked at */
    if (__builtin_mul_overflow(count, bytes, &total))
        return no_memory();
#endif
    void *block = allocate(total);
#ifdef BROKEN_DIRTY /* believed to be fresh */
    if (total > 500 && total <= 600)
        return block;
#endif
#ifdef BROKEN_DIRTY_TAIL /* the last bytes are forgotten where the size is odd */
    if (block != NULL && total % 2 != 0)
        return memset(block, 0, total & ~(size_t)7);
#endif
    return block == NULL ? NULL : memset(block, 0, total);
}
#endif

static void *reallocate(void *block, size_t bytes)
{
    size_t had = header_of(block)->usable;
    size_t kept = had < bytes ? had : bytes;
    void *other = allocate(bytes);
    if (other == NULL)
        return NULL;
#ifdef BROKEN_REALLOC_TAIL
    if (bytes > had && kept > 64)
        kept -= 16;
#endif
#ifdef BROKEN_REALLOC_SHRINK
    if (bytes < had && kept > 64)
        kept /= 2;
#endif
    memcpy(other, block, kept);
#ifdef BROKEN_REALLOC_CONTENTS
    if (bytes > 2000)
        memset(other, 0, 8);
#endif
    free(block);
    return other;
}

#ifndef BROKEN_NO_REALLOC
void *realloc(void *block, size_t bytes)
{
#ifdef BROKEN_REALLOC_NULL
    return reallocate(block, bytes);
#endif
    if (block == NULL)
        return malloc(bytes);
    if (bytes <= header_of(block)->usable && bytes > header_of(block)->usable / 2)
        return block;
    return reallocate(block, bytes);
}
#endif

void *aligned_alloc(size_t alignment, size_t bytes)
{
#ifdef BROKEN_ALIGNED
    if (alignment == 256)
        return allocate(bytes);
#endif
    if (alignment <= 16)
        return allocate(bytes);
    if (cannot_be(bytes) || cannot_be(bytes + alignment))
        return no_memory();
    return map_large(bytes, alignment);
}

int posix_memalign(void **result, size_t alignment, size_t bytes)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
#ifdef BROKEN_POSIX_MEMALIGN
    void *block = alignment == 64 ? allocate(bytes) : aligned_alloc(alignment, bytes);
#else
    void *block = aligned_alloc(alignment, bytes);
#endif
    if (block == NULL)
        return ENOMEM;
    *result = block;
    return 0;
}
