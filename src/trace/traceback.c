#include "trace/traceback.h"

#include "base/check.h"
#include "base/system_memory.h"

#include <string.h>

enum { FIRST_BUCKETS = 1024 };

static uint32_t hash_items(const void *const *items, uint32_t length, uint32_t total)
{
    uint64_t hash = total;
    for (uint32_t index = 0; index < length; index++) {
        hash = (hash ^ (uint64_t)(uintptr_t)items[index]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

const hm_traceback_record *hm_traceback_at(const hm_traceback_store *store, uint32_t index)
{
    HM_ASSERT(index < store->records.length);
    return ((hm_traceback_record *const *)store->records.items)[index];
}

static bool is_same(const hm_traceback_record *record, uint32_t hash, const void *const *items,
                    uint32_t length, uint32_t total)
{
    return record->hash == hash && record->length == length && record->total == total &&
           memcmp(record->items, items, length * sizeof *items) == 0;
}

static bool grow_buckets(hm_traceback_store *store)
{
    size_t count = store->bucket_count == 0 ? FIRST_BUCKETS : 2 * store->bucket_count;
    uint32_t *buckets = hm_system_map(count * sizeof *buckets);
    if (buckets == NULL)
        return false;
    for (uint32_t index = 0; index < store->records.length; index++) {
        size_t bucket = hm_traceback_at(store, index)->hash & (count - 1);
        while (buckets[bucket] != 0)
            bucket = (bucket + 1) & (count - 1);
        buckets[bucket] = index + 1;
    }
    hm_system_unmap(store->buckets, store->bucket_count * sizeof *store->buckets);
    store->buckets = buckets;
    store->bucket_count = count;
    return true;
}

static uint32_t add_record(hm_traceback_store *store, uint32_t hash, const void *const *items,
                           uint32_t length, uint32_t total)
{
    if (store->records.length >= HM_NO_TRACEBACK - 1)
        return HM_NO_TRACEBACK;
    hm_traceback_record *record =
        hm_region_allocate(&store->region, sizeof(hm_traceback_record) + length * sizeof(void *));
    if (record == NULL)
        return HM_NO_TRACEBACK;
    hm_traceback_record **slot = hm_vector_append(&store->records, sizeof *slot);
    if (slot == NULL)
        return HM_NO_TRACEBACK;
    record->hash = hash;
    record->length = length;
    record->total = total;
    memcpy(record->items, items, length * sizeof(void *));
    *slot = record;
    return (uint32_t)store->records.length - 1;
}

uint32_t hm_traceback_intern(hm_traceback_store *store, const void *const *items, uint32_t length,
                             uint32_t total)
{
    if (2 * store->records.length >= store->bucket_count && !grow_buckets(store))
        return HM_NO_TRACEBACK;
    uint32_t hash = hash_items(items, length, total);
    size_t mask = store->bucket_count - 1;
    size_t bucket = hash & mask;
    for (; store->buckets[bucket] != 0; bucket = (bucket + 1) & mask) {
        uint32_t index = store->buckets[bucket] - 1;
        if (is_same(hm_traceback_at(store, index), hash, items, length, total))
            return index;
    }
    uint32_t index = add_record(store, hash, items, length, total);
    if (index != HM_NO_TRACEBACK)
        store->buckets[bucket] = index + 1;
    return index;
}

size_t hm_traceback_store_bytes(const hm_traceback_store *store)
{
    return store->region.mapped_bytes + store->records.mapped_bytes +
           store->bucket_count * sizeof *store->buckets;
}

void hm_traceback_store_release(hm_traceback_store *store)
{
    hm_region_release(&store->region);
    hm_vector_release(&store->records);
    hm_system_unmap(store->buckets, store->bucket_count * sizeof *store->buckets);
    *store = (hm_traceback_store){0};
}
