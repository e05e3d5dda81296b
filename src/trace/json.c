/** This module is snapshots as JSON, so that other programs can read them (docs/tracing.md). */
#include "trace/print.h"
#include "trace/region.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static json_t *frames_json(const hm_traceback *traceback)
{
    json_t *frames = json_array();
    for (size_t index = 0; index < traceback->length; index++) {
        const hm_trace_frame *frame = &traceback->frames[index];
        json_array_append_new(frames, json_pack("{s:s, s:s, s:I}", "file", frame->file, "function",
                                                frame->function, "line", (json_int_t)frame->line));
    }
    return json_pack("{s:o, s:I}", "frames", frames, "total", (json_int_t)traceback->total);
}

/* The traceback's place in the list, put there when it is first met; -1: no memory. */
static json_int_t place_of(hm_number_map *places, json_t *list, const hm_traceback *traceback)
{
    uint64_t *place = hm_number_map_at(places, (uint64_t)(uintptr_t)traceback);
    if (place == NULL)
        return -1;
    if (*place == 0) {
        if (json_array_append_new(list, frames_json(traceback)) != 0)
            return -1;
        *place = json_array_size(list);
    }
    return (json_int_t)*place - 1;
}

static json_t *group_json(const hm_trace_group *group, json_int_t place)
{
    return json_pack("{s:I, s:s, s:s, s:I, s:I}", "traceback", place, "type", group->type, "domain",
                     group->domain == HM_TRACE_OBJECTS ? "objects" : "buffers", "size_bytes",
                     (json_int_t)group->size_bytes, "count", (json_int_t)group->count);
}

/* The whole document, or NULL. */
static json_t *snapshot_json(const hm_trace_snapshot *snapshot)
{
    hm_number_map places = {0};
    json_t *tracebacks = json_array(), *groups = json_array();
    bool whole = tracebacks != NULL && groups != NULL;
    for (size_t index = 0; whole && index < snapshot->group_count; index++) {
        const hm_trace_group *group = &snapshot->groups[index];
        json_int_t place = place_of(&places, tracebacks, group->traceback);
        whole = place >= 0 && json_array_append_new(groups, group_json(group, place)) == 0;
    }
    hm_number_map_release(&places);
    json_t *document = json_pack(
        "{s:s, s:i, s:I, s:o, s:o}", "format", "heapmark-snapshot", "version", 1, "traceback_limit",
        (json_int_t)snapshot->traceback_limit, "tracebacks", tracebacks, "groups", groups);
    if (document != NULL && whole)
        return document;
    json_decref(document);
    return NULL;
}

hm_status hm_trace_write_json(FILE *stream, const hm_trace_snapshot *snapshot, hm_error *error)
{
    json_t *document = snapshot_json(snapshot);
    if (document == NULL)
        return hm_error_set(error, HM_NO_MEMORY,
                            "no memory for the snapshot's JSON, or a name in it is not UTF-8");
    int failed = json_dumpf(document, stream, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    json_decref(document);
    if (failed != 0 || fputc('\n', stream) == EOF || fflush(stream) != 0)
        return hm_error_set(error, HM_IO_ERROR, "the snapshot could not be written: %s",
                            strerror(errno));
    return HM_OK;
}
