/**
 * This module is the end of a heap's containers, leaked cycles included: each is emptied, then each
 * is freed, classes last, because an instance's type lies in its class and its end counts the class
 * down.
 *
 * All are held meanwhile in a table in kernel memory, so that none dies early. A heap may have to
 * end because there is no memory: where the kernel refuses the table, they are taken a batch at a
 * time. A *mark* (HM_WORD_FINALIZED, which nobody asks for in a heap that ends) then says which
 * were emptied.
 */
#include "object/class.h"
#include "object/dict.h"
#include "object/object_table.h"
#include "object/runtime.h"

enum { BATCH = 1024 };

/* Some may be met twice: a dict that shows attributes can be tracked too. */
static void visit_containers(hm_heap *heap, hm_visitor visit, void *context)
{
    hm_heap_enumerate(heap, visit, context);
    for (const hm_shown *shown = heap->shown; shown != NULL; shown = shown->next)
        visit(shown->dict, context);
}

/* The last hold on an emptied container; one that somebody outside still counts on goes too. */
static void free_emptied(hm_heap *heap, hm_object *object)
{
    object->reference_count = 1;
    hm_decref(heap, object);
}

static void enter(hm_object *object, void *context)
{
    hm_object_table_add(context, object);
}

static void free_at_once(hm_heap *heap, const hm_object_table *table)
{
    size_t classes = 0;
    for (size_t entry = 0; entry < table->length; entry++)
        hm_incref(table->entries[entry].object);
    for (size_t entry = 0; entry < table->length; entry++)
        hm_object_force_clear(heap, table->entries[entry].object);
    for (size_t entry = 0; entry < table->length; entry++) {
        if (!hm_is(table->entries[entry].object, &hm_class_type))
            free_emptied(heap, table->entries[entry].object);
        else
            table->entries[classes++].object = table->entries[entry].object;
    }
    for (size_t entry = 0; entry < classes; entry++)
        free_emptied(heap, table->entries[entry].object);
}

/* Some containers with or without the mark, which taking them turns over. */
typedef struct batch {
    hm_object *objects[BATCH];
    size_t count;
    bool marked;
    bool classes; /* take these too */
} batch;

static void clear_mark(hm_object *object, void *context)
{
    HM_UNUSED(context);
    object->collector_word &= ~HM_WORD_FINALIZED;
}

static void take(hm_object *object, void *context)
{
    batch *some = context;
    bool marked = (object->collector_word & HM_WORD_FINALIZED) != 0;
    if (some->count == BATCH || marked != some->marked ||
        (!some->classes && hm_is(object, &hm_class_type)))
        return;
    object->collector_word ^= HM_WORD_FINALIZED;
    some->objects[some->count++] = hm_incref(object);
}

static bool take_some(hm_heap *heap, batch *some, bool marked, bool classes)
{
    some->count = 0;
    some->marked = marked;
    some->classes = classes;
    visit_containers(heap, take, some);
    return some->count > 0;
}

/* Those that nothing holds but what is emptied die by the way, as objects do in a living heap. */
static void free_in_batches(hm_heap *heap)
{
    batch some;
    visit_containers(heap, clear_mark, NULL);
    while (take_some(heap, &some, false, true)) {
        for (size_t index = 0; index < some.count; index++)
            hm_object_force_clear(heap, some.objects[index]);
        for (size_t index = 0; index < some.count; index++)
            hm_decref(heap, some.objects[index]);
    }
    for (int classes = 0; classes <= 1; classes++) {
        while (take_some(heap, &some, true, classes != 0)) {
            for (size_t index = 0; index < some.count; index++)
                free_emptied(heap, some.objects[index]);
        }
    }
}

void hm_heap_free_containers(hm_heap *heap)
{
    hm_object_table table;
    bool complete = hm_object_table_create(&table);
    if (complete) {
        visit_containers(heap, enter, &table);
        complete = !table.failed;
    }
    if (complete)
        free_at_once(heap, &table);
    hm_object_table_destroy(&table);
    if (!complete)
        free_in_batches(heap);
}
