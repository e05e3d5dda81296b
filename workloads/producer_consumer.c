/**
 * This module is the workload `producer-consumer`, so that the price of freeing what another thread
 * allocated can be seen by itself: every free is one.
 *
 * Models: a pipeline of threads, where one reads and parses and the next one uses and drops.
 * Stresses: frees of foreign blocks, which must find their way back to the thread that allocates,
 * or memory grows for as long as the pipeline runs; the allocating thread's caches never see a
 * free.
 *
 * Threads work in pairs: the even one allocates, the odd one behind it frees. Blocks go through a
 * bounded ring a batch at a time; who has to wait lets others run.
 *
 * Numbers: that all of a pair's frees are remote is the worst case of what Berger et al. describe
 * ("Hoard", ASPLOS 2000), where it makes memory grow without bound in allocators with private
 * heaps. Batches of 100 blocks in a ring of 10 are ours: of the blocks of the threaded Python
 * program in docs/allocation-profiles.md one in ten is freed by another thread.
 */
#include "workloads/block_sizes.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

#include <sched.h>
#include <stdatomic.h>

enum { BATCH, QUEUE, SIZES, SIZE, MINIMUM, MAXIMUM, FREE, PARAMETERS };

/** Sizes are drawn before, and used again after so many blocks. */
enum { DRAWN_SIZES = 1 << 16, LOOKS_BEFORE_YIELDING = 64 };

const hm_workload hm_producer_consumer_workload;

static const hm_parameter parameters[PARAMETERS] = {
    [BATCH] = {"batch", "blocks", "handed over at once; even", 2, 100000, 100, NULL, true},
    [QUEUE] = {"queue", "batches", "that may wait to be freed", 1, 1000, 10, NULL, true},
    HM_BLOCK_SIZE_PARAMETERS(SIZES, HM_SIZES_UNIFORM),
    [FREE] = HM_FREE_PARAMETER,
};

/** A block on its way, with the size that the freeing thread may need. */
typedef struct parcel {
    void *block;
    uint64_t bytes;
} parcel;

/** A pair of threads is one lane's worth: the even thread's; the odd thread's lane is unused. */
typedef struct producer_consumer {
    hm_lane lane;
    bool sized;
    uint32_t batch, room;                        /* blocks of a batch, and of the ring */
    hm_table sizes;                              /* uint32_t */
    hm_table ring;                               /* parcel */
    _Alignas(128) atomic_uint_fast64_t produced; /* batches, published by the producer */
    _Alignas(128) atomic_uint_fast64_t consumed; /* batches, published by the consumer */
    _Alignas(128) atomic_bool stopped;           /* one of the two failed */
} producer_consumer;

/* Waits until the other side has published `wanted`; false: it has stopped and never will. */
static bool wait_for(producer_consumer *pair, atomic_uint_fast64_t *published, uint64_t wanted)
{
    for (unsigned looks = 1; atomic_load_explicit(published, memory_order_acquire) < wanted;
         looks++) {
        if (atomic_load_explicit(&pair->stopped, memory_order_acquire))
            return atomic_load_explicit(published, memory_order_acquire) >= wanted;
        if (looks % LOOKS_BEFORE_YIELDING == 0)
            sched_yield();
    }
    return true;
}

static bool stop(producer_consumer *pair)
{
    atomic_store_explicit(&pair->stopped, true, memory_order_release);
    return false;
}

/* The batch's words are a row of numbers from `word` on. */
static bool produce(producer_consumer *pair, uint64_t batch, uint64_t word)
{
    const hm_allocator allocator = *pair->lane.allocator;
    const uint32_t *sizes = pair->sizes.at;
    parcel *parcels = (parcel *)pair->ring.at + batch * pair->batch % pair->room;
    uint64_t first = batch * pair->batch;
    for (uint32_t index = 0; index < pair->batch; index++) {
        uint32_t bytes = sizes[(first + index) % DRAWN_SIZES];
        void *block = hm_call_malloc(&allocator, bytes);
        parcels[index] = (parcel){block, bytes};
        if (HM_UNLIKELY(block == NULL))
            return hm_lane_block_failed(&pair->lane, "producer-consumer", bytes);
        hm_raw_touch(block, bytes, word + index, true);
    }
    return true;
}

static HM_ALWAYS_INLINE uint64_t consume(producer_consumer *pair, uint64_t batch, bool sized)
{
    const hm_allocator allocator = *pair->lane.allocator;
    parcel *parcels = (parcel *)pair->ring.at + batch * pair->batch % pair->room;
    uint64_t sum = 0;
    for (uint32_t index = 0; index < pair->batch; index++) {
        void *block = parcels[index].block;
        sum += hm_raw_read(block, parcels[index].bytes, true);
        hm_raw_free(&allocator, block, parcels[index].bytes, sized);
        parcels[index].block = NULL;
    }
    return sum;
}

static bool produce_batches(producer_consumer *pair, uint64_t iterations)
{
    uint64_t first = atomic_load_explicit(&pair->produced, memory_order_relaxed);
    uint64_t queue = pair->room / pair->batch;
    for (uint64_t batch = first; batch < first + iterations; batch++) {
        if (batch >= queue && !wait_for(pair, &pair->consumed, batch - queue + 1))
            return false;
        if (!produce(pair, batch, hm_scramble(pair->lane.seed ^ batch)))
            return stop(pair);
        atomic_store_explicit(&pair->produced, batch + 1, memory_order_release);
    }
    return true;
}

static bool consume_batches(producer_consumer *pair, uint64_t iterations)
{
    uint64_t first = atomic_load_explicit(&pair->consumed, memory_order_relaxed);
    uint64_t count = pair->batch;
    for (uint64_t batch = first; batch < first + iterations; batch++) {
        if (!wait_for(pair, &pair->produced, batch + 1))
            return false;
        uint64_t sum = pair->sized ? consume(pair, batch, true) : consume(pair, batch, false);
        uint64_t word = hm_scramble(pair->lane.seed ^ batch);
        pair->lane.checksum = hm_checksum_add(pair->lane.checksum, sum);
        atomic_store_explicit(&pair->consumed, batch + 1, memory_order_release);
        if (!hm_raw_read_back(&pair->lane, "producer-consumer",
                              sum == count * word + count * (count - 1) / 2))
            return stop(pair);
    }
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    producer_consumer *pair = hm_lanes_at(opaque, thread / 2 * 2);
    return thread % 2 == 0 ? produce_batches(pair, iterations) : consume_batches(pair, iterations);
}

/* One batch with every byte of it written and read back, on the allocating thread. */
static bool prove(producer_consumer *pair)
{
    parcel *parcels = pair->ring.at;
    bool proved = produce(pair, 0, 0);
    for (uint32_t index = 0; proved && index < pair->batch; index++)
        hm_raw_fill(parcels[index].block, parcels[index].bytes, index);
    for (uint32_t index = 0; index < pair->batch && parcels[index].block != NULL; index++) {
        proved = proved && hm_raw_prove(&pair->lane, "producer-consumer", parcels[index].block,
                                        parcels[index].bytes, index);
        hm_raw_free(pair->lane.allocator, parcels[index].block, parcels[index].bytes, pair->sized);
        parcels[index].block = NULL;
    }
    return proved;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    return thread % 2 != 0 || prove(hm_lanes_at(opaque, thread));
}

static bool open_lane(void *opaque)
{
    producer_consumer *pair = opaque;
    hm_lane *lane = &pair->lane;
    const int64_t *values = lane->parameters;
    bool able;
    hm_table drawing = {0};
    hm_random random;
    pair->sized = hm_raw_sized(lane, "producer-consumer", values[FREE], &able);
    pair->batch = (uint32_t)values[BATCH];
    pair->room = (uint32_t)(values[BATCH] * values[QUEUE]);
    if (!able || !hm_table_open(lane, &pair->sizes, DRAWN_SIZES, sizeof(uint32_t)) ||
        !hm_table_open(lane, &pair->ring, pair->room, sizeof(parcel)) ||
        !hm_table_open(lane, &drawing, 1, sizeof(hm_block_sizes)))
        return false;
    hm_random_seed(&random, lane->seed);
    hm_block_sizes_choose(drawing.at, values + SIZES);
    for (uint32_t index = 0; index < DRAWN_SIZES; index++)
        ((uint32_t *)pair->sizes.at)[index] = hm_block_sizes_draw(drawing.at, &random).bytes;
    hm_table_close(&drawing);
    return true;
}

static void close_lane(void *opaque)
{
    producer_consumer *pair = opaque;
    parcel *parcels = pair->ring.at;
    for (uint32_t index = 0; parcels != NULL && index < pair->room; index++) {
        if (parcels[index].block != NULL)
            hm_raw_free(pair->lane.allocator, parcels[index].block, parcels[index].bytes,
                        pair->sized);
    }
    hm_table_close(&pair->sizes);
    hm_table_close(&pair->ring);
}

static void *setup(const hm_workload_context *context)
{
    if (context->threads % 2 == 0)
        return hm_lanes_setup(context, sizeof(producer_consumer), open_lane, close_lane);
    hm_error_set(context->error, HM_USAGE_ERROR,
                 "producer-consumer: threads work in pairs and %u is odd; give an even number",
                 context->threads);
    return NULL;
}

/* Half of a batch's for each of the two threads. */
static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[BATCH] / 2;
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_producer_consumer_workload;
    double blocks = (double)values[BATCH] * (double)values[QUEUE];
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        hm_block_sizes_validate(self, values, SIZES, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[BATCH] % 2 != 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "producer-consumer: batch %lld is odd; give an "
                            "even number",
                            (long long)values[BATCH]);
    return hm_parameters_fit(self, blocks * hm_block_sizes_mean(values + SIZES),
                             "batch, queue or the sizes", error);
}

const hm_workload hm_producer_consumer_workload = {
    .name = "producer-consumer",
    .brief = "Blocks allocated by one thread and all of them freed by another",
    .group = "raw",
    .operation = "one block allocated by one thread and freed by another",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_THREADS | HM_NEEDS_THREAD_PAIRS,
    .phases = {{"build", HM_PHASE_BUILD, build}, {"steady", HM_PHASE_STEADY, steady}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
