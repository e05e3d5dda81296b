/**
 * This module is the weak proxy (weakref.proxy): a weak reference that is used as if it were the
 * object itself, until the object dies; from then on every use is a ReferenceError.
 *
 * A proxy without a callback is shared, as a weak reference is. Its type says whether the object
 * can be called. A proxy has no hash.
 *
 * What can be referenced weakly has attributes (instances, classes), a length and members (sets and
 * the weak containers), items to come (generators) or can be called (functions, methods); lists and
 * dicts cannot be referenced weakly, so there is no item by index or key. A new way to use an
 * object begins with hm_weakproxy_referent.
 */
#ifndef HM_OBJECT_WEAKREF_PROXY_H
#define HM_OBJECT_WEAKREF_PROXY_H

#include "object/weakref.h"

extern const hm_type hm_weakproxy_type;
extern const hm_type hm_weakcallableproxy_type;

/**
 * A new reference to the proxy of `referent` without a callback (weakref.proxy). NULL: TypeError
 * where the object cannot have weak references, MemoryError.
 */
hm_object *hm_weakproxy_new(hm_heap *heap, hm_object *referent);

/** weakref.proxy(referent, callable); see hm_weakref_new_calling. */
hm_object *hm_weakproxy_new_calling(hm_heap *heap, hm_object *referent, hm_object *callable);

/**
 * A new reference to the object behind the proxy. NULL: ReferenceError "weakly-referenced object no
 * longer exists".
 */
hm_object *hm_weakproxy_referent(hm_heap *heap, const hm_object *proxy);

/** A new reference to attribute `name` (borrowed). NULL: AttributeError, ReferenceError. */
hm_object *hm_weakproxy_get(hm_heap *heap, const hm_object *proxy, hm_object *name);

/** Sets an attribute (both borrowed). False: AttributeError, ReferenceError, MemoryError. */
bool hm_weakproxy_set(hm_heap *heap, const hm_object *proxy, hm_object *name,
                      hm_object *value) HM_MUST_USE;

/** Removes an attribute. False: AttributeError, ReferenceError. */
bool hm_weakproxy_delete(hm_heap *heap, const hm_object *proxy, hm_object *name) HM_MUST_USE;

/** Calls the object, as hm_call. NULL: TypeError, ReferenceError, or what the call met. */
hm_object *hm_weakproxy_call(hm_heap *heap, const hm_object *proxy, hm_object *const *arguments,
                             size_t count);

/** len(): stores it in `*length`. False: TypeError, ReferenceError. */
bool hm_weakproxy_length(hm_heap *heap, const hm_object *proxy, size_t *length) HM_MUST_USE;

/** `key in proxy`: stores it in `*contains`. False: TypeError, ReferenceError. */
bool hm_weakproxy_contains(hm_heap *heap, const hm_object *proxy, hm_object *key,
                           bool *contains) HM_MUST_USE;

/** bool(): false for what has a length of 0, else true. False: ReferenceError. */
bool hm_weakproxy_truth(hm_heap *heap, const hm_object *proxy, bool *truth) HM_MUST_USE;

/** next() of a generator, as hm_generator_next. NULL: TypeError, ReferenceError, or its end. */
hm_object *hm_weakproxy_next(hm_heap *heap, const hm_object *proxy);

/** `left == right`, proxies on either side. False: ReferenceError, one of them is dead. */
bool hm_weakproxy_equal(hm_heap *heap, const hm_object *left, const hm_object *right,
                        bool *equal) HM_MUST_USE;

#endif
