/**
 * This module is several threads at random operations at once, so that frees from other threads,
 * threads that end while others run, and forks in the middle of it are held against the model too.
 *
 * Words: a *worker* has a model and a sequence of its own and lives on one thread after the other;
 * a *meeting* is where all workers wait, so that the account can be held against all models.
 *
 * Invariant: the only order between workers that this module makes is that of the blocks they
 * exchange, of meetings, and of a worker's threads; a race in the allocator is not hidden.
 */
#ifndef HM_BENCH_STRESS_CREW_H
#define HM_BENCH_STRESS_CREW_H

#include "bench/stress/calls.h"
#include "bench/stress/record.h"

/** `operations` in all, by `threads` workers; a defect ends the process. */
void hm_stress_crew_run(const hm_stress_calls *calls, hm_stress_record *record, unsigned threads,
                        uint64_t seed, uint64_t operations, unsigned patience_s);

#endif
