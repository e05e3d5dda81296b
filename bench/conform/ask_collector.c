/**
 * This module is the queries of the gc module that are numbers, and the log.
 */
#include "bench/conform/collect.h"
#include "bench/conform/machine.h"

#include <inttypes.h>

bool hm_conform_ask_collect(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    int64_t collected;
    if (!hm_conform_collect(machine, node, &collected))
        return false;
    hm_conform_text_format(answer, "%" PRId64, collected);
    return true;
}

bool hm_conform_ask_stats(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    hm_collection_counts stats = hm_gc_get_stats(machine->heap, (int)node->number);
    hm_conform_text_format(answer, "%" PRIu64 " %" PRIu64 " %" PRIu64, stats.collections,
                           stats.collected, stats.uncollectable);
    return true;
}

bool hm_conform_ask_count(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    uint32_t counts[HM_GENERATIONS];
    hm_gc_get_counts(machine->heap, counts);
    hm_conform_text_format(answer, "%" PRIu32, counts[node->number]);
    return true;
}

bool hm_conform_ask_threshold(hm_conform_machine *machine, const hm_conform_node *node,
                              hm_conform_text *answer)
{
    uint32_t thresholds[HM_GENERATIONS];
    HM_UNUSED(node);
    hm_gc_get_thresholds(machine->heap, thresholds);
    hm_conform_text_format(answer, "%" PRIu32 " %" PRIu32 " %" PRIu32, thresholds[0], thresholds[1],
                           thresholds[2]);
    return true;
}

bool hm_conform_ask_enabled(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    HM_UNUSED(node);
    hm_conform_text_put(answer, hm_gc_is_enabled(machine->heap) ? "True" : "False");
    return true;
}

bool hm_conform_ask_debug(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    HM_UNUSED(node);
    hm_conform_text_format(answer, "%" PRIu32, hm_gc_get_debug(machine->heap));
    return true;
}

bool hm_conform_ask_log(hm_conform_machine *machine, const hm_conform_node *node,
                        hm_conform_text *answer)
{
    HM_UNUSED(node);
    bool empty = machine->log.length == 0;
    hm_conform_text_put(answer, empty ? "(empty)" : hm_conform_text_get(&machine->log));
    machine->log.length = 0;
    return true;
}
