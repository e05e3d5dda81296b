/**
 * This module is the ledger: every tracked container of a heap in one array in kernel memory, for
 * collectors that keep no books, so that the heap can still free leaked cycles when it ends.
 *
 * Where the kernel refuses pages for a larger array, what has no room is *not entered*: the program
 * goes on, the heap is told once, and a leaked cycle of such objects stays allocated when it ends.
 *
 * Invariant: entry i of the array has i in its collector word, and what is not entered NOT_ENTERED;
 * the array has no holes.
 */
#include "base/system_memory.h"
#include "object/runtime.h"

#include <string.h>

enum { FIRST_CAPACITY = 512, NOT_ENTERED = HM_WORD_COLLECTOR };

struct hm_ledger {
    hm_object **entries;
    size_t length;
    size_t capacity;
    bool refused_once;
};

static void set_place(hm_object *object, size_t place)
{
    object->collector_word =
        (object->collector_word & ~HM_WORD_COLLECTOR) | (uint32_t)(place & HM_WORD_COLLECTOR);
}

/* Told as a failure that cannot be returned: the object is made, and its owner has it. */
static void tell_refusal(hm_heap *heap)
{
    hm_error saved = heap->error;
    if (heap->ledger->refused_once)
        return;
    heap->ledger->refused_once = true;
    hm_fail(heap, HM_NO_MEMORY, "no kernel memory to note more than %zu containers",
            heap->ledger->capacity);
    hm_emit_unraisable(heap, NULL);
    heap->error = saved;
}

static bool make_room(struct hm_ledger *ledger)
{
    size_t bytes = ledger->capacity * sizeof(hm_object *);
    if (ledger->length < ledger->capacity)
        return true;
    if (2 * ledger->capacity > NOT_ENTERED)
        return false;
    hm_object **entries = hm_system_remap(ledger->entries, bytes, 2 * bytes);
    if (entries == NULL)
        return false;
    ledger->entries = entries;
    ledger->capacity *= 2;
    return true;
}

static void enter(hm_heap *heap, hm_object *object)
{
    struct hm_ledger *ledger = heap->ledger;
    if (HM_UNLIKELY(!make_room(ledger))) {
        set_place(object, NOT_ENTERED);
        tell_refusal(heap);
        return;
    }
    set_place(object, ledger->length);
    ledger->entries[ledger->length++] = object;
}

static void strike(hm_heap *heap, hm_object *object)
{
    struct hm_ledger *ledger = heap->ledger;
    size_t place = object->collector_word & HM_WORD_COLLECTOR;
    if (HM_UNLIKELY(place == NOT_ENTERED))
        return;
    HM_ASSERT(place < ledger->length && ledger->entries[place] == object);
    hm_object *last = ledger->entries[--ledger->length];
    ledger->entries[place] = last;
    set_place(last, place);
}

bool hm_ledger_create(hm_heap *heap)
{
    struct hm_ledger *ledger = hm_system_map(sizeof *ledger);
    if (ledger == NULL)
        return false;
    ledger->capacity = FIRST_CAPACITY;
    ledger->entries = hm_system_map(FIRST_CAPACITY * sizeof(hm_object *));
    if (ledger->entries == NULL) {
        hm_system_unmap(ledger, sizeof *ledger);
        return false;
    }
    heap->ledger = ledger;
    heap->on_track = enter;
    heap->on_untrack = strike;
    return true;
}

void hm_ledger_destroy(hm_heap *heap)
{
    if (heap->ledger == NULL)
        return;
    hm_system_unmap(heap->ledger->entries, heap->ledger->capacity * sizeof(hm_object *));
    hm_system_unmap(heap->ledger, sizeof *heap->ledger);
    heap->ledger = NULL;
}

void hm_ledger_enumerate(hm_heap *heap, hm_visitor visit, void *context)
{
    for (size_t place = 0; place < heap->ledger->length; place++)
        visit(heap->ledger->entries[place], context);
}
