/**
 * This module is the decorator `count`: Q, U and the number of calls, taken where the calls pass,
 * so that a memory sample knows what was asked for without a header or a side table.
 *
 * The sums by usable size are in count_classes.c. Q may lie in a page that another process looks
 * at.
 *
 * Invariant: every counter is the sum over calls that have returned; sizes come from the caller
 * (free_sized, realloc_sized). A free or realloc without the size cannot be taken off Q and is
 * counted as unsized instead.
 */
#include "allocators/count_classes.h"
#include "allocators/decorators.h"

#include <stdatomic.h>
#include <string.h>

typedef _Atomic uint64_t counter;

static hm_allocator inner;
static hm_count_page own_page;
static hm_count_page *page = &own_page; /* where Q is kept: see hm_count_share */
static counter usable_bytes, peak_requested_bytes, blocks;
static counter mallocs, callocs, reallocs, frees, unsized_calls;

static void add(counter *value, uint64_t amount)
{
    atomic_fetch_add_explicit(value, amount, memory_order_relaxed);
}

static uint64_t read_counter(counter *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static uint64_t usable_of(void *block)
{
    return inner.usable_size != NULL && block != NULL ? inner.usable_size(block) : 0;
}

/* `more` may be "negative": unsigned sums wrap to the right result. */
static void change_requested(uint64_t more)
{
    uint64_t now =
        atomic_fetch_add_explicit(&page->requested_bytes, more, memory_order_relaxed) + more;
    uint64_t peak = read_counter(&peak_requested_bytes);
    while ((int64_t)more > 0 && now > peak &&
           !atomic_compare_exchange_weak_explicit(&peak_requested_bytes, &peak, now,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* `bytes` more are requested in blocks of `usable` bytes each, of which there are `count` more. */
static void change_class(uint64_t usable, uint64_t bytes, uint64_t count)
{
    add(&usable_bytes, count * usable);
    if (inner.usable_size != NULL)
        hm_count_classes_add(usable, bytes, count);
}

static void *count_new(void *block, uint64_t bytes)
{
    if (block != NULL) {
        change_requested(bytes);
        change_class(usable_of(block), bytes, 1);
        add(&blocks, 1);
    }
    return block;
}

static void *count_malloc(size_t bytes)
{
    add(&mallocs, 1);
    return count_new(inner.malloc(bytes), bytes);
}

static void *count_aligned_alloc(size_t alignment, size_t bytes)
{
    add(&mallocs, 1);
    return count_new(inner.aligned_alloc(alignment, bytes), bytes);
}

static void *count_calloc(size_t count, size_t bytes)
{
    add(&callocs, 1);
    return count_new(inner.calloc(count, bytes), (uint64_t)count * bytes);
}

/* What follows cannot be taken off Q: from here on nobody may take the page's figure for it. */
static void count_unsized(void)
{
    add(&unsized_calls, 1);
    atomic_store_explicit(&page->counting, 0, memory_order_relaxed);
}

static void forget(void *block, uint64_t bytes)
{
    add(&frees, 1);
    if (block == NULL)
        return;
    change_class(usable_of(block), -bytes, (uint64_t)-1);
    add(&blocks, (uint64_t)-1);
    inner.free(block);
}

static void count_free_sized(void *block, size_t bytes)
{
    if (block != NULL)
        change_requested(-(uint64_t)bytes);
    forget(block, bytes);
}

static void count_free(void *block)
{
    if (block != NULL)
        count_unsized();
    forget(block, 0);
}

/* realloc(block, 0) frees in some allocators and not in others: one byte is asked for instead. */
static void *resize(void *block, size_t old_bytes, size_t bytes)
{
    uint64_t old_usable = usable_of(block);
    size_t wanted = bytes != 0 ? bytes : 1;
    void *resized = inner.realloc_sized != NULL ? inner.realloc_sized(block, old_bytes, wanted)
                                                : inner.realloc(block, wanted);
    if (resized == NULL)
        return NULL;
    if (block != NULL)
        change_class(old_usable, -(uint64_t)old_bytes, (uint64_t)-1);
    change_class(usable_of(resized), bytes, 1);
    add(&blocks, block == NULL);
    return resized;
}

static void *count_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    add(&reallocs, 1);
    void *resized = resize(block, old_bytes, bytes);
    if (resized != NULL)
        change_requested((uint64_t)bytes - old_bytes);
    return resized;
}

/* Where the old size is unknown, Q cannot follow; a first allocation is as good as malloc. */
static void *count_realloc(void *block, size_t bytes)
{
    if (block == NULL)
        return count_realloc_sized(NULL, 0, bytes);
    add(&reallocs, 1);
    count_unsized();
    uint64_t old_usable = usable_of(block);
    void *resized = inner.realloc(block, bytes != 0 ? bytes : 1);
    if (resized != NULL) {
        change_class(old_usable, 0, (uint64_t)-1);
        change_class(usable_of(resized), 0, 1);
    }
    return resized;
}

void hm_count_share(hm_count_page *shared)
{
    hm_count_page *wanted = shared != NULL ? shared : &own_page;
    if (wanted == page)
        return;
    atomic_store(&wanted->requested_bytes, read_counter(&page->requested_bytes));
    atomic_store(&wanted->counting, atomic_load(&page->counting));
    page = wanted;
}

void hm_count_decorate(const hm_allocator *bare, hm_allocator *decorated)
{
    inner = *bare;
    *decorated = inner;
    decorated->malloc = count_malloc;
    decorated->free = count_free;
    decorated->realloc = count_realloc;
    decorated->calloc = count_calloc;
    decorated->free_sized = count_free_sized;
    decorated->aligned_alloc = inner.aligned_alloc != NULL ? count_aligned_alloc : NULL;
    decorated->realloc_sized = count_realloc_sized;
    counter *const counters[] = {&page->requested_bytes,
                                 &usable_bytes,
                                 &peak_requested_bytes,
                                 &blocks,
                                 &mallocs,
                                 &callocs,
                                 &reallocs,
                                 &frees,
                                 &unsized_calls};
    for (size_t index = 0; index < HM_COUNT_OF(counters); index++)
        atomic_store(counters[index], 0);
    hm_count_classes_clear();
    atomic_store(&page->counting, 1);
}

hm_count_totals hm_count_read(void)
{
    return (hm_count_totals){
        .requested_bytes = read_counter(&page->requested_bytes),
        .usable_bytes = inner.usable_size != NULL ? read_counter(&usable_bytes) : HM_UNKNOWN_BYTES,
        .peak_requested_bytes = read_counter(&peak_requested_bytes),
        .blocks = read_counter(&blocks),
        .mallocs = read_counter(&mallocs),
        .callocs = read_counter(&callocs),
        .reallocs = read_counter(&reallocs),
        .frees = read_counter(&frees),
        .unsized_calls = read_counter(&unsized_calls),
    };
}
