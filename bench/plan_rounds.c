/* Adaptive rounds: what a plan gains after its fixed rounds where the samples do not yet say what
 * was asked for. Which cells are unsettled the plot package decides (driver_rounds.c asks it); here
 * a round is made of whole blocks, so that a cell is never measured without those it is compared
 * to.
 *
 * A round depends on the options, on its number and on its cells alone: stored names make it again.
 */
#include "bench/plan_samples.h"

#include <stdlib.h>
#include <string.h>

/** The cell of the matrix called `name`, measured here; NULL: there is none. */
static const hm_plan_cell *find_cell(const hm_plan *plan, const char *name)
{
    for (size_t index = 0; index < plan->cell_count; index++) {
        const hm_plan_cell *cell = &plan->cells[index];
        if (cell->role == HM_ROLE_CELL && !plan->works[cell->work].elsewhere &&
            strcmp(cell->name, name) == 0)
            return cell;
    }
    return NULL;
}

/** Says of each work whether one of `cells` is of it. HM_USAGE_ERROR: a name is no cell. */
static hm_status choose_works(const hm_plan *plan, const hm_strings *cells, bool *works,
                              hm_error *error)
{
    memset(works, 0, plan->work_count * sizeof *works);
    for (size_t index = 0; index < cells->count; index++) {
        const hm_plan_cell *cell = find_cell(plan, cells->items[index]);
        if (!cell)
            return hm_error_set(error, HM_USAGE_ERROR, "'%.200s' is no cell of this run's plan",
                                cells->items[index]);
        works[cell->work] = true;
    }
    return HM_OK;
}

static void keep_cells(hm_plan *plan, const bool *works)
{
    plan->rounds = hm_grow(plan->rounds, plan->round_count + 1, sizeof *plan->rounds);
    hm_strings *round = &plan->rounds[plan->round_count++];
    *round = (hm_strings){0};
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].role == HM_ROLE_CELL && works[plan->cells[index].work])
            hm_strings_add(round, plan->cells[index].name);
    }
}

/** The sequence number after the last one of this plan. */
static size_t next_sequence(const hm_plan *plan)
{
    size_t next = plan->unsharded_count;
    if (plan->round_count > 0)
        next = plan->samples[plan->sample_count - 1].sequence + 1;
    return next;
}

hm_status hm_plan_add_round(hm_plan *plan, const hm_strings *cells, hm_error *error)
{
    hm_random random;
    bool *works = hm_grow(NULL, plan->work_count, sizeof *works);
    hm_status status = choose_works(plan, cells, works, error);
    if (status == HM_OK && (cells->count == 0 || plan->options->repetitions == 0))
        status = hm_error_set(error, HM_USAGE_ERROR, "a round without a time sample");
    if (status == HM_OK) {
        size_t first = plan->sample_count;
        size_t sequence = next_sequence(plan);
        unsigned round = (unsigned)plan->round_count;
        uint64_t place = plan->options->seed;
        hm_random_seed(&random, hm_splitmix64(&place) + round + 1);
        hm_plan_add_blocks(plan, works, plan->options->repetitions + round, &random);
        hm_plan_number_samples(plan, first, sequence, &random);
        keep_cells(plan, works);
    }
    free(works);
    return status;
}

json_t *hm_plan_rounds_to_json(const hm_plan *plan)
{
    json_t *rounds = json_array();
    for (size_t round = 0; round < plan->round_count; round++) {
        json_t *cells = json_array();
        for (size_t index = 0; index < plan->rounds[round].count; index++)
            json_array_append_new(cells, json_string(plan->rounds[round].items[index]));
        json_array_append_new(rounds, cells);
    }
    return rounds;
}

hm_status hm_plan_resume_rounds(hm_plan *plan, const json_t *stored, hm_error *error)
{
    hm_status status = HM_OK;
    size_t index, place;
    const json_t *round, *name;
    json_array_foreach(stored, index, round)
    {
        hm_strings cells = {0};
        json_array_foreach(round, place, name)
        {
            hm_strings_add(&cells, json_is_string(name) ? json_string_value(name) : "");
        }
        status = hm_plan_add_round(plan, &cells, error);
        hm_strings_clear(&cells);
        if (status != HM_OK)
            break;
    }
    return status;
}
