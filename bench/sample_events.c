/**
 * This module is the sink of a sample: it reads the clock where the runtime tells of a collection
 * or a cascade, and keeps what happened in room that was mapped before.
 */
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <stdio.h>

static void keep_pause(hm_pause_log *log, uint64_t began_ns, uint64_t pause_ns)
{
    if (log == NULL)
        return;
    began_ns -= log->left_out_ns;
    if (log->count == log->room)
        log->lost++;
    else
        log->pauses[log->count++] = (hm_mmu_pause){began_ns, began_ns + pause_ns};
}

static void end_collection(hm_sample_events *events, const hm_event *event)
{
    uint64_t pause_ns = hm_clock_wall_ns() - events->collection_began_ns;
    if (!events->recording)
        return;
    hm_histogram_record(&events->pauses, pause_ns);
    keep_pause(events->log, events->collection_began_ns, pause_ns);
    events->pause_total_ns += pause_ns;
    events->collected += event->collected;
    events->uncollectable += event->uncollectable;
    if (events->kept == HM_SAMPLE_KEPT_COLLECTIONS)
        return;
    events->collections[events->kept++] =
        (hm_sample_collection){.at_ns = events->collection_began_ns,
                               .pause_ns = pause_ns,
                               .collected = event->collected,
                               .uncollectable = event->uncollectable,
                               .traversed = event->traversed,
                               .generation = event->generation};
}

/* Told at the 128th object, so a cascade's time is that of what follows it. */
static void end_cascade(hm_sample_events *events)
{
    uint64_t cascade_ns = hm_clock_wall_ns() - events->cascade_began_ns;
    if (!events->recording)
        return;
    hm_histogram_record(&events->cascades, cascade_ns);
    keep_pause(events->log, events->cascade_began_ns, cascade_ns);
}

static void emit(void *context, const hm_event *event)
{
    hm_sample_events *events = context;
    switch (event->kind) {
    case HM_EVENT_COLLECTION_BEGIN:
        events->collection_began_ns = hm_clock_wall_ns();
        break;
    case HM_EVENT_COLLECTION_END:
        end_collection(events, event);
        break;
    case HM_EVENT_CASCADE_BEGIN:
        events->cascade_began_ns = hm_clock_wall_ns();
        break;
    case HM_EVENT_CASCADE_END:
        end_cascade(events);
        break;
    case HM_EVENT_UNRAISABLE:
        if (events->failures++ == 0)
            snprintf(events->first_failure, sizeof events->first_failure, "%s",
                     event->message != NULL ? event->message : "no message");
        break;
    }
}

void hm_sample_events_add(hm_sample_events *sum, const hm_sample_events *other)
{
    hm_histogram_merge(&sum->pauses, &other->pauses);
    hm_histogram_merge(&sum->cascades, &other->cascades);
    sum->pause_total_ns += other->pause_total_ns;
    sum->collected += other->collected;
    sum->uncollectable += other->uncollectable;
}

hm_event_sink hm_sample_events_sink(hm_sample_events *events)
{
    return (hm_event_sink){.emit = emit, .context = events};
}
