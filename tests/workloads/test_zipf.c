/*
 * This module is the tests of Zipf's law: what is drawn is compared with the law itself, for the
 * commonest numbers one by one and for the others in groups, with a fixed seed.
 */
#include "work_fixture.h"
#include "workloads/zipf.h"

#include <math.h>

enum { DRAWS = 1000000, SINGLE = 300, MAX_GROUPS = SINGLE + 64, SEED = 20261121 };

#ifdef HM_SLOW_TOOL /* every third law */
enum { LAW_STEP = 3 };
#else
enum { LAW_STEP = 1 };
#endif

/* Numbers from `first` to the next group's first, how often the law says and how often they came.
 */
typedef struct test_group {
    uint32_t first;
    double expected;
    uint64_t drawn;
} test_group;

typedef struct test_law {
    test_group groups[MAX_GROUPS + 1];
    size_t count;
} test_law;

static void fill_law(test_law *law, uint32_t numbers, double exponent)
{
    double total = 0;
    *law = (test_law){.count = 0};
    for (uint32_t first = 0; first < numbers;) {
        uint32_t end = first < SINGLE ? first + 1 : first + first / 4;
        test_group *group = &law->groups[law->count++];
        assert_true(law->count <= MAX_GROUPS);
        *group = (test_group){.first = first};
        for (; first < end && first < numbers; first++)
            group->expected += pow((double)first + 1, -exponent);
        total += group->expected;
    }
    for (size_t group = 0; group < law->count; group++)
        law->groups[group].expected *= DRAWS / total;
    law->groups[law->count].first = numbers;
}

static void count_draw(test_law *law, uint32_t number)
{
    size_t low = 0, high = law->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (law->groups[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    assert_true(number < law->groups[law->count].first);
    law->groups[low].drawn++;
}

/*
 * How far the draws are from the law: chi-square over groups with at least ten draws expected, in
 * standard deviations above what chance makes it.
 */
static double deviation(const test_law *law)
{
    double sum = 0, degrees = -1;
    for (size_t group = 0; group < law->count; group++) {
        double expected = law->groups[group].expected;
        if (expected < 10)
            continue;
        double difference = (double)law->groups[group].drawn - expected;
        sum += difference * difference / expected;
        degrees++;
    }
    return degrees < 1 ? 0 : (sum - degrees) / sqrt(2 * degrees);
}

static void draw(test_law *law, uint32_t numbers, double exponent)
{
    hm_lane lane = {0};
    hm_zipf zipf;
    hm_random random;
    hm_random_seed(&random, SEED);
    assert_true(hm_zipf_open(&lane, &zipf, numbers, exponent));
    for (int count = 0; count < DRAWS; count++)
        count_draw(law, hm_zipf_draw(&zipf, &random));
    hm_zipf_close(&zipf);
}

static void test_draws_follow_the_law(void **state)
{
    HM_UNUSED(state);
    static const double exponents[] = {0, 0.3, 0.64, 0.83, 1, 1.21, 2, 3};
    static const uint32_t numbers[] = {1, 2, 255, 256, 257, 1000, 100000, 3000000};
    static test_law law;
    for (size_t which = 0; which < HM_COUNT_OF(exponents); which += LAW_STEP) {
        for (size_t size = 0; size < HM_COUNT_OF(numbers); size++) {
            fill_law(&law, numbers[size], exponents[which]);
            draw(&law, numbers[size], exponents[which]);
            double away = deviation(&law);
            if (away > 4)
                fail_msg("exponent %.2f, %u numbers: %.1f standard deviations from the law",
                         exponents[which], numbers[size], away);
        }
    }
}

static void test_another_law_is_noticed(void **state)
{
    HM_UNUSED(state);
    static test_law law;
    fill_law(&law, 100000, 0.83);
    draw(&law, 100000, 0.82);
    assert_true(deviation(&law) > 10);
}

static void test_the_same_seed_draws_the_same(void **state)
{
    HM_UNUSED(state);
    static test_law first, second;
    fill_law(&first, 5000, 0.83);
    second = first;
    draw(&first, 5000, 0.83);
    draw(&second, 5000, 0.83);
    for (size_t group = 0; group < first.count; group++)
        assert_int_equal(first.groups[group].drawn, second.groups[group].drawn);
}

/* Every cell keeps the invariant that rejection relies on, and together they are all numbers. */
static void test_cells_are_even_and_complete(void **state)
{
    HM_UNUSED(state);
    static const double exponents[] = {0, 0.01, 0.83, 3};
    hm_lane lane = {0};
    hm_zipf zipf;
    for (size_t which = 0; which < HM_COUNT_OF(exponents); which++) {
        uint32_t next = 0;
        assert_true(hm_zipf_open(&lane, &zipf, 1000000, exponents[which]));
        for (size_t place = 0; place < zipf.cell_count; place++) {
            const hm_zipf_cell *cell = (const hm_zipf_cell *)zipf.cells.at + place;
            assert_int_equal(cell->first, next);
            assert_true(cell->width >= 1);
            next += cell->width;
            double ratio = pow(((double)cell->first + 1) / next, exponents[which]);
            assert_true(ratio >= HM_ZIPF_EVEN - 1e-9);
        }
        assert_int_equal(next, 1000000);
        hm_zipf_close(&zipf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_follow_the_law),
        cmocka_unit_test(test_another_law_is_noticed),
        cmocka_unit_test(test_the_same_seed_draws_the_same),
        cmocka_unit_test(test_cells_are_even_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
