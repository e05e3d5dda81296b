#include "broken.h"

#include "base/attributes.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hm_stress_calls sound; /* what the broken calls lead to */

/* The last block of `remember`, while it is live. */
static char *last;

static char *remember(char *block)
{
    last = block;
    return block;
}

static void forget(const void *block)
{
    if (block == last)
        last = NULL;
}

static void forgetting_free(void *block)
{
    forget(block);
    sound.free(block);
}

static void forgetting_free_sized(void *block, size_t bytes)
{
    forget(block);
    sound.free_sized(block, bytes);
}

static void *forgetting_realloc(void *block, size_t bytes)
{
    forget(block);
    return sound.realloc(block, bytes);
}

static void *overlapping_malloc(size_t bytes)
{
    if (bytes > 900 && bytes <= 1000 && last != NULL)
        return last + 128;
    return bytes > 900 ? remember(sound.malloc(bytes)) : sound.malloc(bytes);
}

static size_t overlapping_usable_size(void *block)
{
    return last != NULL && block == last + 128 ? sound.usable_size(last) - 128
                                               : sound.usable_size(block);
}

static void *unaligned_alloc(size_t alignment, size_t bytes)
{
    return alignment == 256 ? sound.malloc(bytes) : sound.aligned_alloc(alignment, bytes);
}

static void *skewed_malloc(size_t bytes)
{
    return bytes == 1001 ? (char *)sound.malloc(bytes + 8) + 8 : sound.malloc(bytes);
}

static void *unzeroed_calloc(size_t count, size_t bytes)
{
    size_t total = count * bytes;
    return total > 500 && total <= 600 ? sound.malloc(total) : sound.calloc(count, bytes);
}

static void *wrapping_calloc(size_t count, size_t bytes)
{
    return sound.calloc(1, count * bytes);
}

static void *short_malloc(size_t bytes)
{
    return sound.malloc(bytes > 2000 && bytes <= 2100 ? bytes - 600 : bytes);
}

static void *forgetful_realloc(void *block, size_t bytes)
{
    size_t before = sound.usable_size(block);
    char *resized = sound.realloc(block, bytes);
    if (before > 100 && bytes > 200)
        resized[88] ^= 1;
    return resized;
}

static void writing_free(void *block)
{
    size_t usable = sound.usable_size(block);
    if (usable == 96)
        memset((char *)block + usable, 0, 8);
    sound.free(block);
}

static void leaking_free(void *block)
{
    if (block == NULL || sound.usable_size(block) != 320)
        sound.free(block);
}

static size_t boasting_usable_size(void *block)
{
    size_t usable = sound.usable_size(block);
    return usable == 80 ? 96 : usable;
}

static bool wrong_stats(hm_allocator_stats *stats)
{
    bool told = sound.stats(stats);
    if (stats->allocated_bytes > 10000)
        stats->allocated_bytes -= 16;
    return told;
}

static hm_allocator_class_visitor listener;

static void tell_wrongly(void *context, const hm_allocator_class *told)
{
    hm_allocator_class wrong = *told;
    if (told->usable_bytes == 48 && told->blocks > 3)
        wrong.blocks--;
    listener(context, &wrong);
}

static bool wrong_size_classes(hm_allocator_class_visitor visit, void *context)
{
    listener = visit;
    return sound.size_classes(tell_wrongly, context);
}

static void *remembering_malloc(size_t bytes)
{
    return bytes > 900 ? remember(sound.malloc(bytes)) : sound.malloc(bytes);
}

static void losing_purge(void)
{
    sound.purge();
    if (last != NULL)
        memset(last, 0, 64);
}

static void *aborting_malloc(size_t bytes)
{
    if (bytes == 777)
        abort();
    return sound.malloc(bytes);
}

static void *hanging_malloc(size_t bytes)
{
    while (bytes == 777)
        pause();
    return sound.malloc(bytes);
}

static pid_t first_process;

static void *malloc_without_fork(size_t bytes)
{
    while (bytes == 100 && getppid() != first_process) /* the test itself is a child */
        pause();
    return sound.malloc(bytes);
}

/* One block that all threads share, without a lock. */
static void *volatile shared_block;

static void *racing_malloc(size_t bytes)
{
    void *block = shared_block;
    if (bytes <= 256 || bytes > 288 || block == NULL)
        return sound.malloc(bytes);
    sched_yield();
    shared_block = NULL;
    return block;
}

static void racing_free(void *block)
{
    if (block != NULL && sound.usable_size(block) == 288 && shared_block == NULL)
        shared_block = block;
    else
        sound.free(block);
}

typedef struct defect {
    const char *name, *what;
    hm_stress_calls calls; /* those that are broken */
    bool unsized;          /* so that every free comes through `free` */
} defect;

static const defect defects[] = {
    {"overlap",
     "malloc hands out a part of a live block",
     {.malloc = overlapping_malloc,
      .usable_size = overlapping_usable_size,
      .free = forgetting_free,
      .realloc = forgetting_realloc,
      .free_sized = forgetting_free_sized},
     false},
    {"alignment", "aligned_alloc does not align to 256", {.aligned_alloc = unaligned_alloc}, false},
    {"skew", "malloc aligns to 8 only", {.malloc = skewed_malloc}, true},
    {"zero", "calloc does not zero what was used before", {.calloc = unzeroed_calloc}, false},
    {"wrap",
     "calloc does not see that the product is too large",
     {.calloc = wrapping_calloc},
     false},
    {"short", "malloc gives less than was asked for", {.malloc = short_malloc}, true},
    {"lost-byte", "realloc changes a byte", {.realloc = forgetful_realloc}, false},
    {"neighbour", "free writes beyond the block's end", {.free = writing_free}, true},
    {"leak", "free keeps the block", {.free = leaking_free}, true},
    {"usable",
     "malloc_usable_size tells more than there is",
     {.usable_size = boasting_usable_size},
     false},
    {"total", "the account's sum is wrong", {.stats = wrong_stats}, false},
    {"class", "the account of one class is wrong", {.size_classes = wrong_size_classes}, false},
    {"purge",
     "purge takes a live block's bytes",
     {.purge = losing_purge,
      .malloc = remembering_malloc,
      .free = forgetting_free,
      .realloc = forgetting_realloc,
      .free_sized = forgetting_free_sized},
     false},
    {"crash", "malloc aborts", {.malloc = aborting_malloc}, false},
    {"hang", "malloc does not return", {.malloc = hanging_malloc}, false},
    {"fork", "malloc does not return in a forked child", {.malloc = malloc_without_fork}, false},
    {"race",
     "threads share a block without a lock",
     {.malloc = racing_malloc, .free = racing_free},
     true},
};

#define REPLACE(call)                                                                              \
    do {                                                                                           \
        if (broken->call != NULL)                                                                  \
            calls->call = broken->call;                                                            \
    } while (0)

static void replace(hm_stress_calls *calls, const hm_stress_calls *broken)
{
    REPLACE(malloc);
    REPLACE(calloc);
    REPLACE(realloc);
    REPLACE(free);
    REPLACE(aligned_alloc);
    REPLACE(free_sized);
    REPLACE(usable_size);
    REPLACE(stats);
    REPLACE(size_classes);
    REPLACE(purge);
}

bool shadow_break(hm_stress_calls *calls, const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(defects); index++) {
        if (strcmp(defects[index].name, name) != 0)
            continue;
        sound = *calls;
        first_process = getpid();
        replace(calls, &defects[index].calls);
        if (defects[index].unsized)
            calls->free_sized = NULL;
        return true;
    }
    return false;
}

void shadow_broken_list(FILE *stream)
{
    for (size_t index = 0; index < HM_COUNT_OF(defects); index++)
        fprintf(stream, "  %-10s %s\n", defects[index].name, defects[index].what);
}
