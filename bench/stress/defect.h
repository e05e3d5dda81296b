/**
 * This module is the names of what can be wrong and of what a thread is about, so that a defect has
 * one name in the model, in the record of a process, in what is printed and in the tests.
 */
#ifndef HM_BENCH_STRESS_DEFECT_H
#define HM_BENCH_STRESS_DEFECT_H

/** HM_STRESS_SOUND is none. */
typedef enum hm_stress_defect {
    HM_STRESS_SOUND,
#define HM_STRESS_DEFECT(identifier, name, what) HM_STRESS_##identifier,
#include "bench/stress/defects.def"
#undef HM_STRESS_DEFECT
    HM_STRESS_DEFECTS
} hm_stress_defect;

/** HM_STRESS_IN_NOTHING: between two operations. */
typedef enum hm_stress_call {
    HM_STRESS_IN_NOTHING,
#define HM_STRESS_CALL(identifier, words) HM_STRESS_IN_##identifier,
#include "bench/stress/calls.def"
#undef HM_STRESS_CALL
    HM_STRESS_CALLS
} hm_stress_call;

/** "overlap"; "sound" of HM_STRESS_SOUND. */
const char *hm_stress_defect_name(hm_stress_defect defect);

/** What it is, in words. */
const char *hm_stress_defect_brief(hm_stress_defect defect);

/** "realloc"; "no call" of HM_STRESS_IN_NOTHING. */
const char *hm_stress_call_name(hm_stress_call call);

#endif
