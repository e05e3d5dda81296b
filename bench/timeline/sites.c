/**
 * This module is the sites of a timeline: a traced run of the same work, with snapshots at the ends
 * of phases and a few inside the steady one, summed by line, function, type and traceback, so that
 * each phase's growth has lines of source to its name.
 */
#include "bench/strings.h"
#include "bench/timeline/state.h"
#include "bench/timeline/tally.h"
#include "trace/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* Snapshots inside the steady phase: each looks at every live block. */
enum { INNER_SNAPSHOTS = 4 };

typedef struct tracing {
    hm_timeline_tally lines;
    hm_timeline_tally functions;
    hm_timeline_tally types;
    hm_timeline_tally tracebacks; /* only where more than one frame is kept */
    json_t *phases;
    unsigned snapshots;
    uint64_t inner_looks;
    uint64_t inner_stride; /* every so many of the points inside take a snapshot */
    uint64_t begin_bytes;  /* when the phase began */
    uint64_t begin_blocks;
} tracing;

/** The file as it is called inside the project; others as they are. */
static const char *file_of(const hm_trace_frame *frame)
{
    static const char root[] = HM_SOURCE_FOLDER "/";
    size_t length = sizeof root - 1;
    return strncmp(frame->file, root, length) == 0 ? frame->file + length : frame->file;
}

/** Whether the file is the runtime's, or of the calls it makes of its allocator. */
static bool is_runtime(const char *file)
{
    return strncmp(file, "src/", 4) == 0 || strncmp(file, "allocators/", 11) == 0;
}

/** Of the frames of a traceback the most recent; of native ones the first outside the runtime. */
static const hm_trace_frame *site_of(const hm_traceback *traceback, bool native)
{
    static const hm_trace_frame unknown = {"<unknown>", "", 0};
    if (traceback == NULL || traceback->length == 0)
        return &unknown;
    for (size_t index = traceback->length; native && index > 0; index--) {
        const hm_trace_frame *frame = &traceback->frames[index - 1];
        if (!is_runtime(file_of(frame)) && frame->line != 0)
            return frame;
    }
    return &traceback->frames[traceback->length - 1];
}

static json_t *describe(const hm_trace_frame *frame)
{
    json_t *identity = json_object();
    json_object_set_new(identity, "file", hm_sample_words(file_of(frame)));
    json_object_set_new(identity, "function", hm_sample_words(frame->function));
    json_object_set_new(identity, "line", json_integer(frame->line));
    return identity;
}

static void add_function(hm_timeline_tally *tally, const hm_trace_frame *frame,
                         const hm_trace_group *group)
{
    char *key = hm_format("%s:%s", file_of(frame), frame->function);
    json_t *identity = json_object();
    json_object_set_new(identity, "file", hm_sample_words(file_of(frame)));
    json_object_set_new(identity, "function", hm_sample_words(frame->function));
    hm_timeline_tally_add(tally, key, identity, group->size_bytes, group->count);
    free(key);
}

static void add_traceback(hm_timeline_tally *tally, const hm_trace_group *group)
{
    char *key = hm_copy("");
    json_t *frames = json_array(), *identity = json_object();
    for (size_t index = 0; index < group->traceback->length; index++) {
        const hm_trace_frame *frame = &group->traceback->frames[index];
        char *longer = hm_format("%s%s:%u:%s;", key, file_of(frame), frame->line, frame->function);
        free(key);
        key = longer;
        json_array_append_new(frames, describe(frame));
    }
    json_object_set_new(identity, "frames", frames);
    hm_timeline_tally_add(tally, key, identity, group->size_bytes, group->count);
    free(key);
}

static void add_group(hm_timeline_state *state, const hm_trace_group *group)
{
    tracing *own = state->tracing;
    const hm_trace_frame *frame = site_of(group->traceback, state->request->native);
    char *key = hm_format("%s:%u:%s", file_of(frame), frame->line, frame->function);
    json_t *type = json_object();
    json_object_set_new(type, "type", hm_sample_words(group->type));
    hm_timeline_tally_add(&own->lines, key, describe(frame), group->size_bytes, group->count);
    hm_timeline_tally_add(&own->types, group->type, type, group->size_bytes, group->count);
    add_function(&own->functions, frame, group);
    if (state->request->frames > 1 && group->traceback != NULL)
        add_traceback(&own->tracebacks, group);
    free(key);
}

static bool take_snapshot(hm_timeline_state *state)
{
    tracing *own = state->tracing;
    hm_timeline_tally *const tallies[] = {&own->lines, &own->functions, &own->types,
                                          &own->tracebacks};
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(state->heap);
    if (snapshot == NULL) {
        hm_error_set(&state->sample.error, state->heap->error.status,
                     "no snapshot of the traces: %.400s", state->heap->error.message);
        return false;
    }
    own->snapshots++;
    for (size_t index = 0; index < HM_COUNT_OF(tallies); index++)
        hm_timeline_tally_begin(tallies[index]);
    for (size_t index = 0; index < snapshot->group_count; index++)
        add_group(state, &snapshot->groups[index]);
    for (size_t index = 0; index < HM_COUNT_OF(tallies); index++)
        hm_timeline_tally_end(tallies[index]);
    hm_trace_snapshot_destroy(snapshot);
    return true;
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/** What the phase that has just ended added; the next one begins. */
static json_t *phase_of(hm_timeline_state *state, const char *name)
{
    tracing *own = state->tracing;
    hm_traced_memory memory = hm_trace_get_traced_memory(state->heap);
    uint64_t blocks = hm_trace_get_trace_count(state->heap);
    json_t *phase = json_object();
    json_object_set_new(phase, "phase", json_string(name));
    json_object_set_new(phase, "traced_begin_bytes", count(own->begin_bytes));
    json_object_set_new(phase, "traced_end_bytes", count(memory.current_bytes));
    json_object_set_new(phase, "traced_peak_bytes", count(memory.peak_bytes));
    json_object_set_new(phase, "blocks_begin", count(own->begin_blocks));
    json_object_set_new(phase, "blocks_end", count(blocks));
    json_object_set_new(phase, "tracer_bytes", count(hm_trace_get_tracemalloc_memory(state->heap)));
    json_object_set_new(phase, "lines", hm_timeline_tally_take(&own->lines));
    json_object_set_new(phase, "functions", hm_timeline_tally_take(&own->functions));
    json_object_set_new(phase, "types", hm_timeline_tally_take(&own->types));
    json_object_set_new(phase, "tracebacks", hm_timeline_tally_take(&own->tracebacks));
    own->begin_bytes = memory.current_bytes;
    own->begin_blocks = blocks;
    hm_trace_reset_peak(state->heap);
    return phase;
}

/** The sums of the lines must be what the tracer says it holds, or one of the two is wrong. */
static bool sums_agree(hm_timeline_state *state, const json_t *phase)
{
    json_int_t bytes = 0, blocks = 0;
    size_t index;
    const json_t *line;
    json_array_foreach(json_object_get(phase, "lines"), index, line)
    {
        bytes += json_integer_value(json_object_get(line, "bytes"));
        blocks += json_integer_value(json_object_get(line, "count"));
    }
    if (bytes == json_integer_value(json_object_get(phase, "traced_end_bytes")) &&
        blocks == json_integer_value(json_object_get(phase, "blocks_end")))
        return true;
    hm_error_set(&state->sample.error, HM_WRONG_RESULT,
                 "the lines hold %lld bytes in %lld blocks where the tracer counts %lld in %lld",
                 (long long)bytes, (long long)blocks,
                 (long long)json_integer_value(json_object_get(phase, "traced_end_bytes")),
                 (long long)json_integer_value(json_object_get(phase, "blocks_end")));
    return false;
}

static bool look(hm_timeline_state *state, bool at_the_end)
{
    tracing *own = state->tracing;
    if (!at_the_end)
        return ++own->inner_looks % own->inner_stride != 0 || take_snapshot(state);
    if (!take_snapshot(state))
        return false;
    json_t *phase = phase_of(
        state, state->phase_count == 0 ? "setup" : state->phases[state->phase_count - 1].name);
    bool agree = sums_agree(state, phase);
    if (state->phase_count == 0)
        json_decref(phase); /* the origin: nothing has been traced yet */
    else
        json_array_append_new(own->phases, phase);
    json_object_set_new(state->sites, "snapshots", count(own->snapshots));
    return agree;
}

bool hm_timeline_start_sites(hm_timeline_state *state)
{
    const hm_timeline_request *request = state->request;
    hm_trace_options options = {.frames = request->frames, .native = request->native};
    tracing *own = hm_grow(NULL, 1, sizeof *own);
    *own = (tracing){.phases = json_array()};
    own->inner_stride = hm_timeline_point_room(request) / (INNER_SNAPSHOTS + 1) + 1;
    state->tracing = own;
    state->look = look;
    state->sites = json_object();
    json_object_set_new(state->sites, "frames", count(request->frames));
    json_object_set_new(state->sites, "native", json_boolean(request->native));
    json_object_set_new(state->sites, "snapshots", count(0));
    json_object_set(state->sites, "phases", own->phases);
    if (hm_trace_start(state->heap, &options))
        return true;
    hm_error_set(&state->sample.error, state->heap->error.status,
                 "the heap cannot be traced: %.400s", state->heap->error.message);
    return false;
}

void hm_timeline_close_sites(hm_timeline_state *state)
{
    tracing *own = state->tracing;
    if (own == NULL)
        return;
    hm_trace_stop(state->heap);
    hm_timeline_tally_clear(&own->lines);
    hm_timeline_tally_clear(&own->functions);
    hm_timeline_tally_clear(&own->types);
    hm_timeline_tally_clear(&own->tracebacks);
    json_decref(own->phases);
    json_decref(state->sites);
    free(own);
}
