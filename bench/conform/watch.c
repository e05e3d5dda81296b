#include "bench/conform/watch.h"

static hm_allocator inner;
static hm_conform_labels *watched;
static size_t prefix;

/* The block is only asked for its address, before it is freed. */
static void forget(void *block)
{
    if (watched != NULL && watched->count > 0 && block != NULL)
        hm_conform_label_forget(watched, (const hm_object *)(void *)((char *)block + prefix));
}

static void watch_free(void *block)
{
    forget(block);
    inner.free(block);
}

static void watch_free_sized(void *block, size_t bytes)
{
    forget(block);
    inner.free_sized(block, bytes);
}

void hm_conform_watch_decorate(const hm_allocator *allocator, hm_allocator *decorated)
{
    inner = *allocator;
    *decorated = *allocator;
    decorated->free = watch_free;
    if (inner.free_sized != NULL)
        decorated->free_sized = watch_free_sized;
}

void hm_conform_watch_labels(hm_conform_labels *labels, size_t prefix_bytes)
{
    watched = labels;
    prefix = prefix_bytes;
}
