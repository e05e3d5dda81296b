#include "bench/conform/label.h"

#include "bench/strings.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_SLOTS = 1024 };

static size_t home_of(const hm_conform_labels *labels, const hm_object *object)
{
    uint64_t mixed = (uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 32) & (labels->size - 1);
}

/* The slot of the object, or the free one it would take. */
static hm_conform_label *find_slot(const hm_conform_labels *labels, const hm_object *object)
{
    size_t at = home_of(labels, object);
    while (labels->slots[at].object != NULL && labels->slots[at].object != object)
        at = (at + 1) & (labels->size - 1);
    return &labels->slots[at];
}

static void resize(hm_conform_labels *labels, size_t size)
{
    hm_conform_labels larger = *labels;
    larger.size = size;
    larger.slots = hm_grow(NULL, size, sizeof *larger.slots);
    memset(larger.slots, 0, size * sizeof *larger.slots);
    for (size_t at = 0; at < labels->size; at++) {
        if (labels->slots[at].object != NULL)
            *find_slot(&larger, labels->slots[at].object) = labels->slots[at];
    }
    free(labels->slots);
    *labels = larger;
}

const hm_conform_label *hm_conform_label_of(const hm_conform_labels *labels,
                                            const hm_object *object)
{
    if (labels->count == 0)
        return NULL;
    const hm_conform_label *label = find_slot(labels, object);
    return label->object == NULL ? NULL : label;
}

void hm_conform_label_give(hm_conform_labels *labels, hm_object *object, uint32_t place,
                           uint32_t ordinal)
{
    if (labels->count * 2 >= labels->size)
        resize(labels, labels->size == 0 ? USUAL_SLOTS : labels->size * 2);
    *find_slot(labels, object) = (hm_conform_label){
        .object = object, .sequence = labels->given++, .place = place, .ordinal = ordinal};
    labels->count++;
}

/* Closes the gap at `gap`: whoever was pushed past it moves back. */
static void close_gap(hm_conform_labels *labels, size_t gap)
{
    size_t mask = labels->size - 1;
    for (size_t at = (gap + 1) & mask; labels->slots[at].object != NULL; at = (at + 1) & mask) {
        size_t home = home_of(labels, labels->slots[at].object);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        labels->slots[gap] = labels->slots[at];
        gap = at;
    }
    labels->slots[gap].object = NULL;
}

void hm_conform_label_forget(hm_conform_labels *labels, const hm_object *object)
{
    if (labels->count == 0)
        return;
    hm_conform_label *label = find_slot(labels, object);
    if (label->object == NULL)
        return;
    labels->count--;
    close_gap(labels, (size_t)(label - labels->slots));
}

hm_object *hm_conform_label_find(const hm_conform_labels *labels, uint32_t place, uint32_t ordinal)
{
    for (size_t at = 0; at < labels->size; at++) {
        const hm_conform_label *label = &labels->slots[at];
        if (label->object != NULL && label->place == place && label->ordinal == ordinal)
            return label->object;
    }
    return NULL;
}

void hm_conform_labels_forget(hm_conform_labels *labels)
{
    if (labels->size > USUAL_SLOTS)
        hm_conform_labels_free(labels);
    else if (labels->count > 0)
        memset(labels->slots, 0, labels->size * sizeof *labels->slots);
    labels->count = 0;
    labels->given = 0;
}

void hm_conform_labels_free(hm_conform_labels *labels)
{
    free(labels->slots);
    *labels = (hm_conform_labels){0};
}
