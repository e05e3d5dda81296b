/**
 * This module is a small sound allocator: a free list for each size class over memory from mmap,
 * one lock, large blocks from mmap directly. broken.c makes libraries of it that are each wrong in
 * one way.
 *
 * Words: a *class* is a usable size that small blocks have: multiples of 16 up to 1 KiB, then
 * powers of two; a *chunk* is memory that blocks of one class are cut from.
 *
 * Invariant: a block's header tells where its memory begins and how much of it is the caller's; a
 * free block's first word is the link of its list.
 */
#ifndef HM_TESTS_STRESS_BROKEN_HEAP_H
#define HM_TESTS_STRESS_BROKEN_HEAP_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    HEADER_BYTES = 16,
    LINEAR_MAX = 1024,
    SMALL_MAX = 256 * 1024,
    LINEAR_CLASSES = LINEAR_MAX / 16,
    CLASSES = LINEAR_CLASSES + 8,
    CHUNK_BYTES = 1 << 20,
    PAGE = 4096
};

/* Stands before each block. `start_offset`: from the memory's begin to the block. */
typedef struct header {
    uint64_t usable;
    uint32_t start_offset;
    uint32_t owner; /* the thread that asked, by number */
} header;

_Static_assert(sizeof(header) == HEADER_BYTES, "a block stays aligned behind its header");

static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;
static void *heap_lists[CLASSES];
static char *heap_chunk[CLASSES], *heap_chunk_end[CLASSES];

static inline header *header_of(void *block)
{
    return (header *)((char *)block - HEADER_BYTES);
}

static inline unsigned class_of(size_t bytes)
{
    unsigned index = LINEAR_CLASSES;
    if (bytes <= LINEAR_MAX)
        return bytes == 0 ? 0 : (unsigned)((bytes - 1) / 16);
    for (size_t size = 2 * LINEAR_MAX; size < bytes; size *= 2)
        index++;
    return index;
}

static inline size_t class_bytes(unsigned index)
{
    return index < LINEAR_CLASSES ? ((size_t)index + 1) * 16
                                  : (size_t)(2 * LINEAR_MAX) << (index - LINEAR_CLASSES);
}

static inline void *heap_map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static inline void *finish_block(char *memory, size_t usable)
{
    char *block = memory + HEADER_BYTES;
    *header_of(block) = (header){usable, HEADER_BYTES, 0};
    return block;
}

/* `stride`: from one block of the chunk to the next. */
static inline void *cut(unsigned index, size_t stride)
{
    if ((size_t)(heap_chunk_end[index] - heap_chunk[index]) < class_bytes(index) + HEADER_BYTES) {
        heap_chunk[index] = heap_map(CHUNK_BYTES);
        heap_chunk_end[index] = heap_chunk[index] == NULL ? NULL : heap_chunk[index] + CHUNK_BYTES;
        if (heap_chunk[index] == NULL)
            return NULL;
    }
    void *block = finish_block(heap_chunk[index], class_bytes(index));
    heap_chunk[index] += stride;
    return block;
}

#ifdef BROKEN_RACE /* nobody locks, and now and then the window is wide, however busy the machine  \
                      is */
static inline void lag(void)
{
    static _Thread_local unsigned calls;
    if (++calls % 256 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}
#else
static inline void lag(void) {}
#endif

static inline void *pop(unsigned index)
{
    void *block = heap_lists[index];
    lag();
    if (block != NULL)
        memcpy(&heap_lists[index], block, sizeof(void *));
    return block;
}

static inline void push(unsigned index, void *block)
{
    memcpy(block, &heap_lists[index], sizeof(void *));
    heap_lists[index] = block;
}

static inline void *map_large(size_t bytes, size_t alignment)
{
    size_t room = (bytes + alignment + HEADER_BYTES + PAGE - 1) & ~(size_t)(PAGE - 1);
    char *memory = heap_map(room);
    if (memory == NULL)
        return NULL;
    uintptr_t at = ((uintptr_t)memory + HEADER_BYTES + alignment - 1) & ~(uintptr_t)(alignment - 1);
    char *block = memory + (at - (uintptr_t)memory);
    *header_of(block) = (header){room - (size_t)(block - memory), (uint32_t)(block - memory), 0};
    return block;
}

static inline void unmap_large(void *block)
{
    header *own = header_of(block);
    munmap((char *)block - own->start_offset, own->start_offset + own->usable);
}

/* Small blocks begin a header behind their memory and have the usable size of a class. */
static inline int is_small(void *block)
{
    header *own = header_of(block);
    return own->start_offset == HEADER_BYTES && own->usable <= SMALL_MAX &&
           class_bytes(class_of(own->usable)) == own->usable;
}

#endif
