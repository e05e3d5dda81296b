#include "bench/quiet.h"

#include "base/attributes.h"
#include "bench/measure/clock.h"

#include <stdio.h>

enum {
    LOOK_NS = 100000000,           /* a look while waiting */
    TELLING_CPU_NS = 150000000,    /* less CPU time than this is too few ticks to judge by */
    TELLING_PRESSURE_NS = 50000000 /* less time than this says nothing of pressure */
};

hm_quiet_reading hm_quiet_read(void)
{
    hm_pressure pressure;
    hm_quiet_reading reading = {.at_ns = hm_clock_wall_ns(), .own_cpu_ns = hm_clock_cpu_ns()};
    reading.has_cpu = hm_cpu_totals_read(&reading.cpu);
    reading.has_pressure = hm_pressure_read(&pressure);
    if (reading.has_pressure)
        reading.stalled_ns = pressure.cpu_us * 1000;
    return reading;
}

hm_quiet_shares hm_quiet_between(const hm_quiet_reading *before, const hm_quiet_reading *after,
                                 uint64_t sample_cpu_ns)
{
    hm_quiet_shares shares = {.foreign_cpu = -1, .steal = -1, .cpu_pressure = -1};
    shares.wall_ns = after->at_ns - before->at_ns;
    if (before->has_cpu && after->has_cpu) {
        uint64_t own_ns = sample_cpu_ns + (after->own_cpu_ns - before->own_cpu_ns);
        shares.cpu_ns = after->cpu.total_ns - before->cpu.total_ns;
        shares.foreign_cpu = hm_foreign_cpu_share(&before->cpu, &after->cpu, own_ns);
        shares.steal = hm_steal_share(&before->cpu, &after->cpu);
    }
    if (before->has_pressure && after->has_pressure && shares.wall_ns > 0) {
        double share = (double)(after->stalled_ns - before->stalled_ns) / (double)shares.wall_ns;
        /* The kernel adds up late: a short window can be given more than its own. */
        shares.cpu_pressure = share > 1 ? 1 : share;
    }
    return shares;
}

/** One of the shares with its bound. */
typedef struct bounded {
    const char *name; /* the member of `contamination` */
    const char *who;
    const char *what;
    double share; /* negative: not to be told */
    double bound;
    bool telling; /* whether the window was long enough to judge by it */
} bounded;

enum { SHARES = 3 };

static void list_shares(const hm_quiet_shares *shares, bounded list[SHARES])
{
    bool cpu = shares->cpu_ns >= TELLING_CPU_NS;
    bool pressure = shares->wall_ns >= TELLING_PRESSURE_NS;
    list[0] = (bounded){"foreign_cpu_share", "others used",        "all CPU time",
                        shares->foreign_cpu, HM_FOREIGN_CPU_BOUND, cpu};
    list[1] = (bounded){"steal_share", "the hypervisor took", "all CPU time",
                        shares->steal, HM_STEAL_BOUND,        cpu};
    list[2] = (bounded){"cpu_pressure_share", "a task waited for a CPU", "the time",
                        shares->cpu_pressure, HM_CPU_PRESSURE_BOUND,     pressure};
}

double hm_quiet_loudness(const hm_quiet_shares *shares)
{
    bounded list[SHARES];
    double loudest = 0;
    list_shares(shares, list);
    for (int index = 0; index < SHARES; index++) {
        double loudness = list[index].telling ? list[index].share / list[index].bound : 0;
        loudest = loudness > loudest ? loudness : loudest;
    }
    return loudest;
}

json_t *hm_quiet_to_json(const hm_quiet_shares *shares, uint64_t waited_ns)
{
    static const hm_quiet_shares nothing = {.foreign_cpu = -1, .steal = -1, .cpu_pressure = -1};
    bounded list[SHARES];
    json_t *object = json_object();
    json_t *why = json_array();
    list_shares(shares ? shares : &nothing, list);
    for (int index = 0; index < SHARES; index++) {
        char text[128];
        double share = list[index].share;
        json_object_set_new(object, list[index].name, share < 0 ? json_null() : json_real(share));
        if (!list[index].telling || share <= list[index].bound)
            continue;
        snprintf(text, sizeof text, "%s %.0f %% of %s (bound %.0f %%)", list[index].who,
                 100 * share, list[index].what, 100 * list[index].bound);
        json_array_append_new(why, json_string(text));
    }
    json_object_set_new(object, "waited_ns", json_integer((json_int_t)waited_ns));
    json_object_set_new(object, "contaminated", json_boolean(json_array_size(why) > 0));
    json_object_set_new(object, "why", why);
    return object;
}

hm_quiet hm_quiet_start(double wait_seconds, bool (*stopped)(void))
{
    return (hm_quiet){
        .wait_seconds = wait_seconds, .stopped = stopped, .since_ns = hm_clock_wall_ns()};
}

uint64_t hm_quiet_allowance(const hm_quiet *quiet, uint64_t now_ns)
{
    double all_ns = HM_QUIET_WAIT_SHARE * (double)(now_ns - quiet->since_ns);
    double left_ns = all_ns - (double)quiet->waited_ns;
    double one_ns = quiet->wait_seconds * 1e9;
    double allowed_ns = left_ns < one_ns ? left_ns : one_ns;
    return allowed_ns > 0 ? (uint64_t)allowed_ns : 0;
}

uint64_t hm_quiet_wait(hm_quiet *quiet)
{
    if (!quiet->loud)
        return 0;
    uint64_t began_ns = hm_clock_wall_ns();
    uint64_t until_ns = began_ns + hm_quiet_allowance(quiet, began_ns);
    hm_quiet_reading before = hm_quiet_read();
    uint64_t first_ns = before.at_ns;
    while (quiet->loud && before.at_ns + LOOK_NS <= until_ns) {
        if (quiet->stopped && quiet->stopped())
            break;
        hm_clock_sleep_until(before.at_ns + LOOK_NS);
        hm_quiet_reading after = hm_quiet_read();
        hm_quiet_shares shares = hm_quiet_between(&before, &after, 0);
        hm_quiet_note(quiet, &shares);
        before = after;
    }
    uint64_t waited_ns = before.at_ns - first_ns;
    quiet->waited_ns += waited_ns;
    return waited_ns;
}

void hm_quiet_note(hm_quiet *quiet, const hm_quiet_shares *shares)
{
    quiet->loud = hm_quiet_loudness(shares) > 1;
}
