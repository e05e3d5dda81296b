/*
 * This module is a heap for tests, over libc's malloc in the debug decorator, so that every test
 * ends by proving that nothing stayed allocated and no guard byte was touched.
 */
#ifndef HM_TESTS_HEAP_FIXTURE_H
#define HM_TESTS_HEAP_FIXTURE_H

#include "allocators/decorators.h"
#include "cmocka_all.h"
#include "gc/collectors.h"
#include "heapmark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline const hm_allocator *fixture_allocator(void)
{
    static hm_allocator libc = {
        .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};
    static hm_allocator decorated;
    if (decorated.malloc == NULL)
        hm_debug_decorate(&libc, &decorated);
    return &decorated;
}

static inline hm_heap_config fixture_config(const char *collector)
{
    const hm_collector *found = hm_collector_find(collector);
    assert_non_null(found);
    return hm_heap_config_default(fixture_allocator(), found);
}

static inline hm_heap *fixture_create(const hm_heap_config *config)
{
    hm_error error = {0};
    hm_heap *heap = hm_heap_create(config, &error);
    if (heap == NULL)
        fail_msg("%s", error.message);
    return heap;
}

static inline hm_heap *fixture_heap(const char *collector)
{
    hm_heap_config config = fixture_config(collector);
    return fixture_create(&config);
}

/* One that collects only when told to, so that counts are exact in every build. */
static inline hm_heap *fixture_manual_heap(void)
{
    hm_heap_config config = fixture_config("generational");
    config.settings.automatic = false;
    return fixture_create(&config);
}

/* For tests of when collection happens by itself. */
static inline void fixture_skip_where_collecting_always(void)
{
    if (HM_COLLECT_ALWAYS)
        skip();
}

/* Validates the heap, destroys it, and proves that the allocator has everything back. */
static inline void fixture_end(hm_heap *heap)
{
    hm_error error = {0};
    if (hm_heap_check(heap, &error) != HM_OK)
        fail_msg("%s", error.message);
    hm_heap_destroy(heap);
    hm_debug_totals totals = hm_debug_read();
    assert_int_equal(totals.live_bytes, 0);
    assert_int_equal(totals.live_blocks, 0);
    assert_int_equal(totals.defects, 0);
}

/* A list that holds itself, with the only outside reference dropped. */
static inline void fixture_leak_cycle(hm_heap *heap)
{
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, list));
    hm_decref(heap, list);
}

#endif
