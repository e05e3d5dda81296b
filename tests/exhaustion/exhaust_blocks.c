/**
 * This module is blocks until there are no more: NULL and ENOMEM, every block as it was written,
 * all of them free to go, and about as much to be had again afterwards.
 */
#include "base/random.h"
#include "base/system_memory.h"
#include "exhaust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1 << 21, SMALLEST = 16, LARGEST_LOG2 = 18, WRITTEN = 4096, SEED = 6 };

typedef struct block {
    unsigned char *at;
    size_t bytes;
} block;

static block *blocks;
static size_t count;
static uint64_t sum_bytes;

static unsigned char letter(size_t index)
{
    return (unsigned char)(index * 37 + 11);
}

/* The parts of a block that are written: its beginning and its end. */
static size_t written(size_t bytes)
{
    return bytes < WRITTEN ? bytes : WRITTEN;
}

static void write_block(size_t index)
{
    size_t part = written(blocks[index].bytes);
    memset(blocks[index].at, letter(index), part);
    memset(blocks[index].at + blocks[index].bytes - part, letter(index), part);
}

static void check_part(size_t index, const unsigned char *at, size_t bytes)
{
    for (size_t offset = 0; offset < bytes; offset++) {
        if (at[offset] != letter(index))
            exhaust_defect("block %zu of %zu bytes is not what was written", index,
                           blocks[index].bytes);
    }
}

static void check_block(size_t index)
{
    size_t part = written(blocks[index].bytes);
    check_part(index, blocks[index].at, part);
    check_part(index, blocks[index].at + blocks[index].bytes - part, part);
}

static void check_zero(const unsigned char *at, size_t bytes)
{
    for (size_t offset = 0; offset < bytes; offset++) {
        if (at[offset] != 0)
            exhaust_defect("calloc of %zu bytes gave a byte that is not 0", bytes);
    }
}

/* A size of up to `most` bytes, each doubling as likely as the next. */
static size_t draw_bytes(hm_random *random, size_t most)
{
    size_t bytes = (size_t)SMALLEST << hm_random_below(random, LARGEST_LOG2 - 4 + 1);
    bytes += hm_random_below(random, bytes);
    return bytes > most ? most : bytes;
}

static bool add(const hm_allocator *allocator, hm_random *random, size_t bytes)
{
    bool zeroed = hm_random_below(random, 8) == 0;
    unsigned char *at = zeroed ? allocator->calloc(1, bytes) : allocator->malloc(bytes);
    if (at == NULL)
        return false;
    if (zeroed)
        check_zero(at, written(bytes));
    if (count == MOST)
        exhaust_defect("there is no end to it after %d blocks", MOST);
    blocks[count] = (block){at, bytes};
    write_block(count++);
    sum_bytes += bytes;
    return true;
}

/* A block made larger; where it cannot be, it is as it was. */
static void grow_one(const hm_allocator *allocator, hm_random *random)
{
    size_t index = hm_random_below(random, count), bytes = blocks[index].bytes;
    unsigned char *at = allocator->realloc(blocks[index].at, 2 * bytes);
    if (at == NULL) {
        check_block(index);
        return;
    }
    blocks[index] = (block){at, 2 * bytes};
    check_part(index, at, written(bytes));
    write_block(index);
    sum_bytes += bytes;
}

/* Takes all there is: where no block of a size can be had, smaller ones. */
static void fill(const hm_allocator *allocator)
{
    hm_random random;
    hm_random_seed(&random, SEED);
    for (size_t most = (size_t)1 << (LARGEST_LOG2 + 1); most >= SMALLEST;) {
        size_t bytes = draw_bytes(&random, most);
        errno = 0;
        if (!add(allocator, &random, bytes))
            most = bytes / 2;
        else if (most > WRITTEN && hm_random_below(&random, 16) == 0)
            grow_one(allocator, &random);
    }
}

static void expect_null(const char *call, void *got, const hm_allocator *allocator)
{
    /* A little may have been left over, or come back meanwhile. */
    printf("%s=%s%s\n", call, got == NULL ? "NULL" : "block",
           got != NULL       ? ""
           : errno == ENOMEM ? " ENOMEM"
                             : " errno unset");
    if (got != NULL)
        allocator->free(got);
}

/* What each entry point says where there is nothing: a large block is not there in any case. */
static void ask_of_each(const hm_allocator *allocator)
{
    const size_t large = (size_t)1 << 40;
    errno = 0;
    expect_null("malloc", allocator->malloc(large), allocator);
    errno = 0;
    expect_null("calloc", allocator->calloc(large / 8, 8), allocator);
    errno = 0;
    expect_null("calloc_overflow", allocator->calloc(SIZE_MAX / 2, 3), allocator);
    errno = 0;
    if (allocator->aligned_alloc != NULL)
        expect_null("aligned_alloc", allocator->aligned_alloc(64, large), allocator);
    errno = 0;
    if (allocator->realloc(blocks[0].at, large) != NULL)
        exhaust_defect("realloc gave what cannot be there");
    printf("realloc=NULL%s\n", errno == ENOMEM ? " ENOMEM" : " errno unset");
    check_block(0);
}

/* A block made smaller has room enough already. */
static void shrink_one(const hm_allocator *allocator)
{
    size_t largest = 0;
    for (size_t index = 0; index < count; index++)
        largest = blocks[index].bytes > blocks[largest].bytes ? index : largest;
    unsigned char *at = allocator->realloc(blocks[largest].at, SMALLEST);
    printf("shrink=%s\n", at == NULL ? "NULL" : "block");
    if (at == NULL)
        return;
    check_part(largest, at, SMALLEST);
    blocks[largest] = (block){at, SMALLEST};
}

static void check_all(void)
{
    for (size_t index = 0; index < count; index++)
        check_block(index);
}

/* Every other one first, so that neighbours are not freed one after the other. */
static void free_all(const hm_allocator *allocator)
{
    for (size_t first = 0; first < 2; first++) {
        for (size_t index = first; index < count; index += 2) {
            check_block(index);
            allocator->free(blocks[index].at);
        }
    }
    count = 0;
    sum_bytes = 0;
}

void exhaust_blocks_begin(const hm_allocator *allocator)
{
    blocks = hm_system_map(MOST * sizeof *blocks);
    if (blocks == NULL)
        exhaust_defect("no room for the book of blocks");
    for (unsigned log2 = 4; log2 <= LARGEST_LOG2; log2++)
        allocator->free(allocator->malloc((size_t)1 << log2));
}

void exhaust_blocks(const hm_allocator *allocator)
{
    for (int round = 1; round <= 3; round++) {
        fill(allocator);
        uint64_t bytes = sum_bytes;
        size_t number = count;
        if (number == 0)
            exhaust_defect("not one block could be had in round %d", round);
        check_all();
        ask_of_each(allocator);
        shrink_one(allocator);
        check_all();
        free_all(allocator);
        printf("round_%d_blocks=%zu\nround_%d_bytes=%llu\n", round, number, round,
               (unsigned long long)bytes);
    }
    exhaust_limit(false);
    unsigned char *large = allocator->malloc((size_t)64 << 20);
    if (large == NULL)
        exhaust_defect("without the limit no 64 MiB can be had");
    memset(large, 1, (size_t)64 << 20);
    allocator->free(large);
}
