/**
 * This module is memory that is taken in small pieces and given back all at once, so that the parts
 * of a parsed program need no clean-up of their own.
 *
 * Invariant: what was taken stays where it is until the arena is cleared.
 */
#ifndef HM_BENCH_CONFORM_ARENA_H
#define HM_BENCH_CONFORM_ARENA_H

#include <stddef.h>

/** {0} is an empty arena. */
typedef struct hm_conform_arena {
    struct hm_conform_chunk *chunks;
    size_t used; /**< bytes of the newest chunk */
    size_t size; /**< bytes it has */
} hm_conform_arena;

/** `bytes` of zeroed memory, aligned for anything; aborts where there is none. */
void *hm_conform_arena_take(hm_conform_arena *arena, size_t bytes);

/** A copy of `length` bytes of `text`, NUL-terminated. */
char *hm_conform_arena_copy(hm_conform_arena *arena, const char *text, size_t length);

/** Gives everything back; the arena is empty again. */
void hm_conform_arena_clear(hm_conform_arena *arena);

#endif
