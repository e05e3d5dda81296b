/* Back-end specs and collector specs, as --backend and --collector take them. A line each; the
 * first byte of a line says which: 'c' a collector, else a back end. */
#include "allocators/backend.h"
#include "gc/collectors.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void read_collector(const char *text)
{
    hm_collector_spec spec, again;
    hm_error error = {0};
    hm_status status = hm_collector_parse(text, &spec, &error);
    fuzz_check_refusal(status, &error);
    if (status != HM_OK)
        return;
    /* What is written into cells is read back as the same. */
    HM_CHECK(hm_collector_parse(spec.label, &again, &error) == HM_OK);
    HM_CHECK(again.collector == spec.collector && strcmp(again.label, spec.label) == 0);
    HM_CHECK(again.settings.automatic == spec.settings.automatic);
    HM_CHECK(memcmp(again.settings.thresholds, spec.settings.thresholds,
                    sizeof spec.settings.thresholds) == 0);
}

static void read_backend(const char *text)
{
    hm_backend_spec spec = {0};
    hm_error error = {0};
    hm_status status = hm_backend_parse(text, &spec, &error);
    fuzz_check_refusal(status, &error);
    if (status == HM_OK) {
        HM_CHECK(spec.backend != NULL && spec.label[0] != '\0');
        HM_CHECK(strcmp(spec.text, text) == 0);
        HM_CHECK(!spec.backend->takes_path || spec.path[0] == '/');
        HM_CHECK(strpbrk(spec.label, "/: \n") == NULL);
    }
    hm_backend_spec_clear(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *line;
    while ((line = fuzz_line(&rest)) != NULL) {
        if (line[0] == 'c')
            read_collector(line + 1);
        else
            read_backend(line + (line[0] != '\0'));
    }
    free(text);
    return 0;
}
