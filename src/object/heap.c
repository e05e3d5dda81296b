#include "object/heap.h"

#include "object/dict.h"
#include "object/freelist.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text_layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool hm_fail(hm_heap *heap, hm_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    heap->error.status = status;
    vsnprintf(heap->error.message, sizeof heap->error.message, format, arguments);
    va_end(arguments);
    return false;
}

hm_heap_config hm_heap_config_default(const hm_allocator *allocator, const hm_collector *collector)
{
    return (hm_heap_config){.allocator = allocator,
                            .collector = collector,
                            .settings = collector->defaults,
                            .ledger = true};
}

static hm_status check_config(const hm_heap_config *config, hm_error *error)
{
    if (config->allocator == NULL || config->collector == NULL)
        return hm_error_set(error, HM_USAGE_ERROR, "a heap needs an allocator and a collector");
    if (config->sized_free && config->allocator->free_sized == NULL)
        return hm_error_set(error, HM_USAGE_ERROR, "%s has no sized free", config->allocator->name);
    return HM_OK;
}

void hm_heap_arm_collector(hm_heap *heap)
{
    const hm_collector_settings *settings = &heap->settings;
    bool collects = settings->automatic && heap->collector->step != NULL &&
                    settings->thresholds[0] != 0 && !heap->destroying;
    heap->young_threshold = !collects           ? UINT32_MAX
                            : HM_COLLECT_ALWAYS ? 0
                                                : settings->thresholds[0];
}

static void configure(hm_heap *heap, const hm_heap_config *config)
{
    const hm_collector *collector = config->collector;
    heap->allocator = *config->allocator;
    heap->sized = config->sized_free;
    heap->collector = collector;
    heap->settings = config->settings;
    heap->prefix_bytes = collector->prefix_bytes;
    heap->links = (collector->capabilities & HM_COLLECTOR_LINKS) != 0;
    HM_CHECK(!heap->links || collector->prefix_bytes == sizeof(hm_gc_link));
    heap->ending = heap->links && collector->on_store == NULL ? 0 : HM_ENDING_TOLD;
    heap->quick_sizes = heap->ending == 0 ? HM_FREELIST_SIZES : 0;
    hm_gc_list_init(&heap->young);
    heap->on_track = collector->on_track;
    heap->on_untrack = collector->on_untrack;
    heap->on_store = collector->on_store;
    heap->sink = config->sink;
    heap->hash_seed = config->hash_seed;
    hm_freelists_close(heap);
    if (config->freelists)
        hm_freelists_open(heap);
    hm_heap_arm_collector(heap);
}

hm_heap *hm_heap_create(const hm_heap_config *config, hm_error *error)
{
    if (check_config(config, error) != HM_OK)
        return NULL;
    hm_heap *heap = config->allocator->calloc(1, sizeof *heap);
    if (heap == NULL)
        goto no_memory;
    configure(heap, config);
    if (config->collector->init != NULL && config->collector->init(heap, error) != HM_OK)
        goto no_memory;
    bool keeps_no_books = (config->collector->capabilities & HM_COLLECTOR_ENUMERATES) == 0;
    if (config->ledger && keeps_no_books && !hm_ledger_create(heap))
        goto no_memory;
    return heap;

no_memory:
    hm_error_set(error, HM_NO_MEMORY, "no memory for a heap");
    if (heap != NULL)
        hm_heap_destroy(heap);
    return NULL;
}

void hm_tell_stores(hm_heap *heap, hm_object *owner, hm_object *const *values, size_t count)
{
    for (size_t index = 0; index < count; index++)
        heap->on_store(heap, owner, values[index]);
}

void hm_heap_enumerate(hm_heap *heap, hm_visitor visit, void *context)
{
    if (heap->collector->enumerate != NULL && heap->collector_state != NULL)
        heap->collector->enumerate(heap, HM_EVERY_GENERATION, visit, context);
    else if (heap->ledger != NULL)
        hm_ledger_enumerate(heap, visit, context);
}

static void release_roots(hm_heap *heap)
{
    for (size_t root = 0; root < heap->root_count; root++) {
        for (size_t slot = 0; slot < heap->roots[root].count; slot++) {
            hm_object *object = heap->roots[root].slots[slot];
            heap->roots[root].slots[slot] = NULL;
            hm_xdecref(heap, object);
        }
    }
    if (heap->roots != NULL)
        hm_memory_free(heap, heap->roots, heap->root_capacity * sizeof *heap->roots);
}

void hm_heap_destroy(hm_heap *heap)
{
    heap->destroying = true;
    hm_heap_arm_collector(heap);
    hm_freelists_close(heap);
    release_roots(heap);
    hm_heap_free_containers(heap);
    hm_str_forget_all(heap);
    if (heap->gc.callbacks != NULL)
        hm_memory_free(heap, heap->gc.callbacks,
                       heap->gc.callback_capacity * sizeof *heap->gc.callbacks);
    if (heap->collector->fini != NULL)
        heap->collector->fini(heap);
    hm_ledger_destroy(heap);
    hm_allocator allocator = heap->allocator;
    if (heap->sized)
        allocator.free_sized(heap, sizeof *heap);
    else
        allocator.free(heap);
}

bool hm_heap_add_roots(hm_heap *heap, hm_object **slots, size_t count)
{
    if (heap->root_count == heap->root_capacity) {
        size_t capacity = heap->root_capacity == 0 ? 8 : heap->root_capacity * 2;
        hm_roots *roots = hm_memory_resize(heap, heap->roots, heap->root_capacity * sizeof *roots,
                                           capacity * sizeof *roots);
        if (roots == NULL)
            return hm_fail(heap, HM_NO_MEMORY, "no memory for %zu runs of roots", capacity);
        heap->roots = roots;
        heap->root_capacity = capacity;
    }
    heap->roots[heap->root_count++] = (hm_roots){slots, count};
    return true;
}

void hm_heap_remove_roots(hm_heap *heap, hm_object **slots)
{
    for (size_t root = 0; root < heap->root_count; root++) {
        if (heap->roots[root].slots != slots)
            continue;
        heap->roots[root] = heap->roots[--heap->root_count];
        return;
    }
}

void hm_heap_set_unraisable_hook(hm_heap *heap, hm_unraisable_hook hook, void *context)
{
    heap->unraisable = hook;
    heap->unraisable_context = context;
}

int64_t hm_heap_collect(hm_heap *heap, int generation)
{
    if (generation < 0 || generation >= HM_GENERATIONS) {
        hm_fail(heap, HM_VALUE_ERROR, "invalid generation");
        return -1;
    }
    if (heap->collector->collect == NULL || heap->destroying)
        return 0;
    return heap->collector->collect(heap, generation);
}

hm_object *hm_heap_garbage(hm_heap *heap)
{
    return heap->collector->garbage == NULL ? NULL : heap->collector->garbage(heap, false);
}

hm_collection_counts hm_heap_collection_counts(const hm_heap *heap)
{
    hm_collection_counts sum = {0};
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        if (heap->collector->counts == NULL)
            break;
        hm_collection_counts counts = heap->collector->counts(heap, generation);
        sum.collections += counts.collections;
        sum.collected += counts.collected;
        sum.uncollectable += counts.uncollectable;
        sum.traversed += counts.traversed;
    }
    return sum;
}
