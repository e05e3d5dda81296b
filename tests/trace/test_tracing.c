/* What is traced, how much, and from when to when. */
#include "trace_fixture.h"

#include "base/random.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

static void test_off(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_new(heap);
    assert_false(hm_trace_is_tracing(heap));
    hm_trace_stop(heap);
    hm_trace_clear(heap);
    hm_trace_reset_peak(heap);
    assert_int_equal(hm_trace_get_traced_memory(heap).current_bytes, 0);
    assert_int_equal(hm_trace_get_traced_memory(heap).peak_bytes, 0);
    assert_int_equal(hm_trace_get_tracemalloc_memory(heap), 0);
    assert_int_equal(hm_trace_get_trace_count(heap), 0);
    assert_int_equal(hm_trace_get_traceback_limit(heap), 1);
    assert_null(hm_trace_get_object_traceback(heap, list));
    assert_int_equal(heap->error.status, HM_OK);
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_frames_out_of_range(void **state)
{
    HM_UNUSED(state);
    static const int64_t wrong[] = {0, -1, 65536, INT64_MIN, INT64_MAX};
    hm_heap *heap = fixture_heap("generational");
    for (size_t index = 0; index < HM_COUNT_OF(wrong); index++) {
        hm_error_clear(&heap->error);
        assert_false(hm_trace_start(heap, &(hm_trace_options){.frames = wrong[index]}));
        assert_int_equal(heap->error.status, HM_VALUE_ERROR);
        assert_string_equal(heap->error.message,
                            "the number of frames must be in range [1; 65535]");
        assert_false(hm_trace_is_tracing(heap));
    }
    trace_start(heap, 65535);
    assert_int_equal(hm_trace_get_traceback_limit(heap), 65535);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* As CPython: a second start changes nothing, and the limit outlives the stop. */
static void test_start_twice(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(7);
    trace_start(heap, 3);
    assert_true(hm_trace_is_tracing(heap));
    assert_int_equal(hm_trace_get_traceback_limit(heap), 7);
    hm_trace_stop(heap);
    assert_false(hm_trace_is_tracing(heap));
    assert_int_equal(hm_trace_get_traceback_limit(heap), 7);
    fixture_end(heap);
}

static void test_exact_sizes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_sized(heap, 1000);
    assert_int_equal(traced_bytes(heap), 16 + 40 + 8000);
    assert_int_equal(hm_trace_get_trace_count(heap), 2);
    hm_object *number = hm_int_new(heap, 1000);
    assert_int_equal(traced_bytes(heap), 8056 + 28);
    hm_decref(heap, number);
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 0);
    assert_int_equal(hm_trace_get_trace_count(heap), 0);
    assert_int_equal(hm_trace_get_traced_memory(heap).peak_bytes, 8084);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* Every growth of the list replaces its trace: sizes follow sys.getsizeof step by step. */
static void test_resized_blocks(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_new(heap);
    for (int count = 0; count < 200; count++) {
        assert_true(hm_list_append(heap, list, &hm_none));
        assert_int_equal(traced_bytes(heap), container_bytes(heap, list));
        assert_int_equal(hm_trace_get_trace_count(heap), 2);
    }
    for (int count = 0; count < 200; count++) {
        hm_decref(heap, hm_list_pop(heap, list));
        assert_int_equal(traced_bytes(heap), container_bytes(heap, list));
    }
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_peak(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *kept = block_of(heap, 100);
    hm_decref(heap, block_of(heap, 1000));
    hm_traced_memory memory = hm_trace_get_traced_memory(heap);
    assert_int_equal(memory.current_bytes, 100);
    assert_int_equal(memory.peak_bytes, 1100);
    hm_trace_reset_peak(heap);
    assert_int_equal(hm_trace_get_traced_memory(heap).peak_bytes, 100);
    hm_decref(heap, block_of(heap, 500));
    assert_int_equal(hm_trace_get_traced_memory(heap).peak_bytes, 600);
    hm_decref(heap, kept);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_blocks_from_before(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *number = hm_int_new(heap, 1000), *list = hm_list_sized(heap, 4);
    trace_start(heap, 1);
    hm_decref(heap, number);
    assert_int_equal(traced_bytes(heap), 0);
    assert_null(hm_trace_get_object_traceback(heap, list));
    /* As in CPython, what is resized is known from then on, whole. */
    assert_true(hm_list_append(heap, list, &hm_none));
    assert_int_equal(traced_bytes(heap), hm_object_size(list) - 40);
    assert_int_equal(hm_trace_get_trace_count(heap), 1);
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 0);
    hm_object *after = hm_int_new(heap, 1000);
    hm_trace_stop(heap);
    hm_decref(heap, after);
    fixture_end(heap);
}

static void test_clear(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *first = hm_int_new(heap, 1000);
    hm_trace_clear(heap);
    assert_true(hm_trace_is_tracing(heap));
    assert_int_equal(hm_trace_get_traced_memory(heap).peak_bytes, 0);
    assert_null(hm_trace_get_object_traceback(heap, first));
    hm_object *second = hm_int_new(heap, 1000);
    assert_non_null(hm_trace_get_object_traceback(heap, second));
    hm_decref(heap, first);
    assert_int_equal(traced_bytes(heap), 28);
    hm_decref(heap, second);
    assert_int_equal(traced_bytes(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_another_heap(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_heap *other = fixture_heap("generational");
    hm_object *list = hm_list_sized(other, 1000);
    assert_int_equal(traced_bytes(heap), 0);
    assert_false(hm_trace_is_tracing(other));
    assert_false(hm_trace_start(other, &(hm_trace_options){.frames = 1}));
    assert_int_equal(other->error.status, HM_USAGE_ERROR);
    assert_non_null(strstr(other->error.message, "another heap of this thread"));
    hm_decref(other, list);
    hm_trace_stop(heap);
    trace_start(other, 1);
    hm_trace_stop(other);
    hm_heap_destroy(other);
    fixture_end(heap);
}

static void *trace_in_thread(void *context)
{
    hm_heap *heap = context;
    bool right = hm_trace_start(heap, &(hm_trace_options){.frames = 1});
    for (int round = 0; right && round < 2000; round++) {
        hm_object *list = hm_list_sized(heap, 10);
        right = list != NULL && traced_bytes(heap) == 136;
        hm_xdecref(heap, list);
        right = right && traced_bytes(heap) == 0;
    }
    hm_trace_stop(heap);
    return right ? heap : NULL;
}

static void test_a_heap_in_each_thread(void **state)
{
    HM_UNUSED(state);
    hm_heap *heaps[2] = {fixture_heap("generational"), fixture_heap("generational")};
    pthread_t threads[2];
    void *result[2];
    for (int index = 0; index < 2; index++)
        assert_int_equal(pthread_create(&threads[index], NULL, trace_in_thread, heaps[index]), 0);
    for (int index = 0; index < 2; index++)
        assert_int_equal(pthread_join(threads[index], &result[index]), 0);
    assert_ptr_equal(result[0], heaps[0]);
    assert_ptr_equal(result[1], heaps[1]);
    hm_heap_destroy(heaps[0]);
    fixture_end(heaps[1]);
}

static void test_a_heap_that_ends_traced(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    fixture_leak_cycle(heap);
    fixture_end(heap);
    heap = traced_heap(1);
    assert_int_equal(traced_bytes(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* A block the allocator refuses is not traced. */
static void test_allocator_out_of_memory(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *list = hm_list_sized(heap, 4);
    uint64_t before = traced_bytes(heap);
    for (uint64_t call = 1; call <= 2; call++) {
        hm_debug_configure(&(hm_debug_options){.fail_at = call});
        assert_null(hm_list_sized(heap, 1000));
        assert_int_equal(heap->error.status, HM_NO_MEMORY);
        assert_int_equal(traced_bytes(heap), before);
    }
    hm_debug_configure(&(hm_debug_options){.fail_at = 1});
    assert_false(hm_list_append(heap, list, &hm_none));
    hm_debug_configure(&(hm_debug_options){0});
    assert_int_equal(traced_bytes(heap), before);
    assert_int_equal(hm_trace_get_trace_count(heap), 2);
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}

#ifndef HM_SANITIZED
/* Where the kernel refuses the tracer pages, the allocation fails and nothing goes untraced. */
static void test_tracer_out_of_memory(void **state)
{
    HM_UNUSED(state);
    enum { NUMBERS = 200000 };
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_sized(heap, NUMBERS);
    struct rlimit usual, none;
    assert_int_equal(getrlimit(RLIMIT_AS, &usual), 0);
    none = usual;
    none.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    bool started = hm_trace_start(heap, &(hm_trace_options){.frames = 1});
    assert_int_equal(setrlimit(RLIMIT_AS, &usual), 0);
    assert_false(started);
    assert_int_equal(heap->error.status, HM_NO_MEMORY);

    trace_start(heap, 1);
    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    size_t made = 0;
    for (hm_object *number = NULL; made < NUMBERS; made++) {
        if ((number = hm_int_new(heap, 1000)) == NULL)
            break;
        hm_list_set(heap, list, made, number);
    }
    assert_int_equal(setrlimit(RLIMIT_AS, &usual), 0);
    assert_true(made < NUMBERS);
    assert_int_equal(heap->error.status, HM_NO_MEMORY);
    assert_int_equal(traced_bytes(heap), 28 * made);
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}
#endif

/* An object on a free list is still a block, and keeps its trace when it is used again. */
static void test_free_lists(void **state)
{
    HM_UNUSED(state);
    hm_heap_config config = fixture_config("generational");
    config.freelists = true;
    hm_heap *heap = fixture_create(&config);
    trace_start(heap, 1);
    hm_object *list = hm_list_new(heap);
    unsigned line = hm_trace_get_object_traceback(heap, list)->frames[0].line;
    hm_decref(heap, list);
    assert_int_equal(traced_bytes(heap), 56);
    hm_object *again = hm_list_new(heap);
    assert_ptr_equal(again, list);
    assert_int_equal(hm_trace_get_object_traceback(heap, again)->frames[0].line, line);
    hm_decref(heap, again);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* One step of a random program over `slots`. */
static void random_step(hm_heap *heap, hm_random *random, hm_object **slots, size_t count)
{
    hm_object **slot = &slots[hm_random_below(random, count)];
    hm_object *object = *slot;
    uint64_t what = hm_random_below(random, 6);
    if (object != NULL && hm_is(object, &hm_list_type) && what < 3) {
        assert_true(hm_list_append(heap, object, &hm_none));
        return;
    }
    if (object != NULL && hm_is(object, &hm_dict_type) && what < 3) {
        hm_object *key = hm_int_new(heap, (int64_t)hm_random_below(random, 5000));
        assert_true(hm_dict_set(heap, object, key, key));
        hm_decref(heap, key);
        return;
    }
    hm_xdecref(heap, object);
    size_t size = hm_random_below(random, 300);
    *slot = what == 0   ? NULL
            : what == 1 ? hm_list_new(heap)
            : what == 2 ? hm_dict_new(heap)
            : what == 3 ? hm_tuple_new(heap, size)
            : what == 4 ? hm_str_new(heap, NULL, size + 1)
                        : hm_float_new(heap, 1.5);
}

/* What passes through the count decorator below is what the tracer says, at every step. */
static void test_count_agrees(void **state)
{
    HM_UNUSED(state);
    enum { SLOTS = 3000, STEPS = 60000 };
    static hm_object *slots[SLOTS];
    static hm_allocator counted;
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    hm_random random;
    hm_random_seed(&random, seed);
    hm_count_decorate(fixture_allocator(), &counted);
    hm_heap_config config = fixture_config("generational");
    config.allocator = &counted;
    config.sized_free = true;
    hm_heap *heap = fixture_create(&config);
    trace_start(heap, 1);
    hm_count_totals start = hm_count_read();
    for (int step = 0; step < STEPS; step++) {
        random_step(heap, &random, slots, SLOTS);
        hm_count_totals now = hm_count_read();
        assert_int_equal(traced_bytes(heap), now.requested_bytes - start.requested_bytes);
        assert_int_equal(hm_trace_get_trace_count(heap), now.blocks - start.blocks);
    }
    assert_int_equal(hm_count_read().unsized_calls, 0);
    for (int slot = 0; slot < SLOTS; slot++)
        hm_xdecref(heap, slots[slot]);
    assert_int_equal(traced_bytes(heap), 0);
    assert_int_equal(hm_trace_get_trace_count(heap), 0);
    hm_trace_stop(heap);
    fixture_end(heap);
}

/* The tracer takes nothing from the allocator, and says what it takes from the kernel. */
static void test_overhead(void **state)
{
    HM_UNUSED(state);
    enum { NUMBERS = 100000 };
    hm_heap *heap = fixture_heap("generational");
    hm_object *list = hm_list_sized(heap, NUMBERS);
    uint64_t blocks = hm_debug_read().live_blocks;
    trace_start(heap, 1);
    uint64_t before = hm_trace_get_tracemalloc_memory(heap);
    assert_true(before > 0);
    assert_int_equal(hm_debug_read().live_blocks, blocks);
    for (size_t index = 0; index < NUMBERS; index++)
        hm_list_set(heap, list, index, hm_int_new(heap, 1000));
    assert_int_equal(hm_debug_read().live_blocks, blocks + NUMBERS);
    uint64_t grown = hm_trace_get_tracemalloc_memory(heap) - before;
    assert_in_range(grown / NUMBERS, 16, 49); /* CPython: 50.6 */
    hm_trace_clear(heap);
    assert_true(hm_trace_get_tracemalloc_memory(heap) <= before);
    hm_decref(heap, list);
    hm_trace_stop(heap);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_frames_out_of_range),
        cmocka_unit_test(test_start_twice),
        cmocka_unit_test(test_exact_sizes),
        cmocka_unit_test(test_resized_blocks),
        cmocka_unit_test(test_peak),
        cmocka_unit_test(test_blocks_from_before),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_another_heap),
        cmocka_unit_test(test_a_heap_in_each_thread),
        cmocka_unit_test(test_a_heap_that_ends_traced),
        cmocka_unit_test(test_allocator_out_of_memory),
#ifndef HM_SANITIZED
        cmocka_unit_test(test_tracer_out_of_memory),
#endif
        cmocka_unit_test(test_free_lists),
        cmocka_unit_test(test_count_agrees),
        cmocka_unit_test(test_overhead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
