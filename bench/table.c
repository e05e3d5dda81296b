/* The table of medians that a run ends with where no Python can draw the real summary. */
#include "base/quantity.h"
#include "bench/result_list.h"
#include "bench/results.h"

#include <stdlib.h>
#include <string.h>

/** A metric's table: rows are works with a collector, columns are back ends. */
typedef struct table {
    const hm_result_list *results;
    const char *metric;
    const char *title;
    const char *kind;
    hm_strings rows; /**< "work, collector" */
    hm_strings columns;
    const char *(*format)(double value, char *text, size_t size);
} table;

static char *row_of(const hm_result *result)
{
    return hm_format("%s, %s, %lld thread%s", result->work, result->collector,
                     (long long)result->threads, result->threads == 1 ? "" : "s");
}

static void add_once(hm_strings *strings, const char *text)
{
    if (!hm_strings_contain(strings, text))
        hm_strings_add(strings, text);
}

static int compare_numbers(const void *first, const void *second)
{
    double left = *(const double *)first;
    double right = *(const double *)second;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_numbers);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/** The median of one place of the table; false: it has no value. */
static bool median_of(const table *self, const char *row, const char *column, double *value)
{
    double *values = hm_grow(NULL, self->results->count, sizeof *values);
    size_t count = 0;
    for (size_t index = 0; index < self->results->count; index++) {
        const hm_result *result = &self->results->items[index];
        if (strcmp(result->kind, self->kind) != 0 || strcmp(result->backend, column) != 0)
            continue;
        char *own = row_of(result);
        if (strcmp(own, row) == 0 && hm_result_metric(result, self->metric, &values[count]))
            count++;
        free(own);
    }
    if (count > 0)
        *value = median(values, count);
    free(values);
    return count > 0;
}

static void print_table(table *self, FILE *stream)
{
    int width = 4;
    for (size_t row = 0; row < self->rows.count; row++) {
        int length = (int)strlen(self->rows.items[row]);
        width = length > width ? length : width;
    }
    fprintf(stream, "%-*s", width, self->title);
    for (size_t column = 0; column < self->columns.count; column++)
        fprintf(stream, "  %12s", self->columns.items[column]);
    fputc('\n', stream);
    for (size_t row = 0; row < self->rows.count; row++) {
        fprintf(stream, "%-*s", width, self->rows.items[row]);
        for (size_t column = 0; column < self->columns.count; column++) {
            char text[32] = "-";
            double value;
            if (median_of(self, self->rows.items[row], self->columns.items[column], &value))
                self->format(value, text, sizeof text);
            fprintf(stream, "  %12s", text);
        }
        fputc('\n', stream);
    }
}

static const char *format_number(double value, char *text, size_t size)
{
    snprintf(text, size, "%.4g", value);
    return text;
}

static void print_metric(table self, FILE *stream)
{
    for (size_t index = 0; index < self.results->count; index++) {
        const hm_result *result = &self.results->items[index];
        if (strcmp(result->kind, self.kind) != 0)
            continue;
        char *row = row_of(result);
        add_once(&self.rows, row);
        add_once(&self.columns, result->backend);
        free(row);
    }
    if (self.rows.count > 0)
        print_table(&self, stream);
    hm_strings_clear(&self.rows);
    hm_strings_clear(&self.columns);
}

hm_status hm_table_print(const char *folder, const char *baseline, FILE *stream, hm_error *error)
{
    hm_result_list results;
    hm_status status = hm_result_list_read(&results, folder, error);
    if (status == HM_OK) {
        hm_result_list_sort(&results);
        fprintf(stream, "Medians; lower is better; baseline %s.\n", baseline);
        print_metric((table){.results = &results,
                             .metric = "ns_per_op",
                             .title = "ns per operation",
                             .kind = "time",
                             .format = format_number},
                     stream);
        fputc('\n', stream);
        print_metric((table){.results = &results,
                             .metric = "peak_rss_bytes",
                             .title = "peak RSS",
                             .kind = "memory",
                             .format = hm_format_bytes},
                     stream);
        if (fflush(stream) != 0)
            status = hm_error_set(error, HM_IO_ERROR, "the table cannot be written to stdout");
    }
    hm_result_list_clear(&results);
    return status;
}
