/* A shard of a plan: the part of it that one machine of several measures (--shard 1/3).
 *
 * The unit that is dealt is the *work*, with everything that is planned on it: all back ends,
 * collectors and threads, every kind and repetition, and the control that is the twin of one of its
 * cells. What is compared is so measured on one machine, side by side. The works `null` and `empty`
 * are dealt like any other. So the shards of a plan are disjoint, and their union is the plan, id
 * by id: joining them is putting the journals together, and nothing has to be dropped or renamed.
 *
 * Works are dealt in the order of falling sample counts, each to the shard with the fewest samples
 * so far; equals in the plan's order to the lowest shard. That is made from the plan of fixed
 * rounds alone, so that every shard finds the same deal by itself.
 *
 * What a reader of several shards needs (docs/results.md):
 * - A sample of a shard has the id, the repetition, the padding and the `sequence` that it has in
 * the unsharded plan. Sequences of one shard's fixed samples have gaps that the other shards fill.
 * - `options.shard` and `plan.shard` are null in a run that is none. In a shard they are
 *   {"index": 1, "count": 3}; plan.shard has two members more: "samples", how many fixed samples
 *   the unsharded plan has, and "works", the names of all its works in its order.
 * - `plan.works` lists the shard's own works, in the plan's order; `plan.samples` counts its own
 *   samples. Joined: plan.works as plan.shard.works orders them, plan.samples the sum.
 * - `plan.rounds` (adaptive rounds) is each shard's own, by its own cells. The samples of its
 * rounds have sequences from plan.shard.samples on, the same numbers in each shard: only they have
 * to be numbered anew by who joins: first by round, then by shard, then by sequence. Round k of the
 *   joined run is the union of the shards' rounds k, in the shards' order.
 * - `options` of the shards are equal but for `shard`; so are backends, collectors, metrics, build.
 * - A shard can be read alone. What it does not have is missing there: net memory where another
 *   shard has the null runs, and the control and the harness's own cost where another has them.
 */
#include "bench/plan.h"

#include <stdlib.h>
#include <string.h>

/** How many samples are planned on each work; a new array. */
static size_t *count_samples(const hm_plan *plan)
{
    size_t *counts = hm_grow(NULL, plan->work_count, sizeof *counts);
    memset(counts, 0, plan->work_count * sizeof *counts);
    for (size_t index = 0; index < plan->sample_count; index++)
        counts[plan->cells[plan->samples[index].cell].work]++;
    return counts;
}

/** The work with the most samples of those not dealt yet (shards[work] is 0), the first of equals.
 */
static size_t next_work(const size_t *counts, const unsigned *shards, size_t work_count)
{
    size_t chosen = work_count;
    for (size_t work = 0; work < work_count; work++) {
        if (shards[work] == 0 && (chosen == work_count || counts[work] > counts[chosen]))
            chosen = work;
    }
    return chosen;
}

/** The shard, from 1, that has the fewest samples so far. */
static unsigned lightest(const size_t *loads, unsigned shard_count)
{
    unsigned chosen = 0;
    for (unsigned shard = 1; shard < shard_count; shard++) {
        if (loads[shard] < loads[chosen])
            chosen = shard;
    }
    return chosen + 1;
}

/** The shard of each work, from 1; a new array. */
static unsigned *deal(const hm_plan *plan, const size_t *counts, unsigned shard_count)
{
    unsigned *shards = hm_grow(NULL, plan->work_count, sizeof *shards);
    size_t *loads = hm_grow(NULL, shard_count, sizeof *loads);
    memset(shards, 0, plan->work_count * sizeof *shards);
    memset(loads, 0, shard_count * sizeof *loads);
    for (size_t dealt = 0; dealt < plan->work_count; dealt++) {
        size_t work = next_work(counts, shards, plan->work_count);
        shards[work] = lightest(loads, shard_count);
        loads[shards[work] - 1] += counts[work];
    }
    free(loads);
    return shards;
}

/** Keeps the samples of the works that are not elsewhere. */
static void keep_own_samples(hm_plan *plan)
{
    size_t kept = 0;
    for (size_t index = 0; index < plan->sample_count; index++) {
        if (plan->works[plan->cells[plan->samples[index].cell].work].elsewhere)
            free(plan->samples[index].id);
        else
            plan->samples[kept++] = plan->samples[index];
    }
    plan->sample_count = kept;
}

hm_status hm_plan_take_shard(hm_plan *plan, hm_error *error)
{
    const hm_run_options *options = plan->options;
    if (options->shard_count == 0)
        return HM_OK;
    size_t *counts = count_samples(plan);
    size_t works = 0;
    for (size_t work = 0; work < plan->work_count; work++)
        works += counts[work] > 0;
    if (works < options->shard_count) {
        free(counts);
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--shard: this run has %zu works, controls included, and a shard needs "
                            "one: at most 1/%zu",
                            works, works);
    }
    unsigned *shards = deal(plan, counts, options->shard_count);
    for (size_t work = 0; work < plan->work_count; work++)
        plan->works[work].elsewhere = shards[work] != options->shard_index;
    keep_own_samples(plan);
    free(shards);
    free(counts);
    return HM_OK;
}

json_t *hm_plan_shard_to_json(const hm_plan *plan)
{
    const hm_run_options *options = plan->options;
    if (options->shard_count == 0)
        return json_null();
    json_t *works = json_array();
    for (size_t work = 0; work < plan->work_count; work++)
        json_array_append_new(works, json_string(plan->works[work].name));
    return json_pack("{s:I, s:I, s:I, s:o}", "index", (json_int_t)options->shard_index, "count",
                     (json_int_t)options->shard_count, "samples", (json_int_t)plan->unsharded_count,
                     "works", works);
}
