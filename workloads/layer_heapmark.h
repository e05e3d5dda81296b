/** The calls of layer.h on heapmark's runtime. Include layer.h. */
#ifndef HM_WORKLOADS_LAYER_HEAPMARK_H
#define HM_WORKLOADS_LAYER_HEAPMARK_H

#include "workloads/lanes.h"

typedef hm_object hm_layer_object;
typedef hm_slots hm_layer_slots;

static HM_ALWAYS_INLINE void hm_layer_drop(hm_heap *heap, hm_layer_object *object)
{
    hm_decref(heap, object);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_keep(hm_layer_object *object)
{
    return hm_incref(object);
}

/** Tells what the last call met while `doing`; returns false. */
static inline bool hm_layer_failed(hm_lane *lane, const char *doing)
{
    return hm_lane_heap_failed(lane, doing);
}

static inline bool hm_layer_slots_open(hm_lane *lane, hm_layer_slots *slots, size_t count)
{
    return hm_slots_open(lane, slots, count);
}

static inline void hm_layer_slots_drop(hm_lane *lane, hm_layer_slots *slots)
{
    hm_slots_drop(lane, slots);
}

static inline void hm_layer_slots_close(hm_lane *lane, hm_layer_slots *slots)
{
    hm_slots_close(lane, slots);
}

/* Atoms. */

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_int(hm_heap *heap, int64_t value)
{
    return hm_int_new(heap, value);
}

static HM_ALWAYS_INLINE int64_t hm_layer_int_value(hm_layer_object *object)
{
    return hm_int_value(object);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_float(hm_heap *heap, double value)
{
    return hm_float_new(heap, value);
}

static HM_ALWAYS_INLINE double hm_layer_float_value(hm_layer_object *object)
{
    return hm_float_value(object);
}

/** A str of `length` ASCII characters that the caller writes to hm_layer_str_data. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_str(hm_heap *heap, size_t length)
{
    return hm_str_new(heap, NULL, length);
}

static HM_ALWAYS_INLINE unsigned char *hm_layer_str_data(hm_layer_object *object)
{
    return (unsigned char *)hm_str_data(object);
}

/** A bytes object of `length` bytes that the caller writes to hm_layer_bytes_data. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_bytes(hm_heap *heap, size_t length)
{
    return hm_bytes_new(heap, NULL, length);
}

static HM_ALWAYS_INLINE unsigned char *hm_layer_bytes_data(hm_layer_object *object)
{
    return hm_bytes_data(object);
}

/* Containers. */

static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_tuple_of(hm_heap *heap, hm_layer_object *const *items, size_t count)
{
    return hm_tuple_of(heap, items, count);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_tuple_get(hm_layer_object *tuple, size_t index)
{
    return hm_tuple_get(tuple, index);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list(hm_heap *heap)
{
    return hm_list_new(heap);
}

/** A list of `count` None. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list_sized(hm_heap *heap, size_t count)
{
    return hm_list_sized(heap, count);
}

/** Stores `item` (stolen). */
static HM_ALWAYS_INLINE void hm_layer_list_set(hm_heap *heap, hm_layer_object *list, size_t index,
                                               hm_layer_object *item)
{
    hm_list_set(heap, list, index, item);
}

static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_list_of(hm_heap *heap, hm_layer_object *const *items, size_t count)
{
    return hm_list_of(heap, items, count);
}

static HM_ALWAYS_INLINE bool hm_layer_list_append(hm_heap *heap, hm_layer_object *list,
                                                  hm_layer_object *item)
{
    return hm_list_append(heap, list, item);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list_get(hm_layer_object *list, size_t index)
{
    return hm_list_get(list, index);
}

static HM_ALWAYS_INLINE size_t hm_layer_list_length(hm_layer_object *list)
{
    return hm_list_length(list);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_dict(hm_heap *heap)
{
    return hm_dict_new(heap);
}

static HM_ALWAYS_INLINE bool hm_layer_dict_set(hm_heap *heap, hm_layer_object *dict,
                                               hm_layer_object *key, hm_layer_object *value)
{
    return hm_dict_set(heap, dict, key, value);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_dict_get(hm_heap *heap, hm_layer_object *dict,
                                                           hm_layer_object *key)
{
    return hm_dict_get(heap, dict, key);
}

static HM_ALWAYS_INLINE bool hm_layer_dict_delete(hm_heap *heap, hm_layer_object *dict,
                                                  hm_layer_object *key)
{
    return hm_dict_delete(heap, dict, key);
}

static HM_ALWAYS_INLINE size_t hm_layer_dict_length(hm_layer_object *dict)
{
    return hm_dict_length(dict);
}

/* Classes and instances. */

/** The str that attributes of this name are set and got by. */
static inline hm_layer_object *hm_layer_name(hm_heap *heap, const char *name)
{
    return hm_str_interned(heap, name);
}

/** A class whose instances have `count` slots of these names, or (NULL) attributes of any name. */
static inline hm_layer_object *hm_layer_class(hm_heap *heap, const char *const *slot_names,
                                              size_t count)
{
    hm_class_spec spec = {.name = "Record",
                          .slot_count = slot_names == NULL ? 0 : (uint32_t)count,
                          .slot_names = slot_names,
                          .has_dict = slot_names == NULL};
    return hm_class_new(heap, &spec);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_instance(hm_heap *heap,
                                                           hm_layer_object *class_object)
{
    return hm_instance_new(heap, class_object);
}

static HM_ALWAYS_INLINE bool hm_layer_attribute_set(hm_heap *heap, hm_layer_object *instance,
                                                    hm_layer_object *name, hm_layer_object *value)
{
    return hm_instance_set(heap, instance, name, value);
}

/** A new reference. */
static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_attribute(hm_heap *heap, hm_layer_object *instance, hm_layer_object *name)
{
    return hm_xincref(hm_instance_get(heap, instance, name));
}

/* A generator. */

static hm_object *hm_layer_repeat(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    generator->state = 1;
    return hm_incref(generator->locals[0]);
}

/** A generator that yields `item` for ever. */
static inline hm_layer_object *hm_layer_repeater(hm_heap *heap, hm_layer_object *item)
{
    static const hm_generator_code code = {
        .name = "repeat", .local_count = 1, .resume = hm_layer_repeat};
    hm_layer_object *generator = hm_generator_new(heap, &code);
    if (generator != NULL)
        hm_generator_set(heap, generator, 0, hm_incref(item));
    return generator;
}

/** Its next item, a new reference. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_next(hm_heap *heap, hm_layer_object *generator)
{
    return hm_generator_next(heap, generator);
}

/* Collecting. */

/** Whether hm_layer_collect finds cycles. */
static inline bool hm_layer_can_collect(hm_heap *heap)
{
    return heap->collector->collect != NULL;
}

/** Leaves everything that exists now out of the collections to come; there is nothing else here. */
static inline bool hm_layer_set_apart(hm_heap *heap)
{
    HM_UNUSED(heap);
    return true;
}

/** A full collection; how many objects it found to be garbage, -1: it failed. */
static HM_ALWAYS_INLINE int64_t hm_layer_collect(hm_heap *heap)
{
    return hm_heap_collect(heap, HM_GENERATIONS - 1);
}

#endif
