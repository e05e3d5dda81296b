/**
 * This module is what a sample does once its steady phase is over: release, the looks at what comes
 * back while nothing runs, and refill, so that every kind of sample ends with the same work and the
 * same checksum.
 *
 * A memory sample accounts at each step and asks the allocator to purge before the refill phase, so
 * that both what it keeps of itself and what it can give back are seen. The other kinds neither
 * wait nor purge: the time of their refill phase is that of a program which goes on at once. A full
 * collection comes before the refill phase in every kind, so that it finds no cyclic garbage.
 */
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <string.h>

/** The looks after the release phase, in order. */
static const struct {
    const char *edge;
    uint64_t after_ms;
    bool long_settle; /**< only where the request settles long */
} looks[] = {{"release+0ms", 0, false},
             {"release+100ms", 100, false},
             {"release+1000ms", 1000, true},
             {"release+5000ms", 5000, true}};

const char *hm_settle_name(hm_settle settle)
{
    return settle == HM_SETTLE_LONG ? "long" : "short";
}

bool hm_settle_parse(const char *text, hm_settle *settle)
{
    bool is_long = strcmp(text, "long") == 0;
    if (!is_long && strcmp(text, "short") != 0)
        return false;
    *settle = is_long ? HM_SETTLE_LONG : HM_SETTLE_SHORT;
    return true;
}

/* What the release phase left, as time goes by with nothing running. */
static bool look_while_it_settles(hm_sample_state *sample)
{
    size_t released = sample->edge_count; /* the edge that the others are after */
    for (size_t index = 0; index < HM_COUNT_OF(looks); index++) {
        if (looks[index].long_settle && sample->request->settle != HM_SETTLE_LONG)
            continue;
        if (looks[index].after_ms != 0)
            hm_clock_sleep_until(sample->edges[released].at_ns + looks[index].after_ms * 1000000u);
        if (!hm_sample_take_edge(sample, looks[index].edge))
            return false;
    }
    return true;
}

static bool purge_own(void *context, unsigned thread)
{
    const hm_sample_state *sample = context;
    HM_UNUSED(thread);
    sample->bound.purge();
    return true;
}

/* On every thread: what an allocator keeps for a thread, some can give back only there. */
static bool purge(hm_sample_state *sample)
{
    if (sample->bound.purge == NULL)
        return true;
    hm_crew_run_in_turn(&sample->crew, purge_own, sample);
    return hm_sample_take_edge(sample, "purged");
}

/* The state of memory that the refill phase begins with. */
static bool prepare_refill(hm_sample_state *sample, bool memory)
{
    size_t index;
    if (!memory && hm_sample_find_phase(sample, HM_PHASE_REFILL, &index) == NULL)
        return true;
    if (hm_sample_collect(sample) && memory && !hm_sample_take_edge(sample, "collected"))
        return false;
    return !memory || purge(sample);
}

bool hm_sample_run_release(hm_sample_state *sample)
{
    bool memory = sample->request->kind == HM_SAMPLE_MEMORY;
    return hm_sample_run_role(sample, HM_PHASE_RELEASE) &&
           (!memory || look_while_it_settles(sample)) && prepare_refill(sample, memory) &&
           hm_sample_run_role(sample, HM_PHASE_REFILL);
}
