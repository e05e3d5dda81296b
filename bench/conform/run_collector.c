/**
 * This module is the statements of the gc module. Under a collector that cannot do what one asks
 * for, it does nothing.
 */
#include "bench/conform/collect.h"
#include "bench/conform/machine.h"

/* True where it was done, or this collector has no such thing. */
static bool is_fine(hm_conform_machine *machine, bool done)
{
    return done || machine->heap->error.status == HM_UNAVAILABLE;
}

bool hm_conform_collect(hm_conform_machine *machine, const hm_conform_node *node,
                        int64_t *collected)
{
    hm_heap *heap = machine->heap;
    int64_t generation = node->has_number ? node->number : HM_GENERATIONS - 1;
    if (generation < 0 || generation >= HM_GENERATIONS)
        return hm_fail(heap, HM_VALUE_ERROR, "invalid generation");
    *collected = hm_gc_collect(heap, (int)generation);
    if (*collected >= 0)
        return true;
    *collected = 0;
    return is_fine(machine, false);
}

bool hm_conform_run_collect(hm_conform_machine *machine, const hm_conform_node *node)
{
    int64_t collected;
    return hm_conform_collect(machine, node, &collected);
}

bool hm_conform_run_enable(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return is_fine(machine, hm_gc_enable(machine->heap));
}

bool hm_conform_run_disable(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    hm_gc_disable(machine->heap);
    return true;
}

bool hm_conform_run_threshold(hm_conform_machine *machine, const hm_conform_node *node)
{
    uint32_t thresholds[HM_GENERATIONS];
    hm_gc_get_thresholds(machine->heap, thresholds);
    for (uint32_t index = 0; index < node->operand_count; index++)
        thresholds[index] = (uint32_t)node->operands[index].integer;
    hm_gc_set_thresholds(machine->heap, thresholds);
    return true;
}

bool hm_conform_run_debug(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_gc_set_debug(machine->heap, (uint32_t)node->number);
    return true;
}

bool hm_conform_run_freeze(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return is_fine(machine, hm_gc_freeze(machine->heap));
}

bool hm_conform_run_unfreeze(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return is_fine(machine, hm_gc_unfreeze(machine->heap));
}
