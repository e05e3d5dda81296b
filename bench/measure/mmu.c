#include "bench/measure/mmu.h"

#include "base/check.h"

/* Walks joined pauses from left to right and knows the pause time up to where it is. */
typedef struct cursor {
    const hm_mmu_pause *pauses;
    size_t count;
    size_t next;
    uint64_t paused_ns; /* of all pauses before `next` */
} cursor;

/* The pause time before `at_ns`; calls of one cursor never go back. */
static uint64_t paused_until(cursor *walk, uint64_t at_ns)
{
    for (; walk->next < walk->count; walk->next++) {
        const hm_mmu_pause *pause = &walk->pauses[walk->next];
        if (pause->end_ns > at_ns)
            return walk->paused_ns + (pause->begin_ns < at_ns ? at_ns - pause->begin_ns : 0);
        walk->paused_ns += pause->end_ns - pause->begin_ns;
    }
    return walk->paused_ns;
}

/* A window that slides to the right, and the most pause time it has held. */
typedef struct window {
    cursor begin;
    cursor end;
    hm_mmu_pause span;
    uint64_t length_ns;
    uint64_t most_paused_ns;
} window;

/* Looks at the window from `begin_ns` on, or at the nearest one that lies in the span. */
static void look_at(window *sliding, uint64_t begin_ns)
{
    uint64_t last_ns = sliding->span.end_ns - sliding->length_ns;
    if (begin_ns < sliding->span.begin_ns)
        begin_ns = sliding->span.begin_ns;
    if (begin_ns > last_ns)
        begin_ns = last_ns;
    uint64_t before_ns = paused_until(&sliding->begin, begin_ns);
    uint64_t paused_ns = paused_until(&sliding->end, begin_ns + sliding->length_ns) - before_ns;
    if (paused_ns > sliding->most_paused_ns)
        sliding->most_paused_ns = paused_ns;
}

size_t hm_mmu_join(hm_mmu_pause *pauses, size_t count)
{
    /* From the last end backwards, so that what nests comes after what it lies in; the joined ones
     * gather at the end of the array. */
    size_t first = count;
    for (size_t index = count; index-- > 0;) {
        hm_mmu_pause pause = pauses[index];
        HM_CHECK(pause.begin_ns <= pause.end_ns);
        HM_CHECK(index == 0 || pauses[index - 1].end_ns <= pause.end_ns);
        if (first < count && pause.end_ns >= pauses[first].begin_ns) {
            if (pause.begin_ns < pauses[first].begin_ns)
                pauses[first].begin_ns = pause.begin_ns;
        } else {
            pauses[--first] = pause;
        }
    }
    for (size_t index = first; index < count; index++)
        pauses[index - first] = pauses[index];
    return count - first;
}

bool hm_mmu(const hm_mmu_pause *pauses, size_t count, hm_mmu_pause span, uint64_t window_ns,
            double *utilization)
{
    if (window_ns == 0 || span.end_ns < span.begin_ns || span.end_ns - span.begin_ns < window_ns)
        return false;
    cursor start = {.pauses = pauses, .count = count};
    window sliding = {.begin = start, .end = start, .span = span, .length_ns = window_ns};
    for (size_t index = 0; index < count; index++)
        look_at(&sliding, pauses[index].begin_ns);
    *utilization = (double)(window_ns - sliding.most_paused_ns) / (double)window_ns;
    return true;
}
