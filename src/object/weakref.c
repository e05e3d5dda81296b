#include "object/weakref.h"

#include "object/memory.h"
#include "object/runtime.h"

typedef struct weak_reference {
    hm_object base;
    hm_object *referent; /* not counted; NULL: dead */
    hm_weakref_callback callback;
    void *context;
    uint64_t reserved; /* CPython's hash: keeps the size at 64 bytes */
    struct weak_reference *previous;
    struct weak_reference *next;
} weak_reference;

static hm_object **head_of(const hm_object *object)
{
    uint32_t offset = object->type->weaklist_offset;
    return offset == 0 ? NULL : (hm_object **)(void *)((char *)(uintptr_t)object + offset);
}

static weak_reference *first_of(const hm_object *object)
{
    hm_object **head = head_of(object);
    return head == NULL ? NULL : (weak_reference *)*head;
}

static bool is_dead(const hm_object *object)
{
    return object->reference_count == 0 || (object->collector_word & HM_WORD_DEFERRED) != 0;
}

static void weakref_clear(hm_heap *heap, hm_object *object)
{
    HM_UNUSED(heap);
    hm_weakref_kill(object);
    ((weak_reference *)object)->callback = NULL;
}

static void weakref_deallocate(hm_heap *heap, hm_object *object)
{
    hm_weakref_kill(object);
    hm_object_free(heap, object, sizeof(weak_reference));
}

const hm_type hm_weakref_type = {.name = "weakref",
                                 .basic_size = sizeof(weak_reference),
                                 .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                 .clear = weakref_clear,
                                 .deallocate = weakref_deallocate};

/* The shared one first; one with a callback right after it, so that the newest comes first. */
static void link_in(hm_object *referent, weak_reference *weak)
{
    weak_reference *first = first_of(referent);
    bool behind_shared = weak->callback != NULL && first != NULL && first->callback == NULL;
    weak->previous = behind_shared ? first : NULL;
    weak->next = behind_shared ? first->next : first;
    if (weak->next != NULL)
        weak->next->previous = weak;
    if (behind_shared)
        first->next = weak;
    else
        *head_of(referent) = &weak->base;
}

hm_object *hm_weakref_new(hm_heap *heap, hm_object *referent, hm_weakref_callback callback,
                          void *context)
{
    if (head_of(referent) == NULL) {
        hm_fail(heap, HM_TYPE_ERROR, "cannot create weak reference to '%s' object",
                referent->type->name);
        return NULL;
    }
    weak_reference *first = first_of(referent);
    if (callback == NULL && first != NULL && first->callback == NULL && !is_dead(&first->base))
        return hm_incref(&first->base);
    weak_reference *weak =
        (weak_reference *)hm_object_allocate(heap, &hm_weakref_type, sizeof(weak_reference));
    if (weak == NULL)
        return NULL;
    weak->referent = referent;
    weak->callback = callback;
    weak->context = context;
    weak->reserved = 0;
    link_in(referent, weak);
    hm_track(heap, &weak->base);
    return &weak->base;
}

hm_object *hm_weakref_get(const hm_object *weakref)
{
    hm_object *referent = ((const weak_reference *)weakref)->referent;
    return referent == NULL || is_dead(referent) ? NULL : hm_incref(referent);
}

size_t hm_weakref_count(const hm_object *object)
{
    size_t count = 0;
    for (const weak_reference *weak = first_of(object); weak != NULL; weak = weak->next)
        count++;
    return count;
}

hm_object *hm_weakref_first(const hm_object *object)
{
    weak_reference *first = first_of(object);
    return first == NULL ? NULL : &first->base;
}

hm_object *hm_weakref_following(const hm_object *weakref)
{
    weak_reference *next = ((const weak_reference *)weakref)->next;
    return next == NULL ? NULL : &next->base;
}

bool hm_weakref_has_callback(const hm_object *weakref)
{
    return ((const weak_reference *)weakref)->callback != NULL;
}

void hm_weakref_kill(hm_object *weakref)
{
    weak_reference *weak = (weak_reference *)weakref;
    if (weak->referent == NULL)
        return;
    if (weak->previous != NULL)
        weak->previous->next = weak->next;
    else
        *head_of(weak->referent) = weak->next == NULL ? NULL : &weak->next->base;
    if (weak->next != NULL)
        weak->next->previous = weak->previous;
    weak->referent = NULL;
    weak->previous = NULL;
    weak->next = NULL;
}

void hm_weakref_call_back(hm_heap *heap, hm_object *weakref)
{
    weak_reference *weak = (weak_reference *)weakref;
    hm_weakref_callback callback = weak->callback;
    if (callback == NULL || heap->destroying)
        return;
    weak->callback = NULL;
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    if (!callback(heap, weakref, weak->context))
        hm_emit_unraisable(heap, weakref);
    heap->error = saved;
}

/* All are killed before the first callback runs, so that none of them can be seen alive; a killed
 * one's `next` is free to chain those that call back, and each is held meanwhile. */
void hm_weakref_object_dies(hm_heap *heap, hm_object *object)
{
    weak_reference *waiting = NULL;
    weak_reference **tail = &waiting;
    for (weak_reference *weak = first_of(object); weak != NULL; weak = first_of(object)) {
        hm_weakref_kill(&weak->base);
        if (weak->callback == NULL || is_dead(&weak->base))
            continue;
        hm_incref(&weak->base);
        *tail = weak;
        tail = &weak->next;
    }
    while (waiting != NULL) {
        weak_reference *weak = waiting;
        waiting = weak->next;
        weak->next = NULL;
        hm_weakref_call_back(heap, &weak->base);
        hm_decref(heap, &weak->base);
    }
}
