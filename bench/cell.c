#include "bench/cell.h"

#include "bench/runtime_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_FORM                                                                                  \
    "WORKLOAD[/parameter:value].../backend:B/linkage:L/collector:C/threads:N/runtime:R"

/* What is left to read of a name; the name's copy is cut into parts in place. */
typedef struct name_reader {
    char *rest; /* NULL: all read */
    hm_bench_cell *cell;
    hm_error *error;
} name_reader;

const char *hm_bench_cell_runtime(const hm_bench_cell *cell)
{
    return cell->runtime[0] != '\0' ? cell->runtime : "heapmark";
}

bool hm_bench_cell_work(const hm_bench_cell *cell, char *text, size_t size)
{
    return hm_work_name(cell->workload, cell->parameters, text, size);
}

bool hm_bench_cell_name(const hm_bench_cell *cell, char *text, size_t size)
{
    if (!hm_bench_cell_work(cell, text, size))
        return false;
    size_t used = strlen(text);
    int added = snprintf(text + used, size - used,
                         "/backend:%s/linkage:%s/collector:%s/threads:%u/runtime:%s",
                         cell->backend->label, hm_linkage_name(cell->backend->backend->linkage),
                         cell->collector.label, cell->threads, hm_bench_cell_runtime(cell));
    return added > 0 && (size_t)added < size - used;
}

static char *next_part(name_reader *reader)
{
    char *part = reader->rest;
    if (part == NULL)
        return NULL;
    char *slash = strchr(part, '/');
    if (slash != NULL)
        *slash++ = '\0';
    reader->rest = slash;
    return part;
}

static hm_status read_workload(name_reader *reader)
{
    const char *name = next_part(reader);
    reader->cell->workload = hm_workload_find(name);
    if (reader->cell->workload == NULL)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "no workload is called '%s'; `heapmark list workloads` shows them",
                            name);
    hm_parameters_default(reader->cell->workload, reader->cell->parameters);
    return HM_OK;
}

static hm_status read_parameter(name_reader *reader, char *part)
{
    const hm_workload *workload = reader->cell->workload;
    char *colon = strchr(part, ':');
    if (colon == NULL)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "'%s' is not of the form name:value; a cell is " CELL_FORM, part);
    *colon = '\0';
    int index = hm_parameter_find(workload, part);
    if (index < 0)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "workload %s has no parameter '%s'; `heapmark list workloads` shows "
                            "them",
                            workload->name, part);
    return hm_parameter_parse(&workload->parameters[index], colon + 1,
                              &reader->cell->parameters[index], reader->error);
}

/* Reads parameters up to the part "backend:…", whose value it returns; NULL: error set. */
static char *read_parameters(name_reader *reader)
{
    const char key[] = "backend:";
    char *part;
    while ((part = next_part(reader)) != NULL) {
        if (strncmp(part, key, strlen(key)) == 0)
            return part + strlen(key);
        if (read_parameter(reader, part) != HM_OK)
            return NULL;
    }
    hm_error_set(reader->error, HM_USAGE_ERROR,
                 "the cell's name has no 'backend:'; a cell is " CELL_FORM);
    return NULL;
}

/* The value of the next part, which must be "key:value"; NULL: error set. */
static char *read_value(name_reader *reader, const char *key)
{
    char *part = next_part(reader);
    size_t length = strlen(key);
    if (part != NULL && strncmp(part, key, length) == 0 && part[length] == ':')
        return part + length + 1;
    hm_error_set(reader->error, HM_USAGE_ERROR, "%s%s%s where '%s:' belongs; a cell is " CELL_FORM,
                 part == NULL ? "the name ends" : "'", part == NULL ? "" : part,
                 part == NULL ? "" : "' stands", key);
    return NULL;
}

static hm_status read_backend(name_reader *reader, const char *label,
                              const hm_backend_spec *backend, hm_backend_spec *storage)
{
    if (backend != NULL) {
        if (strcmp(label, backend->label) != 0)
            return hm_error_set(reader->error, HM_USAGE_ERROR,
                                "the cell's back end is '%s' but --backend gives '%s'; both must "
                                "have the same label",
                                label, backend->label);
        reader->cell->backend = backend;
        return HM_OK;
    }
    hm_error reason = {0};
    if (hm_backend_parse(label, storage, &reason) != HM_OK)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "%.380s (a label of a so: or preload: spec needs --backend SPEC too)",
                            reason.message);
    reader->cell->backend = storage;
    return HM_OK;
}

static hm_status read_linkage(name_reader *reader)
{
    const char *value = read_value(reader, "linkage");
    if (value == NULL)
        return HM_USAGE_ERROR;
    const char *linkage = hm_linkage_name(reader->cell->backend->backend->linkage);
    if (strcmp(value, linkage) == 0)
        return HM_OK;
    return hm_error_set(reader->error, HM_USAGE_ERROR,
                        "linkage is '%s' but back end %s is bound by '%s'", value,
                        reader->cell->backend->label, linkage);
}

static hm_status read_collector(name_reader *reader)
{
    const char *value = read_value(reader, "collector");
    if (value == NULL)
        return HM_USAGE_ERROR;
    return hm_collector_parse(value, &reader->cell->collector, reader->error);
}

static hm_status read_threads(name_reader *reader)
{
    const char *value = read_value(reader, "threads");
    if (value == NULL)
        return HM_USAGE_ERROR;
    char *end;
    unsigned long threads = strtoul(value, &end, 10);
    if (*value < '1' || *value > '9' || *end != '\0' || threads > HM_MAX_THREADS)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "threads is '%s'; it must be a number from 1 to %d", value,
                            (int)HM_MAX_THREADS);
    reader->cell->threads = (unsigned)threads;
    return HM_OK;
}

/* A back end of another runtime goes with that runtime, and the others with ours. */
static hm_status take_runtime(hm_bench_cell *cell, const char *value, hm_error *error)
{
    const hm_runtime_host *host = hm_runtime_host_get();
    bool foreign = cell->backend->backend->linkage == HM_LINKAGE_RUNTIME;
    bool named = strncmp(value, "cpython-", strlen("cpython-")) == 0;
    const char *here = host != NULL ? host->label : value;
    if ((!named && strcmp(value, "heapmark") != 0) || strlen(value) >= sizeof cell->runtime)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "runtime is '%.80s'; a sample can run 'heapmark', or 'cpython-VERSION' "
                            "with --reference PYTHON",
                            value);
    if (foreign != named)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "runtime is '%.80s', which has no back end %s; cpython's are "
                            "cpython-pymalloc, cpython-malloc and cpython-mimalloc",
                            value, cell->backend->label);
    if (strcmp(value, here) != 0)
        return hm_error_set(error, HM_USAGE_ERROR, "runtime is '%.80s' and this python is %s",
                            value, here);
    if (foreign && cell->threads > 1)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "threads is %u; a python's samples have one thread: it has one lock",
                            cell->threads);
    if (foreign && !hm_runtime_host_can_run(cell->workload))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "workload %s runs on heapmark's runtime only; raw and micro works run "
                            "on %.80s",
                            cell->workload->name, value);
    snprintf(cell->runtime, sizeof cell->runtime, "%s", named ? value : "");
    if (host != NULL)
        cell->workload = hm_runtime_host_workload(cell->workload);
    return HM_OK;
}

static hm_status read_runtime(name_reader *reader)
{
    const char *value = read_value(reader, "runtime");
    if (value == NULL)
        return HM_USAGE_ERROR;
    if (take_runtime(reader->cell, value, reader->error) != HM_OK)
        return HM_USAGE_ERROR;
    if (reader->rest != NULL)
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "'%s' stands after 'runtime:'; a cell is " CELL_FORM, reader->rest);
    return HM_OK;
}

/* A name has one spelling: defaults left out, parameters in the order of their declaration. */
static hm_status check_spelling(const name_reader *reader, const char *name)
{
    const hm_workload *workload = reader->cell->workload;
    if (workload->validate != NULL &&
        workload->validate(reader->cell->parameters, reader->error) != HM_OK)
        return HM_USAGE_ERROR;
    char canonical[HM_CELL_NAME_BYTES];
    if (!hm_bench_cell_name(reader->cell, canonical, sizeof canonical))
        return hm_error_set(reader->error, HM_USAGE_ERROR,
                            "the cell's name is longer than %d bytes", (int)HM_CELL_NAME_BYTES - 1);
    if (strcmp(canonical, name) == 0)
        return HM_OK;
    return hm_error_set(reader->error, HM_USAGE_ERROR,
                        "the cell's name must be written as '%.400s'", canonical);
}

hm_status hm_bench_cell_parse(const char *name, const hm_backend_spec *backend,
                              hm_backend_spec *storage, hm_bench_cell *cell, hm_error *error)
{
    char copy[HM_CELL_NAME_BYTES];
    hm_error local;
    *cell = (hm_bench_cell){0};
    if (storage != NULL)
        *storage = (hm_backend_spec){0};
    if ((size_t)snprintf(copy, sizeof copy, "%s", name) >= sizeof copy)
        return hm_error_set(error, HM_USAGE_ERROR, "the cell's name is longer than %d bytes",
                            (int)HM_CELL_NAME_BYTES - 1);
    name_reader reader = {.rest = copy, .cell = cell, .error = error != NULL ? error : &local};
    if (read_workload(&reader) != HM_OK)
        return HM_USAGE_ERROR;
    const char *label = read_parameters(&reader);
    if (label == NULL || read_backend(&reader, label, backend, storage) != HM_OK ||
        read_linkage(&reader) != HM_OK || read_collector(&reader) != HM_OK ||
        read_threads(&reader) != HM_OK || read_runtime(&reader) != HM_OK)
        return HM_USAGE_ERROR;
    return check_spelling(&reader, name);
}
