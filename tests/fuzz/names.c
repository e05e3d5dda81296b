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

/* Every parameter of every workload is given the text. */
static void read_parameters(const char *text)
{
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        for (unsigned place = 0; place < workloads[index]->parameter_count; place++) {
            const hm_parameter *parameter = &workloads[index]->parameters[place];
            int64_t value, again;
            char written[64];
            hm_error error = {0};
            hm_status status = hm_parameter_parse(parameter, text, &value, &error);
            fuzz_check_refusal(status, &error);
            if (status != HM_OK)
                continue;
            hm_parameter_format(parameter, value, written, sizeof written);
            HM_CHECK(hm_parameter_parse(parameter, written, &again, &error) == HM_OK);
            HM_CHECK(again == value);
        }
    }
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
