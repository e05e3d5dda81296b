/**
 * This module is the tracer's memory: regions, vectors and maps on pages from the kernel, so that
 * watching an allocator asks nothing of it.
 *
 * A *region* hands out pieces that live until the whole region is released. A *vector* is an array
 * that grows and may move. A *map* leads from a number to a number. Each knows the bytes it has
 * mapped. All start as zeroed structs and can be released in that state.
 */
#ifndef HM_TRACE_REGION_H
#define HM_TRACE_REGION_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hm_region {
    struct hm_region_chunk *chunk; /* the newest; older ones are linked */
    size_t used;                   /* of the newest */
    size_t mapped_bytes;
} hm_region;

/** `bytes` zeroed bytes, aligned for any object; NULL: the kernel refuses. */
void *hm_region_allocate(hm_region *region, size_t bytes);

/** A copy of `text` (NULL: of ""); NULL: the kernel refuses. */
const char *hm_region_text(hm_region *region, const char *text);

/** Gives all its memory back at once. */
void hm_region_release(hm_region *region);

typedef struct hm_vector {
    void *items;
    size_t length;
    size_t mapped_bytes;
} hm_vector;

/** Appends a zeroed item of `item_bytes`, the same in every call, and returns it; NULL: refused. */
void *hm_vector_append(hm_vector *vector, size_t item_bytes);

/** Gives the items back; the vector is empty then. */
void hm_vector_release(hm_vector *vector);

typedef struct hm_number_map {
    struct hm_number_pair *pairs;
    size_t length;
    size_t capacity; /* 0 or a power of two */
} hm_number_map;

/** The value at `key` (never 0), to read or set; a new one is 0. NULL: the kernel refuses. */
uint64_t *hm_number_map_at(hm_number_map *map, uint64_t key);

/** Gives the pairs back; the map is empty then. */
void hm_number_map_release(hm_number_map *map);

/** Bytes the map has mapped. */
size_t hm_number_map_bytes(const hm_number_map *map);

#endif
