#include "object/function.h"
#include "object/list.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/tuple.h"
#include "object/weakref_layout.h"
#include "object/weakref_proxy.h"

#include <string.h>

const hm_type hm_weakref_type = {.name = "weakref.ReferenceType",
                                 .basic_size = sizeof(hm_weak_reference),
                                 .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                 .references = HM_WEAKREF_REFERENCES,
                                 .clear = hm_weakref_clear,
                                 .die = hm_object_deallocate,
                                 .deallocate = hm_weakref_deallocate};

const hm_type hm_weakref_native_type = {.name = "weakref.ReferenceType",
                                        .basic_size = sizeof(hm_weak_reference),
                                        .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                        .clear = hm_weakref_clear,
                                        .die = hm_object_deallocate,
                                        .deallocate = hm_weakref_deallocate};

static hm_weak_reference **head_of(const hm_object *object)
{
    uint32_t offset = object->type->weaklist_offset;
    return offset == 0 ? NULL : (hm_weak_reference **)(void *)((char *)(uintptr_t)object + offset);
}

static hm_weak_reference *first_of(const hm_object *object)
{
    hm_weak_reference **head = head_of(object);
    return head == NULL ? NULL : *head;
}

static bool is_dead(const hm_object *object)
{
    return object->reference_count == 0 || (object->collector_word & HM_WORD_DEFERRED) != 0;
}

static bool counts_callback(const hm_weak_reference *weak)
{
    return weak->base.type != &hm_weakref_native_type;
}

static bool has_callback(const hm_weak_reference *weak)
{
    return !counts_callback(weak) || weak->callback != NULL;
}

static void drop_callback(hm_heap *heap, hm_weak_reference *weak, void *callback)
{
    if (counts_callback(weak))
        hm_xdecref(heap, callback);
}

void hm_weakref_clear(hm_heap *heap, hm_object *object)
{
    hm_weak_reference *weak = (hm_weak_reference *)object;
    hm_weakref_kill(object);
    void *callback = weak->context;
    weak->context = NULL;
    drop_callback(heap, weak, callback);
}

void hm_weakref_deallocate(hm_heap *heap, hm_object *object)
{
    hm_weakref_clear(heap, object);
    hm_object_free(heap, object, object->type->basic_size);
}

/* Those without a callback come first; one whose deallocation waits is nobody's to share. */
static hm_weak_reference *find_shared(const hm_object *referent, bool proxy)
{
    hm_weak_reference *weak = first_of(referent);
    for (; weak != NULL && !has_callback(weak); weak = weak->next) {
        if (hm_is_weakproxy(&weak->base) == proxy && !is_dead(&weak->base))
            return weak;
    }
    return NULL;
}

/* CPython's get_prev: what a new one goes behind; NULL: it goes to the head. */
static hm_weak_reference *place_of(const hm_object *referent, const hm_weak_reference *weak)
{
    bool plain = !has_callback(weak);
    if (plain && !hm_is_weakproxy(&weak->base))
        return NULL;
    hm_weak_reference *proxy = plain ? NULL : find_shared(referent, true);
    return proxy != NULL ? proxy : find_shared(referent, false);
}

static void link_in(hm_object *referent, hm_weak_reference *weak)
{
    hm_weak_reference *previous = place_of(referent, weak);
    hm_weak_reference **from = previous == NULL ? head_of(referent) : &previous->next;
    weak->referent = referent;
    weak->previous = previous;
    weak->next = *from;
    if (weak->next != NULL)
        weak->next->previous = weak;
    *from = weak;
}

static hm_weak_reference *allocate(hm_heap *heap, const hm_type *type, hm_weakref_callback invoke,
                                   void *callback)
{
    hm_weak_reference *weak = (hm_weak_reference *)hm_object_allocate(heap, type, type->basic_size);
    if (weak == NULL)
        return NULL;
    memset((char *)weak + sizeof(hm_object), 0, type->basic_size - sizeof(hm_object));
    weak->hash = HM_WEAKREF_NOT_HASHED;
    weak->invoke = invoke;
    if (counts_callback(weak))
        hm_store_first(heap, &weak->base, &weak->callback, hm_xincref(callback));
    else
        weak->context = callback;
    return weak;
}

/* Looks for the shared one again after the allocation, which may have run a collection and so
 * anything. */
hm_object *hm_weakref_make(hm_heap *heap, const hm_type *type, hm_object *referent,
                           hm_weakref_callback invoke, void *callback)
{
    if (head_of(referent) == NULL) {
        hm_fail(heap, HM_TYPE_ERROR, "cannot create weak reference to '%s' object",
                referent->type->name);
        return NULL;
    }
    bool proxy = type == &hm_weakproxy_type || type == &hm_weakcallableproxy_type;
    bool shares = callback == NULL && type != &hm_weakref_native_type;
    hm_weak_reference *shared = shares ? find_shared(referent, proxy) : NULL;
    if (shared != NULL)
        return hm_incref(&shared->base);
    hm_weak_reference *weak = allocate(heap, type, invoke, callback);
    if (weak == NULL)
        return NULL;
    shared = shares ? find_shared(referent, proxy) : NULL;
    if (HM_UNLIKELY(shared != NULL))
        hm_incref(&shared->base);
    else
        link_in(referent, weak);
    hm_track(heap, &weak->base);
    if (HM_LIKELY(shared == NULL))
        return &weak->base;
    hm_decref(heap, &weak->base);
    return &shared->base;
}

hm_object *hm_weakref_new(hm_heap *heap, hm_object *referent, hm_weakref_callback callback,
                          void *context)
{
    if (callback == NULL)
        return hm_weakref_make(heap, &hm_weakref_type, referent, NULL, NULL);
    return hm_weakref_make(heap, &hm_weakref_native_type, referent, callback, context);
}

hm_object *hm_weakref_new_calling(hm_heap *heap, hm_object *referent, hm_object *callable)
{
    if (callable == &hm_none)
        callable = NULL;
    return hm_weakref_make(heap, &hm_weakref_type, referent, NULL, callable);
}

hm_object *hm_weakref_callback_object(const hm_object *weakref)
{
    const hm_weak_reference *weak = (const hm_weak_reference *)weakref;
    HM_ASSERT(weakref->type->flags & HM_TYPE_WEAKREF);
    return counts_callback(weak) ? weak->callback : NULL;
}

hm_object *hm_weakref_peek(const hm_object *weakref)
{
    HM_ASSERT(weakref->type->flags & HM_TYPE_WEAKREF);
    hm_object *referent = ((const hm_weak_reference *)weakref)->referent;
    return referent == NULL || is_dead(referent) ? NULL : referent;
}

hm_object *hm_weakref_get(const hm_object *weakref)
{
    return hm_xincref(hm_weakref_peek(weakref));
}

bool hm_weakref_hash(hm_heap *heap, hm_object *weakref, uint64_t *hash)
{
    hm_weak_reference *weak = (hm_weak_reference *)weakref;
    if (hm_is_weakproxy(weakref))
        return hm_fail(heap, HM_TYPE_ERROR, "unhashable type: '%s'", weakref->type->name);
    if (weak->hash == HM_WEAKREF_NOT_HASHED) {
        hm_object *referent = hm_weakref_get(weakref);
        if (referent == NULL)
            return hm_fail(heap, HM_TYPE_ERROR, "weak object has gone away");
        uint64_t found;
        bool hashed = hm_object_hash(heap, referent, &found);
        hm_decref(heap, referent);
        if (!hashed)
            return false;
        weak->hash = found == HM_WEAKREF_NOT_HASHED ? found - 1 : found;
    }
    *hash = weak->hash;
    return true;
}

size_t hm_weakref_count(const hm_object *object)
{
    size_t count = 0;
    for (const hm_weak_reference *weak = first_of(object); weak != NULL; weak = weak->next)
        count += !is_dead(&weak->base);
    return count;
}

/* Appending never collects (it makes no object), so the chain stays as it is. */
hm_object *hm_weakref_list(hm_heap *heap, hm_object *object)
{
    hm_object *list = hm_list_new(heap);
    if (list == NULL)
        return NULL;
    for (hm_weak_reference *weak = first_of(object); weak != NULL; weak = weak->next) {
        if (is_dead(&weak->base) || hm_list_append(heap, list, &weak->base))
            continue;
        hm_decref(heap, list);
        return NULL;
    }
    return list;
}

hm_object *hm_weakref_first(const hm_object *object)
{
    hm_weak_reference *first = first_of(object);
    return first == NULL ? NULL : &first->base;
}

hm_object *hm_weakref_following(const hm_object *weakref)
{
    hm_weak_reference *next = ((const hm_weak_reference *)weakref)->next;
    return next == NULL ? NULL : &next->base;
}

bool hm_weakref_has_callback(const hm_object *weakref)
{
    return has_callback((const hm_weak_reference *)weakref) && !is_dead(weakref);
}

void hm_weakref_kill(hm_object *weakref)
{
    hm_weak_reference *weak = (hm_weak_reference *)weakref;
    if (weak->referent == NULL)
        return;
    if (weak->previous != NULL)
        weak->previous->next = weak->next;
    else
        *head_of(weak->referent) = weak->next;
    if (weak->next != NULL)
        weak->next->previous = weak->previous;
    weak->referent = NULL;
    weak->previous = NULL;
    weak->next = NULL;
}

void hm_weakref_kill_all(hm_object *object)
{
    for (hm_weak_reference *weak = first_of(object); weak != NULL; weak = first_of(object))
        hm_weakref_kill(&weak->base);
}

static bool call(hm_heap *heap, hm_weak_reference *weak, void *callback)
{
    if (weak->invoke != NULL)
        return weak->invoke(heap, &weak->base, callback);
    hm_object *argument = &weak->base;
    hm_object *result = hm_call(heap, callback, &argument, 1);
    bool called = result != NULL;
    hm_xdecref(heap, result);
    return called;
}

/* A failure is told of the callback, as CPython's handle_callback does, or of the weak reference
 * where the callback is no object. */
static void call_back(hm_heap *heap, hm_weak_reference *weak, void *callback)
{
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    if (!call(heap, weak, callback)) {
        if (heap->error.status == HM_OK)
            hm_fail(heap, HM_RUNTIME_ERROR, "the callback of a weak reference failed");
        hm_emit_unraisable(heap, counts_callback(weak) ? callback : &weak->base);
    }
    heap->error = saved;
}

void hm_weakref_call_back(hm_heap *heap, hm_object *weakref)
{
    hm_weak_reference *weak = (hm_weak_reference *)weakref;
    if (has_callback(weak) && !heap->destroying)
        call_back(heap, weak, weak->context);
}

/* Those that may call back. */
static size_t count_callbacks(const hm_object *object)
{
    size_t count = 0;
    for (const hm_weak_reference *weak = first_of(object); weak != NULL; weak = weak->next)
        count += has_callback(weak);
    return count;
}

/* The tuple of weak references and callbacks that CPython makes here, its slots still empty: while
 * it lives it is a tracked object that holds them, which decides where a collection run by a
 * callback finds them. NULL: none calls back, or there is no memory, and then each is held by hand.
 * Making it may collect, and so may empty the list. */
static hm_object *make_pairs(hm_heap *heap, const hm_object *object)
{
    size_t count = heap->destroying ? 0 : count_callbacks(object);
    if (count == 0)
        return NULL;
    hm_error saved = heap->error;
    hm_object *pairs = hm_tuple_new(heap, 2 * count);
    heap->error = saved;
    return pairs;
}

/* A callback that is no object stands in no slot. */
static void hold_in_pairs(hm_heap *heap, hm_object *pairs, size_t place, hm_weak_reference *weak)
{
    hm_tuple *tuple = (hm_tuple *)pairs;
    HM_CHECK(2 * place < tuple->base.length);
    hm_object **slots = tuple->items + 2 * place;
    hm_store_first(heap, pairs, &slots[0], &weak->base);
    if (counts_callback(weak))
        hm_store_first(heap, pairs, &slots[1], weak->taken);
}

/* All are killed before the first callback runs, so that none of them can be seen alive. A killed
 * one's links are free: they chain those that call back, each held, and keep their callbacks. */
static hm_weak_reference *take_callbacks(hm_heap *heap, hm_object *object, hm_object *pairs)
{
    hm_weak_reference *waiting = NULL;
    hm_weak_reference **tail = &waiting;
    size_t place = 0;
    for (hm_weak_reference *weak = first_of(object); weak != NULL; weak = first_of(object)) {
        hm_weakref_kill(&weak->base);
        if (!has_callback(weak) || is_dead(&weak->base) || heap->destroying)
            continue;
        hm_incref(&weak->base);
        weak->taken = weak->context;
        weak->context = NULL;
        if (pairs != NULL)
            hold_in_pairs(heap, pairs, place++, weak);
        *tail = weak;
        tail = &weak->next;
    }
    return waiting;
}

/* Lets go of what no tuple holds. */
static void drop_taken(hm_heap *heap, hm_weak_reference *done)
{
    while (done != NULL) {
        hm_weak_reference *weak = done;
        void *callback = weak->taken;
        done = weak->next;
        weak->next = NULL;
        weak->taken = NULL;
        drop_callback(heap, weak, callback);
        hm_decref(heap, &weak->base);
    }
}

void hm_weakref_object_dies(hm_heap *heap, hm_object *object)
{
    hm_object *pairs = make_pairs(heap, object);
    hm_weak_reference *waiting = take_callbacks(heap, object, pairs);
    hm_weak_reference *done = NULL;
    while (waiting != NULL) {
        hm_weak_reference *weak = waiting;
        void *callback = weak->taken;
        waiting = weak->next;
        if (pairs != NULL)
            weak->next = weak->previous = NULL;
        call_back(heap, weak, callback);
        if (pairs != NULL)
            continue;
        weak->next = done;
        done = weak;
    }
    drop_taken(heap, done);
    hm_xdecref(heap, pairs);
}
