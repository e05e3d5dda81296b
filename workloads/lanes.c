/** The lanes of workloads; see lanes.h. */
#include "workloads/lanes.h"

#include "base/random.h"
#include "base/system_memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LANE_ALIGNMENT = 128 }; /* two cache lines: lanes of two threads share none */

struct hm_lanes {
    const hm_workload_context *context;
    unsigned count;
    size_t stride;
    size_t bytes;
    void (*close)(void *lane);
};

static size_t align_up(size_t bytes)
{
    return (bytes + LANE_ALIGNMENT - 1) / LANE_ALIGNMENT * LANE_ALIGNMENT;
}

unsigned hm_lanes_count(const void *state)
{
    return ((const hm_lanes *)state)->count;
}

void *hm_lanes_at(void *state, unsigned thread)
{
    hm_lanes *lanes = state;
    return (char *)lanes + align_up(sizeof *lanes) + thread * lanes->stride;
}

void *hm_lanes_setup(const hm_workload_context *context, size_t lane_bytes,
                     bool (*open)(void *lane), void (*close)(void *lane))
{
    size_t stride = align_up(lane_bytes);
    size_t bytes = align_up(sizeof(hm_lanes)) + stride * context->threads;
    hm_lanes *lanes = hm_system_map(bytes);
    if (lanes == NULL) {
        hm_error_set(context->error, HM_NO_MEMORY, "the kernel refused %zu bytes for a workload",
                     bytes);
        return NULL;
    }
    *lanes = (hm_lanes){.context = context,
                        .count = context->threads,
                        .stride = stride,
                        .bytes = bytes,
                        .close = close};
    bool opened = true;
    uint64_t seeds = context->seed;
    for (unsigned thread = 0; thread < context->threads; thread++) {
        hm_lane *lane = hm_lanes_at(lanes, thread);
        *lane = (hm_lane){.heap = context->heaps == NULL ? NULL : context->heaps[thread],
                          .allocator = context->allocator,
                          .sized_free = context->sized_free,
                          .parameters = context->parameters,
                          .owner = lanes,
                          .error = &context->error[thread],
                          .seed = hm_splitmix64(&seeds)};
        opened = opened && open(lane);
    }
    if (opened)
        return lanes;
    hm_lanes_teardown(lanes);
    return NULL;
}

void hm_lanes_teardown(void *state)
{
    hm_lanes *lanes = state;
    for (unsigned thread = 0; thread < lanes->count; thread++)
        lanes->close(hm_lanes_at(lanes, thread));
    hm_system_unmap(lanes, lanes->bytes);
}

bool hm_lanes_check(void *state, uint64_t *checksum)
{
    hm_lanes *lanes = state;
    *checksum = 0;
    for (unsigned thread = 0; thread < lanes->count; thread++)
        *checksum = hm_checksum_add(*checksum, ((hm_lane *)hm_lanes_at(lanes, thread))->checksum);
    return true;
}

bool hm_lane_fail(hm_lane *lane, hm_status status, const char *format, ...)
{
    hm_error *error = lane->error;
    if (error->status != HM_OK)
        return false;
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return false;
}

bool hm_lane_heap_failed(hm_lane *lane, const char *doing)
{
    const hm_error *met = &lane->heap->error;
    if (met->status == HM_OK)
        return hm_lane_fail(lane, HM_RUNTIME_ERROR, "%s failed and the heap does not say why",
                            doing);
    return hm_lane_fail(lane, met->status, "%s: %s: %.400s", doing, hm_status_name(met->status),
                        met->message);
}

bool hm_lane_block_failed(hm_lane *lane, const char *workload, uint64_t bytes)
{
    return hm_lane_fail(lane, HM_NO_MEMORY, "%s: the allocator refused %llu bytes", workload,
                        (unsigned long long)bytes);
}

/* Faults the pages in now: the workload's own tables belong to the setup's account of memory, not
 * to that of the phases that fill them. */
static void touch(void *pages, size_t bytes)
{
    memset(pages, 0, bytes);
}

bool hm_table_open(hm_lane *lane, hm_table *table, size_t count, size_t bytes)
{
    table->bytes = count * bytes;
    table->at = hm_system_map(table->bytes);
    if (table->at == NULL)
        return hm_lane_fail(lane, HM_NO_MEMORY, "the kernel refused %zu bytes for a workload",
                            table->bytes);
    touch(table->at, table->bytes);
    return true;
}

void hm_table_close(hm_table *table)
{
    if (table->at != NULL)
        hm_system_unmap(table->at, table->bytes);
    *table = (hm_table){0};
}

bool hm_slots_open(hm_lane *lane, hm_slots *slots, size_t count)
{
    slots->at = hm_system_map(count * sizeof *slots->at);
    if (slots->at == NULL)
        return hm_lane_fail(lane, HM_NO_MEMORY, "the kernel refused %zu root slots", count);
    slots->count = count; /* where there are none, nobody finds any to drop */
    touch(slots->at, count * sizeof *slots->at);
    slots->registered = hm_heap_add_roots(lane->heap, slots->at, count);
    return slots->registered || hm_lane_heap_failed(lane, "registering roots");
}

void hm_slots_drop(hm_lane *lane, hm_slots *slots)
{
    for (size_t index = 0; index < slots->count; index++) {
        hm_object *object = slots->at[index];
        slots->at[index] = NULL;
        hm_xdecref(lane->heap, object);
    }
}

void hm_slots_close(hm_lane *lane, hm_slots *slots)
{
    if (slots->at == NULL)
        return;
    hm_slots_drop(lane, slots);
    if (slots->registered)
        hm_heap_remove_roots(lane->heap, slots->at);
    hm_system_unmap(slots->at, slots->count * sizeof *slots->at);
    *slots = (hm_slots){0};
}
