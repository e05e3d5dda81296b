/* This module tests adaptive rounds: whole blocks of the works that are unsettled, the same again
 * from what was stored, and nothing for names that are no cells. */
#include "plan_fixture.h"

#include <stdlib.h>
#include <string.h>

/* The first cell of the matrix of the plan's `work`th work. */
static const char *cell_of(const made_plan *made, size_t work)
{
    for (size_t index = 0; index < made->plan.cell_count; index++) {
        if (made->plan.cells[index].work == work && made->plan.cells[index].role == HM_ROLE_CELL)
            return made->plan.cells[index].name;
    }
    fail_msg("work %zu has no cell", work);
    return NULL;
}

static hm_status add_round(made_plan *made, const char *cell)
{
    hm_strings cells = {0};
    hm_strings_add(&cells, cell);
    hm_status status = hm_plan_add_round(&made->plan, &cells, &made->error);
    hm_strings_clear(&cells);
    return status;
}

static size_t time_samples_of_a_round(const made_plan *made, size_t work)
{
    size_t count = 0;
    for (size_t sample = 0; sample < made->plan.unsharded_count; sample++)
        count += made->plan.samples[sample].kind == HM_SAMPLE_TIME &&
                 made->plan.samples[sample].repetition == 0 &&
                 made->plan.cells[made->plan.samples[sample].cell].work == work;
    return count;
}

static void a_round_is_whole_blocks(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, ""), HM_OK);
    size_t before = made.plan.sample_count;
    assert_int_equal(add_round(&made, cell_of(&made, 1)), HM_OK);
    assert_int_equal(made.plan.round_count, 1);
    assert_int_equal(made.plan.sample_count - before, time_samples_of_a_round(&made, 1));
    for (size_t index = before; index < made.plan.sample_count; index++) {
        const hm_plan_sample *sample = &made.plan.samples[index];
        assert_string_equal(work_of(&made, index), made.plan.works[1].name);
        assert_int_equal(sample->repetition, 3);
        assert_int_equal(sample->sequence, index);
        assert_true(sample->kind == HM_SAMPLE_TIME && !sample->finished);
        for (size_t earlier = 0; earlier < index; earlier++)
            assert_string_not_equal(made.plan.samples[earlier].id, sample->id);
    }
    assert_int_equal(add_round(&made, cell_of(&made, 0)), HM_OK);
    /* The first work has the control: its twin is in the block again. */
    unsigned controls = 0;
    for (size_t index = before; index < made.plan.sample_count; index++) {
        controls += made.plan.samples[index].role == HM_ROLE_CONTROL;
        assert_int_equal(made.plan.samples[index].sequence, index);
    }
    assert_int_equal(controls, 1);
    assert_int_equal(made.plan.samples[made.plan.sample_count - 1].repetition, 4);
    clear_plan(&made);
}

static void a_stored_round_is_made_again(void **state)
{
    (void)state;
    made_plan made, again;
    assert_int_equal(make_plan(&made, ""), HM_OK);
    assert_int_equal(add_round(&made, cell_of(&made, 1)), HM_OK);
    assert_int_equal(add_round(&made, cell_of(&made, 0)), HM_OK);
    json_t *stored = hm_plan_to_json(&made.plan);
    assert_int_equal(json_array_size(json_object_get(stored, "rounds")), 2);
    assert_int_equal(make_plan(&again, ""), HM_OK);
    assert_int_equal(hm_plan_resume(&again.plan, stored, &again.error), HM_OK);
    assert_int_equal(again.plan.sample_count, made.plan.sample_count);
    for (size_t index = 0; index < made.plan.sample_count; index++) {
        assert_string_equal(again.plan.samples[index].id, made.plan.samples[index].id);
        assert_int_equal(again.plan.samples[index].padding_bytes,
                         made.plan.samples[index].padding_bytes);
    }
    json_decref(stored);
    clear_plan(&again);
    clear_plan(&made);
}

static void what_is_no_round_is_refused(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, ""), HM_OK);
    size_t before = made.plan.sample_count;
    assert_int_equal(add_round(&made, "nothing"), HM_USAGE_ERROR);
    hm_strings none = {0};
    assert_int_equal(hm_plan_add_round(&made.plan, &none, &made.error), HM_USAGE_ERROR);
    assert_int_equal(made.plan.sample_count, before);
    assert_int_equal(made.plan.round_count, 0);

    static const char *const stored[] = {"{\"rounds\": [[]]}", "{\"rounds\": [7]}",
                                         "{\"rounds\": [[1]]}", "{\"rounds\": [[\"nothing\"]]}"};
    for (size_t index = 0; index < sizeof stored / sizeof *stored; index++) {
        json_t *plan = json_loads(stored[index], 0, NULL);
        assert_non_null(plan);
        assert_int_equal(hm_plan_resume(&made.plan, plan, &made.error), HM_USAGE_ERROR);
        json_decref(plan);
    }
    clear_plan(&made);
}

/* A shard's rounds are of its own cells and are numbered after the whole plan's. */
static void a_shard_has_rounds_of_its_own(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, "--shard 2/3"), HM_OK);
    size_t own = 0, elsewhere = 0;
    while (made.plan.works[own].elsewhere)
        own++;
    while (!made.plan.works[elsewhere].elsewhere)
        elsewhere++;
    assert_int_equal(add_round(&made, cell_of(&made, elsewhere)), HM_USAGE_ERROR);
    size_t before = made.plan.sample_count;
    assert_int_equal(add_round(&made, cell_of(&made, own)), HM_OK);
    assert_int_equal(made.plan.samples[before].sequence, made.plan.unsharded_count);
    clear_plan(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_is_whole_blocks),
        cmocka_unit_test(a_stored_round_is_made_again),
        cmocka_unit_test(what_is_no_round_is_refused),
        cmocka_unit_test(a_shard_has_rounds_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
