/*
 * This module is the tests of the raw workloads: what they ask an allocator for, in which order,
 * from which thread, that they notice a wrong one, and that a refused block is told and leaves
 * nothing behind.
 */
#include "raw_fixture.h"
#include "works.h"

#include "workloads/allocation_profiles.h"

#include <math.h>

enum { SEED = 20261121, MOST_POINTS = 600 };

/* Order. */

/* The blocks of the last batch of `count`, in the order in which they were freed, from 0. */
static void freed_order(const char *name, uint32_t count, uint64_t *order)
{
    raw_work work;
    raw_forget();
    raw_open(&work, name, raw_allocator(), 1, SEED);
    raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1) && raw_steady(&work, 1));
    raw_close(&work);
    assert_int_equal(raw.count, 4 * count); /* the build phase is a batch too */
    for (uint32_t index = 0; index < count; index++) {
        assert_false(raw.calls[2 * count + index].freed);
        assert_true(raw.calls[3 * count + index].freed);
        order[index] = raw.calls[3 * count + index].number - count;
    }
}

static void test_batches_come_back_in_the_order_asked_for(void **state)
{
    HM_UNUSED(state);
    enum { COUNT = 500 };
    uint64_t lifo[COUNT], fifo[COUNT], random[COUNT], sum = 0, in_place = 0, next = 0;
    freed_order("batch/blocks:500", COUNT, lifo);
    freed_order("batch/blocks:500/order:fifo", COUNT, fifo);
    freed_order("batch/blocks:500/order:random", COUNT, random);
    for (uint32_t index = 0; index < COUNT; index++) {
        assert_int_equal(lifo[index], COUNT - 1 - index);
        assert_int_equal(fifo[index], index);
        sum += random[index];
        in_place += random[index] == index;
        next += index > 0 && random[index] == random[index - 1] + 1;
    }
    assert_int_equal(sum, COUNT * (COUNT - 1) / 2);
    assert_true(in_place < 10 && next < 10);
}

static void test_a_half_that_is_timed_alone_needs_the_other(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "batch/blocks:20/timed:free", raw_allocator(), 1, SEED);
    assert_int_equal(work.workload->most_iterations(work.context.parameters), 1);
    raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1));
    assert_int_equal(raw.live_blocks, 0);
    raw_demand(&work, raw_phase(&work, HM_PHASE_RESTORE, 1));
    assert_int_equal(raw.live_blocks, 20);
    raw_demand(&work, raw_phase(&work, HM_PHASE_STEADY, 1));
    assert_int_equal(raw.live_blocks, 0);
    assert_false(raw_phase(&work, HM_PHASE_STEADY, 1));
    assert_non_null(strstr(raw_reason(&work), "restore phase"));
    raw_close(&work);
    raw_open(&work, "batch/blocks:20/timed:allocate", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_steady(&work, 1));
    assert_int_equal(raw.live_blocks, 20);
    raw_demand(&work, raw_steady(&work, 1) && raw_phase(&work, HM_PHASE_RELEASE, 1));
    assert_int_equal(raw.live_blocks, 0);
    raw_close(&work);
}

/* Sizes and lifetimes. */

static void test_sizes_are_those_asked_for(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    uint64_t checksum, least = UINT64_MAX, most = 0;
    raw_forget();
    raw_open(&work, "batch/blocks:20000/sizes:uniform/minimum:100/maximum:200", raw_allocator(), 1,
             SEED);
    raw_demand(&work, raw_run(&work, 1, &checksum));
    raw_close(&work);
    for (size_t index = 0; index < raw.count; index++) {
        least = raw.calls[index].bytes < least ? raw.calls[index].bytes : least;
        most = raw.calls[index].bytes > most ? raw.calls[index].bytes : most;
    }
    assert_int_equal(least, 100);
    assert_int_equal(most, 200);
}

/* The share of a program's blocks with sizes above `low`, up to `high`. */
static double share_of(const hm_allocation_profile *program, size_t low, size_t high)
{
    double all = 0, found = 0;
    for (size_t bin = 0; bin < program->bin_count; bin++) {
        for (int lifetime = 0; lifetime < HM_PROFILE_LIFETIMES; lifetime++) {
            double blocks = (double)program->bins[bin].lifetimes[lifetime];
            all += blocks;
            if (program->bins[bin].size_to > low && program->bins[bin].size_to <= high)
                found += blocks;
        }
    }
    return found / all;
}

static void test_sizes_of_programs_are_theirs(void **state)
{
    HM_UNUSED(state);
    enum { COUNT = 50000 };
    for (size_t index = 0; index < HM_BUILT_IN_PROGRAMS; index++) {
        const hm_allocation_profile *program = hm_allocation_profile_at(index);
        char name[64];
        raw_work work;
        raw_forget();
        snprintf(name, sizeof name, "batch/blocks:%d/sizes:%s", COUNT, program->name);
        raw_open(&work, name, raw_allocator(), 1, SEED);
        raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1));
        raw_close(&work);
        for (size_t high = 16; high <= 1024; high *= 2) {
            double found = 0;
            for (size_t call = 0; call < raw.count; call++)
                found += !raw.calls[call].freed && raw.calls[call].bytes > high / 2 &&
                         raw.calls[call].bytes <= high;
            if (high > 16 && fabs(found / COUNT - share_of(program, high / 2, high)) > 0.01)
                fail_msg("%s: %.3f of the blocks have up to %zu bytes, %.3f in the data",
                         program->name, found / COUNT, high, share_of(program, high / 2, high));
        }
    }
}

/* Of the blocks of churn over a program's trace, the share freed within 2^k further allocations. */
static void test_churn_gives_a_programs_blocks_their_lifetimes(void **state)
{
    HM_UNUSED(state);
    enum { OPERATIONS = 200000, WARM = 70000 };
    static const char *const names[] = {"py-json", "sqlite", "cc1plus"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        char name[64];
        raw_work work;
        double born[20] = {0}, data[20] = {0}, all = 0, blocks = 0;
        raw_forget();
        snprintf(name, sizeof name, "churn/live:5000/sizes:%s", names[index]);
        raw_open(&work, name, raw_allocator(), 1, SEED);
        raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1) && raw_steady(&work, OPERATIONS));
        uint64_t first = raw.made - OPERATIONS, live = raw.live_blocks;
        raw_close(&work);
        assert_true(live <= 6000);
        for (size_t call = 0, made = 0; call < raw.count; call++) {
            made += !raw.calls[call].freed;
            if (!raw.calls[call].freed || raw.calls[call].number < first + WARM)
                continue;
            int doubling = 0;
            for (uint64_t age = made - raw.calls[call].number; age > 1; age >>= 1)
                doubling++;
            born[doubling < 19 ? doubling : 19]++;
        }
        for (int doubling = 0; doubling < 20; doubling++)
            all += born[doubling];
        size_t place = 0;
        while (strcmp(hm_allocation_profile_at(place)->name, names[index]) != 0)
            place++;
        const hm_allocation_profile *program = hm_allocation_profile_at(place);
        for (size_t bin = 0; bin < program->bin_count; bin++) {
            for (int lifetime = 0; lifetime < HM_PROFILE_LIFETIMES; lifetime++) {
                data[lifetime < 19 ? lifetime : 19] +=
                    (double)program->bins[bin].lifetimes[lifetime];
                blocks += (double)program->bins[bin].lifetimes[lifetime];
            }
        }
        double within = 0, wanted = 0;
        for (int doubling = 0; doubling < 9; doubling++) {
            within += born[doubling] / all;
            wanted += data[doubling] / blocks;
            if (fabs(within - wanted) > 0.03)
                fail_msg("%s: %.3f of the blocks are freed within 2^%d, %.3f in the data",
                         names[index], within, doubling + 1, wanted);
        }
    }
}

/* Churn. */

static void test_churn_keeps_its_live_set(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "churn/live:1000", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1));
    assert_int_equal(raw.live_blocks, 1000);
    size_t before = raw.count;
    raw_demand(&work, raw_steady(&work, 5000));
    assert_int_equal(raw.live_blocks, 1000);
    assert_int_equal(raw.count - before, 10000);
    double ages = 0; /* of the victims, in their order: random ones are 1000 operations old */
    for (size_t call = before; call < raw.count; call++) {
        assert_int_equal(raw.calls[call].freed, (call - before) % 2 == 0);
        if (raw.calls[call].freed)
            ages += (double)(1000 + (call - before) / 2 - raw.calls[call].number);
    }
    assert_true(ages / 5000 > 850 && ages / 5000 < 1150);
    raw_close(&work);
}

static void test_the_oldest_victim_is_the_oldest(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "churn/live:100/victim:oldest", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1) && raw_steady(&work, 350));
    for (size_t call = 100, oldest = 0; call < raw.count; call++) {
        if (raw.calls[call].freed)
            assert_int_equal(raw.calls[call].number, oldest++);
    }
    raw_close(&work);
}

/* Runs churn to its end and counts what is left; `*youngest`: of those, among the last `keep`. */
static uint64_t survivors(const char *name, uint64_t keep, uint64_t *youngest)
{
    raw_work work;
    uint64_t checksum, left;
    raw_forget();
    raw_open(&work, name, raw_allocator(), 1, SEED);
    raw_demand(&work, raw_run(&work, 3000, &checksum));
    left = raw.live_blocks;
    uint64_t least = UINT64_MAX, dropped_after = 0;
    for (uint64_t number = 0; number < raw.made; number++) {
        if (raw.live[number] != NULL && number < least)
            least = number;
    }
    for (size_t call = raw.count - (1000 - keep); call < raw.count; call++)
        dropped_after += raw.calls[call].number > least;
    *youngest = dropped_after;
    raw_close(&work);
    return left;
}

static void test_the_release_phase_drops_what_was_asked_for(void **state)
{
    HM_UNUSED(state);
    uint64_t younger;
    assert_int_equal(survivors("churn/live:1000", 0, &younger), 0);
    assert_int_equal(survivors("churn/live:1000/drop:age", 100, &younger), 100);
    assert_int_equal(younger, 0);
    assert_int_equal(survivors("churn/live:1000/drop:random/keep:30", 300, &younger), 300);
    assert_true(younger > 100);
}

/* Threads. */

static void test_the_consumer_frees_all_of_the_producers_blocks(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    uint64_t checksum, again;
    raw_forget();
    raw_open(&work, "producer-consumer/batch:10/queue:3", raw_allocator(), 4, SEED);
    raw_demand(&work, raw_run(&work, 200, &checksum));
    raw_close(&work);
    assert_int_equal(raw.made, 2 * 10 + 2 * 2000);
    assert_int_equal(raw.remote_frees, 2 * 2000);
    raw_forget();
    raw_open(&work, "producer-consumer/batch:10/queue:3/free:sized", raw_allocator(), 4, SEED);
    raw_demand(&work, raw_run(&work, 200, &again));
    raw_close(&work);
    assert_int_equal(raw.wrong, 0);
    assert_int_equal(again, checksum);
}

static void test_pairs_need_an_even_number_of_threads(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "producer-consumer", raw_allocator(), 3, SEED);
    assert_null(work.state);
    assert_int_equal(work.errors[0].status, HM_USAGE_ERROR);
    assert_non_null(strstr(work.errors[0].message, "even"));
}

static void test_a_pair_ends_where_the_producer_gets_no_memory(void **state)
{
    HM_UNUSED(state);
    for (uint64_t fail_at = 1; fail_at < 200; fail_at += 13) {
        raw_work work;
        uint64_t checksum;
        raw_forget();
        raw_open(&work, "producer-consumer/batch:10/queue:3", raw_allocator(), 2, SEED);
        raw.fail_at = fail_at;
        assert_false(raw_run(&work, 50, &checksum));
        assert_non_null(strstr(raw_reason(&work), "refused"));
        raw_close(&work);
        assert_int_equal(raw.live_blocks, 0);
    }
}

static void test_blocks_of_dead_threads_are_freed_by_later_ones(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    uint64_t checksum;
    raw_forget();
    raw_open(&work, "server-threads/live:500/replaced:500", raw_allocator(), 2, SEED);
    raw_demand(&work, raw_run(&work, 10, &checksum));
    raw_close(&work);
    assert_int_equal(raw.made, 2 * (500 + 10 * 500));
    /* The first thread of each frees at least what the build phase made and it chose first. */
    assert_true(raw.remote_frees >= 2 * 250);
}

/* Comb and ramp. */

static void test_the_comb_takes_every_fourth_and_gives_it_another_size(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "fragmentation-comb/blocks:42/sizes:fixed/size:100", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1));
    size_t at = raw.count;
    raw_demand(&work, raw_steady(&work, 5));
    for (uint64_t round = 0; round < 5; round++) {
        for (uint64_t tooth = 0; tooth < 10; tooth++, at++) {
            assert_true(raw.calls[at].freed);
            assert_int_equal(raw.calls[at].number, round < 4 ? 4 * tooth + round : 42 + tooth);
        }
        for (uint64_t tooth = 0; tooth < 10; tooth++, at++) {
            assert_false(raw.calls[at].freed);
            assert_int_equal(raw.calls[at].bytes, round < 4 ? 150 : 100);
        }
    }
    assert_int_equal(raw.count, at);
    assert_int_equal(raw.live_blocks, 42);
    raw_close(&work);
}

static void test_the_ramp_resizes_as_often_as_it_says(void **state)
{
    HM_UNUSED(state);
    raw_work work;
    raw_forget();
    raw_open(&work, "size-ramp/buffers:2/start:16/limit:1000/factor:200", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_steady(&work, 1));
    static const size_t sizes[] = {16, 32, 64, 128, 256, 512, 1000};
    size_t made = 0;
    for (size_t call = 0; call < raw.count; call++) {
        if (!raw.calls[call].freed)
            assert_int_equal(raw.calls[call].bytes, sizes[made++ / 2]);
    }
    assert_int_equal(made, 14);
    assert_int_equal(work.workload->operations(work.context.parameters), 14);
    assert_int_equal(raw.live_bytes, 2000);
    raw_close(&work);
}

/* Results. */

/* A bump allocator that takes nothing back: addresses that no other one gives. */
static _Alignas(16) char arena[1 << 24];
static size_t arena_used;

static void *arena_malloc(size_t bytes)
{
    size_t at = arena_used;
    if (bytes + 16 > sizeof arena - at)
        return NULL;
    arena_used = (at + bytes + 31) / 16 * 16;
    *(size_t *)(void *)&arena[at] = bytes;
    return &arena[at + 16];
}

static void arena_free(void *block)
{
    HM_UNUSED(block);
}

static void arena_free_sized(void *block, size_t bytes)
{
    assert_int_equal(*(size_t *)(void *)((char *)block - 16), bytes);
}

static void *arena_realloc(void *block, size_t bytes)
{
    void *moved = arena_malloc(bytes);
    if (block != NULL && moved != NULL)
        memcpy(moved, block, *(size_t *)(void *)((char *)block - 16));
    return moved;
}

static const hm_allocator arena_allocator = {.malloc = arena_malloc,
                                             .free = arena_free,
                                             .realloc = arena_realloc,
                                             .free_sized = arena_free_sized,
                                             .capabilities = HM_ALLOCATOR_SIZED_FREE};

static uint64_t checksum_of(const char *name, const hm_allocator *allocator, uint64_t seed,
                            uint64_t iterations)
{
    raw_work work;
    uint64_t checksum = 0;
    arena_used = 0;
    raw_forget();
    raw_open(&work, name, allocator, 1, seed);
    raw_demand(&work, raw_run(&work, iterations, &checksum));
    raw_close(&work);
    if (raw.live_blocks != 0 || raw.wrong != 0)
        fail_msg("%s: %llu blocks left, %llu freed with a wrong size", name,
                 (unsigned long long)raw.live_blocks, (unsigned long long)raw.wrong);
    return checksum;
}

static void test_checksums_follow_from_seed_and_iterations_alone(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(small_raw_works); index++) {
        const char *name = small_raw_works[index];
        uint64_t first = checksum_of(name, raw_allocator(), SEED, 7);
        if (checksum_of(name, &arena_allocator, SEED, 7) != first)
            fail_msg("%s: the checksum depends on the allocator", name);
        if (checksum_of(name, raw_allocator(), SEED + 1, 7) == first)
            fail_msg("%s: two seeds have one checksum", name);
        if (checksum_of(name, raw_allocator(), SEED, 8) == first)
            fail_msg("%s: one more iteration changes nothing", name);
    }
}

static void test_a_refused_block_is_told_and_leaves_nothing(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(small_raw_works); index++) {
        bool refused = true;
        for (uint64_t point = 1; refused && point < MOST_POINTS; point += 1 + point / 20) {
            raw_work work;
            uint64_t checksum;
            raw_forget();
            raw_open(&work, small_raw_works[index], raw_allocator(), 1, SEED);
            raw.fail_at = point;
            bool done = raw_run(&work, 3, &checksum);
            refused = raw.fail_at == 0;
            if (done == refused || (refused && (work.errors[0].status != HM_NO_MEMORY ||
                                                strstr(work.errors[0].message, "refused") == NULL)))
                fail_msg("%s, allocation %llu: %s", small_raw_works[index],
                         (unsigned long long)point, raw_reason(&work));
            raw_close(&work);
            if (raw.live_blocks != 0)
                fail_msg("%s, allocation %llu: %llu blocks are left", small_raw_works[index],
                         (unsigned long long)point, (unsigned long long)raw.live_blocks);
        }
    }
}

/* An allocator whose third block begins inside the second: a proof, or a sum, must notice. */
static uint64_t overlapping_calls;

static void *overlapping_malloc(size_t bytes)
{
    static char blocks[1 << 22];
    char *block = blocks + (overlapping_calls % 1000) * 4096;
    overlapping_calls++;
    HM_UNUSED(bytes);
    return overlapping_calls % 1000 == 3 ? blocks + 4096 + 16 : block;
}

static void test_blocks_that_overlap_are_noticed(void **state)
{
    HM_UNUSED(state);
    static const hm_allocator overlapping = {.malloc = overlapping_malloc, .free = arena_free};
    static const char *const names[] = {"batch/blocks:20", "churn/live:20/sizes:fixed",
                                        "server-threads/live:20/sizes:fixed",
                                        "fragmentation-comb/blocks:20/sizes:fixed"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        raw_work work;
        overlapping_calls = 0;
        raw_open(&work, names[index], &overlapping, 1, SEED);
        assert_false(raw_phase(&work, HM_PHASE_BUILD, 1));
        assert_int_equal(work.errors[0].status, HM_WRONG_RESULT);
        raw_close(&work);
    }
}

/* In the timed loops, where only words are read: one address for two blocks. */
static void test_a_block_given_twice_is_noticed_in_the_timed_loops(void **state)
{
    HM_UNUSED(state);
    static const hm_allocator overlapping = {.malloc = overlapping_malloc, .free = arena_free};
    static const char *const names[] = {"batch/blocks:2000", "batch/blocks:2000/order:random",
                                        "batch/blocks:2000/order:fifo"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        raw_work work;
        overlapping_calls = 0;
        raw_open(&work, names[index], &overlapping, 1, SEED);
        assert_false(raw_steady(&work, 1));
        assert_int_equal(work.errors[0].status, HM_WRONG_RESULT);
        raw_close(&work);
    }
}

/* Pages. */

static int compare_pages(const void *left, const void *right)
{
    uintptr_t first = *(const uintptr_t *)left, second = *(const uintptr_t *)right;
    return (first > second) - (first < second);
}

/* Every page of every live block of the recording allocator, sorted, each counted once. */
static uint64_t pages_by_hand(void)
{
    size_t room = 0, count = 0, found = 0;
    for (uint64_t number = 0; number < raw.made; number++)
        room += raw.live[number] != NULL ? raw.size[number] / 4096 + 2 : 0;
    uintptr_t *pages = malloc((room + 1) * sizeof *pages);
    for (uint64_t number = 0; number < raw.made; number++) {
        uintptr_t begin = (uintptr_t)raw.live[number];
        for (uintptr_t page = begin / 4096;
             begin != 0 && page <= (begin + raw.size[number] - 1) / 4096; page++)
            pages[count++] = page;
    }
    qsort(pages, count, sizeof *pages, compare_pages);
    for (size_t index = 0; index < count; index++)
        found += index == 0 || pages[index] != pages[index - 1];
    free(pages);
    return found * 4096;
}

static void test_live_pages_are_those_counted_by_hand(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {
        "batch/blocks:3000/order:random/timed:allocate/sizes:node",
        "churn/live:2000",
        "churn/live:2000/sizes:fixed/size:48",
        "churn/live:3000/sizes:cc1plus",
        "server-threads/live:500",
        "fragmentation-comb/blocks:3000/sizes:sqlite",
        "size-ramp/buffers:20",
    };
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        raw_work work;
        raw_forget();
        raw_open(&work, names[index], raw_allocator(), 2, SEED);
        raw_demand(&work, raw_phase(&work, HM_PHASE_BUILD, 1) && raw_steady(&work, 1));
        assert_true(raw.live_blocks > 0);
        assert_int_equal(work.workload->live_page_bytes(work.state), pages_by_hand());
        raw_close(&work);
        assert_int_equal(raw.live_blocks, 0);
    }
}

/* Parameters. */

static void refuse(const char *name, const char *because)
{
    raw_work work;
    raw_parse(&work, name);
    assert_int_equal(work.workload->validate(work.context.parameters, &work.errors[0]),
                     HM_USAGE_ERROR);
    if (strstr(work.errors[0].message, because) == NULL)
        fail_msg("%s: %s", name, work.errors[0].message);
}

static void test_values_that_cannot_work_or_change_nothing_are_refused(void **state)
{
    HM_UNUSED(state);
    refuse("batch/minimum:20", "sizes:fixed");
    refuse("batch/sizes:uniform/size:100", "sizes:uniform");
    refuse("batch/sizes:perl/size:100", "program");
    refuse("batch/sizes:uniform/minimum:600", "above maximum");
    refuse("batch/blocks:1/order:fifo", "blocks:1");
    refuse("batch/blocks:10M/size:1000", "live at once");
    refuse("churn/keep:50", "drop:all");
    refuse("churn/sizes:node/victim:oldest", "lifetimes");
    refuse("churn/live:10M", "live at once");
    refuse("producer-consumer/batch:3", "odd");
    refuse("fragmentation-comb/blocks:3/every:4", "above blocks");
    refuse("size-ramp/step:100", "growth:geometric");
    refuse("size-ramp/growth:linear/factor:200", "growth:linear");
    refuse("size-ramp/start:1000/limit:100", "above limit");
}

static void test_a_sized_free_that_is_not_there_is_told(void **state)
{
    HM_UNUSED(state);
    static const hm_allocator plain = {.malloc = arena_malloc, .free = arena_free};
    raw_work work;
    raw_open(&work, "batch/free:sized", &plain, 1, SEED);
    assert_null(work.state);
    assert_int_equal(work.errors[0].status, HM_UNAVAILABLE);
}

/* Programs that are added. */

static void test_a_program_can_be_added_or_take_anothers_place(void **state)
{
    HM_UNUSED(state);
    static const hm_profile_bin bins[] = {{48, {0, 5}}, {64, {1, 2, 3}}};
    static const hm_profile_bin falling[] = {{64, {1}}, {48, {1}}};
    static const hm_profile_bin empty[] = {{64, {0}}};
    hm_error error = {0};
    raw_work work;
    uint64_t checksum;
    const hm_allocation_profile own = {"own-program", "a test", bins, 2};
    assert_int_equal(hm_allocation_profile_add(&own, &error), HM_OK);
    raw_forget();
    raw_open(&work, "batch/sizes:own-program", raw_allocator(), 1, SEED);
    raw_demand(&work, raw_run(&work, 1, &checksum));
    raw_close(&work);
    for (size_t call = 0; call < raw.count; call++)
        assert_in_range(raw.calls[call].bytes, 33, 64);
    const hm_allocation_profile other = {"perl", "not perl", bins, 2};
    assert_int_equal(hm_allocation_profile_add(&other, &error), HM_OK);
    assert_ptr_equal(hm_allocation_profile_at(HM_PROGRAM_INDEX_perl)->bins, bins);
    const hm_allocation_profile wrong[] = {{"Big", "", bins, 2},
                                           {"fixed", "", bins, 2},
                                           {"falling", "", falling, 2},
                                           {"empty", "", empty, 1}};
    for (size_t index = 0; index < HM_COUNT_OF(wrong); index++)
        assert_int_equal(hm_allocation_profile_add(&wrong[index], &error), HM_USAGE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_come_back_in_the_order_asked_for),
        cmocka_unit_test(test_a_half_that_is_timed_alone_needs_the_other),
        cmocka_unit_test(test_sizes_are_those_asked_for),
        cmocka_unit_test(test_sizes_of_programs_are_theirs),
        cmocka_unit_test(test_churn_gives_a_programs_blocks_their_lifetimes),
        cmocka_unit_test(test_churn_keeps_its_live_set),
        cmocka_unit_test(test_the_oldest_victim_is_the_oldest),
        cmocka_unit_test(test_the_release_phase_drops_what_was_asked_for),
        cmocka_unit_test(test_the_consumer_frees_all_of_the_producers_blocks),
        cmocka_unit_test(test_pairs_need_an_even_number_of_threads),
        cmocka_unit_test(test_a_pair_ends_where_the_producer_gets_no_memory),
        cmocka_unit_test(test_blocks_of_dead_threads_are_freed_by_later_ones),
        cmocka_unit_test(test_the_comb_takes_every_fourth_and_gives_it_another_size),
        cmocka_unit_test(test_the_ramp_resizes_as_often_as_it_says),
        cmocka_unit_test(test_checksums_follow_from_seed_and_iterations_alone),
        cmocka_unit_test(test_a_refused_block_is_told_and_leaves_nothing),
        cmocka_unit_test(test_blocks_that_overlap_are_noticed),
        cmocka_unit_test(test_a_block_given_twice_is_noticed_in_the_timed_loops),
        cmocka_unit_test(test_live_pages_are_those_counted_by_hand),
        cmocka_unit_test(test_values_that_cannot_work_or_change_nothing_are_refused),
        cmocka_unit_test(test_a_sized_free_that_is_not_there_is_told),
        cmocka_unit_test(test_a_program_can_be_added_or_take_anothers_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
