/**
 * This module makes every call that may ask the heap for memory a site, so that a tracer can say
 * which line of which function asked. Include it last, after heapmark.h, in the files that are to
 * show in traces; nothing else in them changes.
 *
 * Each function gets an inline twin that notes the site and calls it. The arguments are evaluated
 * before, so the site noted is the call's own, also where a call is the argument of another.
 */
#ifndef HM_OBJECT_SITES_H
#define HM_OBJECT_SITES_H

#include "heapmark.h"

#if HM_TRACE

/* HM_SITED(RESULT, FUNCTION, PARAMETERS after the heap, ARGUMENTS): the twin of FUNCTION. */
#define HM_PARAMETERS(...) , __VA_ARGS__
#define HM_SITED(result, function, parameters, arguments)                                          \
    static HM_ALWAYS_INLINE result function##_at(const hm_site *site,                              \
                                                 hm_heap *heap HM_PARAMETERS parameters)           \
    {                                                                                              \
        heap->trace.site = site;                                                                   \
        return function(heap HM_PARAMETERS arguments);                                             \
    }
#define HM_SITED_ALONE(result, function)                                                           \
    static HM_ALWAYS_INLINE result function##_at(const hm_site *site, hm_heap *heap)               \
    {                                                                                              \
        heap->trace.site = site;                                                                   \
        return function(heap);                                                                     \
    }

HM_SITED(hm_object *, hm_int_new, (int64_t value), (value))
HM_SITED(hm_object *, hm_float_new, (double value), (value))
HM_SITED(hm_object *, hm_str_new, (const char *text, size_t length), (text, length))
HM_SITED(hm_object *, hm_str_from, (const char *text), (text))
HM_SITED(hm_object *, hm_str_intern, (hm_object * str), (str))
HM_SITED(hm_object *, hm_str_interned, (const char *text), (text))
HM_SITED(hm_object *, hm_bytes_new, (const void *data, size_t length), (data, length))
HM_SITED(hm_object *, hm_tuple_new, (size_t length), (length))
HM_SITED(hm_object *, hm_tuple_of, (hm_object *const *items, size_t length), (items, length))
HM_SITED_ALONE(hm_object *, hm_list_new)
HM_SITED(hm_object *, hm_list_sized, (size_t length), (length))
HM_SITED(hm_object *, hm_list_of, (hm_object *const *items, size_t length), (items, length))
HM_SITED(HM_MUST_USE bool, hm_list_append, (hm_object * list, hm_object *item), (list, item))
HM_SITED(HM_MUST_USE bool, hm_list_append_new, (hm_object * list, hm_object *item), (list, item))
HM_SITED(hm_object *, hm_list_pop, (hm_object * list), (list))
HM_SITED(HM_MUST_USE bool, hm_list_delete, (hm_object * list, size_t index), (list, index))
HM_SITED_ALONE(hm_object *, hm_dict_new)
HM_SITED(HM_MUST_USE bool, hm_dict_set, (hm_object * dict, hm_object *key, hm_object *value),
         (dict, key, value))
HM_SITED_ALONE(hm_object *, hm_set_new)
HM_SITED(HM_MUST_USE bool, hm_set_add, (hm_object * set, hm_object *key), (set, key))
HM_SITED(hm_object *, hm_class_new, (const hm_class_spec *spec), (spec))
HM_SITED(hm_object *, hm_instance_new, (hm_object * class_object), (class_object))
HM_SITED(HM_MUST_USE bool, hm_instance_set,
         (hm_object * instance, hm_object *name, hm_object *value), (instance, name, value))
HM_SITED(hm_object *, hm_instance_dict, (hm_object * instance), (instance))
HM_SITED(hm_object *, hm_cell_new, (hm_object * content), (content))
HM_SITED(hm_object *, hm_function_new,
         (const hm_code *code, hm_object *globals, hm_object *closure), (code, globals, closure))
HM_SITED(hm_object *, hm_method_new, (hm_object * function, hm_object *self), (function, self))
HM_SITED(hm_object *, hm_frame_new, (const hm_code *code, hm_object *function, hm_object *back),
         (code, function, back))
HM_SITED(hm_object *, hm_call, (hm_object * callable, hm_object *const *arguments, size_t count),
         (callable, arguments, count))
HM_SITED(hm_object *, hm_generator_new, (const hm_generator_code *code), (code))
HM_SITED(hm_object *, hm_generator_next, (hm_object * generator), (generator))
HM_SITED(bool, hm_generator_close, (hm_object * generator), (generator))
HM_SITED(hm_object *, hm_weakref_new,
         (hm_object * referent, hm_weakref_callback callback, void *context),
         (referent, callback, context))
HM_SITED_ALONE(hm_object *, hm_weak_key_dict_new)
HM_SITED(HM_MUST_USE bool, hm_weak_key_dict_set,
         (hm_object * dict, hm_object *key, hm_object *value), (dict, key, value))
HM_SITED(hm_object *, hm_weak_key_dict_keys, (hm_object * dict), (dict))
HM_SITED(hm_object *, hm_weak_key_dict_items, (hm_object * dict), (dict))
HM_SITED(hm_object *, hm_weak_key_dict_key_references, (hm_object * dict), (dict))
HM_SITED_ALONE(hm_object *, hm_weak_value_dict_new)
HM_SITED(HM_MUST_USE bool, hm_weak_value_dict_set,
         (hm_object * dict, hm_object *key, hm_object *value), (dict, key, value))
HM_SITED(hm_object *, hm_weak_value_dict_values, (hm_object * dict), (dict))
HM_SITED(hm_object *, hm_weak_value_dict_items, (hm_object * dict), (dict))
HM_SITED(hm_object *, hm_weak_value_dict_value_references, (hm_object * dict), (dict))
HM_SITED_ALONE(hm_object *, hm_weak_set_new)
HM_SITED(HM_MUST_USE bool, hm_weak_set_add, (hm_object * set, hm_object *item), (set, item))
HM_SITED(hm_object *, hm_weak_set_list, (hm_object * set), (set))
HM_SITED(hm_object *, hm_weakref_new_calling, (hm_object * referent, hm_object *callable),
         (referent, callable))
HM_SITED(hm_object *, hm_weakref_list, (hm_object * object), (object))
HM_SITED(hm_object *, hm_finalize_new,
         (hm_object * object, hm_object *callable, hm_object *const *arguments, size_t count),
         (object, callable, arguments, count))
HM_SITED(hm_object *, hm_finalize_call, (hm_object * finalize), (finalize))
HM_SITED(hm_object *, hm_finalize_detach, (hm_object * finalize), (finalize))
HM_SITED(hm_object *, hm_finalize_peek, (hm_object * finalize), (finalize))
HM_SITED_ALONE(HM_MUST_USE bool, hm_finalize_run_at_exit)
HM_SITED(hm_object *, hm_weakproxy_new, (hm_object * referent), (referent))
HM_SITED(hm_object *, hm_weakproxy_new_calling, (hm_object * referent, hm_object *callable),
         (referent, callable))
HM_SITED(HM_MUST_USE bool, hm_weakproxy_set,
         (const hm_object *proxy, hm_object *name, hm_object *value), (proxy, name, value))
HM_SITED(hm_object *, hm_weakproxy_call,
         (const hm_object *proxy, hm_object *const *arguments, size_t count),
         (proxy, arguments, count))
HM_SITED(hm_object *, hm_weakproxy_next, (const hm_object *proxy), (proxy))
HM_SITED(HM_MUST_USE bool, hm_heap_add_roots, (hm_object * *slots, size_t count), (slots, count))
HM_SITED(int64_t, hm_heap_collect, (int generation), (generation))

#undef HM_SITED
#undef HM_SITED_ALONE
#undef HM_PARAMETERS

#define hm_int_new(...)             hm_int_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_float_new(...)           hm_float_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_str_new(...)             hm_str_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_str_from(...)            hm_str_from_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_str_intern(...)          hm_str_intern_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_str_interned(...)        hm_str_interned_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_bytes_new(...)           hm_bytes_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_tuple_new(...)           hm_tuple_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_tuple_of(...)            hm_tuple_of_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_new(...)            hm_list_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_sized(...)          hm_list_sized_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_of(...)             hm_list_of_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_append(...)         hm_list_append_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_append_new(...)     hm_list_append_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_pop(...)            hm_list_pop_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_list_delete(...)         hm_list_delete_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_dict_new(...)            hm_dict_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_dict_set(...)            hm_dict_set_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_set_new(...)             hm_set_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_set_add(...)             hm_set_add_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_class_new(...)           hm_class_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_instance_new(...)        hm_instance_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_instance_set(...)        hm_instance_set_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_instance_dict(...)       hm_instance_dict_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_cell_new(...)            hm_cell_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_function_new(...)        hm_function_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_method_new(...)          hm_method_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_frame_new(...)           hm_frame_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_call(...)                hm_call_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_generator_new(...)       hm_generator_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_generator_next(...)      hm_generator_next_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_generator_close(...)     hm_generator_close_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakref_new(...)         hm_weakref_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_key_dict_new(...)   hm_weak_key_dict_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_key_dict_set(...)   hm_weak_key_dict_set_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_key_dict_keys(...)  hm_weak_key_dict_keys_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_key_dict_items(...) hm_weak_key_dict_items_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_key_dict_key_references(...)                                                       \
    hm_weak_key_dict_key_references_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_value_dict_new(...)    hm_weak_value_dict_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_value_dict_set(...)    hm_weak_value_dict_set_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_value_dict_values(...) hm_weak_value_dict_values_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_value_dict_items(...)  hm_weak_value_dict_items_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_value_dict_value_references(...)                                                   \
    hm_weak_value_dict_value_references_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_set_new(...)          hm_weak_set_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_set_add(...)          hm_weak_set_add_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weak_set_list(...)         hm_weak_set_list_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakref_new_calling(...)   hm_weakref_new_calling_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakref_list(...)          hm_weakref_list_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_finalize_new(...)          hm_finalize_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_finalize_call(...)         hm_finalize_call_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_finalize_detach(...)       hm_finalize_detach_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_finalize_peek(...)         hm_finalize_peek_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_finalize_run_at_exit(...)  hm_finalize_run_at_exit_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakproxy_new(...)         hm_weakproxy_new_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakproxy_new_calling(...) hm_weakproxy_new_calling_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakproxy_set(...)         hm_weakproxy_set_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakproxy_call(...)        hm_weakproxy_call_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_weakproxy_next(...)        hm_weakproxy_next_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_heap_add_roots(...)        hm_heap_add_roots_at(HM_SITE_HERE, __VA_ARGS__)
#define hm_heap_collect(...)          hm_heap_collect_at(HM_SITE_HERE, __VA_ARGS__)

#endif

#endif
