/**
 * This module is the allocator table of a latency sample: each slot counts down to the next call
 * that is timed and otherwise goes straight to the allocator under test.
 *
 * Each thread counts for itself, so that threads share nothing but the inner table.
 *
 * Invariant: a call that is not timed costs one decrement and one branch more than in a time
 * sample, and one call of that kind of table; the logarithm behind the next gap is taken after the
 * clock was read.
 */
#include "bench/measure/clock.h"
#include "bench/sample_latency.h"

static hm_allocator inner;
static HM_INITIAL_EXEC _Thread_local hm_gaps gaps;
static HM_INITIAL_EXEC _Thread_local hm_latency_calls *timed;
static HM_INITIAL_EXEC _Thread_local uint64_t clock_ns;
/* Calls until the one that is timed; while nothing is, so many that none ever is. */
static HM_INITIAL_EXEC _Thread_local uint64_t until_next = UINT64_MAX;
static HM_INITIAL_EXEC _Thread_local uint64_t held; /* what until_next was when calls were held */

static inline bool is_timed(void)
{
    return HM_UNLIKELY(--until_next == 0);
}

/* Two looks before the call measure nothing, in the same moment and state of the processor. */
static HM_NOINLINE void keep(hm_latency_times *times, uint64_t looked_ns, uint64_t began_ns,
                             uint64_t ended_ns)
{
    hm_histogram_record(&timed->nothing, began_ns - looked_ns);
    hm_latency_record(times, ended_ns - began_ns, clock_ns);
    until_next = hm_gaps_next(&gaps);
}

static HM_NOINLINE void *time_malloc(size_t bytes)
{
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    void *block = inner.malloc(bytes);
    keep(&timed->malloc, looked_ns, began_ns, hm_clock_wall_ns());
    return block;
}

static HM_NOINLINE void *time_calloc(size_t count, size_t bytes)
{
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    void *block = inner.calloc(count, bytes);
    keep(&timed->malloc, looked_ns, began_ns, hm_clock_wall_ns());
    return block;
}

static HM_NOINLINE void *time_aligned_alloc(size_t alignment, size_t bytes)
{
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    void *block = inner.aligned_alloc(alignment, bytes);
    keep(&timed->malloc, looked_ns, began_ns, hm_clock_wall_ns());
    return block;
}

static HM_NOINLINE void *time_realloc(void *block, size_t bytes)
{
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    void *resized = inner.realloc(block, bytes);
    keep(&timed->realloc, looked_ns, began_ns, hm_clock_wall_ns());
    return resized;
}

static HM_NOINLINE void *time_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    void *resized = inner.realloc_sized(block, old_bytes, bytes);
    keep(&timed->realloc, looked_ns, began_ns, hm_clock_wall_ns());
    return resized;
}

/* Freeing NULL is no work and would pass for a quick free. */
static bool skip_null(const void *block)
{
    if (block == NULL)
        until_next = hm_gaps_next(&gaps);
    return block == NULL;
}

static HM_NOINLINE void time_free(void *block)
{
    if (skip_null(block))
        return;
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    inner.free(block);
    keep(&timed->free, looked_ns, began_ns, hm_clock_wall_ns());
}

static HM_NOINLINE void time_free_sized(void *block, size_t bytes)
{
    if (skip_null(block))
        return;
    uint64_t looked_ns = hm_clock_wall_ns(), began_ns = hm_clock_wall_ns();
    inner.free_sized(block, bytes);
    keep(&timed->free, looked_ns, began_ns, hm_clock_wall_ns());
}

static void *sampled_malloc(size_t bytes)
{
    return is_timed() ? time_malloc(bytes) : inner.malloc(bytes);
}

static void *sampled_calloc(size_t count, size_t bytes)
{
    return is_timed() ? time_calloc(count, bytes) : inner.calloc(count, bytes);
}

static void *sampled_aligned_alloc(size_t alignment, size_t bytes)
{
    return is_timed() ? time_aligned_alloc(alignment, bytes)
                      : inner.aligned_alloc(alignment, bytes);
}

static void *sampled_realloc(void *block, size_t bytes)
{
    return is_timed() ? time_realloc(block, bytes) : inner.realloc(block, bytes);
}

static void *sampled_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    return is_timed() ? time_realloc_sized(block, old_bytes, bytes)
                      : inner.realloc_sized(block, old_bytes, bytes);
}

static void sampled_free(void *block)
{
    if (is_timed())
        time_free(block);
    else
        inner.free(block);
}

static void sampled_free_sized(void *block, size_t bytes)
{
    if (is_timed())
        time_free_sized(block, bytes);
    else
        inner.free_sized(block, bytes);
}

void hm_latency_decorate(const hm_allocator *allocator, hm_allocator *decorated)
{
    inner = *allocator;
    hm_allocator table = inner;
    table.malloc = sampled_malloc;
    table.calloc = sampled_calloc;
    table.realloc = sampled_realloc;
    table.free = sampled_free;
    table.aligned_alloc = inner.aligned_alloc == NULL ? NULL : sampled_aligned_alloc;
    table.free_sized = inner.free_sized == NULL ? NULL : sampled_free_sized;
    table.realloc_sized = inner.realloc_sized == NULL ? NULL : sampled_realloc_sized;
    *decorated = table;
}

void hm_latency_start_calls(hm_latency_calls *calls, uint64_t own_ns, uint64_t seed)
{
    timed = calls;
    clock_ns = own_ns;
    hm_gaps_start(&gaps, seed, HM_LATENCY_RAREST);
    until_next = hm_gaps_next(&gaps);
}

void hm_latency_hold_calls(void)
{
    held = until_next;
    until_next = UINT64_MAX;
}

void hm_latency_resume_calls(void)
{
    until_next = held;
}

void hm_latency_stop_calls(void)
{
    until_next = UINT64_MAX;
}
