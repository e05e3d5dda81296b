#include "bench/disturbance.h"

#include "bench/measure/speed.h"

enum { FIRST_PROBES = 200 };

static void keep_quickest(hm_disturbance *disturbance, uint64_t probe_ns)
{
    if (probe_ns > 0 && probe_ns < disturbance->quiet_probe_ns)
        disturbance->quiet_probe_ns = probe_ns;
}

void hm_disturbance_start(hm_disturbance *disturbance, size_t planned)
{
    disturbance->quiet_probe_ns = UINT64_MAX;
    disturbance->extra_attempts_left = planned / HM_EXTRA_ATTEMPTS_OF;
    for (int probe = 0; probe < FIRST_PROBES; probe++)
        keep_quickest(disturbance, hm_speed_probe_ns());
}

double hm_disturbance_badness(hm_disturbance *disturbance, const json_t *record)
{
    const json_t *probes = json_object_get(json_object_get(record, "series"), "probe_ns");
    size_t index;
    const json_t *probe;
    json_array_foreach(probes, index, probe)
    {
        keep_quickest(disturbance, (uint64_t)json_integer_value(probe));
    }
    const json_t *metrics = json_object_get(record, "metrics");
    return json_number_value(json_object_get(metrics, "disturbed_share")) / HM_DISTURBED_ENOUGH;
}

void hm_disturbance_extend(hm_disturbance *disturbance, size_t planned)
{
    disturbance->extra_attempts_left += planned / HM_EXTRA_ATTEMPTS_OF;
}

bool hm_disturbance_is_worth_another(double disturbed, double loudness, bool loud_now)
{
    return disturbed > 1 || (loudness > 1 && !loud_now);
}

bool hm_disturbance_may_try_again(const hm_disturbance *disturbance, unsigned attempts)
{
    return attempts < HM_MAX_ATTEMPTS && disturbance->extra_attempts_left > 0;
}

void hm_disturbance_take_attempt(hm_disturbance *disturbance)
{
    disturbance->extra_attempts_left--;
}
