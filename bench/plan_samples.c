/* The samples of a plan: blocks, rounds and the order in which they run. */
#include "bench/plan_samples.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PADDING_BYTES = 4095 };

static void add_sample(hm_plan *plan, size_t cell, hm_sample_kind kind, hm_sample_role role,
                       unsigned repetition)
{
    plan->samples = hm_grow_for_next(plan->samples, plan->sample_count, sizeof *plan->samples);
    plan->samples[plan->sample_count++] = (hm_plan_sample){
        .id = hm_format("%s#%s%s#%u", plan->cells[cell].name,
                        role == HM_ROLE_CONTROL ? "control-" : "", hm_sample_kind_name(kind),
                        repetition),
        .cell = cell,
        .kind = kind,
        .role = role,
        .repetition = repetition,
    };
}

/** The cell that is measured twice: the baseline's first. */
static size_t control_cell(const hm_plan *plan)
{
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].role == HM_ROLE_CELL && plan->cells[index].backend == plan->baseline)
            return index;
    }
    return 0;
}

static void shuffle(hm_plan_sample *samples, size_t count, hm_random *random)
{
    for (size_t left = count; left > 1; left--) {
        size_t chosen = (size_t)hm_random_below(random, left);
        hm_plan_sample last = samples[left - 1];
        samples[left - 1] = samples[chosen];
        samples[chosen] = last;
    }
}

/* The time samples of one work in one repetition, side by side and in random order: a block, within
 * which a machine that drifts is much the same for every cell. */
static void add_block(hm_plan *plan, size_t work, unsigned repetition, hm_random *random)
{
    size_t first = plan->sample_count;
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].work == work && plan->cells[index].role != HM_ROLE_NULL)
            add_sample(plan, index, HM_SAMPLE_TIME, plan->cells[index].role, repetition);
    }
    size_t control = control_cell(plan);
    if (plan->cells[control].work == work)
        add_sample(plan, control, HM_SAMPLE_TIME, HM_ROLE_CONTROL, repetition);
    if (plan->sample_count > first) /* a work may have no cell, and the plan no sample yet */
        shuffle(plan->samples + first, plan->sample_count - first, random);
}

void hm_plan_add_blocks(hm_plan *plan, const bool *works, unsigned repetition, hm_random *random)
{
    size_t *order = hm_grow(NULL, plan->work_count, sizeof *order);
    size_t count = 0;
    for (size_t work = 0; work < plan->work_count; work++) {
        if (works && !works[work])
            continue;
        size_t earlier = (size_t)hm_random_below(random, count + 1);
        order[count++] = order[earlier];
        order[earlier] = work;
    }
    for (size_t place = 0; place < count; place++)
        add_block(plan, order[place], repetition, random);
    free(order);
}

/** Calls that are compiled in cannot be counted or timed one by one: such a cell has time samples
 * alone. */
static bool calls_are_seen(const hm_plan_cell *cell)
{
    return cell->cell.backend->backend->linkage != HM_LINKAGE_INLINE;
}

/** Another runtime's process is timed; its memory is looked at where its allocator alone works:
 * what its objects asked for nobody counts, and its calls are not timed one by one. */
static bool tells_memory(const hm_plan_cell *cell)
{
    return *cell->cell.runtime == '\0' || strcmp(cell->cell.workload->group, "object") != 0;
}

static void add_memory_samples(hm_plan *plan, unsigned repetition, hm_random *random)
{
    size_t first = plan->sample_count;
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].role != HM_ROLE_EMPTY && calls_are_seen(&plan->cells[index]) &&
            tells_memory(&plan->cells[index]))
            add_sample(plan, index, HM_SAMPLE_MEMORY, plan->cells[index].role, repetition);
    }
    shuffle(plan->samples + first, plan->sample_count - first, random);
}

/** Latency samples are of the matrix alone: what nothing costs has no pauses. */
static void add_latency_samples(hm_plan *plan, unsigned repetition, hm_random *random)
{
    size_t first = plan->sample_count;
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].role == HM_ROLE_CELL && calls_are_seen(&plan->cells[index]) &&
            *plan->cells[index].cell.runtime == '\0')
            add_sample(plan, index, HM_SAMPLE_LATENCY, HM_ROLE_CELL, repetition);
    }
    shuffle(plan->samples + first, plan->sample_count - first, random);
}

void hm_plan_number_samples(hm_plan *plan, size_t first, size_t sequence, hm_random *random)
{
    for (size_t index = first; index < plan->sample_count; index++) {
        plan->samples[index].sequence = sequence + (index - first);
        plan->samples[index].padding_bytes =
            (unsigned)hm_random_below(random, MAX_PADDING_BYTES + 1);
    }
}

void hm_plan_add_samples(hm_plan *plan)
{
    const hm_run_options *options = plan->options;
    hm_random random;
    hm_random_seed(&random, options->seed);
    for (unsigned round = 0; round < options->repetitions || round < options->memory_repetitions ||
                             round < options->latency_repetitions;
         round++) {
        if (round < options->repetitions)
            hm_plan_add_blocks(plan, NULL, round, &random);
        if (round < options->memory_repetitions)
            add_memory_samples(plan, round, &random);
        if (round < options->latency_repetitions)
            add_latency_samples(plan, round, &random);
    }
    hm_plan_number_samples(plan, 0, 0, &random);
    plan->unsharded_count = plan->sample_count;
}
