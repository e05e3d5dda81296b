/**
 * This module is libc's calls that tell of the heap or tune it, so that a program that asks about
 * its malloc is answered by the pool it runs on and not by libc's idle one.
 *
 * Invariant: nothing is written to a stream while the pool's lock is held, since the stream may
 * allocate.
 */
#include "allocators/pool/pool.h"
#include "allocators/pool/size_class.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>

/* A row for each class, and one for everything larger. */
enum { LARGE_ROW = HM_POOL_CLASS_COUNT, ROWS };

typedef struct row {
    uint64_t blocks, block_bytes, slots;
} row;

typedef struct account {
    hm_allocator_stats stats;
    row rows[ROWS];
} account;

static void add_class(void *context, const hm_allocator_class *told)
{
    row *rows = context;
    bool small = told->usable_bytes <= HM_POOL_SMALL_MAX;
    row *to = &rows[small ? hm_pool_class_of(told->usable_bytes) : LARGE_ROW];
    to->blocks += told->blocks;
    to->block_bytes += told->blocks * told->usable_bytes;
    to->slots += told->slots;
}

static void read_account(account *into)
{
    *into = (account){0};
    hm_pool_stats(&into->stats);
    hm_pool_size_classes(add_class, into->rows);
}

/* In mallinfo2's words: `arena` is memory in slabs and runs, `hblkhd` that of large blocks. */
static struct mallinfo2 account_as_mallinfo(void)
{
    account now;
    read_account(&now);
    size_t large_bytes = now.rows[LARGE_ROW].block_bytes;
    size_t resident_bytes = now.stats.resident_bytes, allocated_bytes = now.stats.allocated_bytes;
    size_t free_bytes = resident_bytes > allocated_bytes ? resident_bytes - allocated_bytes : 0;
    size_t free_blocks = 0;
    for (unsigned index = 0; index < LARGE_ROW; index++)
        free_blocks += now.rows[index].slots - now.rows[index].blocks;
    return (struct mallinfo2){
        .arena = resident_bytes > large_bytes ? resident_bytes - large_bytes : 0,
        .ordblks = free_blocks,
        .hblks = now.rows[LARGE_ROW].blocks,
        .hblkhd = large_bytes,
        .uordblks = allocated_bytes > large_bytes ? allocated_bytes - large_bytes : 0,
        .fordblks = free_bytes,
        .keepcost = free_bytes};
}

HM_EXPORT struct mallinfo2 mallinfo2(void)
{
    return account_as_mallinfo();
}

static int clipped(size_t value)
{
    return value > INT_MAX ? INT_MAX : (int)value;
}

/** The old call's numbers are ints: what does not fit is INT_MAX. */
HM_EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = account_as_mallinfo();
    return (struct mallinfo){.arena = clipped(wide.arena),
                             .ordblks = clipped(wide.ordblks),
                             .hblks = clipped(wide.hblks),
                             .hblkhd = clipped(wide.hblkhd),
                             .uordblks = clipped(wide.uordblks),
                             .fordblks = clipped(wide.fordblks),
                             .keepcost = clipped(wide.keepcost)};
}

/** Purges; `pad` is not heeded. 1: some memory went back to the kernel. */
HM_EXPORT int malloc_trim(size_t pad)
{
    hm_allocator_stats before, after;
    HM_UNUSED(pad);
    hm_pool_stats(&before);
    hm_pool_purge();
    hm_pool_stats(&after);
    return after.resident_bytes < before.resident_bytes;
}

/** 0, "nothing was set": the pool has none of glibc's parameters. */
HM_EXPORT int mallopt(int parameter, int value)
{
    HM_UNUSED(parameter);
    HM_UNUSED(value);
    return 0;
}

static void write_row(FILE *stream, const row *told, const char *name, uint64_t usable_bytes)
{
    if (told->slots != 0)
        fprintf(stream,
                "<%s usable=\"%" PRIu64 "\" blocks=\"%" PRIu64 "\" slots=\"%" PRIu64
                "\" bytes=\"%" PRIu64 "\"/>\n",
                name, usable_bytes, told->blocks, told->slots, told->block_bytes);
}

/** Writes the account as XML, of a form of its own. 0, or EINVAL where `options` is not 0. */
HM_EXPORT int malloc_info(int options, FILE *stream)
{
    account now;
    if (options != 0)
        return EINVAL;
    read_account(&now);
    fprintf(stream, "<malloc version=\"heapmark-pool-1\">\n");
    for (unsigned index = 0; index < LARGE_ROW; index++)
        write_row(stream, &now.rows[index], "class", hm_pool_class_bytes(index));
    write_row(stream, &now.rows[LARGE_ROW], "large", 0);
    fprintf(stream,
            "<total allocated=\"%" PRIu64 "\" active=\"%" PRIu64 "\" resident=\"%" PRIu64
            "\" metadata=\"%" PRIu64 "\"/>\n</malloc>\n",
            now.stats.allocated_bytes, now.stats.active_bytes, now.stats.resident_bytes,
            now.stats.metadata_bytes);
    return 0;
}

/** One line to standard error. */
HM_EXPORT void malloc_stats(void)
{
    hm_allocator_stats stats;
    hm_pool_stats(&stats);
    fprintf(stderr,
            "pool: %" PRIu64 " bytes allocated, %" PRIu64 " in pages in use, %" PRIu64
            " resident, %" PRIu64 " of them the pool's records\n",
            stats.allocated_bytes, stats.active_bytes, stats.resident_bytes, stats.metadata_bytes);
}
