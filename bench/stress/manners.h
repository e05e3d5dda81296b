/**
 * This module is the calls at the edges, which random operations would meet too seldom: NULL, sizes
 * of zero, alignments that cannot be, and errno across a free that goes well.
 */
#ifndef HM_BENCH_STRESS_MANNERS_H
#define HM_BENCH_STRESS_MANNERS_H

#include "bench/stress/model.h"

/** Tries them all and leaves no block behind; a defect ends the process. */
void hm_stress_manners(hm_stress_model *model);

#endif
