/**
 * This module is the ledger: every tracked container of a heap in one array in kernel memory, for
 * collectors that keep no books, so that the heap can still free leaked cycles when it ends.
 *
 * Invariant: entry i of the array has i in its collector word; the array has no holes.
 */
#include "base/system_memory.h"
#include "object/runtime.h"

#include <string.h>

enum { FIRST_CAPACITY = 512 };

struct hm_ledger {
    hm_object **entries;
    size_t length;
    size_t capacity;
};

static void set_place(hm_object *object, size_t place)
{
    object->collector_word =
        (object->collector_word & ~HM_WORD_COLLECTOR) | (uint32_t)(place & HM_WORD_COLLECTOR);
}

static void enter(hm_heap *heap, hm_object *object)
{
    struct hm_ledger *ledger = heap->ledger;
    if (ledger->length == ledger->capacity) {
        size_t bytes = ledger->capacity * sizeof(hm_object *);
        hm_object **entries = hm_system_remap(ledger->entries, bytes, 2 * bytes);
        /* The kernel refuses pages: nothing sensible can go on without the book. */
        HM_CHECK(entries != NULL && 2 * ledger->capacity <= HM_WORD_COLLECTOR);
        ledger->entries = entries;
        ledger->capacity *= 2;
    }
    set_place(object, ledger->length);
    ledger->entries[ledger->length++] = object;
}

static void strike(hm_heap *heap, hm_object *object)
{
    struct hm_ledger *ledger = heap->ledger;
    size_t place = object->collector_word & HM_WORD_COLLECTOR;
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
