#include "bench/plan.h"

#include "base/check.h"
#include "bench/runtime_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hm_status choose_collectors(hm_plan *plan, hm_error *error)
{
    hm_strings names = {0};
    hm_status status = HM_OK;
    const hm_strings *texts = &plan->options->collectors;
    if (texts->count == 0) {
        hm_strings_split(&names, plan->options->profile->collectors, ',');
        texts = &names;
    }
    plan->collectors = hm_grow(NULL, texts->count, sizeof *plan->collectors);
    for (size_t index = 0; index < texts->count && status == HM_OK; index++) {
        hm_collector_spec spec = {0};
        status = hm_collector_parse(texts->items[index], &spec, error);
        for (size_t earlier = 0; earlier < plan->collector_count && status == HM_OK; earlier++) {
            if (strcmp(plan->collectors[earlier].label, spec.label) == 0)
                status = hm_error_set(error, HM_USAGE_ERROR,
                                      "--collector: %s is given twice; name each once", spec.label);
        }
        plan->collectors[plan->collector_count++] = spec;
    }
    hm_strings_clear(&names);
    return status;
}

hm_plan_cell hm_plan_make_cell(const hm_plan *plan, size_t work, size_t backend,
                               const hm_collector_spec *collector, size_t thread_index,
                               hm_sample_role role)
{
    hm_plan_cell made = {
        .work = work, .backend = backend, .thread_index = thread_index, .role = role};
    made.cell.workload = plan->works[work].workload;
    memcpy(made.cell.parameters, plan->works[work].parameters, sizeof made.cell.parameters);
    made.cell.backend = &plan->backends->items[backend].spec;
    made.cell.collector = *collector;
    made.cell.threads = plan->options->threads[thread_index];
    const char *runtime = plan->backends->items[backend].runtime;
    snprintf(made.cell.runtime, sizeof made.cell.runtime, "%s", runtime ? runtime : "");
    return made;
}

bool hm_plan_suits_collector(const hm_plan_cell *made)
{
    const hm_bench_cell *cell = &made->cell;
    bool collects = (cell->collector.collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
    bool object = strcmp(cell->workload->group, "object") == 0;
    if ((cell->workload->needs & HM_MEASURES_COLLECTION) != 0 && !collects)
        return false;
    if (*cell->runtime == '\0' || !object)
        return true;
    /* A python always has the collector's books, and collects by itself or not at all. */
    return strcmp(cell->collector.label, "none") != 0 &&
           (!collects || cell->collector.settings.automatic);
}

/** Whether a cell of another runtime can be had: its works have one thread. */
static bool suits_runtime(const hm_plan_cell *made)
{
    return *made->cell.runtime == '\0' ||
           (made->cell.threads == 1 && hm_runtime_host_can_run(made->cell.workload));
}

/** Adds the cell where it makes sense and `filter` (NULL: all) matches its name. */
static hm_status add_cell(hm_plan *plan, hm_plan_cell cell, hm_filter *filter, hm_error *error)
{
    char name[HM_CELL_NAME_BYTES];
    if (!suits_runtime(&cell) || !hm_plan_suits_collector(&cell))
        return HM_OK;
    if (!hm_bench_cell_name(&cell.cell, name, sizeof name))
        return hm_error_set(error, HM_USAGE_ERROR, "a cell of %s has a name above %d bytes",
                            cell.cell.workload->name, (int)sizeof name);
    if (!hm_filter_matches(filter, name))
        return HM_OK;
    plan->cells = hm_grow(plan->cells, plan->cell_count + 1, sizeof *plan->cells);
    cell.name = hm_copy(name);
    plan->cells[plan->cell_count++] = cell;
    return HM_OK;
}

static bool is_raw(const hm_plan *plan, size_t work)
{
    return strcmp(plan->works[work].workload->group, "raw") == 0;
}

/** A raw work has no heap that a collector could collect: one cell with none, whatever is asked. */
static hm_status add_cells_of_raw_work(hm_plan *plan, size_t work, hm_filter *filter,
                                       hm_error *error)
{
    hm_collector_spec none = {0};
    hm_status status = hm_collector_parse("none", &none, error);
    for (size_t backend = 0; backend < plan->backends->count; backend++) {
        for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
            if (status == HM_OK && !plan->backends->items[backend].absent &&
                hm_workload_suits_threads(plan->works[work].workload,
                                          plan->options->threads[thread]))
                status = add_cell(
                    plan, hm_plan_make_cell(plan, work, backend, &none, thread, HM_ROLE_CELL),
                    filter, error);
        }
    }
    return status;
}

static hm_status add_cells_of_work(hm_plan *plan, size_t work, hm_filter *filter, hm_error *error)
{
    if (is_raw(plan, work))
        return add_cells_of_raw_work(plan, work, filter, error);
    for (size_t backend = 0; backend < plan->backends->count; backend++) {
        if (plan->backends->items[backend].absent)
            continue;
        for (size_t collector = 0; collector < plan->collector_count; collector++) {
            for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
                if (!hm_workload_suits_threads(plan->works[work].workload,
                                               plan->options->threads[thread]))
                    continue;
                hm_plan_cell cell = hm_plan_make_cell(
                    plan, work, backend, &plan->collectors[collector], thread, HM_ROLE_CELL);
                if (add_cell(plan, cell, filter, error) != HM_OK)
                    return HM_USAGE_ERROR;
            }
        }
    }
    return HM_OK;
}

/** Adds the cells that `filter` (NULL: all) matches, and notes what has none and why. */
static hm_status add_matching_cells(hm_plan *plan, hm_filter *filter, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t work = 0; work < plan->work_count && status == HM_OK; work++) {
        status = add_cells_of_work(plan, work, filter, error);
        hm_plan_note_threads(plan, work, filter);
    }
    hm_plan_note_references(plan, filter);
    return status == HM_OK ? hm_filter_check(filter, error) : status;
}

static hm_status add_matrix(hm_plan *plan, hm_error *error)
{
    const char *text = plan->options->filter;
    hm_filter *filter = text ? hm_filter_compile(text, error) : NULL;
    if (text && filter == NULL)
        return HM_USAGE_ERROR;
    hm_status status = add_matching_cells(plan, filter, error);
    hm_filter_free(filter);
    char *words = hm_plan_threads_words(plan);
    if (words == NULL)
        words = hm_plan_references_words(plan);
    if (status == HM_OK && plan->cell_count == 0 && words != NULL)
        status = hm_error_set(error, HM_USAGE_ERROR, "--threads: %.480s", words);
    else if (status == HM_OK && plan->cell_count == 0 && text)
        status =
            hm_error_set(error, HM_USAGE_ERROR,
                         "--filter: '%.200s' matches no cell; `heapmark run --dry-run` without "
                         "it prints their names",
                         text);
    else if (status == HM_OK && plan->cell_count == 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "no back end of the profile is there; "
                              "`heapmark list backends` says what to "
                              "install");
    free(words);
    return status;
}

static bool has_cells(const hm_plan *plan, size_t backend)
{
    for (size_t index = 0; index < plan->cell_count; index++) {
        if (plan->cells[index].backend == backend)
            return true;
    }
    return false;
}

static hm_status choose_baseline(hm_plan *plan, hm_error *error)
{
    const char *wanted = plan->options->baseline ? plan->options->baseline : "system";
    hm_strings names = {0};
    char list[384];
    plan->baseline = plan->cells[0].backend;
    for (size_t index = 0; index < plan->backends->count; index++) {
        if (!has_cells(plan, index))
            continue;
        hm_strings_add(&names, plan->backends->items[index].spec.label);
        if (strcmp(plan->backends->items[index].spec.label, wanted) == 0)
            plan->baseline = index;
    }
    bool found = strcmp(plan->backends->items[plan->baseline].spec.label, wanted) == 0;
    hm_strings_join(&names, list, sizeof list);
    hm_strings_clear(&names);
    if (found || !plan->options->baseline)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--baseline: '%.100s' is not a back end of this run; it has %s", wanted,
                        list);
}

/** The null run of a pair of back end and collector, where the first `matrix` cells have one. */
static hm_status add_null_cell(hm_plan *plan, size_t matrix, size_t work, size_t backend,
                               const hm_collector_spec *collector, hm_error *error)
{
    for (size_t index = 0; index < matrix; index++) {
        if (plan->cells[index].backend == backend &&
            strcmp(plan->cells[index].cell.collector.label, collector->label) == 0)
            return add_cell(plan,
                            hm_plan_make_cell(plan, work, backend, collector, 0, HM_ROLE_NULL),
                            NULL, error);
    }
    return HM_OK;
}

/** The null runs: one for each pair of back end and collector that has cells. */
static hm_status add_null_cells(hm_plan *plan, size_t work, hm_error *error)
{
    hm_collector_spec none = {0}; /* of the raw works, where nobody asked for it */
    hm_status status = hm_collector_parse("none", &none, error);
    size_t matrix = plan->cell_count;
    for (size_t backend = 0; backend < plan->backends->count; backend++) {
        bool asked = false;
        for (size_t index = 0; index < plan->collector_count && status == HM_OK; index++) {
            const hm_collector_spec *collector = &plan->collectors[index];
            asked = asked || strcmp(collector->label, none.label) == 0;
            status = add_null_cell(plan, matrix, work, backend, collector, error);
        }
        if (!asked && status == HM_OK)
            status = add_null_cell(plan, matrix, work, backend, &none, error);
    }
    return status;
}

static hm_status add_empty_cell(hm_plan *plan, size_t work, hm_error *error)
{
    hm_collector_spec none = {0};
    hm_status status = hm_collector_parse("none", &none, error);
    if (status != HM_OK)
        return status;
    return add_cell(plan, hm_plan_make_cell(plan, work, plan->baseline, &none, 0, HM_ROLE_EMPTY),
                    NULL, error);
}

static hm_status add_control_works(hm_plan *plan, hm_error *error)
{
    hm_status status = hm_plan_add_work(plan, "null", error);
    if (status == HM_OK) {
        /* A null run does nothing however often: one iteration says as much as a million. */
        plan->works[plan->work_count - 1].iterations = 1;
        status = add_null_cells(plan, plan->work_count - 1, error);
    }
    if (status == HM_OK)
        status = hm_plan_add_work(plan, "empty", error);
    if (status == HM_OK)
        status = add_empty_cell(plan, plan->work_count - 1, error);
    return status;
}

/** Works that the filter left without a cell are not part of the run. */
static void drop_unused_works(hm_plan *plan)
{
    size_t kept = 0;
    for (size_t work = 0; work < plan->work_count; work++) {
        bool used = false;
        for (size_t index = 0; index < plan->cell_count; index++)
            used = used || plan->cells[index].work == work;
        if (!used) {
            free(plan->works[work].name);
            continue;
        }
        for (size_t index = 0; index < plan->cell_count; index++) {
            if (plan->cells[index].work == work)
                plan->cells[index].work = kept;
        }
        plan->works[kept++] = plan->works[work];
    }
    plan->work_count = kept;
}

hm_status hm_plan_make(hm_plan *plan, const hm_run_options *options, hm_backend_set *backends,
                       hm_error *error)
{
    *plan = (hm_plan){.options = options, .backends = backends};
    hm_status status = choose_collectors(plan, error);
    if (status == HM_OK)
        status = hm_plan_add_works(plan, error);
    if (status == HM_OK)
        status = add_matrix(plan, error);
    if (status == HM_OK)
        status = choose_baseline(plan, error);
    if (status == HM_OK)
        status = add_control_works(plan, error);
    if (status != HM_OK)
        return status;
    drop_unused_works(plan);
    hm_plan_add_samples(plan);
    return hm_plan_take_shard(plan, error);
}

void hm_plan_clear(hm_plan *plan)
{
    for (size_t index = 0; index < plan->work_count; index++) {
        hm_plan_work *work = &plan->works[index];
        for (size_t thread = 0; thread < HM_MAX_THREAD_COUNTS; thread++)
            free(work->checksums[thread]);
        free(work->name);
        free(work->failure);
    }
    for (size_t index = 0; index < plan->cell_count; index++)
        free(plan->cells[index].name);
    for (size_t index = 0; index < plan->sample_count; index++)
        free(plan->samples[index].id);
    for (size_t round = 0; round < plan->round_count; round++)
        hm_strings_clear(&plan->rounds[round]);
    hm_strings_clear(&plan->need_threads);
    hm_strings_clear(&plan->need_one_thread);
    free(plan->rounds);
    free(plan->collectors);
    free(plan->works);
    free(plan->cells);
    free(plan->samples);
    *plan = (hm_plan){0};
}

const char *hm_plan_baseline(const hm_plan *plan)
{
    return plan->backends->items[plan->baseline].spec.label;
}

hm_plan_sample *hm_plan_find(const hm_plan *plan, const char *id)
{
    for (size_t index = 0; index < plan->sample_count; index++) {
        if (strcmp(plan->samples[index].id, id) == 0)
            return &plan->samples[index];
    }
    return NULL;
}

const char *hm_sample_role_name(hm_sample_role role)
{
    static const char *const names[] = {"cell", "control", "null", "empty"};
    HM_CHECK((size_t)role < HM_COUNT_OF(names));
    return names[role];
}
