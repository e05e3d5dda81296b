#include "object/dict.h"
#include "object/list.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/set.h"
#include "object/weak_container_layout.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"

/* CPython's `remove` function with `selfref` in it. */
typedef struct remover {
    hm_object base;
    hm_object *container; /* a weak reference to it */
} remover;

static void remover_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(remover));
}

static const hm_type remover_type = {
    .name = "weak container's remover",
    .basic_size = sizeof(remover),
    .flags = HM_TYPE_CONTAINER,
    .references = {.fixed_offset = offsetof(remover, container), .fixed_count = 1},
    .clear = hm_object_clear_slots,
    .die = hm_object_deallocate,
    .deallocate = remover_deallocate};

bool hm_is_weak_container(const hm_object *object)
{
    return hm_is(object, &hm_weak_set_type) || hm_is(object, &hm_weak_key_dict_type) ||
           hm_is(object, &hm_weak_value_dict_type);
}

static hm_object *remover_new(hm_heap *heap, hm_object *container)
{
    hm_object *weakref = hm_weakref_new(heap, container, NULL, NULL);
    if (weakref == NULL)
        return NULL;
    remover *object = (remover *)hm_object_allocate(heap, &remover_type, sizeof(remover));
    if (object == NULL) {
        hm_decref(heap, weakref);
        return NULL;
    }
    hm_store_first(heap, &object->base, &object->container, weakref);
    hm_track(heap, &object->base);
    return &object->base;
}

hm_object *hm_weak_container_new(hm_heap *heap, const hm_type *type, hm_object *data,
                                 void (*discard)(hm_heap *, hm_weak_container *, hm_object *))
{
    if (data == NULL)
        return NULL;
    hm_weak_container *container =
        (hm_weak_container *)hm_object_allocate(heap, type, sizeof(hm_weak_container));
    if (container == NULL) {
        hm_decref(heap, data);
        return NULL;
    }
    hm_object base = container->base;
    *container = (hm_weak_container){.base = base, .discard = discard};
    hm_store_first(heap, &container->base, &container->data, data);
    hm_store_first(heap, &container->base, &container->pending, hm_list_new(heap));
    if (container->pending != NULL)
        hm_store_first(heap, &container->base, &container->remover,
                       remover_new(heap, &container->base));
    if (container->remover == NULL) {
        hm_decref(heap, &container->base);
        return NULL;
    }
    /* Not before it is whole: the allocations may collect, and a finalizer look around. */
    hm_track(heap, &container->base);
    return &container->base;
}

/* A weak reference made by a finalizer may still lead here: it stays usable, empty. */
void hm_weak_container_clear(hm_heap *heap, hm_object *object)
{
    hm_weak_container *container = (hm_weak_container *)object;
    if (heap->destroying) {
        hm_object_clear_slots(heap, object);
        return;
    }
    hm_list_clear(heap, container->pending);
    container->data->type->clear(heap, container->data);
}

void hm_weak_container_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(hm_weak_container));
}

bool hm_weak_container_forget(hm_heap *heap, hm_object *object, hm_object *entry)
{
    hm_object *known = ((remover *)object)->container;
    hm_weak_container *container =
        known == NULL ? NULL : (hm_weak_container *)hm_weakref_get(known);
    if (container == NULL)
        return true;
    bool done = true;
    if (container->walks > 0)
        done = hm_list_append(heap, container->pending, entry);
    else
        container->discard(heap, container, entry);
    hm_decref(heap, &container->base);
    return done;
}

bool hm_weak_container_forget_reference(hm_heap *heap, hm_object *weakref, void *context)
{
    return hm_weak_container_forget(heap, context, weakref);
}

void hm_weak_container_commit(hm_heap *heap, hm_weak_container *container)
{
    while (hm_list_length(container->pending) > 0) {
        hm_object *entry = hm_list_pop(heap, container->pending);
        container->discard(heap, container, entry);
        hm_decref(heap, entry);
    }
}

static size_t data_length(const hm_weak_container *container)
{
    return hm_is(container->data, &hm_set_type) ? hm_set_length(container->data)
                                                : hm_dict_length(container->data);
}

void hm_weak_iterator_begin(hm_heap *heap, hm_object *object, hm_weak_iterator *iterator)
{
    HM_ASSERT(hm_is_weak_container(object));
    hm_weak_container *container = (hm_weak_container *)object;
    if (hm_is(object, &hm_weak_value_dict_type))
        hm_weak_container_commit(heap, container);
    container->walks++;
    *iterator =
        (hm_weak_iterator){.container = hm_incref(object), .data_length = data_length(container)};
}

void hm_weak_iterator_end(hm_heap *heap, hm_weak_iterator *iterator)
{
    hm_object *object = iterator->container;
    iterator->container = NULL;
    if (object == NULL)
        return;
    hm_weak_container *container = (hm_weak_container *)object;
    if (--container->walks == 0)
        hm_weak_container_commit(heap, container);
    hm_decref(heap, object);
}

bool hm_weak_iterator_check(hm_heap *heap, hm_weak_iterator *iterator)
{
    if (iterator->container == NULL)
        return false;
    const hm_weak_container *container = (const hm_weak_container *)iterator->container;
    if (data_length(container) == iterator->data_length)
        return true;
    const char *what = hm_is(container->data, &hm_set_type) ? "Set" : "dictionary";
    hm_weak_iterator_end(heap, iterator);
    return hm_fail(heap, HM_RUNTIME_ERROR, "%s changed size during iteration", what);
}

bool hm_weak_iterator_entry(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                            hm_object **value)
{
    if (!hm_weak_iterator_check(heap, iterator))
        return false;
    const hm_weak_container *container = (const hm_weak_container *)iterator->container;
    if (hm_dict_next(container->data, &iterator->position, key, value))
        return true;
    hm_weak_iterator_end(heap, iterator);
    return false;
}

/* The end of a walk and its failure are told apart by the heap's error, so it begins clean. */
hm_object *hm_weak_container_list(hm_heap *heap, hm_object *container,
                                  hm_object *(*next)(hm_heap *, hm_weak_iterator *))
{
    hm_object *list = hm_list_new(heap);
    if (list == NULL)
        return NULL;
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    hm_weak_iterator iterator;
    hm_weak_iterator_begin(heap, container, &iterator);
    while (hm_list_append_new(heap, list, next(heap, &iterator)))
        continue;
    hm_weak_iterator_end(heap, &iterator);
    if (heap->error.status == HM_OK) {
        heap->error = saved;
        return list;
    }
    hm_decref(heap, list);
    return NULL;
}

size_t hm_weak_container_length(hm_heap *heap, hm_object *container)
{
    if (hm_is(container, &hm_weak_set_type))
        return hm_weak_set_length(container);
    if (hm_is(container, &hm_weak_key_dict_type))
        return hm_weak_key_dict_length(heap, container);
    return hm_weak_value_dict_length(heap, container);
}

bool hm_weak_container_contains(hm_heap *heap, hm_object *container, hm_object *key)
{
    if (hm_is(container, &hm_weak_set_type))
        return hm_weak_set_contains(heap, container, key);
    if (hm_is(container, &hm_weak_key_dict_type))
        return hm_weak_key_dict_contains(heap, container, key);
    return hm_weak_value_dict_contains(heap, container, key);
}
