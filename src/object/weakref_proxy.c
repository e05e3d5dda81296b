#include "object/weakref_proxy.h"

#include "object/class.h"
#include "object/dict.h"
#include "object/function.h"
#include "object/generator.h"
#include "object/set.h"
#include "object/text.h"
#include "object/weak_container.h"
#include "object/weakref_layout.h"

const hm_type hm_weakproxy_type = {.name = "weakref.ProxyType",
                                   .basic_size = sizeof(hm_weak_reference),
                                   .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                   .references = HM_WEAKREF_REFERENCES,
                                   .clear = hm_weakref_clear,
                                   .die = hm_object_deallocate,
                                   .deallocate = hm_weakref_deallocate};

const hm_type hm_weakcallableproxy_type = {.name = "weakref.CallableProxyType",
                                           .basic_size = sizeof(hm_weak_reference),
                                           .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                           .references = HM_WEAKREF_REFERENCES,
                                           .clear = hm_weakref_clear,
                                           .die = hm_object_deallocate,
                                           .deallocate = hm_weakref_deallocate};

bool hm_is_weakproxy(const hm_object *object)
{
    return hm_is(object, &hm_weakproxy_type) || hm_is(object, &hm_weakcallableproxy_type);
}

static bool is_callable(const hm_object *object)
{
    return hm_is(object, &hm_function_type) || hm_is(object, &hm_method_type) ||
           hm_is(object, &hm_class_type);
}

hm_object *hm_weakproxy_new(hm_heap *heap, hm_object *referent)
{
    return hm_weakproxy_new_calling(heap, referent, NULL);
}

hm_object *hm_weakproxy_new_calling(hm_heap *heap, hm_object *referent, hm_object *callable)
{
    const hm_type *type = is_callable(referent) ? &hm_weakcallableproxy_type : &hm_weakproxy_type;
    return hm_weakref_make(heap, type, referent, NULL, callable == &hm_none ? NULL : callable);
}

hm_object *hm_weakproxy_referent(hm_heap *heap, const hm_object *proxy)
{
    HM_ASSERT(hm_is_weakproxy(proxy));
    hm_object *referent = hm_weakref_get(proxy);
    if (referent == NULL)
        hm_fail(heap, HM_REFERENCE_ERROR, "weakly-referenced object no longer exists");
    return referent;
}

static bool no_attribute(hm_heap *heap, const hm_object *object, hm_object *name)
{
    if (hm_is(object, &hm_class_type))
        return hm_fail(heap, HM_ATTRIBUTE_ERROR, "type object '%s' has no attribute '%s'",
                       hm_str_data(hm_class_name(object)), hm_str_data(name));
    return hm_fail(heap, HM_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                   object->type->name, hm_str_data(name));
}

static bool is_instance(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_INSTANCE) != 0;
}

hm_object *hm_weakproxy_get(hm_heap *heap, const hm_object *proxy, hm_object *name)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return NULL;
    hm_object *value = NULL;
    if (is_instance(referent))
        value = hm_instance_get(heap, referent, name);
    else if (hm_is(referent, &hm_class_type))
        value = hm_dict_get(heap, hm_class_attributes(referent), name);
    if (value == NULL)
        no_attribute(heap, referent, name);
    hm_xincref(value);
    hm_decref(heap, referent);
    return value;
}

bool hm_weakproxy_set(hm_heap *heap, const hm_object *proxy, hm_object *name, hm_object *value)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return false;
    bool done = false;
    if (is_instance(referent))
        done = hm_instance_set(heap, referent, name, value);
    else if (hm_is(referent, &hm_class_type))
        done = hm_dict_set(heap, hm_class_attributes(referent), name, value);
    else
        no_attribute(heap, referent, name);
    hm_decref(heap, referent);
    return done;
}

static bool delete_from_class(hm_heap *heap, hm_object *class, hm_object *name)
{
    hm_object *attributes = hm_class_attributes(class);
    return hm_dict_get(heap, attributes, name) != NULL ? hm_dict_delete(heap, attributes, name)
                                                       : no_attribute(heap, class, name);
}

bool hm_weakproxy_delete(hm_heap *heap, const hm_object *proxy, hm_object *name)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return false;
    bool done = false;
    if (is_instance(referent))
        done = hm_instance_delete(heap, referent, name);
    else if (hm_is(referent, &hm_class_type))
        done = delete_from_class(heap, referent, name);
    else
        no_attribute(heap, referent, name);
    hm_decref(heap, referent);
    return done;
}

hm_object *hm_weakproxy_call(hm_heap *heap, const hm_object *proxy, hm_object *const *arguments,
                             size_t count)
{
    if (!hm_is(proxy, &hm_weakcallableproxy_type)) {
        hm_fail(heap, HM_TYPE_ERROR, "'%s' object is not callable", proxy->type->name);
        return NULL;
    }
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return NULL;
    hm_object *result = hm_call(heap, referent, arguments, count);
    hm_decref(heap, referent);
    return result;
}

/* True where the object has a length; it is told in `*length`. */
static bool length_of(hm_heap *heap, hm_object *object, size_t *length)
{
    if (hm_is(object, &hm_set_type))
        *length = hm_set_length(object);
    else if (hm_is_weak_container(object))
        *length = hm_weak_container_length(heap, object);
    else
        return false;
    return true;
}

bool hm_weakproxy_length(hm_heap *heap, const hm_object *proxy, size_t *length)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return false;
    bool done = length_of(heap, referent, length);
    if (!done)
        hm_fail(heap, HM_TYPE_ERROR, "object of type '%s' has no len()", referent->type->name);
    hm_decref(heap, referent);
    return done;
}

bool hm_weakproxy_contains(hm_heap *heap, const hm_object *proxy, hm_object *key, bool *contains)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return false;
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    *contains = false;
    if (hm_is(referent, &hm_set_type))
        *contains = hm_set_contains(heap, referent, key);
    else if (hm_is_weak_container(referent))
        *contains = hm_weak_container_contains(heap, referent, key);
    else
        hm_fail(heap, HM_TYPE_ERROR, "argument of type '%s' is not iterable", referent->type->name);
    bool done = heap->error.status == HM_OK;
    if (done)
        heap->error = saved;
    hm_decref(heap, referent);
    return done;
}

bool hm_weakproxy_truth(hm_heap *heap, const hm_object *proxy, bool *truth)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return false;
    size_t length;
    *truth = !length_of(heap, referent, &length) || length != 0;
    hm_decref(heap, referent);
    return true;
}

hm_object *hm_weakproxy_next(hm_heap *heap, const hm_object *proxy)
{
    hm_object *referent = hm_weakproxy_referent(heap, proxy);
    if (referent == NULL)
        return NULL;
    hm_object *item = NULL;
    if (hm_is(referent, &hm_generator_type))
        item = hm_generator_next(heap, referent);
    else
        hm_fail(heap, HM_TYPE_ERROR, "Weakref proxy referenced a non-iterator '%s' object",
                referent->type->name);
    hm_decref(heap, referent);
    return item;
}

bool hm_weakproxy_equal(hm_heap *heap, const hm_object *left, const hm_object *right, bool *equal)
{
    const hm_object *sides[] = {left, right};
    for (size_t side = 0; side < HM_COUNT_OF(sides); side++) {
        if (!hm_is_weakproxy(sides[side]))
            continue;
        hm_object *referent = hm_weakproxy_referent(heap, sides[side]);
        if (referent == NULL)
            return false;
        hm_decref(heap, referent);
    }
    *equal = hm_object_equal(left, right);
    return true;
}
