/**
 * This module is a plan made from a command line, for the tests of plans: small, and of back ends
 * that are always there.
 */
#ifndef HM_TESTS_PLAN_FIXTURE_H
#define HM_TESTS_PLAN_FIXTURE_H

#include "cmocka_all.h"

#include "bench/plan.h"

enum { MOST_ARGUMENTS = 32 };

typedef struct made_plan {
    hm_run_options options;
    hm_backend_set backends;
    hm_plan plan;
    hm_error error;
} made_plan;

/** Makes a plan from `line`, options with one blank between, and the fixed ones; the status. */
static inline hm_status make_plan(made_plan *made, const char *line)
{
    const char *const fixed = "--backend system,pool --collector none,generational "
                              "--repetitions 3 --memory-repetitions 2 --latency-repetitions 1";
    hm_strings words = {0};
    hm_strings_add(&words, "heapmark run");
    hm_strings_split(&words, fixed, ' ');
    if (*line)
        hm_strings_split(&words, line, ' ');
    *made = (made_plan){0};
    hm_status status = hm_run_options_parse(&made->options, (int)words.count, words.items);
    if (status != HM_OK)
        made->error = made->options.command.error;
    if (status == HM_OK)
        status = hm_backend_set_choose(&made->backends, &made->options, &made->error);
    if (status == HM_OK)
        status = hm_plan_make(&made->plan, &made->options, &made->backends, &made->error);
    hm_strings_clear(&words);
    return status;
}

static inline void clear_plan(made_plan *made)
{
    hm_plan_clear(&made->plan);
    hm_backend_set_clear(&made->backends);
    hm_run_options_clear(&made->options);
}

static inline const char *work_of(const made_plan *made, size_t sample)
{
    const hm_plan *plan = &made->plan;
    return plan->works[plan->cells[plan->samples[sample].cell].work].name;
}

#endif
