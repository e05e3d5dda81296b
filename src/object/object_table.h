/**
 * This module is a table of objects in the order they were first seen, in kernel memory, so that
 * the heap can be walked (live bytes, validation) without the allocator under test noticing.
 */
#ifndef HM_OBJECT_OBJECT_TABLE_H
#define HM_OBJECT_OBJECT_TABLE_H

#include "object/object.h"

typedef struct hm_object_table_entry {
    hm_object *object;
    uint64_t count; /**< for the user: references found */
} hm_object_table_entry;

typedef struct hm_object_table {
    hm_object_table_entry *entries;
    size_t length;
    size_t capacity; /**< entries mapped; the index has twice as many slots */
    uint32_t *index; /**< 1 + number of the entry; 0: empty */
    bool failed;     /**< the kernel refused memory: entries are missing */
} hm_object_table;

/** An empty table; false: no memory. */
bool hm_object_table_create(hm_object_table *table) HM_MUST_USE;

/** The object's entry, made with count 0 where it is new; NULL: no memory (table->failed). */
hm_object_table_entry *hm_object_table_add(hm_object_table *table, hm_object *object);

/** The object's entry; NULL: it is not in the table. */
hm_object_table_entry *hm_object_table_find(const hm_object_table *table, const hm_object *object);

/** Gives the memory back; the objects are not touched. */
void hm_object_table_destroy(hm_object_table *table);

#endif
