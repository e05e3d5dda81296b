/**
 * This module is the curves of a timeline: what is read at points, at ticks and at collections of a
 * run that traces nothing, so that times and memory are the work's own.
 */
#include "allocators/decorators.h"
#include "base/system_memory.h"
#include "bench/measure/clock.h"
#include "bench/timeline/state.h"
#include "bench/timeline/walk.h"

#include <string.h>

static bool take_point(hm_timeline_state *state, bool at_the_end)
{
    HM_CHECK(state->point_count < state->point_room);
    hm_timeline_point *point = &state->points[state->point_count++];
    hm_timeline_walk walk;
    *point =
        (hm_timeline_point){.at_ns = state->axis.gaps[state->axis.count].begin_ns,
                            .phase = state->phase_count == 0 ? SIZE_MAX : state->phase_count - 1,
                            .at_the_end = at_the_end,
                            .requested_bytes = hm_count_read().requested_bytes,
                            .young_objects = state->heap->young_count};
    for (size_t number = 0; number < HM_GENERATIONS; number++)
        point->collections += state->generations[number].kept.offered;
    if (!hm_resident_read(&state->sample.resident, &point->rss_bytes))
        point->rss_bytes = HM_UNKNOWN_BYTES;
    uint64_t began_ns = hm_clock_wall_ns();
    if (!hm_timeline_walk_heap(state->heap, &walk)) {
        hm_error_set(&state->sample.error, state->heap->error.status,
                     "the heap could not be walked: %.400s", state->heap->error.message);
        return false;
    }
    point->walk_ns = hm_clock_wall_ns() - began_ns;
    point->live_bytes = walk.live_bytes;
    point->live_objects = walk.live_objects;
    point->tracked_objects = walk.tracked_objects;
    point->pending_objects = walk.pending_objects;
    return true;
}

static void end_collection(hm_timeline_state *state, const hm_event *event)
{
    HM_CHECK(event->generation >= 0 && event->generation < HM_GENERATIONS);
    hm_timeline_generation *generation = &state->generations[event->generation];
    hm_timeline_collection collection = {.at_ns = state->collection_began_ns,
                                         .pause_ns =
                                             hm_clock_wall_ns() - state->collection_began_ns,
                                         .collected = event->collected,
                                         .uncollectable = event->uncollectable,
                                         .traversed = event->traversed};
    hm_timeline_series_add(&generation->kept, &collection);
    generation->collected += event->collected;
    generation->uncollectable += event->uncollectable;
    generation->pause_total_ns += collection.pause_ns;
    if (collection.pause_ns > generation->pause_max_ns)
        generation->pause_max_ns = collection.pause_ns;
}

/* The sample's own sink hears everything first: it keeps what failed. */
static void emit(void *context, const hm_event *event)
{
    hm_timeline_state *state = context;
    if (state->events.emit == NULL)
        state->events = hm_sample_events_sink(state->sample.events);
    state->events.emit(state->events.context, event);
    if (event->kind == HM_EVENT_COLLECTION_BEGIN)
        state->collection_began_ns = hm_clock_wall_ns();
    else if (event->kind == HM_EVENT_COLLECTION_END)
        end_collection(state, event);
}

static bool open_series(hm_timeline_state *state)
{
    bool opened =
        hm_timeline_series_open(&state->ticks, sizeof(hm_timeline_tick), HM_TIMELINE_KEPT_TICKS);
    for (size_t index = 0; opened && index < HM_GENERATIONS; index++)
        opened =
            hm_timeline_series_open(&state->generations[index].kept, sizeof(hm_timeline_collection),
                                    HM_TIMELINE_KEPT_COLLECTIONS);
    return opened;
}

bool hm_timeline_open_curves(hm_timeline_state *state)
{
    state->look = take_point;
    state->sample.sink = (hm_event_sink){.emit = emit, .context = state};
    state->point_room = hm_timeline_point_room(state->request);
    size_t bytes = state->point_room * sizeof *state->points;
    state->points = hm_system_map(bytes);
    if (state->points == NULL || !open_series(state)) {
        hm_error_set(&state->sample.error, HM_NO_MEMORY, "no memory for the timeline's readings");
        return false;
    }
    memset(state->points, 0, bytes);
    return true;
}

void hm_timeline_close_curves(hm_timeline_state *state)
{
    if (state->points != NULL)
        hm_system_unmap(state->points, state->point_room * sizeof *state->points);
    hm_timeline_series_close(&state->ticks);
    for (size_t index = 0; index < HM_GENERATIONS; index++)
        hm_timeline_series_close(&state->generations[index].kept);
}
