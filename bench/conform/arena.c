#include "bench/conform/arena.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct hm_conform_chunk {
    struct hm_conform_chunk *next;
    char padding[ALIGNMENT - sizeof(void *)];
    char bytes[];
};

void *hm_conform_arena_take(hm_conform_arena *arena, size_t bytes)
{
    size_t rounded = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (arena->size - arena->used < rounded) {
        size_t size = rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES;
        struct hm_conform_chunk *chunk = calloc(1, sizeof *chunk + size);
        HM_CHECK(chunk != NULL);
        chunk->next = arena->chunks;
        arena->chunks = chunk;
        arena->size = size;
        arena->used = 0;
    }
    void *taken = arena->chunks == NULL ? NULL : arena->chunks->bytes + arena->used;
    arena->used += rounded;
    return taken;
}

char *hm_conform_arena_copy(hm_conform_arena *arena, const char *text, size_t length)
{
    char *copy = hm_conform_arena_take(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

void hm_conform_arena_clear(hm_conform_arena *arena)
{
    while (arena->chunks != NULL) {
        struct hm_conform_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    *arena = (hm_conform_arena){0};
}
