/**
 * This module is counts of objects by type, at a moment and between moments, so that what grows
 * without end shows by its name.
 *
 * Types of one name are counted together, as objgraph does. Counts outlive the graph and the heap:
 * they hold names, not types.
 */
#ifndef HM_GRAPH_TYPE_COUNTS_H
#define HM_GRAPH_TYPE_COUNTS_H

#include "graph/graph.h"

#include <stdio.h>

/** How many objects of a type there are, and their bytes (requested, prefix excluded). */
typedef struct hm_type_count {
    const char *name; /**< owned by the counts */
    uint64_t count;
    uint64_t bytes;
} hm_type_count;

/** Counts, the most common type first, names in order where equal. Begin with `{0}`. */
typedef struct hm_type_counts {
    hm_type_count *types;
    size_t length;
    size_t capacity;
    uint32_t *index;             /**< 1 + entry by hash of the name, twice the capacity; 0: empty */
    struct hm_type_names *names; /**< the newest of the blocks that hold the names */
} hm_type_counts;

/** How a type's count changed. */
typedef struct hm_type_growth {
    const char *name; /**< borrowed from the counts compared */
    uint64_t count;   /**< now */
    int64_t increase;
} hm_type_growth;

/** Growth, the largest first, names in order where equal. Begin with `{0}`. */
typedef struct hm_type_growths {
    hm_type_growth *types;
    size_t length;
    size_t capacity;
} hm_type_growths;

/**
 * Counts the objects of `nodes`; NULL: all tracked ones (objgraph's typestats and
 * most_common_types). Replaces what `counts` held. HM_NO_MEMORY: it is empty.
 */
hm_status hm_type_counts_take(const hm_graph *graph, const hm_graph_nodes *nodes,
                              hm_type_counts *counts, hm_error *error);

/** The count of the type called `name`; zeros where there is none (objgraph's count). */
hm_type_count hm_type_counts_of(const hm_type_counts *counts, const char *name);

/** Gives the memory back; the counts can be used again. */
void hm_type_counts_destroy(hm_type_counts *counts);

/**
 * What changed from `before` to `after`, more or less: every type whose count differs, gone ones
 * with a count of 0. Replaces what `growths` held; the names are those of both.
 */
hm_status hm_type_counts_compare(const hm_type_counts *before, const hm_type_counts *after,
                                 hm_type_growths *growths, hm_error *error);

/**
 * Types with more objects now than ever before in `peaks`, and by how many; raises the peaks
 * (objgraph's growth). Peaks begin as `{0}`: everything is growth at first. A count that swings
 * below its peak is no growth. The names are those of `now`.
 */
hm_status hm_type_counts_growth(hm_type_counts *peaks, const hm_type_counts *now,
                                hm_type_growths *growths, hm_error *error);

/** Gives the memory back; the growths can be used again. */
void hm_type_growths_destroy(hm_type_growths *growths);

/** Writes a table of the first `limit` types (0: all): name, count, bytes. HM_IO_ERROR. */
hm_status hm_type_counts_print(const hm_type_counts *counts, size_t limit, FILE *file,
                               hm_error *error);

/** Writes a table of the first `limit` types (0: all): name, count, increase. HM_IO_ERROR. */
hm_status hm_type_growths_print(const hm_type_growths *growths, size_t limit, FILE *file,
                                hm_error *error);

#endif
