#include "base/random.h"
#include "bench/measure/resident.h"
#include "bench/stress/calls.h"
#include "bench/stress/measures.h"
#include "bench/stress/record.h"

#include <pthread.h>
#include <sys/mman.h>

enum {
    MOST_BLOCKS = 1 << 17,
    PAGE_BYTES = 4096,
    SWEEP_EACH_TO = 1024, /* up to here each size, then each eighth */
    SWEEP_STEP = 8,
    SWEEP_BYTES = 1 << 19, /* asked for of each size, at least */
    SWEEP_BLOCKS = 256     /* the same in blocks */
};

typedef struct retention_run {
    const hm_stress_calls *calls;
    hm_stress_retention *told;
    hm_resident resident;
    void **blocks;
    size_t count, freed_elsewhere;
} retention_run;

static int64_t resident_bytes(const retention_run *run)
{
    uint64_t bytes = 0;
    if (!hm_resident_read(&run->resident, &bytes))
        hm_stress_machine_refuses("/proc/self/statm");
    return (int64_t)bytes;
}

static size_t draw_bytes(hm_random *random)
{
    unsigned log = 3 + (unsigned)hm_random_below(random, hm_random_below(random, 64) == 0 ? 15 : 9);
    return ((size_t)1 << log) + (size_t)hm_random_below(random, (uint64_t)1 << log);
}

static void fill(retention_run *run, hm_random *random)
{
    size_t total = 0;
    run->count = 0;
    while (total < HM_STRESS_ROUND_BYTES && run->count < MOST_BLOCKS) {
        size_t bytes = draw_bytes(random);
        char *block = run->calls->malloc(bytes);
        if (block == NULL)
            return;
        for (size_t place = 0; place < bytes; place += PAGE_BYTES)
            block[place] = 1;
        block[bytes - 1] = 1;
        run->blocks[run->count++] = block;
        total += bytes;
    }
}

static void shuffle(retention_run *run, hm_random *random)
{
    for (size_t index = run->count; index > 1; index--) {
        size_t other = (size_t)hm_random_below(random, index);
        void *kept = run->blocks[index - 1];
        run->blocks[index - 1] = run->blocks[other];
        run->blocks[other] = kept;
    }
}

static void *free_elsewhere(void *argument)
{
    retention_run *run = argument;
    for (size_t index = 0; index < run->freed_elsewhere; index++)
        run->calls->free(run->blocks[index]);
    return NULL;
}

static void empty(retention_run *run)
{
    pthread_t thread;
    run->freed_elsewhere = run->count / 2;
    if (pthread_create(&thread, NULL, free_elsewhere, run) != 0)
        hm_stress_machine_refuses("a thread");
    pthread_join(thread, NULL);
    for (size_t index = run->freed_elsewhere; index < run->count; index++)
        run->calls->free(run->blocks[index]);
    if (run->calls->purge != NULL)
        run->calls->purge();
}

static void run_rounds(retention_run *run, uint64_t seed)
{
    hm_stress_retention *told = run->told;
    told->start_bytes = resident_bytes(run);
    for (unsigned round = 0; round < HM_STRESS_ROUNDS; round++) {
        hm_random random;
        hm_random_seed(&random, seed);
        fill(run, &random);
        int64_t now = resident_bytes(run);
        told->peak_bytes = now > told->peak_bytes ? now : told->peak_bytes;
        shuffle(run, &random);
        empty(run);
        told->after_bytes[round] = resident_bytes(run);
    }
}

/* A block that is freed before the next is asked for needs the memory of one. */
static void sweep(retention_run *run)
{
    hm_stress_retention *told = run->told;
    for (size_t bytes = 1; bytes <= HM_STRESS_SWEEP_MOST_BYTES;
         bytes += bytes < SWEEP_EACH_TO ? 1 : SWEEP_STEP) {
        size_t blocks = SWEEP_BYTES / bytes > SWEEP_BLOCKS ? SWEEP_BYTES / bytes : SWEEP_BLOCKS;
        int64_t before = resident_bytes(run);
        for (size_t index = 0; index < blocks; index++) {
            char *block = run->calls->malloc(bytes);
            if (block == NULL)
                return;
            block[0] = block[bytes - 1] = 1;
            run->calls->free(block);
        }
        int64_t grown = resident_bytes(run) - before;
        if (grown > told->lost_bytes) {
            told->lost_at_bytes = (uint32_t)bytes;
            told->lost_bytes = grown;
            told->lost_of_bytes = (int64_t)(blocks * bytes);
        }
    }
}

void hm_stress_retention_run(const hm_stress_calls *calls, uint64_t seed,
                             hm_stress_retention *retention)
{
    retention_run run = {.calls = calls, .told = retention};
    size_t room = MOST_BLOCKS * sizeof *run.blocks;
    hm_error ignored;
    run.blocks =
        mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (run.blocks == MAP_FAILED || hm_resident_open(&run.resident, 0, &ignored) != HM_OK)
        hm_stress_machine_refuses("measuring resident memory");
    *retention = (hm_stress_retention){.purged = calls->purge != NULL};
    run_rounds(&run, seed);
    sweep(&run);
    retention->done = true;
    hm_resident_close(&run.resident);
    munmap(run.blocks, room);
}
