/*
 * This program runs a work on one heap and nothing else, so that instructions can be counted under
 * callgrind, where the command itself cannot run (valgrind preloads a library of its own, and a
 * sample refuses a foreign LD_PRELOAD).
 *
 *     run_work WORK BACKEND COLLECTOR ITERATIONS
 */
#include "allocators/backend.h"
#include "gc/collectors.h"
#include "workloads/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const hm_error *error)
{
    fprintf(stderr, "run_work: %s: %s\n", what, error->message);
    return 2;
}

static hm_status parse_parameter(const hm_workload *workload, char *part, int64_t *values,
                                 hm_error *error)
{
    char *value = strchr(part, ':');
    if (value != NULL)
        *value++ = '\0';
    int index = value == NULL ? -1 : hm_parameter_find(workload, part);
    if (index < 0)
        return hm_error_set(error, HM_USAGE_ERROR, "no parameter '%s'", part);
    return hm_parameter_parse(&workload->parameters[index], value, &values[index], error);
}

static const hm_workload *parse(char *name, int64_t *values, hm_error *error)
{
    const hm_workload *workload = hm_workload_find(strtok(name, "/"));
    if (workload == NULL) {
        hm_error_set(error, HM_USAGE_ERROR, "no such workload");
        return NULL;
    }
    hm_parameters_default(workload, values);
    for (char *part = strtok(NULL, "/"); part != NULL; part = strtok(NULL, "/")) {
        if (parse_parameter(workload, part, values, error) != HM_OK)
            return NULL;
    }
    return workload;
}

static bool run(const hm_workload *workload, void *state, uint64_t iterations)
{
    for (int index = 0; index < HM_MAX_PHASES && workload->phases[index].step != NULL; index++) {
        bool steady = workload->phases[index].role == HM_PHASE_STEADY;
        if (!workload->phases[index].step(state, 0, steady ? iterations : 1))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    hm_error error = {0};
    hm_backend_spec backend = {0};
    hm_collector_spec collector;
    hm_allocator allocator = {0};
    hm_workload_context context = {.threads = 1, .seed = 1, .error = &error};
    if (argc != 5)
        return fail("usage: run_work WORK BACKEND COLLECTOR ITERATIONS", &error);
    const hm_workload *workload = parse(argv[1], context.parameters, &error);
    if (workload == NULL || hm_backend_parse(argv[2], &backend, &error) != HM_OK ||
        hm_backend_bind(&backend, &allocator, &error) != HM_OK ||
        hm_collector_parse(argv[3], &collector, &error) != HM_OK)
        return fail("cannot prepare", &error);
    hm_heap_config config = hm_heap_config_default(&allocator, collector.collector);
    hm_heap *heap = hm_heap_create(&config, &error);
    if (heap == NULL)
        return fail("no heap", &error);
    context.heaps = &heap;
    context.allocator = &allocator;
    uint64_t checksum = 0;
    void *state = workload->setup(&context);
    if (state == NULL || !run(workload, state, strtoull(argv[4], NULL, 10)) ||
        !workload->check(state, &checksum))
        return fail("failed", &error);
    printf("%016llx %llu\n", (unsigned long long)checksum,
           (unsigned long long)workload->operations(context.parameters));
    workload->teardown(state);
    hm_heap_destroy(heap);
    hm_backend_spec_clear(&backend);
    return 0;
}
