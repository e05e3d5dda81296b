/* A build with -DHEAPMARK_TRACE=OFF says that it cannot trace, and runs as any other. */
#include "trace_fixture.h"

static void test_start(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    HM_TRACE_FRAME(heap);
    HM_TRACE_HERE(heap);
    assert_false(hm_trace_start(heap, &(hm_trace_options){.frames = 1}));
    assert_int_equal(heap->error.status, HM_UNAVAILABLE);
    assert_non_null(strstr(heap->error.message, "HEAPMARK_TRACE=OFF"));
    assert_false(hm_trace_is_tracing(heap));
    hm_object *list = HM_TRACE_CALL(heap, hm_list_new(heap));
    assert_null(heap->trace.site);
    hm_decref(heap, list);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
