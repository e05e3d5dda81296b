#include "graph_fixture.h"

#include "graph/chain.h"
#include "graph/cycle.h"
#include "graph/drawing.h"
#include "graph/select.h"
#include "graph/type_counts.h"
#include "object/runtime.h"

static void test_references_both_ways(void **state)
{
    (void)state;
    for (size_t collector = 0; collector < FIXTURE_COLLECTORS; collector++) {
        hm_heap *heap = fixture_heap(fixture_collectors[collector]);
        hm_object *shared = hm_list_new(heap);
        hm_object *one = hm_list_new(heap);
        hm_object *two = hm_tuple_of(heap, (hm_object *const[]){shared, one}, 2);
        assert_true(hm_list_append(heap, one, shared));
        assert_true(hm_list_append(heap, one, shared));
        hm_graph *graph = fixture_map(heap);
        assert_int_equal(hm_graph_count(graph), 3);
        size_t count = 0;
        const hm_graph_node *ends = hm_graph_referents(graph, fixture_node(graph, one), &count);
        assert_int_equal(count, 2);
        assert_ptr_equal(hm_graph_object(graph, ends[0]), shared);
        assert_ptr_equal(hm_graph_object(graph, ends[1]), shared);
        hm_graph_referents(graph, fixture_node(graph, shared), &count);
        assert_int_equal(count, 0);
        ends = hm_graph_referrers(graph, fixture_node(graph, shared), &count);
        assert_int_equal(count, 3);
        size_t from_one = 0;
        for (size_t edge = 0; edge < 3; edge++) {
            from_one += hm_graph_object(graph, ends[edge]) == one;
            assert_true(edge == 0 || ends[edge - 1] <= ends[edge]);
        }
        assert_int_equal(from_one, 2);
        hm_graph_referrers(graph, fixture_node(graph, two), &count);
        assert_int_equal(count, 0);
        assert_int_equal(hm_graph_references(graph, fixture_node(graph, shared)), 3);
        assert_int_equal(hm_graph_outside(graph, fixture_node(graph, shared)), 1);
        assert_int_equal(hm_graph_find(graph, &hm_none), HM_GRAPH_NONE);
        hm_graph_free(graph);
        hm_decref(heap, two);
        hm_decref(heap, one);
        hm_decref(heap, shared);
        fixture_end(heap);
    }
}

/* Referrers against a search through everything, on a random heap. */
static void test_random_graph(void **state)
{
    (void)state;
    enum { OBJECTS = 300, EDGES = 1500 };
    uint64_t seed = 20240607;
    print_message("seed %llu\n", (unsigned long long)seed);
    hm_heap *heap = fixture_heap("generational");
    hm_object *objects[OBJECTS];
    for (size_t index = 0; index < OBJECTS; index++)
        objects[index] = hm_list_new(heap);
    static uint8_t matrix[OBJECTS][OBJECTS];
    for (size_t edge = 0; edge < EDGES; edge++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t from = (size_t)(seed >> 33) % OBJECTS;
        size_t to = (size_t)(seed >> 50) % OBJECTS;
        assert_true(hm_list_append(heap, objects[from], objects[to]));
        matrix[from][to]++;
    }
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_graph_count(graph), OBJECTS);
    assert_int_equal(hm_graph_summarize(graph).references, EDGES);
    for (size_t to = 0; to < OBJECTS; to++) {
        size_t count = 0;
        size_t expected = 0;
        const hm_graph_node *from =
            hm_graph_referrers(graph, fixture_node(graph, objects[to]), &count);
        for (size_t index = 0; index < OBJECTS; index++) {
            size_t found = 0;
            for (size_t edge = 0; edge < count; edge++)
                found += hm_graph_object(graph, from[edge]) == objects[index];
            assert_int_equal(found, matrix[index][to]);
            expected += matrix[index][to];
        }
        assert_int_equal(count, expected);
    }
    hm_graph_free(graph);
    for (size_t index = 0; index < OBJECTS; index++)
        hm_decref(heap, objects[index]);
    hm_heap_collect(heap, 2);
    fixture_end(heap);
}

static void count_object(hm_object *object, void *context)
{
    (void)object;
    ++*(size_t *)context;
}

static void sum_counts(hm_object *object, void *context)
{
    *(uint64_t *)context = *(uint64_t *)context * 31 + object->reference_count +
                           object->collector_word + (uintptr_t)object;
}

/* Counts, collector words and order of all objects, and every call of the allocator. */
typedef struct heap_state {
    uint64_t sum, live_objects, tracked_objects;
    hm_debug_totals totals;
    uint32_t young_count;
} heap_state;

static uint64_t allocator_calls;

static void *counted_malloc(size_t bytes)
{
    allocator_calls++;
    return fixture_allocator()->malloc(bytes);
}

static void *counted_calloc(size_t count, size_t bytes)
{
    allocator_calls++;
    return fixture_allocator()->calloc(count, bytes);
}

static void *counted_realloc(void *block, size_t bytes)
{
    allocator_calls++;
    return fixture_allocator()->realloc(block, bytes);
}

static void counted_free(void *block)
{
    allocator_calls++;
    fixture_allocator()->free(block);
}

static heap_state state_of(hm_heap *heap)
{
    heap_state now = {.live_objects = hm_heap_live_objects(heap),
                      .tracked_objects = hm_heap_tracked_objects(heap),
                      .totals = hm_debug_read(),
                      .young_count = heap->young_count};
    hm_heap_enumerate(heap, sum_counts, &now.sum);
    return now;
}

static void expect_same_state(const heap_state *before, const heap_state *after)
{
    assert_int_equal(before->sum, after->sum);
    assert_int_equal(before->live_objects, after->live_objects);
    assert_int_equal(before->tracked_objects, after->tracked_objects);
    assert_int_equal(before->young_count, after->young_count);
    assert_int_equal(before->totals.live_bytes, after->totals.live_bytes);
    assert_int_equal(before->totals.live_blocks, after->totals.live_blocks);
    assert_int_equal(before->totals.defects, after->totals.defects);
}

static void ask_everything(const hm_graph *graph, hm_graph_node node)
{
    hm_error error = {0};
    hm_graph_nodes list = {0};
    hm_type_counts counts = {0};
    hm_cycles cycles = {0};
    uint64_t bytes = 0;
    hm_drawing_options options = hm_drawing_options_default();
    options.classes = true;
    FILE *nowhere = fopen("/dev/null", "w");
    assert_int_equal(hm_chain_from_root(graph, node, &list, &error), HM_OK);
    assert_int_equal(hm_graph_leaking(graph, HM_LEAK_OUTSIDE, &list, &error), HM_OK);
    assert_true(hm_graph_nodes_push(&list, node));
    assert_int_equal(hm_type_counts_take(graph, &list, &counts, &error), HM_OK);
    assert_int_equal(hm_cycles_find(graph, &cycles, &error), HM_OK);
    assert_int_equal(hm_graph_retained_bytes(graph, node, &bytes, &error), HM_OK);
    for (int direction = 0; direction < 2; direction++) {
        options.direction = direction == 0 ? HM_GRAPH_REFERENTS : HM_GRAPH_REFERRERS;
        hm_drawing *drawing = hm_drawing_around(graph, &list, &options, &error);
        assert_int_equal(hm_drawing_write(drawing, nowhere, &error), HM_OK);
        hm_drawing_free(drawing);
    }
    fclose(nowhere);
    hm_cycles_destroy(&cycles);
    hm_type_counts_destroy(&counts);
    hm_graph_nodes_destroy(&list);
}

/* The graph sees the heap and does not disturb it. */
static void test_nothing_is_disturbed(void **state)
{
    (void)state;
    hm_allocator counting = *fixture_allocator();
    counting.malloc = counted_malloc;
    counting.calloc = counted_calloc;
    counting.realloc = counted_realloc;
    counting.free = counted_free;
    for (size_t collector = 0; collector < FIXTURE_COLLECTORS; collector++) {
        hm_heap_config config = fixture_config(fixture_collectors[collector]);
        config.allocator = &counting;
        hm_heap *heap = fixture_create(&config);
        hm_object *node = fixture_class(heap, "Node");
        hm_object *instance = hm_instance_new(heap, node);
        fixture_set(heap, instance, "me", instance);
        hm_object *weak = hm_weakref_new(heap, instance, NULL, NULL);
        heap_state before = state_of(heap);
        allocator_calls = 0;
        hm_graph *graph = fixture_map(heap);
        assert_int_equal(hm_graph_weak_referent(graph, fixture_node(graph, weak)),
                         fixture_node(graph, instance));
        ask_everything(graph, fixture_node(graph, instance));
        hm_graph_free(graph);
        assert_int_equal(allocator_calls, 0);
        heap_state after = state_of(heap);
        expect_same_state(&before, &after);
        assert_int_equal(heap->error.status, HM_OK);
        hm_decref(heap, weak);
        hm_decref(heap, instance);
        hm_decref(heap, node);
        hm_heap_collect(heap, 2);
        fixture_end(heap);
    }
}

static void test_roots_and_summary(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *roots[2] = {NULL, NULL};
    assert_true(hm_heap_add_roots(heap, roots, 2));
    roots[0] = hm_list_new(heap);
    hm_object *held = fixture_give(heap, roots[0], hm_list_new(heap));
    hm_object *number = fixture_give(heap, held, hm_int_new(heap, 1 << 20));
    fixture_give(heap, held, hm_int_new(heap, 7));
    hm_object *outside = hm_list_new(heap);
    fixture_leak_cycle(heap);
    hm_object *lost = hm_str_from(heap, "nobody can find me");
    hm_graph *graph = fixture_map(heap);
    hm_graph_summary summary = hm_graph_summarize(graph);
    assert_int_equal(summary.objects, 6);
    assert_int_equal(summary.tracked, 4);
    assert_int_equal(summary.references, 5);
    assert_int_equal(summary.reachable, 3);
    uint64_t bytes = 0;
    uint64_t objects = 0;
    assert_true(hm_heap_live_bytes(heap, &bytes, &objects));
    assert_int_equal(summary.reachable, objects);
    assert_int_equal(summary.reachable_bytes, bytes);
    assert_int_equal(summary.outside, 1);
    assert_int_equal(summary.garbage, 1);
    assert_int_equal(summary.garbage_bytes, 72);
    assert_int_equal(summary.not_found, 1);
    assert_true(hm_graph_is(graph, fixture_node(graph, roots[0]), HM_NODE_ROOT));
    assert_false(hm_graph_is(graph, fixture_node(graph, held), HM_NODE_ROOT));
    assert_true(hm_graph_is(graph, fixture_node(graph, number), HM_NODE_REACHABLE | HM_NODE_ALIVE));
    assert_false(hm_graph_is(graph, fixture_node(graph, outside), HM_NODE_REACHABLE));
    assert_true(hm_graph_is(graph, fixture_node(graph, outside), HM_NODE_OUTSIDE | HM_NODE_ALIVE));
    hm_graph_free(graph);
    hm_decref(heap, lost);
    hm_decref(heap, outside);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    fixture_end(heap);
}

static void expect_leaks(hm_graph *graph, unsigned kinds, hm_object *const *objects, size_t count)
{
    hm_graph_nodes list = {0};
    hm_error error = {0};
    assert_int_equal(hm_graph_leaking(graph, kinds, &list, &error), HM_OK);
    assert_int_equal(list.length, count);
    for (size_t index = 0; index < count; index++)
        assert_true(hm_graph_nodes_contain(&list, fixture_node(graph, objects[index])));
    hm_graph_nodes_destroy(&list);
}

static void test_leaking_objects(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *roots[1] = {hm_list_new(heap)};
    assert_true(hm_heap_add_roots(heap, roots, 1));
    hm_object *twice = fixture_give(heap, roots[0], hm_list_new(heap));
    hm_incref(twice); /* never given back */
    hm_object *alone = hm_dict_new(heap);
    fixture_put(heap, alone, "list", twice); /* makes the dict tracked */
    hm_object *left = hm_list_new(heap);
    hm_object *right = hm_list_new(heap);
    hm_object *leaf = hm_list_new(heap);
    assert_true(hm_list_append(heap, left, right));
    assert_true(hm_list_append(heap, right, left));
    assert_true(hm_list_append(heap, right, leaf));
    hm_decref(heap, left);
    hm_decref(heap, right);
    hm_decref(heap, leaf);
    hm_graph *graph = fixture_map(heap);
    expect_leaks(graph, HM_LEAK_OUTSIDE, (hm_object *[]){twice, alone}, 2);
    expect_leaks(graph, HM_LEAK_UNREFERRED, (hm_object *[]){alone}, 1);
    expect_leaks(graph, HM_LEAK_GARBAGE, (hm_object *[]){left, right, leaf}, 3);
    expect_leaks(graph, HM_LEAK_OUTSIDE | HM_LEAK_GARBAGE,
                 (hm_object *[]){twice, alone, left, right, leaf}, 5);
    expect_leaks(graph, 0, NULL, 0);
    hm_graph_free(graph);
    assert_int_equal(hm_heap_collect(heap, 2), 3);
    hm_decref(heap, alone);
    hm_decref(heap, twice);
    graph = fixture_map(heap);
    expect_leaks(graph, HM_LEAK_OUTSIDE | HM_LEAK_UNREFERRED | HM_LEAK_GARBAGE, NULL, 0);
    hm_graph_free(graph);
    fixture_end(heap);
}

/* The immortal are no leak, and only what an object alone holds is its own. */
static void test_retained_bytes(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *roots[1] = {hm_list_new(heap)};
    assert_true(hm_heap_add_roots(heap, roots, 1));
    hm_object *left = fixture_give(heap, roots[0], hm_list_new(heap));
    hm_object *right = fixture_give(heap, roots[0], hm_list_new(heap));
    hm_object *own = fixture_give(heap, left, hm_list_new(heap));
    hm_object *shared = fixture_give(heap, left, hm_list_new(heap));
    assert_true(hm_list_append(heap, right, shared));
    assert_true(hm_list_append(heap, own, left));
    assert_true(hm_list_append(heap, own, &hm_none));
    hm_graph *graph = fixture_map(heap);
    hm_error error = {0};
    uint64_t bytes = 0;
    struct {
        hm_object *object;
        uint64_t bytes;
    } expected[] = {{left, 72 + 72}, {right, 72}, {own, 72}, {shared, 40}, {roots[0], 72 * 4 + 40}};
    for (size_t index = 0; index < HM_COUNT_OF(expected); index++) {
        hm_graph_node node = fixture_node(graph, expected[index].object);
        assert_int_equal(hm_graph_retained_bytes(graph, node, &bytes, &error), HM_OK);
        assert_int_equal(bytes, expected[index].bytes);
    }
    hm_graph_node none = fixture_node(graph, &hm_none);
    assert_int_equal(hm_graph_retained_bytes(graph, none, &bytes, &error), HM_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(hm_graph_outside(graph, none), 0);
    expect_leaks(graph, HM_LEAK_OUTSIDE | HM_LEAK_GARBAGE, NULL, 0);
    hm_graph_free(graph);
    hm_object *list = roots[0];
    roots[0] = NULL;
    hm_decref(heap, list);
    graph = fixture_map(heap);
    assert_int_equal(hm_graph_count(graph), 4); /* left, own, shared, None */
    assert_int_equal(hm_graph_retained_bytes(graph, fixture_node(graph, own), &bytes, &error),
                     HM_OK);
    assert_int_equal(bytes, 72 + 72 + 40); /* of garbage: all it reaches */
    hm_graph_free(graph);
    hm_heap_collect(heap, 2);
    fixture_end(heap);
}

/* A list's referents come from its first item on, whichever way a collector visits them. */
static void test_order_of_items(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_object *list = hm_list_new(heap);
    hm_object *items[3];
    for (size_t index = 0; index < 3; index++)
        items[index] = fixture_give(heap, list, hm_list_new(heap));
    hm_object *tuple = hm_tuple_of(heap, items, 3);
    hm_graph *graph = fixture_map(heap);
    hm_object *both[] = {list, tuple};
    for (size_t which = 0; which < 2; which++) {
        size_t count = 0;
        const hm_graph_node *ends =
            hm_graph_referents(graph, fixture_node(graph, both[which]), &count);
        assert_int_equal(count, 3);
        for (size_t index = 0; index < 3; index++)
            assert_ptr_equal(hm_graph_object(graph, ends[index]), items[index]);
    }
    hm_graph_free(graph);
    hm_decref(heap, tuple);
    hm_decref(heap, list);
    fixture_end(heap);
}

/* What the collector could not free is in its garbage list, which the heap holds as a root does. */
static void test_garbage_list_is_a_root(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *old = hm_class_new(heap, &(hm_class_spec){.name = "Old",
                                                         .has_dict = true,
                                                         .legacy_finalizer = true,
                                                         .finalizer = fixture_finalizer});
    hm_object *instance = hm_instance_new(heap, old);
    fixture_set(heap, instance, "me", instance);
    hm_decref(heap, instance);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    hm_object *garbage = hm_heap_garbage(heap);
    assert_non_null(garbage);
    hm_graph *graph = fixture_map(heap);
    assert_true(hm_graph_is(graph, fixture_node(graph, garbage), HM_NODE_ROOT));
    assert_int_equal(hm_graph_outside(graph, fixture_node(graph, garbage)), 0);
    assert_true(hm_graph_is(graph, fixture_node(graph, instance), HM_NODE_REACHABLE));
    hm_graph_free(graph);
    hm_decref(heap, old);
    fixture_end(heap);
}

static bool map_the_heap(hm_heap *heap, hm_object *self, void *context)
{
    hm_graph *graph = fixture_map(heap);
    hm_graph_node node = fixture_node(graph, self);
    hm_graph_summary *summary = context;
    assert_int_equal(hm_graph_references(graph, node), 0);
    assert_int_equal(hm_graph_outside(graph, node), 1); /* the caller's, while it runs */
    *summary = hm_graph_summarize(graph);
    hm_graph_free(graph);
    return true;
}

/* In the middle of a deallocation a thousand deep, with others deferred. */
static void test_map_in_a_finalizer(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_graph_summary summary = {0};
    hm_object *last_words = hm_class_new(heap, &(hm_class_spec){.name = "Last",
                                                                .has_dict = true,
                                                                .finalizer = map_the_heap,
                                                                .context = &summary});
    hm_object *list = hm_list_new(heap);
    fixture_give(heap, list, hm_instance_new(heap, last_words));
    for (int depth = 0; depth < 1000; depth++) {
        hm_object *outer = hm_list_new(heap);
        fixture_give(heap, outer, list);
        list = outer;
    }
    hm_decref(heap, list);
    assert_int_equal(summary.outside, 2); /* the instance and its class */
    assert_int_equal(summary.garbage, 0);
    hm_decref(heap, last_words);
    fixture_end(heap);
}

/* Another type at a dead object's place is new, where the allocator gives the place again. */
static void test_place_taken_again(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_error error = {0};
    hm_graph_moment moment = {0};
    hm_graph_nodes made = {0};
    hm_object *list = hm_list_new(heap);
    uint64_t place = (uintptr_t)list;
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_graph_moment_take(graph, &moment, &error), HM_OK);
    hm_graph_free(graph);
    hm_decref(heap, list);
    hm_object *tuple = hm_tuple_new(heap, 2); /* as large as the list was */
    hm_tuple_set(heap, tuple, 0, hm_incref(&hm_none));
    hm_tuple_set(heap, tuple, 1, hm_incref(&hm_none));
    if ((uintptr_t)tuple != place)
        print_message("the place was not given again\n");
    graph = fixture_map(heap);
    assert_int_equal(hm_graph_made_since(graph, &moment, &made, &error), HM_OK);
    fixture_expect(graph, &made, &tuple, 1);
    hm_graph_nodes_destroy(&made);
    hm_graph_moment_destroy(&moment);
    hm_graph_free(graph);
    hm_decref(heap, tuple);
    fixture_end(heap);
}

static void test_made_between(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_error error = {0};
    hm_object *old = hm_list_new(heap);
    hm_graph_moment moment = {0};
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_graph_moment_take(graph, &moment, &error), HM_OK);
    hm_graph_free(graph);
    hm_object *made = fixture_give(heap, old, hm_list_new(heap));
    hm_object *text = fixture_give(heap, made, hm_str_from(heap, "made"));
    graph = fixture_map(heap);
    hm_graph_nodes list = {0};
    assert_int_equal(hm_graph_made_since(graph, &moment, &list, &error), HM_OK);
    fixture_expect(graph, &list, (hm_object *[]){made, text}, 2);
    list.length = 0;
    hm_graph_moment_destroy(&moment);
    assert_int_equal(hm_graph_made_since(graph, &moment, &list, &error), HM_OK);
    assert_int_equal(list.length, 3); /* since a moment without objects: all */
    hm_graph_nodes_destroy(&list);
    hm_graph_free(graph);
    hm_decref(heap, old);
    fixture_end(heap);
}

static void test_selections(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_error error = {0};
    hm_object *node = fixture_class(heap, "Node");
    hm_object *roots[1] = {hm_instance_new(heap, node)};
    assert_true(hm_heap_add_roots(heap, roots, 1));
    hm_object *other = hm_instance_new(heap, node);
    hm_graph *graph = fixture_map(heap);
    hm_graph_nodes list = {0};
    char name[] = "Node";
    assert_int_equal(hm_graph_select(graph, hm_graph_is_of_type, name, &list, &error), HM_OK);
    assert_int_equal(list.length, 2);
    assert_true(hm_graph_nodes_contain(&list, fixture_node(graph, roots[0])));
    assert_true(hm_graph_nodes_contain(&list, fixture_node(graph, other)));
    list.length = 0;
    assert_int_equal(hm_graph_select(graph, hm_graph_is_root, NULL, &list, &error), HM_OK);
    fixture_expect(graph, &list, roots, 1);
    list.length = 0;
    assert_int_equal(hm_graph_select(graph, hm_graph_is_class, NULL, &list, &error), HM_OK);
    fixture_expect(graph, &list, &node, 1);
    list.length = 0;
    assert_int_equal(hm_graph_select(graph, hm_graph_is_tracked, NULL, &list, &error), HM_OK);
    assert_int_equal(list.length, hm_heap_tracked_objects(heap));
    hm_graph_nodes_destroy(&list);
    hm_graph_free(graph);
    hm_decref(heap, other);
    hm_decref(heap, node);
    fixture_end(heap);
}

/* Without list and ledger only what the roots reach is found. */
static void test_without_books(void **state)
{
    (void)state;
    hm_heap_config config = fixture_config("none");
    config.ledger = false;
    hm_heap *heap = fixture_create(&config);
    hm_object *roots[1] = {hm_list_new(heap)};
    assert_true(hm_heap_add_roots(heap, roots, 1));
    fixture_give(heap, roots[0], hm_list_new(heap));
    hm_object *unseen = hm_list_new(heap);
    size_t tracked = 0;
    hm_heap_enumerate(heap, count_object, &tracked);
    assert_int_equal(tracked, 0);
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_graph_count(graph), 2);
    assert_int_equal(hm_graph_summarize(graph).not_found, 1);
    hm_graph_free(graph);
    hm_decref(heap, unseen);
    fixture_end(heap);
}

static void test_empty_heap(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_graph_count(graph), 0);
    hm_graph_summary summary = hm_graph_summarize(graph);
    hm_graph_summary empty = {0};
    assert_memory_equal(&summary, &empty, sizeof empty);
    assert_ptr_equal(hm_graph_heap(graph), heap);
    hm_graph_free(graph);
    hm_graph_free(NULL);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_both_ways), cmocka_unit_test(test_random_graph),
        cmocka_unit_test(test_nothing_is_disturbed), cmocka_unit_test(test_roots_and_summary),
        cmocka_unit_test(test_leaking_objects),      cmocka_unit_test(test_retained_bytes),
        cmocka_unit_test(test_order_of_items),       cmocka_unit_test(test_garbage_list_is_a_root),
        cmocka_unit_test(test_map_in_a_finalizer),   cmocka_unit_test(test_place_taken_again),
        cmocka_unit_test(test_made_between),         cmocka_unit_test(test_selections),
        cmocka_unit_test(test_without_books),        cmocka_unit_test(test_empty_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
