/*
 * This module is the tests of `lru-cache`: its counts against a model and against the theory, what
 * its parameters do, that it stays bounded, and that it notices damage.
 */
#include "work_fixture.h"
#include "workloads/lru_cache.h"
#include "workloads/zipf.h"

#include <math.h>

enum { SEED = 11 };

/* The least recently used of all keys in a table of times; keys not in the cache have time 0. */
static uint32_t oldest_of(const uint64_t *used, uint32_t keys)
{
    uint32_t oldest = 0;
    for (uint32_t key = 0; key < keys; key++) {
        if (used[key] != 0 && (used[oldest] == 0 || used[key] < used[oldest]))
            oldest = key;
    }
    return oldest;
}

static void test_counts_are_those_of_a_model(void **state)
{
    HM_UNUSED(state);
    enum { KEYS = 300, CAPACITY = 30, ROUNDS = 20000 };
    static const char *const names[] = {"lru-cache/exponent:83/keys:300/capacity:30",
                                        "lru-cache/keys:300/capacity:30/links:weak/cyclic:30"};
    uint64_t used[KEYS] = {0}, now = 0, seeds = SEED;
    hm_lru_counts expected = {0};
    hm_lane lane = {0};
    hm_zipf zipf;
    hm_random random;
    hm_random_seed(&random, hm_splitmix64(&seeds));
    assert_true(hm_zipf_open(&lane, &zipf, KEYS, 0.83));
    for (uint32_t key = CAPACITY; key-- > 0;)
        used[key] = ++now;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t key = hm_zipf_draw(&zipf, &random);
        bool hit = used[key] != 0;
        used[key] = ++now;
        expected.hits += hit;
        expected.misses += !hit;
        if (!hit)
            used[oldest_of(used, KEYS)] = 0;
    }
    hm_zipf_close(&zipf);
    for (size_t which = 0; which < HM_COUNT_OF(names); which++) {
        test_work work;
        work_start(&work, names[which], "generational", SEED);
        work_steady(&work, ROUNDS);
        hm_lru_counts counts = hm_lru_cache_counts(work.state, 0);
        assert_int_equal(counts.hits, expected.hits);
        assert_int_equal(counts.misses, expected.misses);
        assert_int_equal(counts.evictions, expected.misses);
        work_end(&work);
    }
}

/*
 * Che's approximation (Che, Tung and Wang 2002): a key is in the cache if it was asked for within
 * the characteristic time, in which as many keys are asked for as the cache holds.
 */
static double theoretical_hit_rate(uint32_t keys, uint32_t capacity, double exponent)
{
    double total = 0, low = 0, high = 1e12, hits = 0;
    for (uint32_t key = 0; key < keys; key++)
        total += pow(key + 1.0, -exponent);
    for (int step = 0; step < 200; step++) {
        double time = (low + high) / 2, held = 0;
        hits = 0;
        for (uint32_t key = 0; key < keys; key++) {
            double share = pow(key + 1.0, -exponent) / total;
            held += 1 - exp(-share * time);
            hits += share * (1 - exp(-share * time));
        }
        if (held < capacity)
            low = time;
        else
            high = time;
    }
    return hits;
}

static void test_the_hit_rate_is_that_of_the_theory(void **state)
{
    HM_UNUSED(state);
    static const int exponents[] = {0, 64, 83, 121};
    for (size_t which = 0; which < HM_COUNT_OF(exponents); which++) {
        test_work work;
        char name[96];
        snprintf(name, sizeof name, "lru-cache/exponent:%d/keys:5000/capacity:500/value:20",
                 exponents[which]);
        work_start(&work, name, "none", SEED);
        work_steady(&work, 10000);
        hm_lru_counts before = hm_lru_cache_counts(work.state, 0);
        work_steady(&work, 100000);
        hm_lru_counts counts = hm_lru_cache_counts(work.state, 0);
        double rate = (double)(counts.hits - before.hits) / 100000;
        double theory = theoretical_hit_rate(5000, 500, exponents[which] / 100.0);
        print_message("%s: hit rate %.3f, by the theory %.3f\n", name, rate, theory);
        assert_true(fabs(rate - theory) < 0.01);
        work_end(&work);
    }
}

static void test_a_cache_as_large_as_its_keys_never_misses(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "lru-cache/keys:50/capacity:50/exponent:0", "none", SEED);
    uint64_t before = work_live(&work);
    work_steady(&work, 5000);
    hm_lru_counts counts = hm_lru_cache_counts(work.state, 0);
    assert_int_equal(counts.hits, 5000);
    assert_int_equal(work_live(&work), before);
    work_end(&work);
}

/* Objects that `evictions` leave behind when nothing collects. */
static uint64_t left_behind(const char *name, uint64_t *evictions)
{
    test_work work;
    work_start(&work, name, "none", SEED);
    uint64_t before = work_live(&work);
    work_steady(&work, 3000);
    uint64_t left = work_live(&work) - before;
    *evictions = hm_lru_cache_counts(work.state, 0).evictions;
    work_end(&work);
    return left;
}

static void test_cyclic_is_the_share_of_evicted_entries_left(void **state)
{
    HM_UNUSED(state);
    uint64_t evictions;
    assert_int_equal(left_behind("lru-cache/keys:3000/capacity:3/exponent:0", &evictions), 0);
    assert_true(evictions > 2900);
    /* An entry with its key, the list and the bytes. */
    assert_int_equal(
        left_behind("lru-cache/keys:3000/capacity:3/exponent:0/cyclic:100", &evictions),
        4 * evictions);
    uint64_t left = left_behind("lru-cache/keys:3000/capacity:3/exponent:0/cyclic:20", &evictions);
    double share = (double)left / (4 * (double)evictions);
    assert_true(share > 0.17 && share < 0.23);
}

static void test_only_strong_links_need_a_collector_in_the_end(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "lru-cache/keys:300/capacity:30/links:weak", "none", SEED);
    work_steady(&work, 1000);
    work_demand(&work, work_phase(&work, HM_PHASE_RELEASE, 1));
    assert_int_equal(work_live(&work), 0);
    work_end(&work);
    work_start(&work, "lru-cache/keys:300/capacity:30", "none", SEED);
    work_steady(&work, 1000);
    work_demand(&work, work_phase(&work, HM_PHASE_RELEASE, 1));
    assert_true(work_live(&work) >= 3 * 30);
    work_end(&work);
}

static uint64_t live_bytes(test_work *work)
{
    uint64_t bytes;
    assert_true(hm_heap_live_bytes(work->heaps[0], &bytes, NULL));
    return bytes;
}

static void test_it_stays_bounded_under_a_collector(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"lru-cache/keys:3000/capacity:300",
                                        "lru-cache/keys:3000/capacity:300/cyclic:50",
                                        "lru-cache/keys:3000/capacity:300/links:weak"};
    for (size_t which = 0; which < HM_COUNT_OF(names); which++) {
        test_work work;
        uint64_t most[2] = {0, 0}, objects[2] = {0, 0};
        work_start(&work, names[which], "generational", SEED);
        for (int batch = 0; batch < 200; batch++) {
            work_steady(&work, 500);
            uint64_t bytes = live_bytes(&work), live = work_live(&work);
            most[batch / 100] = bytes > most[batch / 100] ? bytes : most[batch / 100];
            objects[batch / 100] = live > objects[batch / 100] ? live : objects[batch / 100];
        }
        if (most[1] * 10 > most[0] * 11 || objects[1] * 10 > objects[0] * 11)
            fail_msg("%s grows: L from %llu to %llu, objects from %llu to %llu", names[which],
                     (unsigned long long)most[0], (unsigned long long)most[1],
                     (unsigned long long)objects[0], (unsigned long long)objects[1]);
        work_end(&work);
    }
}

/* The dict of the cache: the first of its slots. */
static hm_object *index_of(test_work *work)
{
    const hm_roots *roots = &work->heaps[0]->roots[0];
    hm_object *cache = roots->slots[roots->count - 1];
    return *hm_instance_slot(cache, 0);
}

static void expect_wrong(test_work *work, hm_phase_role role, const char *message)
{
    assert_false(work_phase(work, role, 1));
    assert_int_equal(work->error.status, HM_WRONG_RESULT);
    assert_non_null(strstr(work->error.message, message));
    work_end(work);
}

static void test_damage_is_noticed(void **state)
{
    HM_UNUSED(state);
    test_work work;
    hm_object *key, *entry, *other;
    size_t position = 0;
    work_start(&work, "lru-cache/keys:1/capacity:1", "none", SEED);
    assert_true(hm_dict_next(index_of(&work), &position, &key, &entry));
    hm_bytes_data(*hm_instance_slot(entry, 1))[0] ^= 1;
    expect_wrong(&work, HM_PHASE_STEADY, "the value of key 0 is not what was put in");

    work_start(&work, "lru-cache/keys:9/capacity:9", "none", SEED);
    position = 0;
    assert_true(hm_dict_next(index_of(&work), &position, &key, &entry));
    assert_true(hm_dict_next(index_of(&work), &position, &key, &other));
    assert_true(hm_dict_set(work.heaps[0], index_of(&work), key, entry));
    expect_wrong(&work, HM_PHASE_RELEASE, "do not hold the same 9 entries");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_those_of_a_model),
        cmocka_unit_test(test_the_hit_rate_is_that_of_the_theory),
        cmocka_unit_test(test_a_cache_as_large_as_its_keys_never_misses),
        cmocka_unit_test(test_cyclic_is_the_share_of_evicted_entries_left),
        cmocka_unit_test(test_only_strong_links_need_a_collector_in_the_end),
        cmocka_unit_test(test_it_stays_bounded_under_a_collector),
        cmocka_unit_test(test_damage_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
