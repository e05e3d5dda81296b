/*
 * This module tests what is kept of the runtime's events: those of the counted batches, all of them
 * in the counts, the first 2,000 one by one.
 */
#include "cmocka_all.h"

#include "bench/sample_state.h"

#include <string.h>

static hm_sample_events events;
static hm_event_sink sink;

static int start(void **state)
{
    (void)state;
    memset(&events, 0, sizeof events);
    sink = hm_sample_events_sink(&events);
    return 0;
}

static void tell(hm_event_kind kind, int generation, uint64_t collected)
{
    const hm_event event = {.kind = kind,
                            .generation = generation,
                            .collected = collected,
                            .uncollectable = 1,
                            .traversed = 10 * collected,
                            .message = kind == HM_EVENT_UNRAISABLE ? "it broke" : NULL};
    sink.emit(sink.context, &event);
}

static void collect(int generation, uint64_t collected)
{
    tell(HM_EVENT_COLLECTION_BEGIN, generation, 0);
    tell(HM_EVENT_COLLECTION_END, generation, collected);
}

static void only_counted_batches_count(void **state)
{
    (void)state;
    collect(0, 5);
    assert_int_equal(events.pauses.count, 0);
    events.recording = true;
    collect(1, 7);
    collect(2, 8);
    events.recording = false;
    collect(0, 9);
    assert_int_equal(events.pauses.count, 2);
    assert_int_equal(events.collected, 15);
    assert_int_equal(events.uncollectable, 2);
    assert_int_equal(events.kept, 2);
    assert_int_equal(events.collections[0].generation, 1);
    assert_int_equal(events.collections[1].traversed, 80);
    assert_true(events.collections[0].at_ns <= events.collections[1].at_ns);
    assert_int_equal(events.pause_total_ns,
                     events.collections[0].pause_ns + events.collections[1].pause_ns);
}

static void all_are_counted_and_the_first_are_kept(void **state)
{
    (void)state;
    events.recording = true;
    for (uint64_t index = 0; index < HM_SAMPLE_KEPT_COLLECTIONS + 50; index++)
        collect(0, index);
    assert_int_equal(events.kept, HM_SAMPLE_KEPT_COLLECTIONS);
    assert_int_equal(events.pauses.count, HM_SAMPLE_KEPT_COLLECTIONS + 50);
    for (uint64_t index = 0; index < HM_SAMPLE_KEPT_COLLECTIONS; index++)
        assert_int_equal(events.collections[index].collected, index);
}

static void cascades_and_collections_nest(void **state)
{
    (void)state;
    events.recording = true;
    tell(HM_EVENT_CASCADE_BEGIN, 0, 0);
    collect(0, 3);
    tell(HM_EVENT_CASCADE_END, 0, 500);
    assert_int_equal(events.cascades.count, 1);
    assert_int_equal(events.pauses.count, 1);
    assert_true(events.cascades.maximum >= events.pauses.maximum);
}

static void failures_are_kept_with_the_first_message(void **state)
{
    (void)state;
    tell(HM_EVENT_UNRAISABLE, 0, 0);
    tell(HM_EVENT_UNRAISABLE, 0, 0);
    assert_int_equal(events.failures, 2);
    assert_string_equal(events.first_failure, "it broke");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_counted_batches_count, start),
        cmocka_unit_test_setup(all_are_counted_and_the_first_are_kept, start),
        cmocka_unit_test_setup(cascades_and_collections_nest, start),
        cmocka_unit_test_setup(failures_are_kept_with_the_first_message, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
