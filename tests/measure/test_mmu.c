/*
 * This module tests MMU against windows that are all tried one by one, on random pauses that nest
 * and overlap, and against cases that can be worked out by hand.
 */
#include "cmocka_all.h"

#include "base/random.h"
#include "bench/measure/mmu.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_PAUSES = 40, LONGEST = 300, ROUNDS = 400 };

/* The least share left, from every whole begin: with whole numbers the worst window has one. */
static bool slow_mmu(const bool *paused, hm_mmu_pause span, uint64_t window, double *utilization)
{
    if (window == 0 || span.end_ns - span.begin_ns < window)
        return false;
    uint64_t most = 0;
    for (uint64_t begin = span.begin_ns; begin + window <= span.end_ns; begin++) {
        uint64_t held = 0;
        for (uint64_t at = begin; at < begin + window; at++)
            held += paused[at];
        most = held > most ? held : most;
    }
    *utilization = (double)(window - most) / (double)window;
    return true;
}

static int by_end(const void *left, const void *right)
{
    const hm_mmu_pause *first = left, *second = right;
    return (first->end_ns > second->end_ns) - (first->end_ns < second->end_ns);
}

/* Draws pauses and marks their time. */
static size_t draw_pauses(hm_random *random, hm_mmu_pause *pauses, bool *paused)
{
    size_t count = (size_t)hm_random_below(random, MOST_PAUSES + 1);
    uint64_t longest = 1 + hm_random_below(random, 40);
    memset(paused, 0, LONGEST * sizeof *paused);
    for (size_t index = 0; index < count; index++) {
        uint64_t begin = hm_random_below(random, LONGEST - longest);
        uint64_t end = begin + hm_random_below(random, longest + 1);
        pauses[index] = (hm_mmu_pause){begin, end};
        for (uint64_t at = begin; at < end; at++)
            paused[at] = true;
    }
    qsort(pauses, count, sizeof *pauses, by_end);
    return count;
}

static void assert_joined(const hm_mmu_pause *pauses, size_t count, const bool *paused)
{
    uint64_t total = 0, marked = 0;
    for (size_t index = 0; index < count; index++) {
        assert_true(index == 0 || pauses[index - 1].end_ns < pauses[index].begin_ns);
        total += pauses[index].end_ns - pauses[index].begin_ns;
    }
    for (size_t at = 0; at < LONGEST; at++)
        marked += paused[at];
    assert_int_equal(total, marked);
}

static void it_is_the_worst_of_all_windows(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    hm_random random;
    hm_random_seed(&random, seed);
    for (int round = 0; round < ROUNDS; round++) {
        hm_mmu_pause pauses[MOST_PAUSES], span;
        bool paused[LONGEST];
        size_t count = hm_mmu_join(pauses, draw_pauses(&random, pauses, paused));
        assert_joined(pauses, count, paused);
        /* Pauses may stick out of the span or lie beyond it. */
        span.begin_ns = hm_random_below(&random, LONGEST / 2);
        span.end_ns = span.begin_ns + hm_random_below(&random, LONGEST - span.begin_ns);
        for (uint64_t window = 0; window <= LONGEST; window++) {
            double found = -1, right = -1;
            bool known = slow_mmu(paused, span, window, &right);
            assert_true(hm_mmu(pauses, count, span, window, &found) == known);
            if (found != right)
                fail_msg("round %d, window %d: %g, not %g", round, (int)window, found, right);
        }
    }
}

static double mmu_of(const hm_mmu_pause *pauses, size_t count, uint64_t window)
{
    double utilization;
    assert_true(hm_mmu(pauses, count, (hm_mmu_pause){1000, 1100}, window, &utilization));
    return utilization;
}

static void one_pause(void **state)
{
    (void)state;
    const hm_mmu_pause pause = {1040, 1050};
    assert_true(mmu_of(&pause, 1, 1) == 0);
    assert_true(mmu_of(&pause, 1, 10) == 0);
    assert_true(mmu_of(&pause, 1, 20) == 0.5);
    assert_true(mmu_of(&pause, 1, 100) == 0.9);
}

/* Three short pauses in a row are as bad as one long one for a window that holds them. */
static void pauses_in_a_row(void **state)
{
    (void)state;
    const hm_mmu_pause row[] = {{1010, 1020}, {1025, 1035}, {1040, 1050}};
    assert_true(mmu_of(row, 3, 10) == 0);
    assert_true(mmu_of(row, 3, 25) == 0.2);
    assert_true(mmu_of(row, 3, 40) == 0.25);
    assert_true(mmu_of(row, 3, 100) == 0.7);
}

static void a_longer_window_may_be_worse(void **state)
{
    (void)state;
    const hm_mmu_pause pauses[] = {{1010, 1011}, {1013, 1014}};
    assert_true(mmu_of(pauses, 2, 2) == 0.5);
    assert_true(mmu_of(pauses, 2, 3) == 2.0 / 3);
    assert_true(mmu_of(pauses, 2, 4) == 0.5);
}

static void pauses_at_the_ends_of_the_span_count_whole(void **state)
{
    (void)state;
    const hm_mmu_pause pauses[] = {{1000, 1010}, {1090, 1100}};
    assert_true(mmu_of(pauses, 2, 20) == 0.5);
    const hm_mmu_pause beyond[] = {{900, 1005}, {1095, 2000}};
    assert_true(mmu_of(beyond, 2, 10) == 0.5);
    assert_true(mmu_of(beyond, 2, 100) == 0.9);
}

static void nested_pauses_count_once(void **state)
{
    (void)state;
    hm_mmu_pause nested[] = {{1020, 1030}, {1035, 1040}, {1010, 1050}, {1050, 1060}, {1055, 1060}};
    assert_int_equal(hm_mmu_join(nested, 5), 1);
    assert_int_equal(nested[0].begin_ns, 1010);
    assert_int_equal(nested[0].end_ns, 1060);
    assert_true(mmu_of(nested, 1, 100) == 0.5);
}

static void without_pauses_all_is_left(void **state)
{
    (void)state;
    assert_int_equal(hm_mmu_join(NULL, 0), 0);
    assert_true(mmu_of(NULL, 0, 100) == 1);
}

static void a_window_that_does_not_fit_is_not_known(void **state)
{
    (void)state;
    double utilization = 42;
    const hm_mmu_pause pause = {1040, 1050}, span = {1000, 1100};
    assert_true(hm_mmu(&pause, 1, span, 100, &utilization));
    utilization = 42;
    assert_false(hm_mmu(&pause, 1, span, 101, &utilization));
    assert_false(hm_mmu(&pause, 1, span, 0, &utilization));
    assert_false(hm_mmu(&pause, 1, (hm_mmu_pause){1100, 1000}, 1, &utilization));
    assert_true(utilization == 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_worst_of_all_windows),
        cmocka_unit_test(one_pause),
        cmocka_unit_test(pauses_in_a_row),
        cmocka_unit_test(a_longer_window_may_be_worse),
        cmocka_unit_test(pauses_at_the_ends_of_the_span_count_whole),
        cmocka_unit_test(nested_pauses_count_once),
        cmocka_unit_test(without_pauses_all_is_left),
        cmocka_unit_test(a_window_that_does_not_fit_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
