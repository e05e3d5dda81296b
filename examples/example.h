/**
 * This module is what every example begins and ends with, so that the examples themselves are the
 * lesson alone: a heap over libc's malloc with the generational collector, which collects only when
 * it is asked to, and the end of the program where something fails.
 *
 * Invariant: a program that ends through example_end gave every reference and every byte back, or
 * says so and fails. malloc is called through the debug decorator, which counts and guards blocks.
 */
#ifndef HM_EXAMPLES_EXAMPLE_H
#define HM_EXAMPLES_EXAMPLE_H

#include "allocators/decorators.h"
#include "gc/collectors.h"
#include "gc/gc.h"
#include "heapmark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** Ends the program with what went wrong. */
static inline void example_fail(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "example: %s\n", what);
    exit(1);
}

/** Returns a heap to work on; give it to example_end. */
static inline hm_heap *example_begin(void)
{
    static const hm_allocator libc = {
        .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};
    hm_allocator guarded;
    hm_collector_spec collector;
    hm_error error = {0};
    hm_debug_decorate(&libc, &guarded);
    if (hm_collector_parse("generational;trigger=manual", &collector, &error) != HM_OK)
        example_fail(error.message);
    hm_heap_config config = hm_heap_config_default(&guarded, collector.collector);
    config.settings = collector.settings;
    hm_heap *heap = hm_heap_create(&config, &error);
    if (heap == NULL)
        example_fail(error.message);
    return heap;
}

/** Returns an object just made; where there is none, ends the program with the heap's error. */
static inline hm_object *made(hm_heap *heap, hm_object *object)
{
    if (object == NULL)
        example_fail(heap->error.message);
    return object;
}

/** Goes on where something was done; else ends the program with the heap's error. */
static inline void must(hm_heap *heap, bool done)
{
    if (!done)
        example_fail(heap->error.message);
}

/** Destroys the heap. Returns main's result: an object or a byte left over is a failure. */
static inline int example_end(hm_heap *heap)
{
    hm_error error = {0};
    /* gc.garbage belongs to the heap, and lives as long. */
    uint64_t objects_left = hm_heap_live_objects(heap) - (hm_heap_garbage(heap) != NULL);
    if (hm_heap_check(heap, &error) != HM_OK)
        example_fail(error.message);
    hm_heap_destroy(heap);
    hm_debug_totals memory = hm_debug_read();
    if (objects_left != 0 || memory.live_bytes != 0 || memory.defects != 0) {
        fprintf(stderr, "example: %" PRIu64 " objects and %" PRIu64 " bytes are left; %s\n",
                objects_left, memory.live_bytes, memory.first_defect);
        return 1;
    }
    return 0;
}

#endif
