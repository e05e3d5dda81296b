/*
 * This module is the tests that parameters do what they say, counted from outside, and that a
 * workload notices when its objects are not what it made.
 */
#include "work_fixture.h"
#include "workloads/cyclic_graph_shapes.h"

enum { SEED = 3, MAX_LOG = 4096 };

/* ---- an allocator that keeps a log ---- */

static struct {
    uint64_t blocks, small_blocks; /* handed out; of at most 64 bytes */
    uint64_t live_bytes, peak_bytes;
    size_t freed;
    void *made[MAX_LOG], *dropped[MAX_LOG]; /* in order, as far as they fit */
} allocations;

static void *logged(void *block, size_t bytes)
{
    if (allocations.blocks < MAX_LOG)
        allocations.made[allocations.blocks] = block;
    allocations.blocks++;
    allocations.small_blocks += bytes <= 64;
    allocations.live_bytes += bytes;
    if (allocations.live_bytes > allocations.peak_bytes)
        allocations.peak_bytes = allocations.live_bytes;
    return block;
}

static void *log_malloc(size_t bytes)
{
    return logged(malloc(bytes), bytes);
}

static void *log_calloc(size_t count, size_t bytes)
{
    return logged(calloc(count, bytes), count * bytes);
}

static void log_free_sized(void *block, size_t bytes)
{
    if (block == NULL)
        return;
    if (allocations.freed < MAX_LOG)
        allocations.dropped[allocations.freed] = block;
    allocations.freed++;
    allocations.live_bytes -= bytes;
    free(block);
}

static void *log_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    void *resized = realloc(block, bytes);
    allocations.live_bytes -= old_bytes;
    return logged(resized, bytes);
}

static void log_free(void *block)
{
    HM_UNUSED(block);
    fail_msg("a block was freed without its size");
}

static void *log_realloc(void *block, size_t bytes)
{
    HM_UNUSED(block);
    HM_UNUSED(bytes);
    fail_msg("a block was resized without its size");
    return NULL;
}

/* A work on a heap over the log, built; the log starts after the build phase. */
static void start_logged(test_work *work, const char *name)
{
    static const hm_allocator allocator = {.malloc = log_malloc,
                                           .free = log_free,
                                           .realloc = log_realloc,
                                           .calloc = log_calloc,
                                           .free_sized = log_free_sized,
                                           .realloc_sized = log_realloc_sized,
                                           .name = "log"};
    hm_heap_config config = hm_heap_config_default(&allocator, hm_collector_find("none"));
    config.sized_free = true;
    work_prepare(work, name, "none", 1, SEED);
    hm_heap_destroy(work->heaps[0]);
    work->heaps[0] = fixture_create(&config);
    work->state = work->workload->setup(&work->context);
    assert_non_null(work->state);
    work_demand(work, work_phase(work, HM_PHASE_BUILD, 1));
    memset(&allocations, 0, sizeof allocations);
}

/* A work on a fixture heap, built. */
/* ---- short-lived ---- */

static void test_mixed_has_the_block_sizes_of_a_json_program(void **state)
{
    HM_UNUSED(state);
    test_work work;
    start_logged(&work, "short-lived");
    work_steady(&work, 3);
    double share = (double)allocations.small_blocks / (double)allocations.blocks;
    print_message("%.1f %% of %llu blocks have at most 64 bytes\n", 100 * share,
                  (unsigned long long)allocations.blocks);
    assert_true(share > 0.84 && share < 0.88);
    work_end(&work);
}

/* The place among the blocks made of the block dropped as number `index`. */
static size_t place_dropped(size_t index, size_t batch)
{
    for (size_t place = 0; place < batch; place++) {
        if (allocations.made[place] == allocations.dropped[index])
            return place;
    }
    fail_msg("a block was freed that the batch did not make");
    return 0;
}

static void test_order_is_the_order_of_release(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"short-lived/kind:float/batch:50/survivors:0/order:lifo",
                                        "short-lived/kind:float/batch:50/survivors:0/order:fifo",
                                        "short-lived/kind:float/batch:50/survivors:0"};
    for (size_t which = 0; which < HM_COUNT_OF(names); which++) {
        test_work work;
        size_t forward = 0, backward = 0;
        start_logged(&work, names[which]);
        work_steady(&work, 1);
        assert_int_equal(allocations.freed, 50);
        for (size_t index = 0; index < 50; index++) {
            forward += place_dropped(index, 50) == index;
            backward += place_dropped(index, 50) == 49 - index;
        }
        assert_int_equal(backward == 50, which == 0);
        assert_int_equal(forward == 50, which == 1);
        work_end(&work);
    }
}

static void test_survivors_fill_a_bounded_ring(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "short-lived/kind:float/batch:100/survivors:5", "none", SEED);
    uint64_t built = work_live(&work);
    assert_int_equal(built, 256 * 5);
    for (int count = 0; count < 40; count++) {
        work_steady(&work, 1);
        assert_int_equal(work_live(&work), built);
    }
    work_demand(&work, work_phase(&work, HM_PHASE_RELEASE, 1));
    assert_int_equal(work_live(&work), 0);
    work_end(&work);
}

/* Blocks that one iteration asks for, once the first has run. */
static uint64_t blocks_of(const char *name)
{
    test_work work;
    start_logged(&work, name);
    work_steady(&work, 1);
    uint64_t before = allocations.blocks;
    work_steady(&work, 1);
    uint64_t blocks = allocations.blocks - before;
    work_end(&work);
    return blocks;
}

static void test_reused_objects_are_refilled_in_place(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(blocks_of("short-lived/kind:bytes/batch:100/survivors:0"), 100);
    assert_int_equal(blocks_of("short-lived/kind:bytes/batch:100/survivors:0/reuse:30"), 70);
    assert_int_equal(blocks_of("short-lived/kind:bytes/batch:100/survivors:0/reuse:100"), 0);
    assert_int_equal(blocks_of("short-lived/kind:instance/batch:100/survivors:0/reuse:100"), 0);
    /* A list, a dict: the object stays, the block of its items is asked for again. */
    assert_int_equal(blocks_of("short-lived/kind:list/length:4/batch:100/survivors:0"), 200);
    assert_int_equal(blocks_of("short-lived/kind:list/length:4/batch:100/survivors:0/reuse:100"),
                     100);
    assert_int_equal(blocks_of("short-lived/kind:dict/length:4/batch:100/survivors:0/reuse:100"),
                     100);
}

static void test_a_kind_makes_its_objects_and_no_others(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(blocks_of("short-lived/kind:int/batch:100/survivors:0"), 100);
    assert_int_equal(blocks_of("short-lived/kind:tuple/batch:100/survivors:0"), 100);
    assert_int_equal(blocks_of("short-lived/kind:set/length:4/batch:100/survivors:0"), 100);
    assert_int_equal(blocks_of("short-lived/kind:instance/batch:100/survivors:0"), 100);
    assert_int_equal(blocks_of("short-lived/kind:str/length:1Mi/batch:3/survivors:0"), 3);
}

/* ---- cyclic-graph ---- */

static void test_shapes_link_as_their_names_say(void **state)
{
    HM_UNUSED(state);
    enum { NODES = 14, DEGREE = 3 };
    hm_random random;
    uint32_t links[NODES * (DEGREE + 1)];
    hm_random_seed(&random, SEED);
    hm_shape_fill(HM_SHAPE_PAIR, DEGREE, NODES, &random, links);
    for (uint32_t node = 0; node < NODES; node++)
        assert_int_equal(links[node], (node ^ 1) | ((node & 1) != 0 ? HM_LINK_BACK : 0));
    hm_shape_fill(HM_SHAPE_DOUBLY_LINKED, DEGREE, NODES, &random, links);
    assert_int_equal(links[1], HM_LINK_NONE);
    assert_int_equal(links[2 * NODES - 2], HM_LINK_NONE);
    for (uint32_t node = 1; node < NODES; node++) {
        assert_int_equal(links[2 * node - 2], node);
        assert_int_equal(links[2 * node + 1], (node - 1) | HM_LINK_BACK);
    }
    hm_shape_fill(HM_SHAPE_TREE_WITH_PARENTS, DEGREE, NODES, &random, links);
    assert_int_equal(hm_shape_links(HM_SHAPE_TREE_WITH_PARENTS, DEGREE), DEGREE + 1);
    for (uint32_t node = 1; node < NODES; node++) {
        uint32_t parent = links[node * (DEGREE + 1)];
        assert_true((parent & HM_LINK_BACK) != 0);
        parent &= HM_LINK_NODE;
        bool known = false;
        for (uint32_t child = 1; child <= DEGREE; child++)
            known |= links[parent * (DEGREE + 1) + child] == node;
        assert_true(known);
    }
    hm_shape_fill(HM_SHAPE_RANDOM, DEGREE, NODES, &random, links);
    for (uint32_t link = 0; link < NODES * DEGREE; link++)
        assert_in_range(links[link], 0, NODES - 1);
}

/* Objects left after ten graphs without a collector. */
static uint64_t left_by_ten_graphs(const char *name)
{
    test_work work;
    work_start(&work, name, "none", SEED);
    uint64_t before = work_live(&work);
    work_steady(&work, 10);
    uint64_t left = work_live(&work) - before;
    work_end(&work);
    return left;
}

static void test_garbage_is_the_share_of_graphs_left(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/nodes:20/live:5"), 40);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/nodes:20/live:5/payload:0/garbage:30"), 60);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/nodes:20/live:5/garbage:0"), 0);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/nodes:20/live:5/break:by-hand"), 0);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/shape:self/nodes:20/live:5/garbage:100"),
                     400);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/shape:doubly-linked/nodes:20/garbage:100"),
                     400);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/shape:doubly-linked/nodes:20/garbage:100/"
                                        "back-links:weak"),
                     0);
    assert_int_equal(left_by_ten_graphs("cyclic-graph/shape:tree-with-parents/nodes:20/garbage:100/"
                                        "back-links:weak"),
                     0);
}

static void test_a_collector_finds_all_garbage_and_no_background(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "cyclic-graph/nodes:100/live:3000/garbage:100/payload:0", "generational",
               SEED);
    uint64_t before = work_live(&work);
    assert_true(hm_heap_tracked_objects(work.heaps[0]) >= 3000);
    work_steady(&work, 30);
    hm_heap_collect(work.heaps[0], 2);
    assert_int_equal(hm_heap_collection_counts(work.heaps[0]).collected, 3000);
    assert_int_equal(work_live(&work), before);
    work_end(&work);
}

/* The count that finalizers keep: an attribute of the class with the finalizer. */
static uint64_t finalizers_run(hm_heap *heap)
{
    for (size_t root = 0; root < heap->root_count; root++) {
        for (size_t slot = 0; slot < heap->roots[root].count; slot++) {
            hm_object *object = heap->roots[root].slots[slot], *key, *value;
            size_t position = 0;
            uint64_t count;
            if (object == NULL || !hm_is(object, &hm_class_type) ||
                !hm_dict_next(hm_class_attributes(object), &position, &key, &value))
                continue;
            assert_string_equal(hm_str_data(key), "finalized");
            memcpy(&count, hm_bytes_data(value), sizeof count);
            return count;
        }
    }
    fail_msg("no class with a finalizer is among the roots");
    return 0;
}

static void test_finalizers_run_once_for_their_share_of_nodes(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "cyclic-graph/nodes:100/live:5/garbage:50/finalizers:30", "generational",
               SEED);
    work_steady(&work, 10);
    hm_heap_collect(work.heaps[0], 2);
    assert_int_equal(finalizers_run(work.heaps[0]), 300);
    hm_heap_collect(work.heaps[0], 2);
    assert_int_equal(finalizers_run(work.heaps[0]), 300);
    work_end(&work);
}

/* ---- growing-dict ---- */

static uint64_t entries_held(const hm_heap *heap)
{
    uint64_t entries = 0;
    for (size_t root = 0; root < heap->root_count; root++) {
        for (size_t slot = 0; slot < heap->roots[root].count; slot++) {
            hm_object *object = heap->roots[root].slots[slot];
            if (object != NULL && hm_is(object, &hm_dict_type))
                entries += hm_dict_length(object);
        }
    }
    return entries;
}

static void test_dicts_are_cleared_or_grow_by_what_is_kept(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "growing-dict/entries:50/dicts:4/delete:20", "none", SEED);
    work_steady(&work, 3);
    assert_int_equal(entries_held(work.heaps[0]), 4 * 40);
    assert_int_equal(work_live(&work), 4 * (1 + 2 * 40));
    work_end(&work);
    work_start(&work, "growing-dict/entries:50/dicts:4/delete:20/clearing:never-cleared", "none",
               SEED);
    for (uint64_t count = 2; count <= 6; count++) {
        work_steady(&work, 1);
        assert_int_equal(entries_held(work.heaps[0]), count * 4 * 40);
    }
    work_demand(&work, work_phase(&work, HM_PHASE_RELEASE, 1));
    assert_int_equal(work_live(&work), 0);
    work_end(&work);
}

/* ---- streaming-generator ---- */

static uint64_t peak_of(const char *name)
{
    test_work work;
    start_logged(&work, name);
    work_steady(&work, 2);
    uint64_t peak = allocations.peak_bytes;
    work_end(&work);
    return peak;
}

static void test_a_stream_holds_its_windows_and_a_list_everything(void **state)
{
    HM_UNUSED(state);
    uint64_t stream = peak_of("streaming-generator/items:1000/item:100/window:10");
    uint64_t longer = peak_of("streaming-generator/items:4000/item:100/window:10");
    uint64_t wider = peak_of("streaming-generator/items:1000/item:100/window:100");
    uint64_t list = peak_of("streaming-generator/mode:materialise/items:1000/item:100/window:10");
    assert_int_equal(stream, longer);
    assert_true(wider > stream + 3 * 90 * 100);
    assert_true(stream < 3 * 11 * 150 + 2000);
    assert_true(list > 2 * 1000 * 100);
}

static void test_a_consumer_that_stops_saves_the_rest(void **state)
{
    HM_UNUSED(state);
    uint64_t whole = blocks_of("streaming-generator/items:1000");
    uint64_t part = blocks_of("streaming-generator/items:1000/consume:10");
    assert_true(part * 9 < whole && part * 11 > whole);
    test_work work = {0};
    work_parse(&work, "streaming-generator/items:1000/consume:10");
    assert_int_equal(work.workload->operations(work.context.parameters), 100);
}

/* ---- damage is noticed ---- */

/* Swaps two objects of the longest run of roots: each is then not what its place says. */
static void swap_two(hm_heap *heap)
{
    const hm_roots *longest = &heap->roots[0];
    for (size_t root = 1; root < heap->root_count; root++) {
        if (heap->roots[root].count > longest->count)
            longest = &heap->roots[root];
    }
    hm_object **slots = longest->slots, *first = slots[0];
    assert_non_null(first);
    slots[0] = slots[1];
    slots[1] = first;
}

static void expect_wrong(test_work *work, bool done, const char *message)
{
    assert_false(done);
    assert_int_equal(work->error.status, HM_WRONG_RESULT);
    assert_non_null(strstr(work->error.message, message));
    work_end(work);
}

static void test_short_lived_notices_another_content_of_every_kind(void **state)
{
    HM_UNUSED(state);
    static const char *const kinds[] = {"int",  "float", "str", "bytes",   "tuple",
                                        "list", "dict",  "set", "instance"};
    for (size_t index = 0; index < HM_COUNT_OF(kinds); index++) {
        test_work work;
        char name[64];
        snprintf(name, sizeof name, "short-lived/kind:%s/batch:20/survivors:50", kinds[index]);
        work_start(&work, name, "none", SEED);
        swap_two(work.heaps[0]);
        expect_wrong(&work, work_phase(&work, HM_PHASE_STEADY, 1), "is not what was put in");
    }
}

static void test_cyclic_graph_notices_a_damaged_background(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_start(&work, "cyclic-graph/nodes:10/live:50", "none", SEED);
    swap_two(work.heaps[0]);
    expect_wrong(&work, work_phase(&work, HM_PHASE_RELEASE, 1), "background object 0");
}

static void test_growing_dict_notices_lost_and_strange_entries(void **state)
{
    HM_UNUSED(state);
    for (int damage = 0; damage < 2; damage++) {
        test_work work;
        work_start(&work, "growing-dict/entries:20/dicts:1/value:0/clearing:never-cleared", "none",
                   SEED);
        work_steady(&work, 1);
        hm_object *dict = work.heaps[0]->roots[0].slots[0], *key, *value;
        size_t position = 0;
        assert_true(hm_dict_next(dict, &position, &key, &value));
        if (damage == 0)
            assert_true(hm_dict_delete(work.heaps[0], dict, key));
        else
            assert_true(hm_dict_set(work.heaps[0], dict, key, &hm_none));
        if (damage == 1) { /* None has no value to read: a number that is not the one stored */
            hm_object *other = hm_int_new(work.heaps[0], 256);
            assert_true(hm_dict_set(work.heaps[0], dict, key, other));
        }
        expect_wrong(&work, work_phase(&work, HM_PHASE_RELEASE, 1), "dict 0 holds");
    }
}

/* An allocator that, at the n-th block of a size, damages the one handed out before. */
static struct {
    size_t bytes;
    uint64_t countdown;
    unsigned char *last;
} fault;

static void *faulty_malloc(size_t bytes)
{
    unsigned char *block = malloc(bytes);
    if (bytes != fault.bytes)
        return block;
    if (fault.countdown > 0 && --fault.countdown == 0)
        fault.last[bytes - 3] ^= 1; /* the payload's end: behind it is a NUL */
    fault.last = block;
    return block;
}

static void test_a_byte_damaged_by_the_allocator_is_noticed(void **state)
{
    HM_UNUSED(state);
    /* Each makes blocks of 57 bytes that hold a payload and live while the next is made. */
    static const char *const names[] = {
        "short-lived/kind:bytes/length:24/batch:50/survivors:0",
        "short-lived/kind:str/length:16/batch:50/survivors:0", "cyclic-graph/nodes:50/live:5",
        "growing-dict/entries:50/keys:int-random", "streaming-generator/mode:materialise/items:50"};
    static const hm_allocator allocator = {.malloc = faulty_malloc,
                                           .free = free,
                                           .realloc = realloc,
                                           .calloc = calloc,
                                           .name = "faulty"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        test_work work;
        hm_heap_config config = hm_heap_config_default(&allocator, hm_collector_find("none"));
        work_prepare(&work, names[index], "none", 1, SEED);
        hm_heap_destroy(work.heaps[0]);
        work.heaps[0] = fixture_create(&config);
        fault.bytes = 57;
        fault.countdown = 0;
        work.state = work.workload->setup(&work.context);
        work_demand(&work, work_phase(&work, HM_PHASE_BUILD, 1));
        fault.countdown = 30;
        bool done = work_phase(&work, HM_PHASE_STEADY, 1);
        assert_int_equal(fault.countdown, 0);
        expect_wrong(&work, done, ":");
    }
}

/* ---- controls ---- */

static void test_controls_allocate_nothing(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"empty", "null"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        test_work work;
        start_logged(&work, names[index]);
        work_steady(&work, 100);
        assert_int_equal(allocations.blocks, 0);
        assert_int_equal(work_live(&work), 0);
        work_end(&work);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixed_has_the_block_sizes_of_a_json_program),
        cmocka_unit_test(test_order_is_the_order_of_release),
        cmocka_unit_test(test_survivors_fill_a_bounded_ring),
        cmocka_unit_test(test_reused_objects_are_refilled_in_place),
        cmocka_unit_test(test_a_kind_makes_its_objects_and_no_others),
        cmocka_unit_test(test_shapes_link_as_their_names_say),
        cmocka_unit_test(test_garbage_is_the_share_of_graphs_left),
        cmocka_unit_test(test_a_collector_finds_all_garbage_and_no_background),
        cmocka_unit_test(test_finalizers_run_once_for_their_share_of_nodes),
        cmocka_unit_test(test_dicts_are_cleared_or_grow_by_what_is_kept),
        cmocka_unit_test(test_a_stream_holds_its_windows_and_a_list_everything),
        cmocka_unit_test(test_a_consumer_that_stops_saves_the_rest),
        cmocka_unit_test(test_short_lived_notices_another_content_of_every_kind),
        cmocka_unit_test(test_cyclic_graph_notices_a_damaged_background),
        cmocka_unit_test(test_growing_dict_notices_lost_and_strange_entries),
        cmocka_unit_test(test_a_byte_damaged_by_the_allocator_is_noticed),
        cmocka_unit_test(test_controls_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
