/**
 * This module is a model of what an allocator must do, so that random operations on any
 * hm_allocator can be checked: every live block holds a pattern of its own from end to end, so two
 * blocks that overlap, a lost byte of a realloc and a calloc that is not zero all show.
 */
#ifndef HM_TESTS_ALLOCATORS_SHADOW_H
#define HM_TESTS_ALLOCATORS_SHADOW_H

#include "allocators/allocator.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHADOW_BLOCKS = 2000 };

typedef struct shadow_block {
    unsigned char *block;
    size_t bytes;
    unsigned char pattern;
    bool unsized; /* by aligned_alloc or realloc: free_sized is not for such blocks */
} shadow_block;

typedef struct shadow {
    const hm_allocator *allocator;
    hm_random random;
    size_t max_bytes;
    const char *defect; /* the first one, NULL: none */
    shadow_block blocks[SHADOW_BLOCKS];
} shadow;

/* The seed of this run: HEAPMARK_TEST_SEED, or another one each time; printed either way. */
static inline uint64_t shadow_seed(const char *test)
{
    const char *text = getenv("HEAPMARK_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0)
                                 : ((uint64_t)now.tv_sec << 20) ^ (uint64_t)now.tv_nsec;
    printf("%s: HEAPMARK_TEST_SEED=0x%llx\n", test, (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

static inline void shadow_start(shadow *model, const hm_allocator *allocator, uint64_t seed,
                                size_t max_bytes)
{
    memset(model, 0, sizeof *model);
    model->allocator = allocator;
    model->max_bytes = max_bytes;
    hm_random_seed(&model->random, seed);
}

static inline void shadow_expect(shadow *model, bool condition, const char *defect)
{
    if (!condition && model->defect == NULL)
        model->defect = defect;
}

static inline bool shadow_is_filled(const unsigned char *block, unsigned char pattern, size_t bytes)
{
    return bytes == 0 || (block[0] == pattern && memcmp(block, block + 1, bytes - 1) == 0);
}

/* Small sizes are as likely as large ones: the number of bits is drawn first. */
static inline size_t shadow_size(shadow *model)
{
    size_t bits = 0;
    while (((size_t)1 << bits) < model->max_bytes)
        bits++;
    size_t top = (size_t)1 << hm_random_below(&model->random, bits + 1);
    size_t bytes = (size_t)hm_random_below(&model->random, top + 1);
    return bytes < model->max_bytes ? bytes : model->max_bytes;
}

static inline void shadow_keep(shadow *model, shadow_block *slot, void *block, size_t bytes)
{
    const hm_allocator *allocator = model->allocator;
    slot->block = block;
    slot->bytes = bytes;
    slot->unsized = false;
    slot->pattern = (unsigned char)(1 + hm_random_below(&model->random, 255));
    shadow_expect(model, block != NULL, "an allocation failed");
    if (block == NULL)
        return;
    /* A block smaller than 16 bytes holds nothing that needs that alignment; C asks no more. */
    shadow_expect(model, (uintptr_t)block % (bytes < 16 ? 8 : 16) == 0, "a block is misaligned");
    if (allocator->usable_size != NULL)
        shadow_expect(model, allocator->usable_size(block) >= bytes,
                      "the usable size is below the request");
    memset(block, slot->pattern, bytes);
}

static inline void shadow_drop(shadow *model, shadow_block *slot)
{
    shadow_expect(model, shadow_is_filled(slot->block, slot->pattern, slot->bytes),
                  "a block's bytes changed while it was live");
    bool sized = model->allocator->free_sized != NULL && !slot->unsized;
    if (sized && hm_random_below(&model->random, 2) == 0)
        model->allocator->free_sized(slot->block, slot->bytes);
    else
        model->allocator->free(slot->block);
    slot->block = NULL;
}

static inline void shadow_resize(shadow *model, shadow_block *slot)
{
    size_t bytes = shadow_size(model) + 1; /* realloc to 0 differs between allocators */
    size_t kept = bytes < slot->bytes ? bytes : slot->bytes;
    unsigned char *block = model->allocator->realloc(slot->block, bytes);
    shadow_expect(model, block != NULL, "a realloc failed");
    if (block == NULL)
        return;
    shadow_expect(model, shadow_is_filled(block, slot->pattern, kept), "a realloc lost bytes");
    shadow_keep(model, slot, block, bytes);
    slot->unsized = true;
}

static inline void shadow_new(shadow *model, shadow_block *slot)
{
    const hm_allocator *allocator = model->allocator;
    uint64_t way = hm_random_below(&model->random, 8);
    size_t bytes = shadow_size(model);
    if (way == 0) {
        unsigned char *block = allocator->calloc(bytes / 8 + 1, 8);
        shadow_expect(model, block != NULL && shadow_is_filled(block, 0, (bytes / 8 + 1) * 8),
                      "a calloc is not zero");
        shadow_keep(model, slot, block, (bytes / 8 + 1) * 8);
    } else if (way == 1 && allocator->aligned_alloc != NULL) {
        size_t alignment = (size_t)16 << hm_random_below(&model->random, 9);
        bytes = (bytes + alignment) & ~(alignment - 1);
        unsigned char *block = allocator->aligned_alloc(alignment, bytes);
        shadow_expect(model, (uintptr_t)block % alignment == 0, "a block is not aligned as asked");
        shadow_keep(model, slot, block, bytes);
        slot->unsized = true;
    } else {
        shadow_keep(model, slot, allocator->malloc(bytes), bytes);
    }
}

/* One random operation on a random slot. */
static inline void shadow_step(shadow *model)
{
    shadow_block *slot = &model->blocks[hm_random_below(&model->random, SHADOW_BLOCKS)];
    if (slot->block == NULL)
        shadow_new(model, slot);
    else if (hm_random_below(&model->random, 3) == 0)
        shadow_resize(model, slot);
    else
        shadow_drop(model, slot);
}

static inline void shadow_finish(shadow *model)
{
    for (size_t index = 0; index < SHADOW_BLOCKS; index++) {
        if (model->blocks[index].block != NULL)
            shadow_drop(model, &model->blocks[index]);
    }
}

/* Bytes asked for and not yet freed. */
static inline uint64_t shadow_bytes(const shadow *model)
{
    uint64_t bytes = 0;
    for (size_t index = 0; index < SHADOW_BLOCKS; index++)
        bytes += model->blocks[index].block != NULL ? model->blocks[index].bytes : 0;
    return bytes;
}

#endif
