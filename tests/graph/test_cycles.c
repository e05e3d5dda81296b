#include "graph_fixture.h"

#include "graph/cycle.h"

static void link_to(hm_heap *heap, hm_object *from, hm_object *to)
{
    assert_true(hm_list_append(heap, from, to));
}

static void print(FILE *file, void *context)
{
    void **both = context;
    hm_error error = {0};
    assert_int_equal(hm_cycles_print(both[0], both[1], 0, file, &error), HM_OK);
}

/* The cycle that begins with `ring[0]` has exactly these objects, in this order. */
static void expect_members(const hm_graph *graph, const hm_cycles *cycles, hm_object *const *ring,
                           size_t count)
{
    hm_error error = {0};
    hm_graph_nodes members = {0};
    uint32_t number = cycles->of_node[fixture_node(graph, ring[0])];
    assert_int_equal(hm_cycle_members(cycles, number - 1, &members, &error), HM_OK);
    fixture_expect(graph, &members, ring, count);
    hm_graph_nodes_destroy(&members);
}

static void expect_print(hm_graph *graph, hm_cycles *cycles)
{
    char *text = fixture_text(print, (void *[]){graph, cycles});
    assert_string_equal(text, "   objects        bytes  state    first\n"
                              "         2          144  alive    list\n"
                              "         1           72  alive    list\n"
                              "         3          216  garbage  list\n");
    free(text);
}

/* A pair and a self-reference held by a root, a ring of three that is garbage with a tail. */
static void test_cycles(void **state)
{
    (void)state;
    for (size_t collector = 0; collector < FIXTURE_COLLECTORS; collector++) {
        hm_heap *heap = fixture_heap(fixture_collectors[collector]);
        hm_object *roots[1] = {hm_list_new(heap)};
        assert_true(hm_heap_add_roots(heap, roots, 1));
        hm_object *left = fixture_give(heap, roots[0], hm_list_new(heap));
        hm_object *right = fixture_give(heap, roots[0], hm_list_new(heap));
        hm_object *self = fixture_give(heap, roots[0], hm_list_new(heap));
        link_to(heap, left, right);
        link_to(heap, right, left);
        link_to(heap, right, self);
        link_to(heap, self, self);
        hm_object *ring[3];
        for (size_t index = 0; index < 3; index++)
            ring[index] = hm_list_new(heap);
        for (size_t index = 0; index < 3; index++)
            link_to(heap, ring[index], ring[(index + 1) % 3]);
        hm_object *tail = fixture_give(heap, ring[1], hm_list_new(heap));
        link_to(heap, ring[0], right);
        for (size_t index = 0; index < 3; index++)
            hm_decref(heap, ring[index]);
        hm_graph *graph = fixture_map(heap);
        hm_cycles cycles = {0};
        hm_error error = {0};
        assert_int_equal(hm_cycles_find(graph, &cycles, &error), HM_OK);
        assert_int_equal(cycles.length, 3);
        struct {
            hm_object *first;
            size_t objects;
            bool alive;
        } expected[] = {{left, 2, true}, {self, 1, true}, {ring[0], 3, false}};
        for (size_t index = 0; index < 3; index++) {
            uint32_t number = cycles.of_node[fixture_node(graph, expected[index].first)];
            const hm_cycle *cycle = &cycles.cycles[number - 1];
            assert_ptr_equal(hm_graph_object(graph, cycle->first), expected[index].first);
            assert_int_equal(cycle->objects, expected[index].objects);
            assert_int_equal(cycle->bytes, expected[index].objects * 72);
            assert_int_equal(cycle->alive, expected[index].alive);
            assert_true(number == 1 || cycles.cycles[number - 2].first < cycle->first);
        }
        assert_int_equal(cycles.of_node[fixture_node(graph, roots[0])], 0);
        assert_int_equal(cycles.of_node[fixture_node(graph, tail)], 0);
        expect_members(graph, &cycles, ring, 3);
        expect_print(graph, &cycles);
        /* What a collector finds: the ring and its tail, all tracked. */
        assert_int_equal(hm_graph_summarize(graph).garbage, 4);
        hm_cycles_destroy(&cycles);
        hm_graph_free(graph);
        if (strcmp(fixture_collectors[collector], "generational") == 0)
            assert_int_equal(hm_heap_collect(heap, 2), 4);
        fixture_end(heap);
    }
}

/* Components and garbage of random graphs, against reachability in both directions and against the
 * collector. */
enum { OBJECTS = 40 };

static void reach(const hm_graph *graph, bool reaches[OBJECTS][OBJECTS])
{
    for (size_t from = 0; from < OBJECTS; from++) {
        hm_graph_node stack[OBJECTS];
        size_t depth = 0;
        stack[depth++] = (hm_graph_node)from;
        while (depth > 0) {
            hm_graph_node node = stack[--depth];
            size_t count = 0;
            const hm_graph_node *ends = hm_graph_referents(graph, node, &count);
            for (size_t edge = 0; edge < count; edge++) {
                if (reaches[from][ends[edge]])
                    continue;
                reaches[from][ends[edge]] = true;
                stack[depth++] = ends[edge];
            }
        }
    }
}

static void check_components(const hm_graph *graph)
{
    bool reaches[OBJECTS][OBJECTS] = {0};
    hm_cycles cycles = {0};
    hm_error error = {0};
    reach(graph, reaches);
    assert_int_equal(hm_cycles_find(graph, &cycles, &error), HM_OK);
    for (size_t one = 0; one < OBJECTS; one++) {
        assert_int_equal(cycles.of_node[one] != 0, reaches[one][one]);
        for (size_t other = 0; other < OBJECTS; other++) {
            bool together =
                cycles.of_node[one] != 0 && cycles.of_node[one] == cycles.of_node[other];
            assert_int_equal(together, reaches[one][other] && reaches[other][one]);
        }
    }
    hm_cycles_destroy(&cycles);
}

static void test_random_cycles(void **state)
{
    (void)state;
    uint64_t seed = 71;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 200; round++) {
        hm_heap *heap = fixture_heap("generational");
        hm_object *objects[OBJECTS];
        for (size_t index = 0; index < OBJECTS; index++)
            objects[index] = hm_list_new(heap);
        for (int edge = 0; edge < 20 + round / 3; edge++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            link_to(heap, objects[(seed >> 33) % OBJECTS], objects[(seed >> 45) % OBJECTS]);
        }
        hm_graph *graph = fixture_map(heap);
        check_components(graph);
        hm_graph_free(graph);
        for (size_t index = 0; index < OBJECTS; index++)
            hm_decref(heap, objects[index]);
        graph = fixture_map(heap);
        uint64_t garbage = hm_graph_summarize(graph).garbage;
        assert_int_equal(hm_graph_count(graph), garbage);
        hm_graph_free(graph);
        assert_int_equal(hm_heap_collect(heap, 2), garbage);
        fixture_end(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cycles),
        cmocka_unit_test(test_random_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
