#include "bench/timeline/document.h"

#include "bench/plan.h"
#include "bench/sample_state.h"
#include "bench/timeline/axis.h"

#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static uint64_t number(const json_t *value)
{
    return (uint64_t)json_integer_value(value);
}

static void add_identity(const hm_timeline_seen *seen, json_t *document)
{
    const hm_timeline_request *request = &seen->options->request;
    const hm_bench_cell *cell = &request->cell;
    char name[HM_CELL_NAME_BYTES], work[HM_CELL_NAME_BYTES];
    HM_CHECK(hm_bench_cell_name(cell, name, sizeof name));
    HM_CHECK(hm_bench_cell_work(cell, work, sizeof work));
    set(document, "record", json_string("timeline"));
    set(document, "schema", json_integer(1));
    set(document, "heapmark", json_string(hm_version()));
    set(document, "started_at", json_string(seen->started_at));
    set(document, "cell", json_string(name));
    set(document, "work", json_string(work));
    set(document, "workload", json_string(cell->workload->name));
    set(document, "parameters", hm_work_parameters_to_json(cell->workload, cell->parameters));
    set(document, "backend", json_string(cell->backend->label));
    set(document, "linkage", json_string(hm_linkage_name(cell->backend->backend->linkage)));
    set(document, "collector", json_string(cell->collector.label));
    set(document, "threads", json_integer(cell->threads));
    set(document, "runtime", json_string("heapmark"));
    set(document, "seed", hm_sample_hexadecimal(request->seed));
    set(document, "freelists", json_boolean(request->freelists));
    set(document, "iterations", count(request->iterations));
    set(document, "interval_ms", json_integer(request->interval_ms));
}

/** The axis as the curves' process had it; `gaps` is the caller's to free. */
static hm_timeline_axis axis_of(const json_t *curves)
{
    const json_t *pairs = json_object_get(curves, "masked_monotonic_ns"), *pair;
    size_t index;
    hm_timeline_axis axis = {.origin_ns = number(json_object_get(curves, "origin_monotonic_ns")),
                             .gaps = hm_grow(NULL, json_array_size(pairs) + 1, sizeof *axis.gaps)};
    json_array_foreach(pairs, index, pair)
    {
        axis.gaps[axis.count++] =
            (hm_timeline_gap){number(json_array_get(pair, 0)), number(json_array_get(pair, 1))};
    }
    return axis;
}

/** The RSS as seen from outside, from the first phase's begin to the last one's end. */
static json_t *rss_of(const hm_timeline_seen *seen)
{
    json_t *at = json_array(), *bytes = json_array(), *rss = json_object();
    hm_timeline_axis axis = axis_of(seen->curves);
    const json_t *phases = json_object_get(seen->curves, "phases");
    const json_t *last = json_array_get(phases, json_array_size(phases) - 1);
    uint64_t end_ns = number(json_object_get(last, "end_ns")), axis_ns;
    for (size_t look = 0; look < seen->looks->look_count; look++) {
        if (!hm_timeline_axis_place(&axis, seen->looks->look_ns[look], &axis_ns) ||
            axis_ns > end_ns)
            continue;
        json_array_append_new(at, count(axis_ns));
        json_array_append_new(bytes, json_integer(seen->looks->look_rss_bytes[look]));
    }
    free(axis.gaps);
    set(rss, "at_ns", at);
    set(rss, "bytes", bytes);
    return rss;
}

/** The text of a line of source without the space around it; NULL: it cannot be read. */
static json_t *source_of(const char *file, json_int_t wanted)
{
    char *path = hm_format("%s%s", *file == '/' ? "" : HM_SOURCE_FOLDER "/", file), *text = NULL;
    FILE *stream = wanted > 0 ? fopen(path, "re") : NULL;
    size_t room = 0;
    ssize_t length = -1;
    for (json_int_t line = 0; stream != NULL && line < wanted; line++)
        length = getline(&text, &room, stream);
    if (stream != NULL)
        fclose(stream);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        text[--length] = '\0';
    json_t *source = length < 0 ? NULL : hm_sample_words(text + strspn(text, " \t"));
    free(text);
    free(path);
    return source;
}

/** The sites with the text of each line that can be read. */
static json_t *sites_of(const json_t *record)
{
    json_t *sites = json_deep_copy(json_object_get(record, "sites")), *phase, *line;
    size_t index, place;
    json_array_foreach(json_object_get(sites, "phases"), index, phase)
    {
        json_array_foreach(json_object_get(phase, "lines"), place, line)
        {
            json_t *source = source_of(json_string_value(json_object_get(line, "file")),
                                       json_integer_value(json_object_get(line, "line")));
            set(line, "source", source == NULL ? json_null() : source);
        }
    }
    return sites;
}

json_t *hm_timeline_document_make(const hm_timeline_seen *seen)
{
    static const char *const from_curves[] = {"version",      "origin",      "checksum",
                                              "measuring_ns", "sampling_ns", "phases",
                                              "points",       "ticks",       "collections"};
    json_t *document = json_object();
    add_identity(seen, document);
    set(document, "processes", json_deep_copy(seen->processes));
    for (size_t index = 0; index < HM_COUNT_OF(from_curves); index++)
        json_object_set(document, from_curves[index],
                        json_object_get(seen->curves, from_curves[index]));
    set(document, "rss", rss_of(seen));
    set(document, "sites", seen->sites == NULL ? json_null() : sites_of(seen->sites));
    set(document, "sites_reason",
        seen->sites == NULL ? hm_sample_words(seen->sites_reason) : json_null());
    return document;
}
