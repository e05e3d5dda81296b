/**
 * This module is the labels of a program's own objects: a side table from an object's address to
 * the place it was first stored to, so that objects can be told apart in the words of the program.
 *
 * Invariant: an object is in the table from its first store until its block is freed (watch.h), so
 * an address in the table is that of an object that exists. The table lies in libc's memory, never
 * in that of the allocator under test.
 */
#ifndef HM_BENCH_CONFORM_LABEL_H
#define HM_BENCH_CONFORM_LABEL_H

#include "object/object.h"

typedef struct hm_conform_label {
    hm_object *object; /**< NULL: the slot is free */
    uint64_t sequence; /**< how many labels were given before, since the program began */
    uint32_t place;    /**< symbol: the place's text */
    uint32_t ordinal;  /**< the how-manieth object for this place, from 1 */
} hm_conform_label;

/** {0} is an empty table. */
typedef struct hm_conform_labels {
    hm_conform_label *slots; /**< a power of two of them, at most half of them used */
    size_t size, count;
    uint64_t given;
} hm_conform_labels;

/** The object's label, valid until the next change, or NULL. */
const hm_conform_label *hm_conform_label_of(const hm_conform_labels *labels,
                                            const hm_object *object);

/** Gives a label to an object that has none. Aborts without memory. */
void hm_conform_label_give(hm_conform_labels *labels, hm_object *object, uint32_t place,
                           uint32_t ordinal);

/** Takes an object out of the table, if it is in it. */
void hm_conform_label_forget(hm_conform_labels *labels, const hm_object *object);

/** The object with this label, or NULL where it exists no longer or never did. */
hm_object *hm_conform_label_find(const hm_conform_labels *labels, uint32_t place, uint32_t ordinal);

/** Takes all objects out; the table keeps what memory a usual program needs. */
void hm_conform_labels_forget(hm_conform_labels *labels);

/** Frees the table; it can be used again as an empty one. */
void hm_conform_labels_free(hm_conform_labels *labels);

#endif
