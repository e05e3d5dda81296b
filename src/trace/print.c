#include "trace/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* tracemalloc's _format_size. */
static const char *format_size(double bytes, bool sign, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double magnitude = bytes < 0 ? -bytes : bytes;
    while (magnitude >= 10 * 1024 && unit < 4) {
        magnitude /= 1024;
        bytes /= 1024;
        unit++;
    }
    int decimals = magnitude < 100 && unit > 0 ? 1 : 0;
    snprintf(text, size, sign ? "%+.*f %s" : "%.*f %s", decimals, bytes, units[unit]);
    return text;
}

/* What a statistic is of: a type, or its first frame as file:line, as str() of a Traceback. */
static void format_key(const hm_trace_statistic *statistic, char *text, size_t size)
{
    if (statistic->type != NULL) {
        snprintf(text, size, "%s", statistic->type);
        return;
    }
    const hm_trace_frame *frame = &statistic->traceback.frames[0];
    snprintf(text, size, "%s:%u", frame->file, frame->line);
}

const char *hm_trace_statistic_format(const hm_trace_statistic *statistic, bool compared,
                                      char *text, size_t size)
{
    char key[4096], bytes[32], bytes_change[48] = "", count_change[48] = "", average[64] = "";
    char amount[32];
    format_key(statistic, key, sizeof key);
    format_size((double)statistic->size_bytes, false, bytes, sizeof bytes);
    if (compared) {
        format_size((double)statistic->size_difference, true, amount, sizeof amount);
        snprintf(bytes_change, sizeof bytes_change, " (%s)", amount);
        snprintf(count_change, sizeof count_change, " (%+" PRId64 ")", statistic->count_difference);
    }
    if (statistic->count != 0) {
        format_size((double)statistic->size_bytes / (double)statistic->count, false, amount,
                    sizeof amount);
        snprintf(average, sizeof average, ", average=%s", amount);
    }
    snprintf(text, size, "%s: size=%s%s, count=%" PRIu64 "%s%s", key, bytes, bytes_change,
             statistic->count, count_change, average);
    return text;
}

/* Prints a line of a source file without the space around it, where the file can be read. */
static void print_source(FILE *stream, const hm_trace_frame *frame)
{
    FILE *source = frame->line == 0 ? NULL : fopen(frame->file, "r");
    if (source == NULL)
        return;
    char *line = NULL;
    size_t capacity = 0;
    bool found = true;
    for (unsigned number = 0; found && number < frame->line; number++)
        found = getline(&line, &capacity, source) >= 0;
    if (found) {
        char *start = line + strspn(line, " \t");
        start[strcspn(start, "\r\n")] = '\0';
        fprintf(stream, "    %s\n", start);
    }
    free(line);
    fclose(source);
}

static void print_sum(FILE *stream, size_t rank, const hm_trace_statistic *statistic)
{
    char key[4096];
    format_key(statistic, key, sizeof key);
    fprintf(stream, "#%zu: %s: %.1f KiB\n", rank, key, (double)statistic->size_bytes / 1024);
    if (statistic->traceback.length == 1)
        print_source(stream, &statistic->traceback.frames[0]);
    else if (statistic->traceback.length > 1)
        hm_trace_print_traceback(stream, &statistic->traceback);
}

static uint64_t total_bytes(const hm_trace_statistics *statistics, size_t first)
{
    uint64_t sum = 0;
    for (size_t index = first; index < statistics->length; index++)
        sum += statistics->items[index].size_bytes;
    return sum;
}

hm_status hm_trace_print_top(FILE *stream, const hm_trace_snapshot *snapshot, hm_trace_key key,
                             size_t limit, hm_error *error)
{
    static const char *const nouns[] = {"files", "lines", "tracebacks", "types"};
    hm_trace_statistics *statistics = hm_trace_get_statistics(snapshot, key, false, error);
    if (statistics == NULL)
        return HM_NO_MEMORY;
    size_t shown = statistics->length < limit ? statistics->length : limit;
    fprintf(stream, "Top %zu %s\n", limit, nouns[key]);
    for (size_t index = 0; index < shown; index++)
        print_sum(stream, index + 1, &statistics->items[index]);
    if (shown < statistics->length)
        fprintf(stream, "%zu other: %.1f KiB\n", statistics->length - shown,
                (double)total_bytes(statistics, shown) / 1024);
    fprintf(stream, "Total allocated size: %.1f KiB\n", (double)total_bytes(statistics, 0) / 1024);
    hm_trace_statistics_destroy(statistics);
    return HM_OK;
}

void hm_trace_print_statistics(FILE *stream, const hm_trace_statistics *statistics, size_t limit)
{
    char text[4352];
    for (size_t index = 0; index < statistics->length && index < limit; index++)
        fprintf(stream, "%s\n",
                hm_trace_statistic_format(&statistics->items[index], statistics->compared, text,
                                          sizeof text));
}

void hm_trace_print_traceback(FILE *stream, const hm_traceback *traceback)
{
    for (size_t index = 0; index < traceback->length; index++) {
        const hm_trace_frame *frame = &traceback->frames[index];
        fprintf(stream, "  File \"%s\", line %u", frame->file, frame->line);
        if (frame->function[0] != '\0')
            fprintf(stream, ", in %s", frame->function);
        fputc('\n', stream);
        print_source(stream, frame);
    }
}
