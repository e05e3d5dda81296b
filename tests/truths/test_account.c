/*
 * This module tests the account of a memory sample against three that it has no part in: the map of
 * the whole object graph (L, and what is uncollected), the debug allocator's table of blocks (Q),
 * and the kernel's list of mappings (A of an allocator that tells it).
 *
 * Each cell is measured in a process of its own: a back end is bound once in a process.
 */
#include "cmocka_all.h"

#include "allocators/decorators.h"
#include "bench/sample_state.h"
#include "graph/graph.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#if defined HM_SANITIZED || defined HM_VALGRIND
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static hm_sample_request request;
static hm_sample_state sample;
static hm_backend_spec backend, parsed;

static void prepare(const char *cell, const char *spec)
{
    hm_error error = {0};
    request = (hm_sample_request){
        .kind = HM_SAMPLE_MEMORY, .iterations = 3, .batches = 3, .seed = 7, .accounts = 2};
    sample = (hm_sample_state){.request = &request, .resident = {-1, -1, -1}};
    const hm_backend_spec *given = spec == NULL ? NULL : &backend;
    REQUIRE(spec == NULL || hm_backend_parse(spec, &backend, &error) == HM_OK, "%s", error.message);
    REQUIRE(hm_bench_cell_parse(cell, given, &parsed, &request.cell, &error) == HM_OK, "%s",
            error.message);
    REQUIRE(hm_sample_prepare(&sample), "%s", sample.error.message);
    hm_sample_start_peak(&sample);
    REQUIRE(hm_sample_take_edge(&sample, "setup"), "%s", sample.error.message);
}

static uint64_t bytes_of_garbage(const hm_graph *graph, uint32_t prefix_bytes)
{
    uint64_t bytes = 0;
    for (hm_graph_node node = 0; node < hm_graph_count(graph); node++) {
        const hm_object *object = hm_graph_object(graph, node);
        if (!hm_is_immortal(object) && !hm_graph_is(graph, node, HM_NODE_ALIVE))
            bytes += hm_object_size(object) + (hm_is_container(object) ? prefix_bytes : 0);
    }
    return bytes;
}

static void check_last_edge(void)
{
    hm_error error = {0};
    hm_heap *heap = sample.heaps[0];
    const hm_sample_edge *edge = &sample.edges[sample.edge_count - 1];
    hm_graph *graph = hm_graph_new(heap, &error);
    REQUIRE(graph != NULL, "%s", error.message);
    hm_graph_summary map = hm_graph_summarize(graph);
    uint64_t garbage = bytes_of_garbage(graph, heap->prefix_bytes);
    hm_graph_free(graph);
    REQUIRE(edge->live_bytes == map.reachable_bytes, "%s: L %" PRIu64 ", the map has %" PRIu64,
            edge->name, edge->live_bytes, map.reachable_bytes);
    uint64_t blocks = hm_debug_read().live_bytes;
    REQUIRE(edge->requested_bytes == blocks, "%s: Q %" PRIu64 ", debug has %" PRIu64, edge->name,
            edge->requested_bytes, blocks);
    /* Under `none` the map shows only what the roots reach. */
    bool knows_all = (heap->collector->capabilities & HM_COLLECTOR_ENUMERATES) != 0;
    REQUIRE(!knows_all || edge->uncollected_bytes == garbage,
            "%s: uncollected %" PRIu64 ", the map has %" PRIu64, edge->name,
            edge->uncollected_bytes, garbage);
}

static void run_role(hm_phase_role role)
{
    size_t edges = sample.edge_count;
    REQUIRE(hm_sample_run_role(&sample, role), "%s", sample.error.message);
    if (sample.edge_count > edges)
        check_last_edge();
}

static void measure_with_debug(const char *cell)
{
    prepare(cell, NULL);
    check_last_edge();
    run_role(HM_PHASE_BUILD);
    run_role(HM_PHASE_STEADY);
    run_role(HM_PHASE_RELEASE);
    if (hm_sample_collect(&sample)) {
        REQUIRE(hm_sample_take_edge(&sample, "collected"), "%s", sample.error.message);
        check_last_edge();
        const hm_sample_edge *edge = &sample.edges[sample.edge_count - 1];
        REQUIRE(edge->uncollected_bytes == 0, "collected, and %" PRIu64 " bytes are not",
                edge->uncollected_bytes);
    }
    run_role(HM_PHASE_REFILL);
    REQUIRE(hm_debug_read().defects == 0, "%s", hm_debug_read().first_defect);
}

/* ---- A ---- */

/* Resident bytes of the mapping that begins at `start`, by the kernel. */
static uint64_t smaps_rss(const char *start, size_t length)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    char line[512];
    uint64_t sum = 0, kilobytes;
    bool inside = false;
    REQUIRE(smaps != NULL, "no /proc/self/smaps");
    while (fgets(line, sizeof line, smaps) != NULL) {
        uintptr_t from, until;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &until) == 2)
            inside = from >= (uintptr_t)start && until <= (uintptr_t)start + length;
        else if (inside && sscanf(line, "Rss: %" SCNu64 " kB", &kilobytes) == 1)
            sum += kilobytes * 1024;
    }
    fclose(smaps);
    return sum;
}

static uint64_t region_rss(void)
{
    void (*region)(char **start, size_t *bytes);
    char *start;
    size_t bytes;
    void *library = dlopen(backend.path, RTLD_NOW | RTLD_NOLOAD);
    REQUIRE(library != NULL, "%s is not loaded", backend.path);
    void *symbol = dlsym(library, "known_malloc_region");
    REQUIRE(symbol != NULL, "%s has no known_malloc_region", backend.path);
    memcpy(&region, &symbol, sizeof region);
    region(&start, &bytes);
    return smaps_rss(start, bytes);
}

/* Bytes of libc's malloc, which serves the sample itself and, under a back end of its own, no work.
 */
static uint64_t libc_bytes(void)
{
    struct mallinfo2 account = mallinfo2();
    return account.uordblks + account.hblkhd;
}

static void measure_active(const char *cell)
{
    prepare(cell, "known=so:" HM_FIXTURES "/libknown_malloc.so");
    uint64_t own_bytes = libc_bytes();
    REQUIRE(hm_sample_run_role(&sample, HM_PHASE_BUILD), "%s", sample.error.message);
    REQUIRE(hm_sample_run_role(&sample, HM_PHASE_STEADY), "%s", sample.error.message);
    const hm_sample_edge *steady = hm_sample_steady_edge(&sample);
    REQUIRE(steady->active_bytes < steady->rss_bytes, "A %" PRIu64 " is more than what is resident",
            steady->active_bytes);
    REQUIRE(steady->active_bytes >= steady->usable_bytes, "A is less than U");
    REQUIRE(hm_sample_run_role(&sample, HM_PHASE_RELEASE), "%s", sample.error.message);
    sample.bound.purge();
    REQUIRE(hm_sample_take_edge(&sample, "purged"), "%s", sample.error.message);
    const hm_sample_edge *purged = hm_sample_find_edge(&sample, "purged");
    REQUIRE(sample.accounts.batch_count == 2, "there are %zu accounts",
            sample.accounts.batch_count);
    REQUIRE(libc_bytes() == own_bytes, "the sample itself allocated %" PRIu64 " bytes",
            libc_bytes() - own_bytes);
    /* What leaked is scattered over many pages, and only these are left. */
    REQUIRE(purged->active_bytes > 100 * 4096, "A %" PRIu64 " tells little", purged->active_bytes);
    REQUIRE(purged->active_bytes == region_rss(), "A %" PRIu64 ", smaps has %" PRIu64,
            purged->active_bytes, region_rss());
}

/* ---- processes ---- */

static void run_apart(void (*measure)(const char *cell), const char *cell)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        measure(cell);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        fail_msg("%s: see above (status %d)", cell, status);
}

static const char *name_cell(const char *work, const char *allocator, const char *linkage,
                             const char *collector)
{
    static char name[512];
    snprintf(name, sizeof name, "%s/backend:%s/linkage:%s/collector:%s/threads:1/runtime:heapmark",
             work, allocator, linkage, collector);
    return name;
}

/* The work of that name as it is measured here: two are large where each access is slow. */
static const char *work_of(const char *name)
{
#ifdef HM_SLOW_TOOL
    if (strcmp(name, "release-refill") == 0)
        return "release-refill/objects:20000";
    if (strcmp(name, "collect-graph") == 0)
        return "collect-graph/objects:5000";
#endif
    return name;
}

#ifdef HM_SLOW_TOOL
static const char *const collectors[] = {"none", "generational"};
#else
static const char *const collectors[] = {"none", "off", "generational", "generational-manual"};
#endif

static void live_and_requested_are_those_of_others(void **state)
{
    (void)state;
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(workloads[index]->group, "raw") == 0)
            continue;
        for (size_t place = 0; place < HM_COUNT_OF(collectors); place++)
            run_apart(measure_with_debug, name_cell(work_of(workloads[index]->name), "debug",
                                                    "static", collectors[place]));
    }
}

static void finalizers_and_weak_references_do_not_disturb_it(void **state)
{
    (void)state;
    static const char *const works[] = {
        "cyclic-graph/live:1003/garbage:99", "cyclic-graph/live:501/garbage:60/finalizers:50",
        "cyclic-graph/shape:tree-with-parents/live:501/back-links:weak"};
    for (size_t work = 0; work < HM_COUNT_OF(works); work++) {
        for (size_t place = 0; place < HM_COUNT_OF(collectors); place++)
            run_apart(measure_with_debug,
                      name_cell(works[work], "debug", "static", collectors[place]));
    }
}

static void active_bytes_are_those_of_the_kernel(void **state)
{
    (void)state;
    if (SANITIZED) /* no foreign allocator: each malloc is its own */
        skip();
    run_apart(measure_active,
              name_cell("cyclic-graph/live:30011/garbage:50", "known", "so", "none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_and_requested_are_those_of_others),
        cmocka_unit_test(finalizers_and_weak_references_do_not_disturb_it),
        cmocka_unit_test(active_bytes_are_those_of_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
