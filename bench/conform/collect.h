/**
 * This module is `collect` where a statement and a query share it.
 */
#ifndef HM_BENCH_CONFORM_COLLECT_H
#define HM_BENCH_CONFORM_COLLECT_H

#include "bench/conform/form.h"
#include "bench/conform/program.h"

/**
 * Collects the generation the node names, or all, and stores what gc.collect returns; 0 where the
 * collector cannot. False: ValueError, there is no such generation.
 */
bool hm_conform_collect(hm_conform_machine *machine, const hm_conform_node *node,
                        int64_t *collected);

#endif
