/**
 * This program is the lesson on leaks that no collector finds, so that they can be found by growth:
 * a global list everybody forgot, and a dict used as a cache that is never cleared. Nothing is lost
 * there; everything is still reachable, so it is not garbage, and gc.collect() returns 0. But the
 * number of objects of some type grows with every round of the same work. Counting by type, round
 * after round, names the type; asking who refers to one of them names the culprit.
 */
#include "examples/example.h"
#include "graph/type_counts.h"

enum { ROUND = 100, CACHE_LIMIT = 50 };

typedef struct globals {
    hm_object *request_class, *response_class;
    hm_object *history, *cache; /* the forgotten list and the dict never cleared */
    bool cured;
} globals;

/** Drops the oldest entry of the cache. */
static void drop_oldest(hm_heap *heap, hm_object *cache)
{
    size_t position = 0;
    hm_object *key, *value;
    if (hm_dict_next(cache, &position, &key, &value))
        must(heap, hm_dict_delete(heap, cache, key));
}

static void handle_request(hm_heap *heap, const globals *names, int64_t number)
{
    hm_object *key = made(heap, hm_int_new(heap, number));
    hm_object *request = made(heap, hm_instance_new(heap, names->request_class));
    hm_object *response = made(heap, hm_instance_new(heap, names->response_class));
    must(heap, hm_dict_set(heap, names->cache, key, response));
    if (!names->cured)
        must(heap, hm_list_append(heap, names->history, request));
    else if (hm_dict_length(names->cache) > CACHE_LIMIT)
        drop_oldest(heap, names->cache);
    hm_decref(heap, response);
    hm_decref(heap, request);
    hm_decref(heap, key);
}

/** Prints the types of which there are at least ten more than ever before (objgraph.growth). */
static void show_growth(hm_heap *heap, hm_type_counts *peaks, bool print)
{
    hm_error error = {0};
    hm_type_counts now = {0};
    hm_type_growths growths = {0};
    hm_graph *graph = hm_graph_new(heap, &error);
    if (graph == NULL || hm_type_counts_take(graph, NULL, &now, &error) != HM_OK ||
        hm_type_counts_growth(peaks, &now, &growths, &error) != HM_OK)
        example_fail(error.message);
    for (size_t index = 0; print && index < growths.length; index++) {
        hm_type_growth type = growths.types[index];
        if (type.increase >= 10)
            printf("    %s: %" PRIu64 ", %+" PRId64 "\n", type.name, type.count, type.increase);
    }
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&now);
    hm_graph_free(graph);
}

static void work_a_round(hm_heap *heap, const globals *names, int round, hm_type_counts *peaks)
{
    for (int64_t number = 0; number < ROUND; number++)
        handle_request(heap, names, round * ROUND + number);
    printf("round %d: gc.collect() returns %" PRId64 ", growth:\n", round, hm_gc_collect(heap, 2));
    show_growth(heap, peaks, true);
}

/** Prints which global refers to the object (gc.get_referrers). */
static void show_holder(hm_heap *heap, const globals *names, const char *what, hm_object *object)
{
    hm_object *referrers = made(heap, hm_gc_get_referrers(heap, &object, 1));
    for (size_t index = 0; index < hm_list_length(referrers); index++) {
        hm_object *holder = hm_list_get(referrers, index);
        if (holder == names->history)
            printf("%s is held by history, with %zu items\n", what, hm_list_length(holder));
        if (holder == names->cache)
            printf("%s is held by cache, with %zu items\n", what, hm_dict_length(holder));
    }
    hm_decref(heap, referrers);
}

int main(void)
{
    hm_heap *heap = example_begin();
    globals names = {
        .request_class = made(heap, hm_class_new(heap, &(hm_class_spec){.name = "Request"})),
        .response_class = made(heap, hm_class_new(heap, &(hm_class_spec){.name = "Response"})),
        .history = made(heap, hm_list_new(heap)),
        .cache = made(heap, hm_dict_new(heap))};
    hm_type_counts peaks = {0};

    show_growth(heap, &peaks, false); /* what there was at first */
    for (int round = 0; round < 3; round++)
        work_a_round(heap, &names, round, &peaks);

    hm_object *key, *response;
    size_t position = 0;
    if (!hm_dict_next(names.cache, &position, &key, &response))
        example_fail("the cache is empty");
    show_holder(heap, &names, "a Request", hm_list_get(names.history, 0));
    show_holder(heap, &names, "a Response", response);

    puts("the cure: no history, and a cache with a limit");
    names.cured = true;
    hm_list_clear(heap, names.history);
    while (hm_dict_length(names.cache) > CACHE_LIMIT)
        drop_oldest(heap, names.cache);
    for (int round = 3; round < 6; round++)
        work_a_round(heap, &names, round, &peaks);

    hm_type_counts_destroy(&peaks);
    hm_decref(heap, names.history);
    hm_decref(heap, names.cache);
    hm_decref(heap, names.request_class);
    hm_decref(heap, names.response_class);
    return example_end(heap);
}
