/*
 * This module is an allocator for tests that numbers the blocks it hands out, so that a test sees
 * of each freed block how large it was, when it was made and how many were made since.
 *
 * A resized block counts as one freed and one made, as in the measurements it is compared with.
 */
#ifndef HM_TESTS_BIRTH_ALLOCATOR_H
#define HM_TESTS_BIRTH_ALLOCATOR_H

#include "work_fixture.h"

enum { BIRTH_HEAD = 16, BIRTH_DOUBLINGS = 40, BIRTH_LOG = 1 << 16 };

static struct {
    uint64_t made; /* blocks so far, and the next one's number */
    uint64_t live_bytes;
    uint64_t sizes[4096 / 16 + 1];       /* made, by bytes up to 16, 32, …; larger ones last */
    uint64_t lifetimes[BIRTH_DOUBLINGS]; /* freed after 2^k to 2^(k+1) - 1 further ones */
    size_t freed;
    uint64_t freed_births[BIRTH_LOG]; /* of the freed ones in order, as far as they fit */
    size_t freed_bytes[BIRTH_LOG];
} births;

static inline void birth_count_free(uint64_t birth, size_t bytes)
{
    int doubling = 0;
    for (uint64_t age = births.made - birth; age > 1; age >>= 1)
        doubling++;
    births.lifetimes[doubling]++;
    births.live_bytes -= bytes;
    if (births.freed < BIRTH_LOG) {
        births.freed_births[births.freed] = birth;
        births.freed_bytes[births.freed] = bytes;
    }
    births.freed++;
}

static inline void *birth_malloc(size_t bytes)
{
    uint64_t *block = malloc(bytes + BIRTH_HEAD);
    size_t bin = (bytes + 15) / 16;
    block[0] = births.made++;
    births.live_bytes += bytes;
    births.sizes[bin < HM_COUNT_OF(births.sizes) ? bin : HM_COUNT_OF(births.sizes) - 1]++;
    return block + 2;
}

static inline void *birth_calloc(size_t count, size_t bytes)
{
    void *block = birth_malloc(count * bytes);
    return memset(block, 0, count * bytes);
}

static inline void birth_free_sized(void *block, size_t bytes)
{
    if (block == NULL)
        return;
    birth_count_free(((uint64_t *)block)[-2], bytes);
    free((uint64_t *)block - 2);
}

static inline void *birth_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    void *resized = birth_malloc(bytes);
    if (block != NULL)
        memcpy(resized, block, old_bytes < bytes ? old_bytes : bytes);
    birth_free_sized(block, old_bytes);
    return resized;
}

static inline void birth_free(void *block)
{
    HM_UNUSED(block);
    fail_msg("a block was freed without its size");
}

static inline void *birth_realloc(void *block, size_t bytes)
{
    HM_UNUSED(block);
    HM_UNUSED(bytes);
    fail_msg("a block was resized without its size");
    return NULL;
}

/* Forgets what was counted, not what lives; births go on. */
static inline void birth_forget(void)
{
    uint64_t made = births.made, live_bytes = births.live_bytes;
    memset(&births, 0, sizeof births);
    births.made = made;
    births.live_bytes = live_bytes;
}

/* A work on a heap over this allocator, set up, not yet built. */
static inline void birth_start(test_work *work, const char *name, const char *collector,
                               uint64_t seed)
{
    static const hm_allocator allocator = {.malloc = birth_malloc,
                                           .free = birth_free,
                                           .realloc = birth_realloc,
                                           .calloc = birth_calloc,
                                           .free_sized = birth_free_sized,
                                           .realloc_sized = birth_realloc_sized,
                                           .name = "birth"};
    hm_heap_config config = hm_heap_config_default(&allocator, hm_collector_find(collector));
    config.sized_free = true;
    memset(&births, 0, sizeof births);
    work_prepare(work, name, collector, 1, seed);
    hm_heap_destroy(work->heaps[0]);
    work->heaps[0] = fixture_create(&config);
    work->state = work->workload->setup(&work->context);
    assert_non_null(work->state);
}

/* The share of the blocks made that have at most `bytes`, a multiple of 16. */
static inline double birth_share_up_to(size_t bytes)
{
    uint64_t all = 0, small = 0;
    for (size_t bin = 0; bin < HM_COUNT_OF(births.sizes); bin++) {
        all += births.sizes[bin];
        small += bin <= bytes / 16 ? births.sizes[bin] : 0;
    }
    return (double)small / (double)all;
}

/* The share of the freed blocks before which fewer than 2^doubling others were made. */
static inline double birth_share_dead_within(int doubling)
{
    uint64_t all = 0, young = 0;
    for (int bin = 0; bin < BIRTH_DOUBLINGS; bin++) {
        all += births.lifetimes[bin];
        young += bin < doubling ? births.lifetimes[bin] : 0;
    }
    return (double)young / (double)all;
}

#endif
