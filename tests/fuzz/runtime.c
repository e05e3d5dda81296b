/* Any sequence of calls of the runtime on one heap: its objects made, linked, dropped, collected,
 * with finalizers, callbacks and generators that change the graph while the runtime works, and
 * allocations that fail. Afterwards all is dropped, the heap is validated, and the allocator must
 * have everything back. The first byte chooses the collector and its settings. */
#include "tests/fuzz/graph.h"

#include "allocators/decorators.h"

#include <stdlib.h>

enum { MOST_COLLECTIONS = 20, MOST_SHOWN = 100 };

static const hm_allocator *checked_allocator(void)
{
    static const hm_allocator libc = {
        .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};
    static hm_allocator decorated;
    if (decorated.malloc == NULL)
        hm_debug_decorate(&libc, &decorated);
    return &decorated;
}

static hm_heap *make_heap(uint8_t choice)
{
    static const char *const names[] = {"generational", "generational", "off", "none"};
    static const uint32_t first_thresholds[] = {1, 5, 20, 700};
    hm_error error = {0};
    hm_heap_config config =
        hm_heap_config_default(checked_allocator(), hm_collector_find(names[choice % 4]));
    config.freelists = (choice & 4) != 0;
    config.settings.automatic = (choice & 8) != 0;
    config.settings.thresholds[0] = first_thresholds[choice / 16 % 4];
    config.settings.thresholds[1] = config.settings.thresholds[2] = 2;
    config.sized_free = (choice & 64) != 0 && config.allocator->free_sized != NULL;
    hm_heap *heap = hm_heap_create(&config, &error);
    HM_CHECK(heap != NULL);
    return heap;
}

static void check_heap(fuzz_graph *graph)
{
    hm_error error = {0};
    if (hm_heap_check(graph->heap, &error) != HM_OK)
        hm_check_failed(error.message, __FILE__, __LINE__, __func__);
}

static void empty_slots(fuzz_graph *graph)
{
    for (size_t slot = 0; slot < GRAPH_SLOTS; slot++)
        graph_put(graph, slot, NULL);
}

static void collect_all(fuzz_graph *graph)
{
    for (int count = 0; count < MOST_COLLECTIONS; count++) {
        empty_slots(graph);
        hm_heap_collect(graph->heap, 2);
    }
    empty_slots(graph);
}

/* A dict that was filled while it was an instance's is tracked by no collector, as in CPython 3.13:
   what forms a cycle with it lives on. Empties one such dict; false: there is none. */
static bool empty_shown_dict(hm_heap *heap)
{
    for (const hm_shown *shown = heap->shown; shown != NULL; shown = shown->next) {
        if (hm_dict_length(shown->dict) == 0 || hm_gc_is_tracked(shown->dict))
            continue;
        hm_object *dict = hm_incref(shown->dict);
        hm_dict_clear(heap, dict);
        hm_decref(heap, dict);
        return true;
    }
    return false;
}

/* Drops everything; where the collector can, nothing must be left alive. */
static void drop_all(fuzz_graph *graph)
{
    hm_heap *heap = graph->heap;
    bool collects = (heap->collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
    hm_gc_set_debug(heap, 0);
    HM_CHECK(hm_finalize_run_at_exit(heap));
    if (collects)
        HM_CHECK(hm_gc_unfreeze(heap));
    collect_all(graph);
    for (int count = 0; collects && count < MOST_SHOWN && empty_shown_dict(heap); count++)
        collect_all(graph);
    hm_error_clear(&heap->error);
    if (collects && !graph->keeps_garbage && hm_heap_live_objects(heap) > 2)
        hm_check_failed("objects live on that nothing refers to", __FILE__, __LINE__, __func__);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, size};
    fuzz_graph graph = {0};
    hm_debug_configure(&(hm_debug_options){0});
    graph.heap = make_heap(fuzz_byte(&bytes));
    graph_now = &graph;
    for (unsigned kind = 0; kind < GRAPH_BODIES; kind++)
        graph.bodies[kind] = (graph_body){.graph = &graph, .kind = kind};
    HM_CHECK(hm_heap_add_roots(graph.heap, graph.slots, GRAPH_SLOTS));
    while (bytes.left > 0)
        graph_act(&graph, &bytes);
    hm_debug_configure(&(hm_debug_options){0});
    check_heap(&graph);
    drop_all(&graph);
    check_heap(&graph);
    hm_heap_destroy(graph.heap);
    hm_debug_totals totals = hm_debug_read();
    HM_CHECK(totals.live_blocks == 0 && totals.live_bytes == 0);
    if (totals.defects != 0)
        hm_check_failed(totals.first_defect, __FILE__, __LINE__, __func__);
    return 0;
}
