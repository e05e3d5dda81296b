#include "bench/timeline/series.h"

#include "base/check.h"
#include "base/system_memory.h"

#include <string.h>

bool hm_timeline_series_open(hm_timeline_series *series, size_t item_bytes, size_t room)
{
    HM_CHECK(room >= 2);
    room -= room % 2;
    *series = (hm_timeline_series){.item_bytes = item_bytes, .room = room, .stride = 1};
    series->items = hm_system_map(item_bytes * room);
    if (series->items == NULL)
        return false;
    memset(series->items, 0, item_bytes * room);
    return true;
}

static void drop_every_second(hm_timeline_series *series)
{
    for (size_t index = 1; 2 * index < series->count; index++)
        memcpy(series->items + index * series->item_bytes,
               series->items + 2 * index * series->item_bytes, series->item_bytes);
    series->count = (series->count + 1) / 2;
    series->stride *= 2;
}

void hm_timeline_series_add(hm_timeline_series *series, const void *item)
{
    uint64_t number = series->offered++;
    if (number % series->stride != 0)
        return;
    /* The room is even, so the item that finds it full is one that the longer stride keeps. */
    if (series->count == series->room)
        drop_every_second(series);
    memcpy(series->items + series->count * series->item_bytes, item, series->item_bytes);
    series->count++;
}

const void *hm_timeline_series_at(const hm_timeline_series *series, size_t index)
{
    HM_CHECK(index < series->count);
    return series->items + index * series->item_bytes;
}

void hm_timeline_series_close(hm_timeline_series *series)
{
    if (series->items != NULL)
        hm_system_unmap(series->items, series->item_bytes * series->room);
    *series = (hm_timeline_series){0};
}
