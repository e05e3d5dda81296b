#include "bench/stress/defect.h"

static const struct {
    const char *name, *what;
} defects[HM_STRESS_DEFECTS] = {
    {"sound", "nothing is wrong"},
#define HM_STRESS_DEFECT(identifier, name, what) {name, what},
#include "bench/stress/defects.def"
#undef HM_STRESS_DEFECT
};

static const char *const calls[HM_STRESS_CALLS] = {
    "no call",
#define HM_STRESS_CALL(identifier, words) words,
#include "bench/stress/calls.def"
#undef HM_STRESS_CALL
};

const char *hm_stress_defect_name(hm_stress_defect defect)
{
    return defects[defect < HM_STRESS_DEFECTS ? defect : HM_STRESS_SOUND].name;
}

const char *hm_stress_defect_brief(hm_stress_defect defect)
{
    return defects[defect < HM_STRESS_DEFECTS ? defect : HM_STRESS_SOUND].what;
}

const char *hm_stress_call_name(hm_stress_call call)
{
    return calls[call < HM_STRESS_CALLS ? call : HM_STRESS_IN_NOTHING];
}
