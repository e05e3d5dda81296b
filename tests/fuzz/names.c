/* What is written in names: cells, works' parameters, amounts and times. A line each; its first
 * byte says what it is. */
#include "base/quantity.h"
#include "bench/cell.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void read_cell(const char *text)
{
    hm_backend_spec storage;
    hm_bench_cell cell;
    hm_error error = {0};
    char name[HM_CELL_NAME_BYTES];
    hm_status status = hm_bench_cell_parse(text, NULL, &storage, &cell, &error);
    fuzz_check_refusal(status, &error);
    if (status == HM_OK) {
        HM_CHECK(hm_bench_cell_name(&cell, name, sizeof name));
        HM_CHECK(strcmp(name, text) == 0);
    }
    hm_backend_spec_clear(&storage);
}

enum { MOST_PARAMETERS = 256 };

typedef struct parameters {
    const hm_parameter *items[MOST_PARAMETERS];
    size_t count;
    bool complete;
} parameters;

/* What is allowed is all that the reading of a value depends on. */
static bool allows_the_same(const hm_parameter *left, const hm_parameter *right)
{
    return left->minimum == right->minimum && left->maximum == right->maximum &&
           left->choices == right->choices;
}

static void add_parameter(parameters *known, const hm_parameter *parameter)
{
    for (size_t index = 0; index < known->count; index++)
        if (allows_the_same(known->items[index], parameter))
            return;
    HM_CHECK(known->count < MOST_PARAMETERS);
    known->items[known->count++] = parameter;
}

/* One of all workloads' parameters for each set of values that one can have. */
static const parameters *distinct_parameters(void)
{
    static parameters known;
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; !known.complete && index < count; index++)
        for (unsigned place = 0; place < workloads[index]->parameter_count; place++)
            add_parameter(&known, &workloads[index]->parameters[place]);
    known.complete = true;
    return &known;
}

static void read_parameter(const hm_parameter *parameter, const char *text)
{
    int64_t value, again;
    char written[64];
    hm_error error = {0};
    hm_status status = hm_parameter_parse(parameter, text, &value, &error);
    fuzz_check_refusal(status, &error);
    if (status != HM_OK)
        return;
    hm_parameter_format(parameter, value, written, sizeof written);
    HM_CHECK(hm_parameter_parse(parameter, written, &again, &error) == HM_OK);
    HM_CHECK(again == value);
}

static void read_parameters(const char *text)
{
    const parameters *known = distinct_parameters();
    for (size_t index = 0; index < known->count; index++)
        read_parameter(known->items[index], text);
}

static void read_amount(const char *text)
{
    int64_t count;
    double seconds;
    char written[64];
    if (hm_parse_count(text, &count))
        HM_CHECK(hm_format_bytes((double)count, written, sizeof written)[0] != '\0');
    if (hm_parse_seconds(text, &seconds)) {
        HM_CHECK(isfinite(seconds) && seconds >= 0);
        HM_CHECK(hm_format_nanoseconds(seconds * 1e9, written, sizeof written)[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *line;
    while ((line = fuzz_line(&rest)) != NULL) {
        const char *value = line + (line[0] != '\0');
        if (line[0] == 'p')
            read_parameters(value);
        else if (line[0] == 'a')
            read_amount(value);
        else
            read_cell(value);
    }
    free(text);
    return 0;
}
