#include "bench/exec/table.h"

#include "base/quantity.h"

#include <stdlib.h>
#include <string.h>

static int compare_numbers(const void *first, const void *second)
{
    double left = *(const double *)first;
    double right = *(const double *)second;
    return (left > right) - (left < right);
}

/** The median of a metric over the valid records of `label`; false: there is none. */
static bool median_of(const json_t *records, const char *label, const char *metric, double *median)
{
    double *values = hm_grow(NULL, json_array_size(records) + 1, sizeof *values);
    size_t count = 0, index;
    const json_t *record;
    json_array_foreach(records, index, record)
    {
        const json_t *value = json_object_get(json_object_get(record, "metrics"), metric);
        const char *own = json_string_value(json_object_get(record, "variant"));
        if (json_is_true(json_object_get(record, "valid")) && json_is_number(value) && own &&
            strcmp(own, label) == 0)
            values[count++] = json_number_value(value);
    }
    qsort(values, count, sizeof *values, compare_numbers);
    if (count > 0)
        *median = count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
    free(values);
    return count > 0;
}

static void count_records(const json_t *records, const char *label, size_t *valid, size_t *all)
{
    size_t index;
    const json_t *record;
    *valid = *all = 0;
    json_array_foreach(records, index, record)
    {
        const char *own = json_string_value(json_object_get(record, "variant"));
        if (!own || strcmp(own, label) != 0)
            continue;
        *valid += json_is_true(json_object_get(record, "valid"));
        ++*all;
    }
}

void hm_exec_table_print(const hm_exec_variants *variants, const json_t *records, FILE *stream)
{
    static const struct {
        const char *metric;
        const char *(*format)(double, char *, size_t);
    } columns[] = {{"wall_ns", hm_format_nanoseconds},
                   {"cpu_ns", hm_format_nanoseconds},
                   {"peak_rss_bytes", hm_format_bytes}};
    fprintf(stream, "%-20s  %12s  %12s  %12s  %s\n", "medians", "wall", "CPU", "peak RSS", "valid");
    for (size_t index = 0; index < variants->count; index++) {
        const hm_exec_variant *variant = &variants->items[index];
        size_t valid, all;
        if (variant->absent)
            continue;
        fprintf(stream, "%-20s", variant->label);
        for (size_t column = 0; column < HM_COUNT_OF(columns); column++) {
            char text[32] = "-";
            double median;
            if (median_of(records, variant->label, columns[column].metric, &median))
                columns[column].format(median, text, sizeof text);
            fprintf(stream, "  %12s", text);
        }
        count_records(records, variant->label, &valid, &all);
        fprintf(stream, "  %zu of %zu\n", valid, all);
    }
}
