/**
 * This module is the queries about which of the program's own objects there are, and which leads to
 * which.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"
#include "object/object_table.h"
#include "object/weakref_finalize.h"

#include <inttypes.h>
#include <stdlib.h>

/* A growing array of labels. */
typedef struct label_list {
    const hm_conform_label **items;
    size_t count, capacity;
} label_list;

static void add_label(label_list *list, const hm_conform_label *label)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->items = hm_grow(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = label;
}

static int compare_labels(const void *left, const void *right)
{
    uint64_t first = (*(const hm_conform_label *const *)left)->sequence;
    uint64_t second = (*(const hm_conform_label *const *)right)->sequence;
    return first < second ? -1 : first > second;
}

/* Writes the labels of the own objects among the items, each once, in the order they were given. */
static void put_labels(hm_conform_machine *machine, hm_object *objects, hm_conform_text *answer)
{
    label_list own = {0};
    for (size_t index = 0; index < hm_list_length(objects); index++) {
        const hm_conform_label *label =
            hm_conform_label_of(&machine->labels, hm_list_get(objects, index));
        if (label != NULL)
            add_label(&own, label);
    }
    if (own.count > 0)
        qsort(own.items, own.count, sizeof *own.items, compare_labels);
    else
        hm_conform_text_put(answer, "(none)");
    for (size_t index = 0; index < own.count; index++) {
        if (index > 0 && own.items[index] == own.items[index - 1])
            continue;
        hm_conform_text_put(answer, index > 0 ? " " : "");
        hm_conform_describe_label(machine, own.items[index], answer);
    }
    free(own.items);
}

/* Writes and drops a new list; NULL: an error, or a collector without such a list. */
static bool answer_with(hm_conform_machine *machine, hm_object *objects, hm_conform_text *answer)
{
    if (objects != NULL)
        put_labels(machine, objects, answer);
    else if (machine->heap->error.status == HM_UNAVAILABLE)
        hm_conform_text_put(answer, "(none)");
    else
        return false;
    hm_xdecref(machine->heap, objects);
    return true;
}

bool hm_conform_ask_objects(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    int64_t generation = node->has_number ? node->number : HM_GC_ALL;
    if (generation < HM_GC_ALL || generation >= HM_GENERATIONS)
        return hm_fail(machine->heap, HM_VALUE_ERROR,
                       generation < 0 ? "generation cannot be negative"
                                      : "generation must be less than the number of available "
                                        "generations (3)");
    return answer_with(machine, hm_gc_get_objects(machine->heap, (int)generation), answer);
}

typedef hm_object *(*list_around)(hm_heap *heap, hm_object *const *objects, size_t count);

static bool ask_around(hm_conform_machine *machine, const hm_conform_node *node,
                       hm_conform_text *answer, list_around list)
{
    hm_object *object = hm_conform_load(machine, &node->operands[0]);
    if (object == NULL)
        return false;
    bool done = answer_with(machine, list(machine->heap, &object, 1), answer);
    hm_decref(machine->heap, object);
    return done;
}

bool hm_conform_ask_referents(hm_conform_machine *machine, const hm_conform_node *node,
                              hm_conform_text *answer)
{
    return ask_around(machine, node, answer, hm_gc_get_referents);
}

bool hm_conform_ask_referrers(hm_conform_machine *machine, const hm_conform_node *node,
                              hm_conform_text *answer)
{
    return ask_around(machine, node, answer, hm_gc_get_referrers);
}

/* The list of garbage, borrowed; NULL without an error: this collector has none. */
static hm_object *get_garbage(hm_conform_machine *machine)
{
    hm_object *garbage = hm_gc_garbage(machine->heap);
    if (garbage == NULL && machine->heap->error.status == HM_UNAVAILABLE)
        machine->heap->error.status = HM_OK;
    return garbage;
}

bool hm_conform_ask_garbage(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    hm_object *garbage = get_garbage(machine);
    size_t length = garbage == NULL ? 0 : hm_list_length(garbage);
    HM_UNUSED(node);
    if (length == 0)
        hm_conform_text_put(answer, "(none)");
    for (size_t index = 0; index < length; index++) {
        hm_conform_text_put(answer, index > 0 ? " " : "");
        hm_conform_describe(machine, hm_list_get(garbage, index), answer);
    }
    return machine->heap->error.status == HM_OK;
}

/* Counts objects with labels. */
typedef struct own_count {
    const hm_conform_labels *labels;
    uint64_t count;
} own_count;

static void count_own(hm_object *object, void *context)
{
    own_count *own = context;
    if (hm_conform_label_of(own->labels, object) != NULL)
        own->count++;
}

bool hm_conform_ask_frozen(hm_conform_machine *machine, const hm_conform_node *node,
                           hm_conform_text *answer)
{
    own_count own = {.labels = &machine->labels};
    HM_UNUSED(node);
    hm_gc_visit_frozen(machine->heap, count_own, &own);
    hm_conform_text_format(answer, "%" PRIu64, own.count);
    return true;
}

/* Classes and callbacks are where a trace ends: they lead nowhere of the program's. */
static void enter(hm_object *object, void *context)
{
    if (hm_is_container(object) && !hm_is(object, &hm_class_type))
        hm_object_table_add(context, object);
}

static bool enter_objects(hm_conform_machine *machine, hm_object_table *table)
{
    hm_object *objects = hm_gc_get_objects(machine->heap, HM_GC_ALL);
    if (objects == NULL && machine->heap->error.status != HM_UNAVAILABLE)
        return false;
    for (size_t index = 0; objects != NULL && index < hm_list_length(objects); index++) {
        hm_object *object = hm_list_get(objects, index);
        if (hm_conform_label_of(&machine->labels, object) != NULL)
            enter(object, table);
    }
    hm_xdecref(machine->heap, objects);
    machine->heap->error.status = HM_OK;
    return true;
}

/* Enters all that is alive as the page defines it. */
static bool trace(hm_conform_machine *machine, hm_object_table *table)
{
    hm_object *garbage = get_garbage(machine);
    /* First: their list is made, which may collect, and a body then drop what is entered. */
    if (machine->heap->error.status != HM_OK || !enter_objects(machine, table))
        return false;
    hm_visit_slots(machine->globals, machine->program->symbol_count, enter, table);
    if (garbage != NULL)
        hm_object_traverse(garbage, enter, table);
    for (size_t entry = 0; entry < table->length; entry++) {
        hm_object *object = table->entries[entry].object;
        if (!hm_is(object, &hm_finalize_type)) /* CPython's registry holds its arguments */
            hm_object_traverse(object, enter, table);
    }
    return true;
}

static bool is_reachable(hm_conform_machine *machine, hm_object *object, bool *alive)
{
    hm_object_table table;
    if (!hm_object_table_create(&table))
        return hm_fail(machine->heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
    bool done = trace(machine, &table);
    if (done && table.failed)
        done = hm_fail(machine->heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
    *alive = done && hm_object_table_find(&table, object) != NULL;
    hm_object_table_destroy(&table);
    return done;
}

/* True where the object is certainly in `objects`: a tracked one outside of a collection, as long
 * as nothing is frozen. */
static bool is_listed(const hm_conform_machine *machine, const hm_object *object)
{
    uint32_t capabilities = machine->heap->collector->capabilities;
    return machine->depth == 0 && hm_is_tracked(object) &&
           (capabilities & HM_COLLECTOR_ENUMERATES) != 0 &&
           hm_gc_get_freeze_count(machine->heap) == 0;
}

bool hm_conform_ask_alive(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    hm_object *object = hm_conform_label_find(&machine->labels, node->place, node->ordinal);
    bool alive = object != NULL && is_listed(machine, object);
    if (object != NULL && !alive && !is_reachable(machine, object, &alive))
        return false;
    /* It may have died of a collection meanwhile, and another stand in its place. */
    alive = alive && object == hm_conform_label_find(&machine->labels, node->place, node->ordinal);
    hm_conform_text_put(answer, alive ? "True" : "False");
    return true;
}
