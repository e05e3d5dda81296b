/*
 * This module tests that sampling is random and at the rate that is told: the mean and the spread
 * of the gaps, and that no rhythm of the events is favoured.
 */
#include "cmocka_all.h"

#include "bench/measure/gaps.h"

#include <math.h>
#include <time.h>

enum { DRAWS = 200000, SIGMAS = 6 };

static uint64_t fresh_seed(void)
{
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static void gaps_have_the_mean_and_the_spread_of_the_rate(void **state)
{
    (void)state;
    const uint64_t rates[] = {2, 10, 1024};
    uint64_t seed = fresh_seed();
    for (size_t place = 0; place < sizeof rates / sizeof *rates; place++) {
        hm_gaps gaps;
        hm_gaps_start(&gaps, seed, rates[place]);
        double sum = 0, squares = 0, rate = (double)rates[place];
        for (int draw = 0; draw < DRAWS; draw++) {
            double gap = (double)hm_gaps_next(&gaps);
            assert_true(gap >= 1);
            sum += gap;
            squares += gap * gap;
        }
        double mean = sum / DRAWS, deviation = sqrt(squares / DRAWS - mean * mean);
        double expected = sqrt(rate * (rate - 1)); /* of a geometric distribution */
        if (fabs(mean - rate) > SIGMAS * expected / sqrt(DRAWS))
            fail_msg("one in %g: the mean gap is %g", rate, mean);
        if (fabs(deviation - expected) > SIGMAS * expected * sqrt(8.0 / DRAWS))
            fail_msg("one in %g: the gaps deviate by %g, not %g", rate, deviation, expected);
    }
}

static void every_phase_of_a_rhythm_is_looked_at_equally(void **state)
{
    (void)state;
    enum { RHYTHM = 16 };
    uint64_t at[RHYTHM] = {0}, place = 0;
    hm_gaps gaps;
    hm_gaps_start(&gaps, fresh_seed(), 64);
    for (int draw = 0; draw < DRAWS; draw++) {
        place += hm_gaps_next(&gaps);
        at[place % RHYTHM]++;
    }
    double expected = (double)DRAWS / RHYTHM;
    for (int phase = 0; phase < RHYTHM; phase++) {
        if (fabs((double)at[phase] - expected) > SIGMAS * sqrt(expected))
            fail_msg("phase %d was looked at %llu times, not about %g", phase,
                     (unsigned long long)at[phase], expected);
    }
}

static void one_in_one_is_every_event_and_a_seed_is_a_sequence(void **state)
{
    (void)state;
    hm_gaps gaps, again;
    hm_gaps_start(&gaps, 5, 1);
    for (int draw = 0; draw < 1000; draw++)
        assert_int_equal(hm_gaps_next(&gaps), 1);
    hm_gaps_start(&gaps, 5, 100);
    hm_gaps_start(&again, 5, 100);
    for (int draw = 0; draw < 1000; draw++)
        assert_int_equal(hm_gaps_next(&gaps), hm_gaps_next(&again));
}

static void the_rate_gives_what_is_wanted_where_there_is_so_much(void **state)
{
    (void)state;
    assert_int_equal(hm_gaps_one_in(10, 2000, 1024), 1);
    assert_int_equal(hm_gaps_one_in(3999, 2000, 1024), 1);
    assert_int_equal(hm_gaps_one_in(4000, 2000, 1024), 2);
    assert_int_equal(hm_gaps_one_in(200000, 2000, 1024), 100);
    assert_int_equal(hm_gaps_one_in(100000000, 2000, 1024), 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_have_the_mean_and_the_spread_of_the_rate),
        cmocka_unit_test(every_phase_of_a_rhythm_is_looked_at_equally),
        cmocka_unit_test(one_in_one_is_every_event_and_a_seed_is_a_sequence),
        cmocka_unit_test(the_rate_gives_what_is_wanted_where_there_is_so_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
