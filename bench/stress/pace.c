#include "bench/measure/clock.h"
#include "bench/stress/calls.h"
#include "bench/stress/measures.h"

enum {
    BATCHES = 7,
    LEAST_BATCHES = 3,  /* one alone may be one in which others had the processor */
    MOST_NS = 40000000, /* a batch that takes longer is the last, but for those */
    LIVE = 16,
    BATCH_BYTES = 1 << 22,
    MOST_IN_A_BATCH = 4096
};

static const size_t sizes[HM_STRESS_PACE_SIZES] = {16, 256, 4096, 65536, 1048576};

/* One way to get a block of `bytes`; NULL: it is not there. */
typedef void *(*make_function)(const hm_stress_calls *calls, size_t bytes);

static void *by_malloc(const hm_stress_calls *calls, size_t bytes)
{
    return calls->malloc(bytes);
}

static void *by_calloc(const hm_stress_calls *calls, size_t bytes)
{
    return calls->calloc(1, bytes);
}

static void *by_realloc(const hm_stress_calls *calls, size_t bytes)
{
    return calls->realloc(calls->malloc(bytes / 2), bytes);
}

static void *by_aligned_alloc(const hm_stress_calls *calls, size_t bytes)
{
    return calls->aligned_alloc != NULL ? calls->aligned_alloc(64, (bytes + 63) & ~(size_t)63)
                                        : NULL;
}

static const struct {
    const char *name;
    make_function make;
} rows[HM_STRESS_PACE_CALLS] = {{"malloc and free", by_malloc},
                                {"calloc and free", by_calloc},
                                {"malloc, realloc to twice the size and free", by_realloc},
                                {"aligned_alloc and free", by_aligned_alloc}};

const char *hm_stress_pace_call(size_t row)
{
    return rows[row].name;
}

size_t hm_stress_pace_bytes(size_t column)
{
    return sizes[column];
}

/* Sixteen at a time: a block alone would be the last one freed, each time. */
static bool batch(const hm_stress_calls *calls, make_function make, size_t bytes, size_t count)
{
    void *blocks[LIVE];
    for (size_t done = 0; done < count; done += LIVE) {
        for (size_t index = 0; index < LIVE; index++) {
            blocks[index] = make(calls, bytes);
            if (blocks[index] == NULL)
                return false;
            *(volatile char *)blocks[index] = 1;
        }
        for (size_t index = 0; index < LIVE; index++)
            calls->free(blocks[index]);
    }
    return true;
}

static double quickest_ns(const hm_stress_calls *calls, make_function make, size_t bytes)
{
    size_t count = BATCH_BYTES / bytes;
    double quickest = 0;
    count = count < LIVE ? LIVE : count > MOST_IN_A_BATCH ? MOST_IN_A_BATCH : count;
    bool quick = true;
    for (unsigned index = 0; index < BATCHES && (quick || index < LEAST_BATCHES); index++) {
        uint64_t start = hm_clock_wall_ns();
        if (!batch(calls, make, bytes, count))
            return 0;
        uint64_t taken = hm_clock_wall_ns() - start;
        double ns = (double)taken / (double)count;
        quick = taken < MOST_NS;
        quickest = index == 0 || ns < quickest ? ns : quickest;
    }
    return quickest;
}

void hm_stress_pace_run(const hm_stress_calls *calls, hm_stress_pace *pace)
{
    for (size_t row = 0; row < HM_STRESS_PACE_CALLS; row++) {
        for (size_t column = 0; column < HM_STRESS_PACE_SIZES; column++)
            pace->ns[row][column] = quickest_ns(calls, rows[row].make, sizes[column]);
    }
    pace->done = true;
}
