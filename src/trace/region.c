#include "trace/region.h"

#include "base/system_memory.h"

#include <string.h>

enum { CHUNK_BYTES = 1 << 16, ALIGNMENT = 16, FIRST_PAIRS = 256 };

typedef struct hm_region_chunk {
    struct hm_region_chunk *older;
    size_t bytes;
} chunk;

static bool add_chunk(hm_region *region, size_t bytes)
{
    size_t needed = hm_system_round_up(sizeof(chunk) + bytes);
    size_t mapped = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
    chunk *added = hm_system_map(mapped);
    if (added == NULL)
        return false;
    added->older = region->chunk;
    added->bytes = mapped;
    region->chunk = added;
    region->used = sizeof(chunk);
    region->mapped_bytes += mapped;
    return true;
}

void *hm_region_allocate(hm_region *region, size_t bytes)
{
    size_t rounded = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (region->chunk == NULL || region->chunk->bytes - region->used < rounded) {
        if (!add_chunk(region, rounded))
            return NULL;
    }
    void *piece = (char *)region->chunk + region->used;
    region->used += rounded;
    return piece;
}

const char *hm_region_text(hm_region *region, const char *text)
{
    if (text == NULL)
        return "";
    size_t bytes = strlen(text) + 1;
    char *copy = hm_region_allocate(region, bytes);
    return copy == NULL ? NULL : memcpy(copy, text, bytes);
}

void hm_region_release(hm_region *region)
{
    while (region->chunk != NULL) {
        chunk *older = region->chunk->older;
        hm_system_unmap(region->chunk, region->chunk->bytes);
        region->chunk = older;
    }
    *region = (hm_region){0};
}

void *hm_vector_append(hm_vector *vector, size_t item_bytes)
{
    size_t needed = (vector->length + 1) * item_bytes;
    if (needed > vector->mapped_bytes) {
        size_t bytes = hm_system_round_up(needed + needed / 2);
        void *items = vector->items == NULL
                          ? hm_system_map(bytes)
                          : hm_system_remap(vector->items, vector->mapped_bytes, bytes);
        if (items == NULL)
            return NULL;
        vector->items = items;
        vector->mapped_bytes = bytes;
    }
    return (char *)vector->items + vector->length++ * item_bytes;
}

void hm_vector_release(hm_vector *vector)
{
    hm_system_unmap(vector->items, vector->mapped_bytes);
    *vector = (hm_vector){0};
}

typedef struct hm_number_pair {
    uint64_t key; /* 0: empty */
    uint64_t value;
} pair;

static pair *find_pair(pair *pairs, size_t capacity, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(hash ^ hash >> 32) & (capacity - 1);
    while (pairs[slot].key != 0 && pairs[slot].key != key)
        slot = (slot + 1) & (capacity - 1);
    return &pairs[slot];
}

static bool grow_map(hm_number_map *map)
{
    size_t capacity = map->capacity == 0 ? FIRST_PAIRS : 2 * map->capacity;
    pair *pairs = hm_system_map(capacity * sizeof(pair));
    if (pairs == NULL)
        return false;
    for (size_t slot = 0; slot < map->capacity; slot++) {
        if (map->pairs[slot].key != 0)
            *find_pair(pairs, capacity, map->pairs[slot].key) = map->pairs[slot];
    }
    hm_system_unmap(map->pairs, map->capacity * sizeof(pair));
    map->pairs = pairs;
    map->capacity = capacity;
    return true;
}

uint64_t *hm_number_map_at(hm_number_map *map, uint64_t key)
{
    if (2 * map->length >= map->capacity && !grow_map(map))
        return NULL;
    pair *found = find_pair(map->pairs, map->capacity, key);
    if (found->key == 0) {
        found->key = key;
        map->length++;
    }
    return &found->value;
}

size_t hm_number_map_bytes(const hm_number_map *map)
{
    return map->capacity * sizeof(pair);
}

void hm_number_map_release(hm_number_map *map)
{
    hm_system_unmap(map->pairs, map->capacity * sizeof(pair));
    *map = (hm_number_map){0};
}
