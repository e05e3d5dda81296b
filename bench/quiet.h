/**
 * This module is whether the machine is quiet: what the kernel says of others' work (foreign CPU
 * time, steal, pressure) before and during a sample, so that a sample waits for quiet for a bounded
 * time and one that was disturbed is known to be.
 *
 * Words: *shares* are what was seen between two *readings*. They are *loud* where one passes its
 * bound, and a sample with loud shares is *contaminated*. How loud they are is one number: the
 * largest of share over bound; above 1 is loud.
 *
 * The figures are the kernel's for the whole machine as it sees it: in a container they count the
 * host's and other containers' work, and a neighbour on the same core shows in none of them (the
 * speed probe of bench/disturbance.h feels that one).
 *
 * Invariant: what is decided here depends on these figures alone, never on what a sample measured.
 */
#ifndef HM_BENCH_QUIET_H
#define HM_BENCH_QUIET_H

#include "bench/measure/foreign.h"

#include <jansson.h>

/* From here on shares are loud. One busy process on two processors is a foreign share of 0.5. */
#define HM_FOREIGN_CPU_BOUND  0.25
#define HM_STEAL_BOUND        0.05
#define HM_CPU_PRESSURE_BOUND 0.25

/** All samples together wait for at most this share of the time since the first one began. */
#define HM_QUIET_WAIT_SHARE 0.1

/** The kernel's counters at one moment. */
typedef struct hm_quiet_reading {
    uint64_t at_ns;
    uint64_t own_cpu_ns; /**< this process's */
    hm_cpu_totals cpu;
    uint64_t stalled_ns; /**< time in which a task waited for a CPU */
    bool has_cpu;
    bool has_pressure;
} hm_quiet_reading;

/** What was seen between two readings; a share is negative where it cannot be told. */
typedef struct hm_quiet_shares {
    double foreign_cpu;
    double steal;
    double cpu_pressure;
    uint64_t wall_ns;
    uint64_t cpu_ns; /**< all processors' */
} hm_quiet_shares;

/** What a run knows of its machine. */
typedef struct hm_quiet {
    double wait_seconds;   /**< at most, before one sample */
    bool (*stopped)(void); /**< whether to give up waiting; NULL: never */
    uint64_t since_ns;     /**< when the run began to measure */
    uint64_t waited_ns;    /**< so far, all samples together */
    bool loud;             /**< it was, when it was last looked at */
} hm_quiet;

/** Takes a reading now. */
hm_quiet_reading hm_quiet_read(void);

/** The shares between two readings of one process, of which `sample_cpu_ns` are the sample's own.
 */
hm_quiet_shares hm_quiet_between(const hm_quiet_reading *before, const hm_quiet_reading *after,
                                 uint64_t sample_cpu_ns);

/** How loud: 0 where nothing can be told or the readings are too close for the kernel's ticks. */
double hm_quiet_loudness(const hm_quiet_shares *shares);

/** A record's `contamination`; new. `shares` NULL: the sample was not started. */
json_t *hm_quiet_to_json(const hm_quiet_shares *shares, uint64_t waited_ns);

/** Starts a run's account. */
hm_quiet hm_quiet_start(double wait_seconds, bool (*stopped)(void));

/** What a sample may wait for now, in ns: the bounds for one sample and for all together. */
uint64_t hm_quiet_allowance(const hm_quiet *quiet, uint64_t now_ns);

/**
 * Waits until the machine is quiet or the allowance is spent, not at all where it was quiet when it
 * was last looked at; the ns waited.
 */
uint64_t hm_quiet_wait(hm_quiet *quiet);

/** Notes what was seen during a sample: the evidence for the next one. */
void hm_quiet_note(hm_quiet *quiet, const hm_quiet_shares *shares);

#endif
