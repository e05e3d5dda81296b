/**
 * This module is the short table of a timeline, its phases and the lines that added most to each of
 * them, so that a terminal is enough to read one.
 */
#include "base/quantity.h"
#include "bench/timeline/document.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 10, MOST_SUMS = 5, SOURCE_BYTES = 60, PLACE_WIDTH = 34, FUNCTION_WIDTH = 18 };

static json_int_t get(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/** "+1.5 MiB", "-3 B", "0 B". */
static const char *signed_bytes(json_int_t bytes, char *text, size_t size)
{
    text[0] = bytes > 0 ? '+' : '-';
    hm_format_bytes((double)llabs(bytes), text + (bytes != 0), size - 1);
    return text;
}

/** The amount, or a dash where there is none. */
static const char *bytes_or_dash(const json_t *point, const char *name, char *text, size_t size)
{
    const json_t *value = json_object_get(point, name);
    if (!json_is_integer(value)) {
        snprintf(text, size, "-");
        return text;
    }
    return hm_format_bytes((double)json_integer_value(value), text, size);
}

/** The last point of a phase; NULL: it has none. */
static const json_t *end_of(const json_t *document, const char *phase)
{
    const json_t *found = NULL, *point;
    size_t index;
    json_array_foreach(json_object_get(document, "points"), index, point)
    {
        if (strcmp(text_of(point, "phase"), phase) == 0)
            found = point;
    }
    return found;
}

static void print_phase(const json_t *document, const json_t *phase, json_int_t *collections,
                        FILE *stream)
{
    char rss[32], requested[32], live[32];
    const json_t *end = end_of(document, text_of(phase, "name"));
    double ms = (double)(get(phase, "end_ns") - get(phase, "begin_ns")) / 1e6;
    fprintf(stream, "%-12s %11.1f  %10s  %10s  %10s  %9" PRId64 "  %9" PRId64 "  %11" PRId64 "\n",
            text_of(phase, "name"), ms, bytes_or_dash(end, "rss_bytes", rss, sizeof rss),
            bytes_or_dash(end, "requested_bytes", requested, sizeof requested),
            bytes_or_dash(end, "live_bytes", live, sizeof live),
            (int64_t)get(end, "tracked_objects"), (int64_t)get(end, "pending_objects"),
            (int64_t)(get(end, "collections") - *collections));
    *collections = get(end, "collections");
}

static void print_phases(const json_t *document, FILE *stream)
{
    const json_t *phase;
    json_int_t collections = 0;
    size_t index;
    fprintf(stream, "%-12s %11s  %10s  %10s  %10s  %9s  %9s  %11s\n", "phase", "time ms", "RSS",
            "requested", "live", "tracked", "pending", "collections");
    json_array_foreach(json_object_get(document, "phases"), index, phase)
    {
        print_phase(document, phase, &collections, stream);
    }
}

static void print_line(const json_t *line, FILE *stream)
{
    char increment[32], highest[32];
    const char *source = text_of(line, "source");
    char *place = hm_format("%s:%" PRId64, text_of(line, "file"), (int64_t)get(line, "line"));
    size_t length = strlen(place);
    const char *shown = length > PLACE_WIDTH ? place + length - PLACE_WIDTH : place;
    fprintf(stream, "%11s  %+11" PRId64 "  %10s  %-*s  %-*.*s",
            signed_bytes(get(line, "increment_bytes"), increment, sizeof increment),
            (int64_t)get(line, "increment_count"),
            hm_format_bytes((double)get(line, "highest_bytes"), highest, sizeof highest),
            PLACE_WIDTH, shown, FUNCTION_WIDTH, FUNCTION_WIDTH, text_of(line, "function"));
    fprintf(stream, *source ? "  %.*s%s\n" : "%.*s%s\n", SOURCE_BYTES, source,
            strlen(source) > SOURCE_BYTES ? "..." : "");
    free(place);
}

/** The lines after the first so many, in one. */
static void print_rest(const json_t *lines, size_t from, FILE *stream)
{
    json_int_t bytes = 0, blocks = 0;
    char increment[32];
    const json_t *line;
    size_t index;
    json_array_foreach(lines, index, line)
    {
        bytes += index < from ? 0 : get(line, "increment_bytes");
        blocks += index < from ? 0 : get(line, "increment_count");
    }
    size_t left = json_array_size(lines) - from;
    if (left > 0)
        fprintf(stream, "%11s  %+11" PRId64 "  %10s  %s %zu line%s\n",
                signed_bytes(bytes, increment, sizeof increment), (int64_t)blocks, "",
                from == 0 ? "all" : "the other", left, left == 1 ? "" : "s");
}

/** "by type: str +8.2 MiB, tuple +1.1 MiB". */
static void print_sums(const json_t *sums, const char *by, const char *name, FILE *stream)
{
    char increment[32];
    const json_t *sum;
    size_t index, told = 0;
    json_array_foreach(sums, index, sum)
    {
        if (told == MOST_SUMS || get(sum, "increment_bytes") == 0)
            break;
        fprintf(stream, "%s%s %s", told++ == 0 ? by : ", ", text_of(sum, name),
                signed_bytes(get(sum, "increment_bytes"), increment, sizeof increment));
    }
    if (told > 0)
        fputc('\n', stream);
}

static void print_sites(const json_t *phase, FILE *stream)
{
    char increment[32], peak[32];
    const json_t *lines = json_object_get(phase, "lines"), *line;
    size_t index, shown = 0;
    fprintf(stream, "\n%s: %s in %+" PRId64 " blocks, at most %s\n", text_of(phase, "phase"),
            signed_bytes(get(phase, "traced_end_bytes") - get(phase, "traced_begin_bytes"),
                         increment, sizeof increment),
            (int64_t)(get(phase, "blocks_end") - get(phase, "blocks_begin")),
            hm_format_bytes((double)get(phase, "traced_peak_bytes"), peak, sizeof peak));
    if (json_array_size(lines) > 0)
        fprintf(stream, "%11s  %11s  %10s  %-*s  %-*s  %s\n", "increment", "occurrences", "peak",
                PLACE_WIDTH, "line", FUNCTION_WIDTH, "function", "source");
    json_array_foreach(lines, index, line)
    {
        if (shown == MOST_LINES || get(line, "increment_bytes") == 0)
            break;
        print_line(line, stream);
        shown++;
    }
    print_rest(lines, shown, stream);
    print_sums(json_object_get(phase, "functions"), "  by function: ", "function", stream);
    print_sums(json_object_get(phase, "types"), "  by type: ", "type", stream);
}

void hm_timeline_table_print(const json_t *document, FILE *stream)
{
    const json_t *sites = json_object_get(document, "sites"), *phase;
    size_t index;
    fprintf(stream, "%s on %s, collector %s, %" PRId64 " iterations of the steady phase\n",
            text_of(document, "work"), text_of(document, "backend"), text_of(document, "collector"),
            (int64_t)get(document, "iterations"));
    fprintf(stream, "At the end of each phase; the walks took %.1f ms, which no time includes.\n\n",
            (double)get(document, "measuring_ns") / 1e6);
    print_phases(document, stream);
    if (!json_is_object(sites)) {
        fprintf(stream, "\nNo sites: %s\n", text_of(document, "sites_reason"));
        return;
    }
    fprintf(stream,
            "\nWhat each line's blocks added, traced in a second process with the same "
            "checksum, %s.\n",
            text_of(document, "checksum"));
    json_array_foreach(json_object_get(sites, "phases"), index, phase)
    {
        print_sites(phase, stream);
    }
}
