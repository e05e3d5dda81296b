/**
 * This module is the decorator `debug`: guards, fill patterns and planned failure around another
 * allocator, so that a write outside a block or a wrong free is found at the free.
 *
 * Layout: the inner block holds padding up to the alignment, 16 guard bytes, the user's bytes, 16
 * guard bytes. Invariant: every block handed out and not yet freed is in the table; a pointer that
 * is not in it is never passed on to the inner allocator.
 */
#include "allocators/debug_table.h"
#include "allocators/decorators.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GUARD_BYTES = 16, GUARD = 0xFD, NEW = 0xCB, FREED = 0xDB };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static hm_allocator inner;
static hm_debug_options options;
static hm_debug_totals totals;
static uint64_t calls_when_configured;

/* ---- defects; the lock is held ---- */

HM_PRINTF(1, 2) static void record_defect(const char *format, ...)
{
    totals.defects++;
    if (totals.defects != 1)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(totals.first_defect, sizeof totals.first_defect, format, arguments);
    va_end(arguments);
    fprintf(stderr, "debug: %s\n", totals.first_defect);
}

static bool guard_is_whole(const char *guard)
{
    for (size_t index = 0; index < GUARD_BYTES; index++) {
        if ((unsigned char)guard[index] != GUARD)
            return false;
    }
    return true;
}

static void check_guards(const hm_debug_block *entry)
{
    if (!guard_is_whole(entry->block - GUARD_BYTES))
        record_defect("the %d bytes before the block %p of %zu bytes were overwritten", GUARD_BYTES,
                      (void *)entry->block, entry->bytes);
    if (!guard_is_whole(entry->block + entry->bytes))
        record_defect("the %d bytes behind the block %p of %zu bytes were overwritten", GUARD_BYTES,
                      (void *)entry->block, entry->bytes);
}

/* ---- allocating ---- */

/* Whether the n-th call since the options were set is planned to fail; the lock is held. */
static bool is_planned(uint64_t call)
{
    if (options.fail_every != 0 && call % options.fail_every == 0)
        return true;
    return options.fail_at != 0 &&
           (call == options.fail_at || (options.fail_after && call > options.fail_at));
}

/* Counts an allocating call; true: it is one that is planned to fail. */
static bool call_fails(void)
{
    pthread_mutex_lock(&mutex);
    bool fails = is_planned(++totals.allocating_calls - calls_when_configured);
    totals.planned_failures += fails;
    pthread_mutex_unlock(&mutex);
    if (fails)
        errno = ENOMEM;
    return fails;
}

static bool enter_block(const hm_debug_block *entry)
{
    pthread_mutex_lock(&mutex);
    bool entered = hm_debug_table_enter(entry);
    totals.live_blocks += entered;
    totals.live_bytes += entered ? entry->bytes : 0;
    pthread_mutex_unlock(&mutex);
    return entered;
}

static void *allocate(size_t alignment, size_t bytes, unsigned char fill)
{
    size_t front = alignment > GUARD_BYTES ? alignment : GUARD_BYTES;
    if (bytes > PTRDIFF_MAX / 2 || front > PTRDIFF_MAX / 4) {
        errno = ENOMEM;
        return NULL;
    }
    size_t total = front + bytes + GUARD_BYTES;
    char *base = alignment > GUARD_BYTES
                     ? inner.aligned_alloc(alignment, (total + alignment - 1) & ~(alignment - 1))
                     : inner.malloc(total);
    if (base == NULL)
        return NULL;
    hm_debug_block entry = {.block = base + front, .base = base, .bytes = bytes};
    if (!enter_block(&entry)) {
        inner.free(base);
        errno = ENOMEM;
        return NULL;
    }
    memset(entry.block - GUARD_BYTES, GUARD, GUARD_BYTES);
    memset(entry.block, fill, bytes);
    memset(entry.block + bytes, GUARD, GUARD_BYTES);
    return entry.block;
}

static void *debug_malloc(size_t bytes)
{
    return call_fails() ? NULL : allocate(1, bytes, NEW);
}

static void *debug_aligned_alloc(size_t alignment, size_t bytes)
{
    return call_fails() ? NULL : allocate(alignment, bytes, NEW);
}

static void *debug_calloc(size_t count, size_t bytes)
{
    size_t total;
    if (call_fails())
        return NULL;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate(1, total, 0);
}

/* ---- freeing ---- */

/* The entry of a live block, checked; NULL, and a defect: it is none. The lock is held. */
static const hm_debug_block *find_live(const char *call, const void *block)
{
    const hm_debug_block *found = hm_debug_table_find(block);
    if (found != NULL)
        check_guards(found);
    else
        record_defect("%s of %p, which is not live: freed twice, or never handed out", call, block);
    return found;
}

static bool look_up(const char *call, const void *block, hm_debug_block *entry)
{
    pthread_mutex_lock(&mutex);
    const hm_debug_block *found = find_live(call, block);
    if (found != NULL)
        *entry = *found;
    pthread_mutex_unlock(&mutex);
    return found != NULL;
}

/* Takes a block out of the table in the same breath as it is found, so that of two threads that
   free one block only the first frees it. `bytes`: what the caller says it has, or NULL. */
static void release(const char *call, void *block, const size_t *bytes)
{
    hm_debug_block entry;
    pthread_mutex_lock(&mutex);
    const hm_debug_block *found = find_live(call, block);
    if (found != NULL) {
        entry = *found;
        if (bytes != NULL && *bytes != entry.bytes)
            record_defect("%s says %zu bytes of the block %p of %zu bytes", call, *bytes, block,
                          entry.bytes);
        hm_debug_table_remove(block);
        totals.live_blocks--;
        totals.live_bytes -= entry.bytes;
    }
    pthread_mutex_unlock(&mutex);
    if (found == NULL)
        return;
    memset(entry.block, FREED, entry.bytes);
    inner.free(entry.base);
}

static void debug_free(void *block)
{
    if (block != NULL)
        release("free", block, NULL);
}

static void debug_free_sized(void *block, size_t bytes)
{
    if (block != NULL)
        release("free_sized", block, &bytes);
}

/* Always moves, so that whoever keeps the old pointer is found out. */
static void *resize(void *block, const size_t *old_bytes, size_t bytes)
{
    hm_debug_block entry;
    if (block == NULL)
        return debug_malloc(bytes);
    if (call_fails() || !look_up("realloc", block, &entry))
        return NULL;
    void *moved = allocate(1, bytes, NEW);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, bytes < entry.bytes ? bytes : entry.bytes);
    release("realloc", block, old_bytes);
    return moved;
}

static void *debug_realloc(void *block, size_t bytes)
{
    return resize(block, NULL, bytes);
}

static void *debug_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    return resize(block, &old_bytes, bytes);
}

/* What was asked for is all that may be used. */
static size_t debug_usable_size(void *block)
{
    hm_debug_block entry = {0};
    return block != NULL && look_up("malloc_usable_size", block, &entry) ? entry.bytes : 0;
}

/* ---- the table and its controls ---- */

void hm_debug_decorate(const hm_allocator *bare, hm_allocator *decorated)
{
    inner = *bare;
    *decorated = inner;
    decorated->malloc = debug_malloc;
    decorated->free = debug_free;
    decorated->realloc = debug_realloc;
    decorated->calloc = debug_calloc;
    decorated->free_sized = debug_free_sized;
    decorated->aligned_alloc = inner.aligned_alloc != NULL ? debug_aligned_alloc : NULL;
    decorated->usable_size = debug_usable_size;
    decorated->realloc_sized = debug_realloc_sized;
    decorated->capabilities |= HM_ALLOCATOR_USABLE_SIZE | HM_ALLOCATOR_SIZED_FREE;
    hm_debug_table_clear();
    totals = (hm_debug_totals){0};
    options = (hm_debug_options){0};
    calls_when_configured = 0;
}

void hm_debug_configure(const hm_debug_options *wanted)
{
    pthread_mutex_lock(&mutex);
    options = *wanted;
    calls_when_configured = totals.allocating_calls;
    pthread_mutex_unlock(&mutex);
}

hm_debug_totals hm_debug_read(void)
{
    pthread_mutex_lock(&mutex);
    hm_debug_totals now = totals;
    pthread_mutex_unlock(&mutex);
    return now;
}

uint64_t hm_debug_check_all(void)
{
    pthread_mutex_lock(&mutex);
    uint64_t before = totals.defects;
    hm_debug_table_visit(check_guards);
    uint64_t found = totals.defects - before;
    pthread_mutex_unlock(&mutex);
    return found;
}
