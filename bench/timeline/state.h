/**
 * This module is what the pieces of a part share: the sample whose set-up is used, the time axis,
 * and the room for what is seen.
 *
 * Invariant: from the start of the first phase to the end of the last nothing here allocates from
 * the back end, and whatever takes long (a walk, a snapshot, a check) lies in a gap of the axis.
 */
#ifndef HM_BENCH_TIMELINE_STATE_H
#define HM_BENCH_TIMELINE_STATE_H

#include "bench/sample_state.h"
#include "bench/timeline/axis.h"
#include "bench/timeline/series.h"
#include "bench/timeline/timeline.h"

enum {
    HM_TIMELINE_MOST_PHASES = HM_MAX_PHASES + 1,
    HM_TIMELINE_KEPT_COLLECTIONS = 2000, /**< of each generation */
    HM_TIMELINE_KEPT_TICKS = 10000
};

/** A phase as it ran; monotonic times. */
typedef struct hm_timeline_phase {
    const char *name;
    const char *role; /**< "build", "steady", "release", "refill" or "collect" */
    uint64_t begin_ns;
    uint64_t end_ns;
} hm_timeline_phase;

/** What a walk at a point found; HM_UNKNOWN_BYTES where it could not be had. */
typedef struct hm_timeline_point {
    uint64_t at_ns;  /**< monotonic: the begin of its gap */
    size_t phase;    /**< the phase just run, or running; SIZE_MAX: none yet */
    bool at_the_end; /**< of its phase */
    uint64_t rss_bytes;
    uint64_t requested_bytes;
    uint64_t live_bytes;
    uint64_t live_objects;
    uint64_t tracked_objects;
    uint64_t pending_objects;
    uint64_t young_objects;
    uint64_t collections; /**< so far, of all generations */
    uint64_t walk_ns;
} hm_timeline_point;

/** A reading between two points. */
typedef struct hm_timeline_tick {
    uint64_t at_ns; /**< monotonic */
    uint64_t requested_bytes;
    uint64_t tracked_objects;
    uint64_t young_objects;
} hm_timeline_tick;

/** A collection. */
typedef struct hm_timeline_collection {
    uint64_t at_ns; /**< monotonic */
    uint64_t pause_ns;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t traversed;
} hm_timeline_collection;

/** All collections of one generation. */
typedef struct hm_timeline_generation {
    hm_timeline_series kept; /**< its `offered` is the number of collections */
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t pause_total_ns;
    uint64_t pause_max_ns;
} hm_timeline_generation;

typedef struct hm_timeline_state {
    const hm_timeline_request *request;
    hm_sample_request sample_request;
    hm_sample_state sample;
    hm_heap *heap; /**< the sample's only one */

    hm_timeline_phase phases[HM_TIMELINE_MOST_PHASES];
    size_t phase_count;
    hm_timeline_axis axis;
    size_t gap_room;

    /** What happens at a point; false: the sample's error says why. */
    bool (*look)(struct hm_timeline_state *state, bool at_the_end);
    hm_timeline_point *points; /**< curves only, as the rest here */
    size_t point_count, point_room;
    hm_timeline_series ticks;
    hm_timeline_generation generations[HM_GENERATIONS];
    hm_event_sink events; /**< the sample's own, told first */
    uint64_t collection_began_ns;
    uint64_t sampler_ns; /**< the timer's readings took this long together */

    json_t *sites; /**< sites only: one member a phase, made in gaps */
    void *tracing; /**< sites only */
} hm_timeline_state;

/* phases.c */

/** Runs all phases, looking at every point; false: the sample's error says why. */
bool hm_timeline_run_phases(hm_timeline_state *state);

/** The most points that a request can have. */
size_t hm_timeline_point_room(const hm_timeline_request *request);

/* curves.c */

/** Makes room, puts the sink in place; before the heap is made. */
bool hm_timeline_open_curves(hm_timeline_state *state);
void hm_timeline_close_curves(hm_timeline_state *state);

/* sampler.c */

/** Starts the timer whose ticks go to state->ticks; false: the sample's error says why. */
bool hm_timeline_start_sampler(hm_timeline_state *state);

/** Holds the ticks back while something is measured, and lets them go on. */
void hm_timeline_hold_sampler(bool held);

/** Stops the timer; nothing to do where it does not run. */
void hm_timeline_stop_sampler(void);

/* sites.c */

/** Traces from here on, after the workload's set-up. */
bool hm_timeline_start_sites(hm_timeline_state *state);
void hm_timeline_close_sites(hm_timeline_state *state);

/* record.c */

/** Adds what the curves saw to the record. */
void hm_timeline_record_curves(const hm_timeline_state *state, json_t *record);

#endif
