/* This module tests what is made of the kernel's figures of others' work, from readings made up
 * here, and that waiting is bounded. */
#include "cmocka_all.h"

#include "bench/measure/clock.h"
#include "bench/quiet.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

/* Readings of two processors one second apart, of which `busy_ns` was spent and `steal_ns` stolen.
 */
static hm_quiet_shares a_second(uint64_t busy_ns, uint64_t steal_ns, uint64_t stalled_ns,
                                uint64_t sample_ns)
{
    hm_quiet_reading before = {.at_ns = 5 * second_ns,
                               .cpu = {.tells_steal = true, .total_ns = 70 * second_ns},
                               .has_cpu = true,
                               .has_pressure = true};
    hm_quiet_reading after = before;
    after.at_ns += second_ns;
    after.cpu.total_ns += 2 * second_ns;
    after.cpu.busy_ns += busy_ns;
    after.cpu.steal_ns += steal_ns;
    after.stalled_ns += stalled_ns;
    return hm_quiet_between(&before, &after, sample_ns);
}

static void the_samples_own_time_is_not_foreign(void **state)
{
    (void)state;
    hm_quiet_shares shares = a_second(second_ns, 0, 0, second_ns);
    assert_true(shares.foreign_cpu == 0 && shares.steal == 0 && shares.cpu_pressure == 0);
    assert_true(hm_quiet_loudness(&shares) == 0);
    shares = a_second(2 * second_ns, 0, 0, second_ns);
    assert_true(shares.foreign_cpu == 0.5);
    assert_true(hm_quiet_loudness(&shares) == 0.5 / HM_FOREIGN_CPU_BOUND);
}

static void the_drivers_own_time_is_not_foreign(void **state)
{
    (void)state;
    hm_quiet_reading before = {.has_cpu = true};
    hm_quiet_reading after = {.at_ns = second_ns, .own_cpu_ns = second_ns / 2, .has_cpu = true};
    after.cpu.total_ns = 2 * second_ns;
    after.cpu.busy_ns = second_ns;
    assert_true(hm_quiet_between(&before, &after, second_ns / 2).foreign_cpu == 0);
    assert_true(hm_quiet_between(&before, &after, 0).foreign_cpu == 0.25);
}

static void each_bound_is_one_of_its_own(void **state)
{
    (void)state;
    const struct {
        hm_quiet_shares shares;
        const char *word;
    } loud[] = {
        {a_second(second_ns, 0, 0, 0), "others used 50 %"},
        {a_second(0, second_ns / 5, 0, 0), "hypervisor took 10 %"},
        {a_second(0, 0, second_ns / 2, 0), "waited for a CPU 50 %"},
    };
    for (size_t index = 0; index < sizeof loud / sizeof *loud; index++) {
        assert_true(hm_quiet_loudness(&loud[index].shares) > 1);
        json_t *object = hm_quiet_to_json(&loud[index].shares, 7);
        const json_t *why = json_object_get(object, "why");
        assert_true(json_is_true(json_object_get(object, "contaminated")));
        assert_int_equal(json_array_size(why), 1);
        assert_non_null(strstr(json_string_value(json_array_get(why, 0)), loud[index].word));
        assert_int_equal(json_integer_value(json_object_get(object, "waited_ns")), 7);
        json_decref(object);
    }
    hm_quiet_shares all = a_second(second_ns, second_ns / 5, second_ns / 2, 0);
    json_t *object = hm_quiet_to_json(&all, 0);
    assert_int_equal(json_array_size(json_object_get(object, "why")), 3);
    json_decref(object);
    hm_quiet_shares below = a_second(second_ns / 2, second_ns / 10, second_ns / 4, 0);
    assert_true(hm_quiet_loudness(&below) == 1);
    object = hm_quiet_to_json(&below, 0);
    assert_true(json_is_false(json_object_get(object, "contaminated")));
    json_decref(object);
}

static void what_the_kernel_does_not_tell_is_null(void **state)
{
    (void)state;
    const hm_quiet_reading before = {0}, after = {.at_ns = second_ns};
    hm_quiet_shares shares = hm_quiet_between(&before, &after, 0);
    assert_true(hm_quiet_loudness(&shares) == 0);
    for (int round = 0; round < 2; round++) {
        json_t *object = hm_quiet_to_json(round ? &shares : NULL, 0);
        assert_true(json_is_null(json_object_get(object, "foreign_cpu_share")));
        assert_true(json_is_null(json_object_get(object, "steal_share")));
        assert_true(json_is_null(json_object_get(object, "cpu_pressure_share")));
        assert_true(json_is_false(json_object_get(object, "contaminated")));
        assert_int_equal(json_array_size(json_object_get(object, "why")), 0);
        json_decref(object);
    }
}

/* One tick of a machine that counts a hundred a second is no evidence. */
static void too_short_a_window_says_nothing(void **state)
{
    (void)state;
    hm_quiet_shares shares = {.foreign_cpu = 1,
                              .steal = 1,
                              .cpu_pressure = 1,
                              .wall_ns = second_ns / 100,
                              .cpu_ns = second_ns / 50};
    assert_true(hm_quiet_loudness(&shares) == 0);
    json_t *object = hm_quiet_to_json(&shares, 0);
    assert_true(json_is_false(json_object_get(object, "contaminated")));
    assert_true(json_number_value(json_object_get(object, "foreign_cpu_share")) == 1);
    json_decref(object);
}

static void waiting_has_two_bounds(void **state)
{
    (void)state;
    hm_quiet quiet = {.wait_seconds = 2, .since_ns = 1000};
    assert_int_equal(hm_quiet_allowance(&quiet, 1000), 0);
    assert_int_equal(hm_quiet_allowance(&quiet, 1000 + 5 * second_ns), second_ns / 2);
    assert_int_equal(hm_quiet_allowance(&quiet, 1000 + 500 * second_ns), 2 * second_ns);
    quiet.waited_ns = 49 * second_ns;
    assert_int_equal(hm_quiet_allowance(&quiet, 1000 + 500 * second_ns), second_ns);
    quiet.waited_ns = 51 * second_ns;
    assert_int_equal(hm_quiet_allowance(&quiet, 1000 + 500 * second_ns), 0);
}

static bool at_once(void)
{
    return true;
}

static void a_quiet_machine_is_not_waited_for(void **state)
{
    (void)state;
    hm_quiet quiet = hm_quiet_start(60, NULL);
    quiet.since_ns = 1; /* since the machine started: a large allowance */
    assert_int_equal(hm_quiet_wait(&quiet), 0);
    hm_quiet_shares loud = a_second(2 * second_ns, 0, 0, 0);
    hm_quiet_note(&quiet, &loud);
    assert_true(quiet.loud);
    quiet.stopped = at_once;
    assert_true(hm_quiet_wait(&quiet) < second_ns);
    quiet.stopped = NULL;
    quiet.wait_seconds = 0.25;
    uint64_t before_ns = hm_clock_wall_ns();
    uint64_t waited_ns = hm_quiet_wait(&quiet);
    assert_true(waited_ns > 0 && waited_ns <= hm_clock_wall_ns() - before_ns);
    assert_true(quiet.waited_ns >= waited_ns);
    hm_quiet_shares silent = a_second(0, 0, 0, 0);
    hm_quiet_note(&quiet, &silent);
    assert_false(quiet.loud);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_own_time_is_not_foreign),
        cmocka_unit_test(the_drivers_own_time_is_not_foreign),
        cmocka_unit_test(each_bound_is_one_of_its_own),
        cmocka_unit_test(what_the_kernel_does_not_tell_is_null),
        cmocka_unit_test(too_short_a_window_says_nothing),
        cmocka_unit_test(waiting_has_two_bounds),
        cmocka_unit_test(a_quiet_machine_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
