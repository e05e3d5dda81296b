/**
 * This module is what the curves saw, as JSON, so that the driver can join it with the sites. All
 * times but `masked` are ns on the time axis.
 */
#include "bench/timeline/state.h"

static json_t *count(uint64_t value)
{
    return value == HM_UNKNOWN_BYTES ? json_null() : json_integer((json_int_t)value);
}

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

/** Where a time that lies in no gap is on the axis. */
static json_t *place(const hm_timeline_state *state, uint64_t monotonic_ns)
{
    uint64_t axis_ns;
    return hm_timeline_axis_place(&state->axis, monotonic_ns, &axis_ns) ? count(axis_ns)
                                                                        : json_null();
}

static json_t *phases_of(const hm_timeline_state *state)
{
    json_t *phases = json_array();
    for (size_t index = 0; index < state->phase_count; index++) {
        const hm_timeline_phase *phase = &state->phases[index];
        json_t *entry = json_object();
        set(entry, "name", json_string(phase->name));
        set(entry, "role", json_string(phase->role));
        set(entry, "begin_ns", place(state, phase->begin_ns));
        set(entry, "end_ns", place(state, phase->end_ns));
        json_array_append_new(phases, entry);
    }
    return phases;
}

static json_t *points_of(const hm_timeline_state *state)
{
    json_t *points = json_array();
    for (size_t index = 0; index < state->point_count; index++) {
        const hm_timeline_point *point = &state->points[index];
        json_t *entry = json_object();
        bool begun = point->phase != SIZE_MAX;
        set(entry, "at_ns", place(state, point->at_ns));
        set(entry, "phase", json_string(begun ? state->phases[point->phase].name : "setup"));
        set(entry, "ends_phase", json_boolean(point->at_the_end));
        set(entry, "rss_bytes", count(point->rss_bytes));
        set(entry, "requested_bytes", count(point->requested_bytes));
        set(entry, "live_bytes", count(point->live_bytes));
        set(entry, "live_objects", count(point->live_objects));
        set(entry, "tracked_objects", count(point->tracked_objects));
        set(entry, "pending_objects", count(point->pending_objects));
        set(entry, "young_objects", count(point->young_objects));
        set(entry, "collections", count(point->collections));
        set(entry, "walk_ns", count(point->walk_ns));
        json_array_append_new(points, entry);
    }
    return points;
}

static json_t *ticks_of(const hm_timeline_state *state)
{
    json_t *at = json_array(), *requested = json_array(), *tracked = json_array(),
           *young = json_array(), *ticks = json_object();
    uint64_t end_ns = state->phases[state->phase_count - 1].end_ns;
    for (size_t index = 0; index < state->ticks.count; index++) {
        const hm_timeline_tick *tick = hm_timeline_series_at(&state->ticks, index);
        uint64_t axis_ns;
        /* The timer may tick once more between the last phase and its own end. */
        if (tick->at_ns > end_ns || !hm_timeline_axis_place(&state->axis, tick->at_ns, &axis_ns))
            continue;
        json_array_append_new(at, count(axis_ns));
        json_array_append_new(requested, count(tick->requested_bytes));
        json_array_append_new(tracked, count(tick->tracked_objects));
        json_array_append_new(young, count(tick->young_objects));
    }
    set(ticks, "at_ns", at);
    set(ticks, "requested_bytes", requested);
    set(ticks, "tracked_objects", tracked);
    set(ticks, "young_objects", young);
    return ticks;
}

static json_t *kept_of(const hm_timeline_state *state, const hm_timeline_series *series)
{
    json_t *kept = json_array();
    for (size_t index = 0; index < series->count; index++) {
        const hm_timeline_collection *collection = hm_timeline_series_at(series, index);
        json_t *entry = json_object();
        set(entry, "at_ns", place(state, collection->at_ns));
        set(entry, "pause_ns", count(collection->pause_ns));
        set(entry, "collected", count(collection->collected));
        set(entry, "uncollectable", count(collection->uncollectable));
        set(entry, "traversed", count(collection->traversed));
        json_array_append_new(kept, entry);
    }
    return kept;
}

static json_t *collections_of(const hm_timeline_state *state)
{
    json_t *generations = json_array();
    uint32_t capabilities = state->request->cell.collector.collector->capabilities;
    int count_of_them = (capabilities & HM_COLLECTOR_GENERATIONS) != 0 ? HM_GENERATIONS : 1;
    for (int number = 0; number < count_of_them; number++) {
        const hm_timeline_generation *generation = &state->generations[number];
        json_t *entry = json_object();
        set(entry, "generation", json_integer(number));
        set(entry, "count", count(generation->kept.offered));
        set(entry, "collected", count(generation->collected));
        set(entry, "uncollectable", count(generation->uncollectable));
        set(entry, "pause_total_ns", count(generation->pause_total_ns));
        set(entry, "pause_max_ns", count(generation->pause_max_ns));
        set(entry, "kept_every", count(generation->kept.stride));
        set(entry, "kept", kept_of(state, &generation->kept));
        json_array_append_new(generations, entry);
    }
    return generations;
}

/** The gaps, for the driver: the RSS that it reads in them is the measurement's. */
static json_t *gaps_of(const hm_timeline_axis *axis)
{
    json_t *gaps = json_array();
    for (size_t index = 0; index < axis->count; index++) {
        json_t *pair = json_array();
        json_array_append_new(pair, count(axis->gaps[index].begin_ns));
        json_array_append_new(pair, count(axis->gaps[index].end_ns));
        json_array_append_new(gaps, pair);
    }
    return gaps;
}

void hm_timeline_record_curves(const hm_timeline_state *state, json_t *record)
{
    set(record, "origin_monotonic_ns", count(state->axis.origin_ns));
    set(record, "masked_monotonic_ns", gaps_of(&state->axis));
    set(record, "measuring_ns", count(hm_timeline_axis_gaps_ns(&state->axis)));
    set(record, "sampling_ns", count(state->sampler_ns));
    set(record, "phases", phases_of(state));
    set(record, "points", points_of(state));
    set(record, "ticks", ticks_of(state));
    set(record, "collections", collections_of(state));
}
