/* What has no cell in a plan because of the numbers of threads that were asked for: works that need
 * more, and pythons, which have one. */
#include "bench/plan.h"

#include "bench/runtime_host.h"

#include <stdlib.h>
#include <string.h>

static bool suits_some(const hm_plan *plan, const hm_workload *workload)
{
    for (size_t index = 0; index < plan->options->thread_count; index++) {
        if (hm_workload_suits_threads(workload, plan->options->threads[index]))
            return true;
    }
    return false;
}

static bool matches(const hm_plan_cell *made, hm_filter *filter)
{
    char name[HM_CELL_NAME_BYTES];
    return hm_bench_cell_name(&made->cell, name, sizeof name) && hm_filter_matches(filter, name);
}

/** Whether a cell of the work on any back end is asked for. */
static bool is_asked_for(const hm_plan *plan, size_t work, hm_filter *filter)
{
    bool raw = strcmp(plan->works[work].workload->group, "raw") == 0;
    hm_collector_spec none = {0};
    hm_collector_parse("none", &none, NULL);
    for (size_t backend = 0; backend < plan->backends->count; backend++) {
        for (size_t index = 0; index < (raw ? 1 : plan->collector_count); index++) {
            const hm_collector_spec *collector = raw ? &none : &plan->collectors[index];
            hm_plan_cell made = hm_plan_make_cell(plan, work, backend, collector, 0, HM_ROLE_CELL);
            if (!plan->backends->items[backend].absent && matches(&made, filter))
                return true;
        }
    }
    return false;
}

void hm_plan_note_threads(hm_plan *plan, size_t work, hm_filter *filter)
{
    const hm_workload *workload = plan->works[work].workload;
    if (!suits_some(plan, workload) && is_asked_for(plan, work, filter) &&
        !hm_strings_contain(&plan->need_threads, workload->name))
        hm_strings_add(&plan->need_threads, workload->name);
}

/** "1,2": those that were asked for and the least that does; a new text. */
static char *numbers_that_do(const hm_plan *plan, unsigned least)
{
    char *numbers = hm_copy("");
    for (size_t index = 0; index < plan->options->thread_count; index++) {
        char *longer = hm_format("%s%u,", numbers, plan->options->threads[index]);
        free(numbers);
        numbers = longer;
    }
    char *all = hm_format("%s%u", numbers, least);
    free(numbers);
    return all;
}

char *hm_plan_threads_words(const hm_plan *plan)
{
    char list[384];
    const hm_strings *names = &plan->need_threads;
    unsigned least = 1;
    bool pairs = false, one = names->count == 1;
    for (size_t index = 0; index < names->count; index++) {
        const hm_workload *workload = hm_workload_find(names->items[index]);
        unsigned own = hm_workload_least_threads(workload);
        least = own > least ? own : least;
        pairs = pairs || (workload->needs & HM_NEEDS_THREAD_PAIRS) != 0;
    }
    if (names->count == 0)
        return NULL;
    char *numbers = numbers_that_do(plan, least);
    char *words = hm_format("%s need%s %u threads or more%s; to include %s: --threads %s",
                            hm_strings_join(names, list, sizeof list), one ? "s" : "", least,
                            pairs ? ", an even number" : "", one ? "it" : "them", numbers);
    free(numbers);
    return words;
}

/* ---- pythons ---- */

/** Whether a cell of the work on a python's back end is asked for, but for its threads. */
static bool is_asked_of_python(const hm_plan *plan, size_t work, size_t backend, hm_filter *filter)
{
    bool raw = strcmp(plan->works[work].workload->group, "raw") == 0;
    hm_collector_spec none = {0};
    hm_collector_parse("none", &none, NULL);
    if (!hm_runtime_host_can_run(plan->works[work].workload))
        return false;
    for (size_t index = 0; index < (raw ? 1 : plan->collector_count); index++) {
        const hm_collector_spec *collector = raw ? &none : &plan->collectors[index];
        for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
            hm_plan_cell made =
                hm_plan_make_cell(plan, work, backend, collector, thread, HM_ROLE_CELL);
            if (hm_plan_suits_collector(&made) && matches(&made, filter))
                return true;
        }
    }
    return false;
}

void hm_plan_note_references(hm_plan *plan, hm_filter *filter)
{
    for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
        if (plan->options->threads[thread] == 1)
            return;
    }
    for (size_t backend = 0; backend < plan->backends->count; backend++) {
        const char *runtime = plan->backends->items[backend].runtime;
        if (runtime == NULL || hm_strings_contain(&plan->need_one_thread, runtime))
            continue;
        for (size_t work = 0; work < plan->work_count; work++) {
            if (!is_asked_of_python(plan, work, backend, filter))
                continue;
            hm_strings_add(&plan->need_one_thread, runtime);
            break;
        }
    }
}

char *hm_plan_references_words(const hm_plan *plan)
{
    char list[384];
    const hm_strings *names = &plan->need_one_thread;
    bool one = names->count == 1;
    if (names->count == 0)
        return NULL;
    char *numbers = numbers_that_do(plan, 1);
    char *words = hm_format(
        "%s (--reference) run%s on one thread alone; to include %s: --threads %s",
        hm_strings_join(names, list, sizeof list), one ? "s" : "", one ? "it" : "them", numbers);
    free(numbers);
    return words;
}
