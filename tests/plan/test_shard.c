/* This module tests shards: disjoint, together the plan, whole works, balanced. */
#include "plan_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHARDS = 7 };

static void make_shard(made_plan *made, unsigned index, unsigned count)
{
    char text[32];
    snprintf(text, sizeof text, "--shard %u/%u", index, count);
    assert_int_equal(make_plan(made, text), HM_OK);
}

static void the_union_is_the_plan(void **state)
{
    (void)state;
    made_plan whole;
    assert_int_equal(make_plan(&whole, ""), HM_OK);
    for (unsigned count = 1; count <= MOST_SHARDS; count++) {
        unsigned *seen = calloc(whole.plan.sample_count, sizeof *seen);
        for (unsigned index = 1; index <= count; index++) {
            made_plan part;
            make_shard(&part, index, count);
            assert_true(part.plan.sample_count > 0);
            assert_int_equal(part.plan.unsharded_count, whole.plan.sample_count);
            for (size_t sample = 0; sample < part.plan.sample_count; sample++) {
                const hm_plan_sample *own = &part.plan.samples[sample];
                assert_true(own->sequence < whole.plan.sample_count);
                const hm_plan_sample *same = &whole.plan.samples[own->sequence];
                seen[own->sequence]++;
                assert_string_equal(own->id, same->id);
                assert_int_equal(own->padding_bytes, same->padding_bytes);
                assert_int_equal(own->repetition, same->repetition);
                assert_true(own->role == same->role && own->kind == same->kind);
                /* The order within a shard is the plan's. */
                assert_true(sample == 0 || part.plan.samples[sample - 1].sequence < own->sequence);
            }
            clear_plan(&part);
        }
        for (size_t sample = 0; sample < whole.plan.sample_count; sample++)
            assert_int_equal(seen[sample], 1);
        free(seen);
    }
    clear_plan(&whole);
}

static void a_work_stays_together(void **state)
{
    (void)state;
    made_plan parts[3];
    for (unsigned index = 0; index < 3; index++)
        make_shard(&parts[index], index + 1, 3);
    for (unsigned first = 0; first < 3; first++) {
        for (unsigned second = first + 1; second < 3; second++) {
            for (size_t left = 0; left < parts[first].plan.sample_count; left++) {
                for (size_t right = 0; right < parts[second].plan.sample_count; right++)
                    assert_string_not_equal(work_of(&parts[first], left),
                                            work_of(&parts[second], right));
            }
        }
    }
    for (unsigned index = 0; index < 3; index++)
        clear_plan(&parts[index]);
}

/* Dealing the largest first leaves shards that differ by one work at most. */
static void shards_are_balanced(void **state)
{
    (void)state;
    size_t least = SIZE_MAX, most = 0, largest_work = 0;
    made_plan whole;
    assert_int_equal(make_plan(&whole, ""), HM_OK);
    for (size_t work = 0; work < whole.plan.work_count; work++) {
        size_t count = 0;
        for (size_t sample = 0; sample < whole.plan.sample_count; sample++)
            count += strcmp(work_of(&whole, sample), whole.plan.works[work].name) == 0;
        largest_work = count > largest_work ? count : largest_work;
    }
    for (unsigned index = 1; index <= 3; index++) {
        made_plan part;
        make_shard(&part, index, 3);
        least = part.plan.sample_count < least ? part.plan.sample_count : least;
        most = part.plan.sample_count > most ? part.plan.sample_count : most;
        clear_plan(&part);
    }
    assert_true(most - least <= largest_work);
    clear_plan(&whole);
}

static void json_says_whose_part_it_is(void **state)
{
    (void)state;
    made_plan whole, part;
    assert_int_equal(make_plan(&whole, ""), HM_OK);
    make_shard(&part, 2, 3);
    json_t *of_whole = hm_plan_to_json(&whole.plan);
    json_t *of_part = hm_plan_to_json(&part.plan);
    assert_true(json_is_null(json_object_get(of_whole, "shard")));
    const json_t *shard = json_object_get(of_part, "shard");
    assert_int_equal(json_integer_value(json_object_get(shard, "index")), 2);
    assert_int_equal(json_integer_value(json_object_get(shard, "count")), 3);
    assert_int_equal(json_integer_value(json_object_get(shard, "samples")),
                     whole.plan.sample_count);
    assert_int_equal(json_array_size(json_object_get(shard, "works")), whole.plan.work_count);
    assert_int_equal(json_array_size(json_object_get(of_whole, "works")), whole.plan.work_count);
    assert_true(json_array_size(json_object_get(of_part, "works")) < whole.plan.work_count);
    assert_int_equal(json_integer_value(json_object_get(of_part, "samples")),
                     part.plan.sample_count);

    /* A stopped shard finds its plan again, and no other shard does. */
    made_plan again, other;
    make_shard(&again, 2, 3);
    make_shard(&other, 3, 3);
    assert_int_equal(hm_plan_resume(&again.plan, of_part, &again.error), HM_OK);
    assert_int_equal(hm_plan_resume(&other.plan, of_part, &other.error), HM_USAGE_ERROR);
    json_decref(of_whole);
    json_decref(of_part);
    clear_plan(&again);
    clear_plan(&other);
    clear_plan(&whole);
    clear_plan(&part);
}

static void more_shards_than_works_are_refused(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, "--shard 8/8"), HM_USAGE_ERROR);
    assert_non_null(strstr(made.error.message, "7 works"));
    clear_plan(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_union_is_the_plan),
        cmocka_unit_test(a_work_stays_together),
        cmocka_unit_test(shards_are_balanced),
        cmocka_unit_test(json_says_whose_part_it_is),
        cmocka_unit_test(more_shards_than_works_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
