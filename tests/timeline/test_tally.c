/* This module tests the sums by place: increments are of a phase, the highest is of its snapshots.
 */
#include "cmocka_all.h"

#include "bench/timeline/tally.h"

#include <string.h>

static json_t *named(const char *name)
{
    return json_pack("{s:s}", "name", name);
}

static void add(hm_timeline_tally *tally, const char *key, uint64_t bytes, uint64_t count)
{
    hm_timeline_tally_add(tally, key, named(key), bytes, count);
}

static void assert_line(const json_t *lines, size_t index, const char *name, int increment_bytes,
                        int increment_count, int bytes, int count, int highest)
{
    const json_t *line = json_array_get(lines, index);
    assert_string_equal(json_string_value(json_object_get(line, "name")), name);
    const struct {
        const char *member;
        int expected;
    } members[] = {{"increment_bytes", increment_bytes},
                   {"increment_count", increment_count},
                   {"bytes", bytes},
                   {"count", count},
                   {"highest_bytes", highest}};
    for (size_t member = 0; member < sizeof members / sizeof *members; member++)
        assert_int_equal(json_integer_value(json_object_get(line, members[member].member)),
                         members[member].expected);
}

static void increments_are_those_of_the_phase(void **state)
{
    (void)state;
    hm_timeline_tally tally = {0};
    hm_timeline_tally_begin(&tally);
    add(&tally, "a", 100, 2);
    add(&tally, "b", 50, 1);
    add(&tally, "a", 20, 1);
    hm_timeline_tally_end(&tally);
    json_t *lines = hm_timeline_tally_take(&tally);
    assert_int_equal(json_array_size(lines), 2);
    assert_line(lines, 0, "a", 120, 3, 120, 3, 120);
    assert_line(lines, 1, "b", 50, 1, 50, 1, 50);
    json_decref(lines);

    hm_timeline_tally_begin(&tally); /* inside the phase: more of b */
    add(&tally, "a", 120, 3);
    add(&tally, "b", 900, 9);
    hm_timeline_tally_end(&tally);
    hm_timeline_tally_begin(&tally); /* at its end: a is gone, c is new */
    add(&tally, "b", 60, 2);
    add(&tally, "c", 70, 1);
    hm_timeline_tally_end(&tally);
    lines = hm_timeline_tally_take(&tally);
    assert_int_equal(json_array_size(lines), 3);
    assert_line(lines, 0, "a", -120, -3, 0, 0, 120);
    assert_line(lines, 1, "c", 70, 1, 70, 1, 70);
    assert_line(lines, 2, "b", 10, 1, 60, 2, 900);
    json_decref(lines);
    hm_timeline_tally_clear(&tally);
}

static void what_is_gone_is_not_told_again(void **state)
{
    (void)state;
    hm_timeline_tally tally = {0};
    hm_timeline_tally_begin(&tally);
    add(&tally, "a", 10, 1);
    hm_timeline_tally_end(&tally);
    json_decref(hm_timeline_tally_take(&tally));
    hm_timeline_tally_begin(&tally);
    hm_timeline_tally_end(&tally);
    json_t *lines = hm_timeline_tally_take(&tally);
    assert_line(lines, 0, "a", -10, -1, 0, 0, 10);
    json_decref(lines);
    hm_timeline_tally_begin(&tally);
    hm_timeline_tally_end(&tally);
    lines = hm_timeline_tally_take(&tally);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    hm_timeline_tally_clear(&tally);
}

static void equal_changes_stand_by_size_then_name(void **state)
{
    (void)state;
    hm_timeline_tally tally = {0};
    hm_timeline_tally_begin(&tally);
    add(&tally, "gone", 30, 1);
    hm_timeline_tally_end(&tally);
    json_decref(hm_timeline_tally_take(&tally));
    hm_timeline_tally_begin(&tally);
    add(&tally, "z", 30, 1);
    add(&tally, "y", 30, 1);
    hm_timeline_tally_end(&tally);
    json_t *lines = hm_timeline_tally_take(&tally);
    assert_line(lines, 0, "y", 30, 1, 30, 1, 30);
    assert_line(lines, 1, "z", 30, 1, 30, 1, 30);
    assert_line(lines, 2, "gone", -30, -1, 0, 0, 30);
    json_decref(lines);
    hm_timeline_tally_clear(&tally);
}

static void one_never_used_is_empty(void **state)
{
    (void)state;
    hm_timeline_tally tally = {0};
    json_t *lines = hm_timeline_tally_take(&tally);
    assert_int_equal(json_array_size(lines), 0);
    json_decref(lines);
    hm_timeline_tally_clear(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(increments_are_those_of_the_phase),
        cmocka_unit_test(what_is_gone_is_not_told_again),
        cmocka_unit_test(equal_changes_stand_by_size_then_name),
        cmocka_unit_test(one_never_used_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
