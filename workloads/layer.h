/**
 * This module is the few calls that the micro works are written in, so that one source does the
 * same work on heapmark's runtime and, compiled a second time with HM_LAYER_CPYTHON, on CPython
 * through its C API, and a ratio of the two compares nothing but the two.
 *
 * Both sides define hm_layer_object, hm_layer_slots and the hm_layer_ functions below, all inline:
 * each is one call of its runtime, or the few that a C programmer would write for it there. A
 * function whose name ends in _of takes borrowed items; what makes an object returns a new
 * reference; what gets one returns a borrowed one; NULL and false are failures, which
 * hm_layer_failed tells.
 *
 *     hm_layer_drop, hm_layer_keep          one reference less, one more
 *     hm_layer_int, _float, _str, _bytes    atoms, and their values and bytes
 *     hm_layer_tuple_of, _list_of, _list, _list_sized, _dict    containers
 *     hm_layer_class, _instance, _attribute_set, _attribute     classes and instances
 *     hm_layer_repeater, _next              a generator that yields one object for ever
 *     hm_layer_collect                      a full collection
 *     hm_layer_slots_open, _drop, _close    references that are kept from outside the heap
 *
 * `heap` is the lane's; CPython has one and ignores it.
 */
#ifndef HM_WORKLOADS_LAYER_H
#define HM_WORKLOADS_LAYER_H

#ifdef HM_LAYER_CPYTHON
#include "workloads/layer_cpython.h"
#else
#include "workloads/layer_heapmark.h"
#endif

/** How many containers of `items` items make an iteration, so that it is long enough to be timed.
 */
static inline uint64_t hm_layer_containers(uint64_t items)
{
    enum { LEAST_ITEMS = 1000 };
    return items >= LEAST_ITEMS ? 1 : LEAST_ITEMS / items;
}

/**
 * How many iterations a batch may have where each leaves its containers to the restore phase: about
 * 65,536 items, so that they fit a cache where one of them does; at least one, at most 64.
 */
static inline uint64_t hm_layer_most_iterations(uint64_t items)
{
    uint64_t fitting = 65536 / (items * hm_layer_containers(items));
    return fitting == 0 ? 1 : fitting > 64 ? 64 : fitting;
}

#endif
