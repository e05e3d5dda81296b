/**
 * This module is sums and differences of traces, as tracemalloc makes them. Rows with a key each
 * are sorted by key, neighbours with the same key are summed, and the sums are sorted by size: no
 * key needs a hash, and rows are few, because a snapshot holds groups and not traces.
 */
#include "trace/snapshot.h"
#include "trace/storage.h"

#include <stdlib.h>
#include <string.h>

/* -1, 0 or 1. */
#define ORDER(left, right) (((left) > (right)) - ((left) < (right)))

static int compare_frames(const hm_trace_frame *left, const hm_trace_frame *right)
{
    int order = strcmp(left->file, right->file);
    return order != 0 ? order : ORDER(left->line, right->line);
}

static int compare_keys(const hm_trace_statistic *left, const hm_trace_statistic *right)
{
    if (left->type != NULL)
        return strcmp(left->type, right->type);
    const hm_traceback *a = &left->traceback, *b = &right->traceback;
    for (size_t index = 0; index < a->length && index < b->length; index++) {
        int order = compare_frames(&a->frames[index], &b->frames[index]);
        if (order != 0)
            return order;
    }
    return ORDER(a->length, b->length);
}

static int by_key(const void *left, const void *right)
{
    return compare_keys(left, right);
}

/* Statistic._sort_key, descending. */
static int by_size(const void *left, const void *right)
{
    const hm_trace_statistic *a = left, *b = right;
    int order = ORDER(b->size_bytes, a->size_bytes);
    order = order != 0 ? order : ORDER(b->count, a->count);
    return order != 0 ? order : compare_keys(b, a);
}

/* StatisticDiff._sort_key, descending. */
static int by_difference(const void *left, const void *right)
{
    const hm_trace_statistic *a = left, *b = right;
    int order = ORDER(llabs(b->size_difference), llabs(a->size_difference));
    order = order != 0 ? order : ORDER(b->size_bytes, a->size_bytes);
    order = order != 0 ? order : ORDER(llabs(b->count_difference), llabs(a->count_difference));
    order = order != 0 ? order : ORDER(b->count, a->count);
    return order != 0 ? order : compare_keys(b, a);
}

static void sort(hm_vector *rows, int (*order)(const void *, const void *))
{
    if (rows->length > 1)
        qsort(rows->items, rows->length, sizeof(hm_trace_statistic), order);
}

static bool add_row(hm_vector *rows, const hm_trace_group *group, hm_traceback key,
                    const char *type)
{
    hm_trace_statistic *row = hm_vector_append(rows, sizeof *row);
    if (row == NULL)
        return false;
    row->traceback = key;
    row->type = type;
    row->size_bytes = group->size_bytes;
    row->count = group->count;
    return true;
}

/* A key of one frame; that of a file has line 0 and no function. */
static bool add_frame_row(hm_vector *rows, hm_region *region, const hm_trace_group *group,
                          size_t index, hm_trace_key key)
{
    const hm_trace_frame *frame = &group->traceback->frames[index];
    if (key == HM_TRACE_BY_FILE) {
        hm_trace_frame *file = hm_region_allocate(region, sizeof *file);
        if (file == NULL)
            return false;
        *file = (hm_trace_frame){frame->file, "", 0};
        frame = file;
    }
    return add_row(rows, group, (hm_traceback){frame, 1, 1}, NULL);
}

static bool add_rows(hm_vector *rows, hm_region *region, const hm_trace_group *group,
                     hm_trace_key key, bool cumulative)
{
    if (key == HM_TRACE_BY_TYPE)
        return add_row(rows, group, (hm_traceback){0}, group->type);
    if (key == HM_TRACE_BY_TRACEBACK)
        return add_row(rows, group, *group->traceback, NULL);
    size_t last = group->traceback->length - 1;
    for (size_t index = cumulative ? 0 : last; index <= last; index++) {
        if (!add_frame_row(rows, region, group, index, key))
            return false;
    }
    return true;
}

/* Sums neighbours of the same key, in place. */
static void merge(hm_vector *rows)
{
    hm_trace_statistic *items = rows->items;
    size_t length = 0;
    for (size_t index = 0; index < rows->length; index++) {
        if (length > 0 && compare_keys(&items[length - 1], &items[index]) == 0) {
            items[length - 1].size_bytes += items[index].size_bytes;
            items[length - 1].count += items[index].count;
        } else {
            items[length++] = items[index];
        }
    }
    rows->length = length;
}

/* Sums in the order of their keys; false: no memory, and what there is must be released. */
static bool sum(const hm_trace_snapshot *snapshot, hm_trace_key key, bool cumulative,
                hm_vector *rows, hm_region *region)
{
    for (size_t index = 0; index < snapshot->group_count; index++) {
        if (!add_rows(rows, region, &snapshot->groups[index], key, cumulative))
            return false;
    }
    sort(rows, by_key);
    merge(rows);
    return true;
}

static hm_status check(hm_trace_key key, bool cumulative, hm_error *error)
{
    if (cumulative && (key == HM_TRACE_BY_TRACEBACK || key == HM_TRACE_BY_TYPE))
        return hm_error_set(error, HM_VALUE_ERROR,
                            "cumulative mode cannot be used with key type '%s'",
                            key == HM_TRACE_BY_TYPE ? "type" : "traceback");
    return HM_OK;
}

static hm_trace_statistics *finish(hm_vector rows, hm_region region, bool compared, hm_error *error)
{
    hm_trace_storage *storage = hm_trace_storage_new(region, rows);
    hm_trace_statistics *statistics =
        storage == NULL ? NULL : hm_region_allocate(&storage->region, sizeof *statistics);
    if (statistics != NULL) {
        *statistics = (hm_trace_statistics){rows.items, rows.length, compared, storage};
        return statistics;
    }
    if (storage != NULL)
        hm_trace_storage_release(storage);
    hm_error_set(error, HM_NO_MEMORY, "no memory for statistics");
    return NULL;
}

static hm_trace_statistics *give_up(hm_vector *rows, hm_region *region, hm_error *error)
{
    hm_vector_release(rows);
    hm_region_release(region);
    hm_error_set(error, HM_NO_MEMORY, "no memory for statistics");
    return NULL;
}

hm_trace_statistics *hm_trace_get_statistics(const hm_trace_snapshot *snapshot, hm_trace_key key,
                                             bool cumulative, hm_error *error)
{
    if (check(key, cumulative, error) != HM_OK)
        return NULL;
    hm_vector rows = {0};
    hm_region region = {0};
    if (!sum(snapshot, key, cumulative, &rows, &region))
        return give_up(&rows, &region, error);
    sort(&rows, by_size);
    return finish(rows, region, false, error);
}

static bool add_difference(hm_vector *rows, const hm_trace_statistic *now,
                           const hm_trace_statistic *before)
{
    hm_trace_statistic *row = hm_vector_append(rows, sizeof *row);
    if (row == NULL)
        return false;
    *row = now != NULL ? *now : *before;
    row->size_bytes = now == NULL ? 0 : now->size_bytes;
    row->count = now == NULL ? 0 : now->count;
    row->size_difference = (int64_t)(row->size_bytes - (before == NULL ? 0 : before->size_bytes));
    row->count_difference = (int64_t)(row->count - (before == NULL ? 0 : before->count));
    return true;
}

/* Walks both, which are sorted by key, side by side. */
static bool subtract(hm_vector *rows, const hm_vector *now, const hm_vector *before)
{
    const hm_trace_statistic *a = now->items, *b = before->items;
    const hm_trace_statistic *a_end = a + now->length, *b_end = b + before->length;
    while (a < a_end || b < b_end) {
        int order = a == a_end ? 1 : b == b_end ? -1 : compare_keys(a, b);
        if (!add_difference(rows, order <= 0 ? a : NULL, order >= 0 ? b : NULL))
            return false;
        a += order <= 0;
        b += order >= 0;
    }
    return true;
}

hm_trace_statistics *hm_trace_compare_to(const hm_trace_snapshot *snapshot,
                                         const hm_trace_snapshot *old, hm_trace_key key,
                                         bool cumulative, hm_error *error)
{
    if (check(key, cumulative, error) != HM_OK)
        return NULL;
    hm_vector now = {0}, before = {0}, rows = {0};
    hm_region region = {0};
    bool done = sum(snapshot, key, cumulative, &now, &region) &&
                sum(old, key, cumulative, &before, &region) && subtract(&rows, &now, &before);
    hm_vector_release(&now);
    hm_vector_release(&before);
    if (!done)
        return give_up(&rows, &region, error);
    sort(&rows, by_difference);
    return finish(rows, region, true, error);
}

void hm_trace_statistics_destroy(hm_trace_statistics *statistics)
{
    if (statistics != NULL)
        hm_trace_storage_release(statistics->storage);
}
