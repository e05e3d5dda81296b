#include "object/weakref_finalize.h"

#include "object/dict.h"
#include "object/function.h"
#include "object/list.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/tuple.h"
#include "object/weakref_layout.h"

/* The slots in the order CPython drops its _Info's. */
typedef struct finalizer {
    hm_object base;
    hm_object *arguments;
    hm_object *callable;
    hm_object *weakref; /* calls this finalize object */
    struct finalizer *older;
    struct finalizer *newer;
    bool alive;
    bool at_exit;
} finalizer;

/* Those alive, each counted, in order of creation. An object, so that tracing finds them. */
typedef struct registry {
    hm_object base;
    finalizer *newest;
    bool made_some; /* since they were last selected for the exit */
    bool shut_down;
} registry;

static void finalizer_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(finalizer));
}

const hm_type hm_finalize_type = {
    .name = "finalize",
    .basic_size = sizeof(finalizer),
    .flags = HM_TYPE_CONTAINER,
    .references = {.fixed_offset = offsetof(finalizer, arguments), .fixed_count = 3},
    .clear = hm_object_clear_slots,
    .die = hm_object_deallocate,
    .deallocate = finalizer_deallocate};

static void unlink_from(registry *book, finalizer *object)
{
    if (object->newer != NULL)
        object->newer->older = object->older;
    else
        book->newest = object->older;
    if (object->older != NULL)
        object->older->newer = object->newer;
    object->older = object->newer = NULL;
    object->alive = false;
}

static void registry_traverse(hm_object *object, hm_visitor visit, void *context)
{
    for (finalizer *each = ((registry *)object)->newest; each != NULL; each = each->older)
        visit(&each->base, context);
}

static void registry_clear(hm_heap *heap, hm_object *object)
{
    registry *book = (registry *)object;
    while (book->newest != NULL) {
        finalizer *newest = book->newest;
        unlink_from(book, newest);
        hm_object_clear_slots(heap, &newest->base);
        hm_decref(heap, &newest->base);
    }
}

static void registry_deallocate(hm_heap *heap, hm_object *object)
{
    registry_clear(heap, object);
    hm_object_free(heap, object, sizeof(registry));
}

static const hm_type registry_type = {.name = "finalize registry",
                                      .basic_size = sizeof(registry),
                                      .flags = HM_TYPE_CONTAINER,
                                      .traverse = registry_traverse,
                                      .clear = registry_clear,
                                      .die = hm_object_deallocate,
                                      .deallocate = registry_deallocate};

/* The heap's registry, borrowed, made where there is none yet. Its allocation may collect, and a
 * finalizer make it meanwhile. */
static registry *registry_of(hm_heap *heap)
{
    if (heap->finalizers != NULL)
        return (registry *)heap->finalizers;
    registry *book = (registry *)hm_object_allocate(heap, &registry_type, sizeof(registry));
    if (book == NULL)
        return NULL;
    book->newest = NULL;
    book->made_some = false;
    book->shut_down = false;
    hm_track(heap, &book->base);
    if (heap->finalizers == NULL && hm_heap_add_roots(heap, &heap->finalizers, 1))
        heap->finalizers = &book->base;
    else
        hm_decref(heap, &book->base);
    return (registry *)heap->finalizers;
}

static finalizer *finalizer_of(const hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_finalize_type));
    return (finalizer *)(uintptr_t)object;
}

static void enter(hm_heap *heap, registry *book, finalizer *object)
{
    if (heap->on_store != NULL)
        heap->on_store(heap, &book->base, &object->base);
    hm_incref(&object->base);
    object->alive = true;
    object->at_exit = true;
    object->older = book->newest;
    if (book->newest != NULL)
        book->newest->newer = object;
    book->newest = object;
    book->made_some = true;
}

/* Takes it out of the registry. */
static void leave(hm_heap *heap, finalizer *object)
{
    unlink_from((registry *)heap->finalizers, object);
    hm_decref(heap, &object->base);
}

/* One that is alive leaves the registry and calls, keeping what it was called with: the call may
 * ask for the same again. */
static hm_object *call_once(hm_heap *heap, finalizer *object)
{
    leave(heap, object);
    if (((registry *)heap->finalizers)->shut_down)
        return &hm_none;
    return hm_call(heap, object->callable, ((hm_tuple *)object->arguments)->items,
                   hm_tuple_length(object->arguments));
}

hm_object *hm_finalize_call(hm_heap *heap, hm_object *finalize)
{
    if (!hm_finalize_is_alive(finalize))
        return &hm_none;
    hm_incref(finalize);
    hm_object *result = call_once(heap, finalizer_of(finalize));
    hm_object_clear_slots(heap, finalize);
    hm_decref(heap, finalize);
    return result;
}

/* Where there is nobody to return an error to: it is told before the callable and its arguments are
 * dropped. */
static void call_to_the_end(hm_heap *heap, hm_object *finalize)
{
    if (!hm_finalize_is_alive(finalize))
        return;
    hm_incref(finalize);
    hm_object *result = call_once(heap, finalizer_of(finalize));
    if (result == NULL)
        hm_emit_unraisable(heap, finalize);
    hm_object_clear_slots(heap, finalize);
    hm_decref(heap, finalize);
    hm_xdecref(heap, result);
}

/* The weak reference's callback: the object has died. */
static bool object_died(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(weakref);
    call_to_the_end(heap, context);
    return true;
}

/* An object that calls nothing yet; steals `tuple`. */
static finalizer *new_finalizer(hm_heap *heap, hm_object *tuple)
{
    finalizer *object = (finalizer *)hm_object_allocate(heap, &hm_finalize_type, sizeof(finalizer));
    if (object == NULL) {
        hm_decref(heap, tuple);
        return NULL;
    }
    hm_object base = object->base;
    *object = (finalizer){.base = base};
    hm_store_first(heap, &object->base, &object->arguments, tuple);
    hm_track(heap, &object->base);
    return object;
}

/* The tuple is made, and so tracked, before what holds it, as in CPython: a collection that finds
 * the holder reaches it later. */
hm_object *hm_finalize_new(hm_heap *heap, hm_object *referent, hm_object *callable,
                           hm_object *const *arguments, size_t count)
{
    registry *book = registry_of(heap);
    hm_object *tuple = book == NULL ? NULL : hm_tuple_of(heap, arguments, count);
    finalizer *object = tuple == NULL ? NULL : new_finalizer(heap, tuple);
    if (object == NULL)
        return NULL;
    hm_object *weakref =
        hm_weakref_make(heap, &hm_weakref_type, referent, object_died, &object->base);
    hm_store_first(heap, &object->base, &object->weakref, weakref);
    if (weakref == NULL) {
        hm_object_clear_slots(heap, &object->base);
        hm_decref(heap, &object->base);
        return NULL;
    }
    hm_store_first(heap, &object->base, &object->callable, hm_incref(callable));
    enter(heap, book, object);
    return &object->base;
}

hm_object *hm_finalize_peek(hm_heap *heap, hm_object *finalize)
{
    const finalizer *object = finalizer_of(finalize);
    hm_object *referent = object->alive ? hm_weakref_get(object->weakref) : NULL;
    if (referent == NULL)
        return &hm_none;
    /* All held: the allocations may collect, and a finalizer end it meanwhile. */
    hm_object *parts[] = {referent, hm_incref(object->callable), hm_incref(object->arguments),
                          NULL};
    parts[3] = hm_dict_new(heap);
    hm_object *tuple = parts[3] == NULL ? NULL : hm_tuple_of(heap, parts, HM_COUNT_OF(parts));
    for (size_t part = 0; part < HM_COUNT_OF(parts); part++)
        hm_xdecref(heap, parts[part]);
    return tuple;
}

hm_object *hm_finalize_detach(hm_heap *heap, hm_object *finalize)
{
    finalizer *object = finalizer_of(finalize);
    hm_object *tuple = hm_finalize_peek(heap, finalize);
    if (tuple == NULL || tuple == &hm_none)
        return tuple;
    if (!object->alive) {
        hm_decref(heap, tuple);
        return &hm_none;
    }
    hm_incref(finalize);
    leave(heap, object);
    hm_object_clear_slots(heap, finalize);
    hm_decref(heap, finalize);
    return tuple;
}

bool hm_finalize_is_alive(const hm_object *finalize)
{
    return finalizer_of(finalize)->alive;
}

bool hm_finalize_get_at_exit(const hm_object *finalize)
{
    const finalizer *object = finalizer_of(finalize);
    return object->alive && object->at_exit;
}

void hm_finalize_set_at_exit(hm_object *finalize, bool at_exit)
{
    finalizer_of(finalize)->at_exit = at_exit;
}

/* A new list of those to run, the newest first as they are popped from its end. */
static hm_object *select_for_exit(hm_heap *heap, registry *book)
{
    hm_object *list = hm_list_new(heap);
    finalizer *oldest = book->newest;
    while (oldest != NULL && oldest->older != NULL)
        oldest = oldest->older;
    for (finalizer *each = oldest; list != NULL && each != NULL; each = each->newer) {
        if (!each->at_exit || hm_list_append(heap, list, &each->base))
            continue;
        hm_decref(heap, list);
        return NULL;
    }
    book->made_some = false;
    return list;
}

static void run_last(hm_heap *heap, hm_object *pending)
{
    hm_object *finalize = hm_list_pop(heap, pending);
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    call_to_the_end(heap, finalize);
    heap->error = saved;
    hm_decref(heap, finalize);
}

/* CPython's _exitfunc. What was selected runs even where its flag is taken back meanwhile; a new
 * one makes the selection anew. */
static bool run_all(hm_heap *heap, registry *book)
{
    hm_object *pending = NULL;
    for (;;) {
        if (pending == NULL || book->made_some) {
            hm_xdecref(heap, pending);
            pending = select_for_exit(heap, book);
        }
        if (pending == NULL)
            return false;
        if (hm_list_length(pending) == 0)
            break;
        run_last(heap, pending);
    }
    hm_decref(heap, pending);
    book->shut_down = true;
    return true;
}

bool hm_finalize_run_at_exit(hm_heap *heap)
{
    registry *book = registry_of(heap);
    if (book == NULL)
        return false;
    bool automatic = heap->settings.automatic;
    heap->settings.automatic = false;
    hm_heap_arm_collector(heap);
    bool done = run_all(heap, book);
    /* What a callback enabled stays enabled, as in CPython. */
    heap->settings.automatic |= automatic;
    hm_heap_arm_collector(heap);
    return done;
}
