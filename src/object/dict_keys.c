#include "object/dict_keys.h"

#include "object/memory.h"
#include "object/text_layout.h"

#include <string.h>

typedef struct str_entry {
    hm_object *key;
    hm_object *value;
} str_entry;

typedef struct any_entry {
    uint64_t hash;
    hm_object *key;
    hm_object *value;
} any_entry;

enum { PERTURB_SHIFT = 5 };

static hm_dict_keys empty = {.str_only = true, .index = {0xff}};

hm_dict_keys *const hm_dict_keys_empty = &empty;

static size_t slots_of(const hm_dict_keys *keys)
{
    return (size_t)1 << keys->size_log2;
}

static size_t index_bytes(const hm_dict_keys *keys)
{
    return slots_of(keys) << keys->index_width_log2;
}

static size_t usable_of(size_t slots)
{
    return (slots << 1) / 3;
}

static size_t entry_bytes(const hm_dict_keys *keys)
{
    return keys->str_only ? sizeof(str_entry) : sizeof(any_entry);
}

static unsigned char *entries_of(const hm_dict_keys *keys)
{
    return (unsigned char *)keys->index + index_bytes(keys);
}

static str_entry *str_entries(const hm_dict_keys *keys)
{
    return (str_entry *)(void *)entries_of(keys);
}

static any_entry *any_entries(const hm_dict_keys *keys)
{
    return (any_entry *)(void *)entries_of(keys);
}

static unsigned width_log2_for(unsigned size_log2)
{
    return size_log2 < 8 ? 0 : size_log2 < 16 ? 1 : size_log2 < 32 ? 2 : 3;
}

/* calculate_log2_keysize: one step up from 8 even for a few, so that a dict which changes its kind
 * of key with one entry has 16 slots, as in CPython. */
unsigned hm_dict_keys_log2_for(size_t slots)
{
    unsigned log2 = 3;
    slots = (slots | 8) - 1;
    while (slots >> log2 != 0)
        log2++;
    return log2;
}

size_t hm_dict_keys_bytes(const hm_dict_keys *keys)
{
    if (keys == hm_dict_keys_empty)
        return 0;
    return offsetof(hm_dict_keys, index) + index_bytes(keys) +
           usable_of(slots_of(keys)) * entry_bytes(keys);
}

hm_dict_keys *hm_dict_keys_new(hm_heap *heap, unsigned size_log2, bool str_only)
{
    hm_dict_keys header = {.size_log2 = (uint8_t)size_log2,
                           .index_width_log2 = (uint8_t)width_log2_for(size_log2),
                           .str_only = str_only};
    header.usable = usable_of(slots_of(&header));
    size_t bytes = hm_dict_keys_bytes(&header);
    hm_dict_keys *keys = size_log2 > 50 ? NULL : hm_memory_allocate(heap, bytes);
    if (keys == NULL) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a dict of %zu entries", header.usable);
        return NULL;
    }
    memcpy(keys, &header, offsetof(hm_dict_keys, index));
    memset(keys->index, 0xff, index_bytes(keys));
    memset(entries_of(keys), 0, header.usable * entry_bytes(keys));
    return keys;
}

void hm_dict_keys_free(hm_heap *heap, hm_dict_keys *keys)
{
    if (keys != hm_dict_keys_empty)
        hm_memory_free(heap, keys, hm_dict_keys_bytes(keys));
}

static int64_t slot_get(const hm_dict_keys *keys, size_t slot)
{
    const void *index = keys->index;
    switch (keys->index_width_log2) {
    case 0:
        return ((const int8_t *)index)[slot];
    case 1:
        return ((const int16_t *)index)[slot];
    case 2:
        return ((const int32_t *)index)[slot];
    default:
        return ((const int64_t *)index)[slot];
    }
}

static void slot_set(hm_dict_keys *keys, size_t slot, int64_t entry)
{
    void *index = keys->index;
    switch (keys->index_width_log2) {
    case 0:
        ((int8_t *)index)[slot] = (int8_t)entry;
        break;
    case 1:
        ((int16_t *)index)[slot] = (int16_t)entry;
        break;
    case 2:
        ((int32_t *)index)[slot] = (int32_t)entry;
        break;
    default:
        ((int64_t *)index)[slot] = entry;
        break;
    }
}

hm_object **hm_dict_keys_key(const hm_dict_keys *keys, size_t entry)
{
    return keys->str_only ? &str_entries(keys)[entry].key : &any_entries(keys)[entry].key;
}

hm_object **hm_dict_keys_value(const hm_dict_keys *keys, size_t entry)
{
    return keys->str_only ? &str_entries(keys)[entry].value : &any_entries(keys)[entry].value;
}

static bool entry_matches(const hm_dict_keys *keys, int64_t entry, const hm_object *key,
                          uint64_t hash)
{
    if (keys->str_only) {
        const hm_object *candidate = str_entries(keys)[entry].key;
        return candidate == key ||
               (((const hm_str *)candidate)->hash == hash && hm_object_equal(candidate, key));
    }
    const any_entry *candidate = &any_entries(keys)[entry];
    return candidate->key == key ||
           (candidate->hash == hash && hm_object_equal(candidate->key, key));
}

/* Probes as CPython: linear congruential steps perturbed by the upper bits of the hash. */
typedef struct probe {
    size_t mask, slot;
    uint64_t perturb;
} probe;

static inline probe probe_begin(const hm_dict_keys *keys, uint64_t hash)
{
    size_t mask = slots_of(keys) - 1;
    return (probe){.mask = mask, .slot = hash & mask, .perturb = hash};
}

static inline void probe_next(probe *step)
{
    step->perturb >>= PERTURB_SHIFT;
    step->slot = (step->slot * 5 + step->perturb + 1) & step->mask;
}

int64_t hm_dict_keys_find(const hm_dict_keys *keys, hm_object *key, uint64_t hash)
{
    for (probe step = probe_begin(keys, hash);; probe_next(&step)) {
        int64_t entry = slot_get(keys, step.slot);
        if (entry == HM_INDEX_EMPTY)
            return HM_INDEX_EMPTY;
        if (entry != HM_INDEX_DUMMY && entry_matches(keys, entry, key, hash))
            return entry;
    }
}

void hm_dict_keys_add(hm_dict_keys *keys, hm_object *key, uint64_t hash, hm_object *value)
{
    HM_ASSERT(keys->usable > 0);
    probe step = probe_begin(keys, hash);
    while (slot_get(keys, step.slot) >= 0)
        probe_next(&step);
    size_t entry = keys->entry_count++;
    keys->usable--;
    slot_set(keys, step.slot, (int64_t)entry);
    if (keys->str_only)
        str_entries(keys)[entry] = (str_entry){key, value};
    else
        any_entries(keys)[entry] = (any_entry){hash, key, value};
}

void hm_dict_keys_remove(hm_dict_keys *keys, int64_t entry, uint64_t hash)
{
    probe step = probe_begin(keys, hash);
    while (slot_get(keys, step.slot) != entry)
        probe_next(&step);
    slot_set(keys, step.slot, HM_INDEX_DUMMY);
    *hm_dict_keys_key(keys, (size_t)entry) = NULL;
    *hm_dict_keys_value(keys, (size_t)entry) = NULL;
}

uint64_t hm_dict_keys_hash(const hm_dict_keys *keys, size_t entry)
{
    return keys->str_only ? ((const hm_str *)*hm_dict_keys_key(keys, entry))->hash
                          : any_entries(keys)[entry].hash;
}

void hm_dict_keys_move(hm_dict_keys *to, const hm_dict_keys *from)
{
    for (size_t entry = 0; entry < from->entry_count; entry++) {
        hm_object *key = *hm_dict_keys_key(from, entry);
        if (key == NULL)
            continue;
        hm_dict_keys_add(to, key, hm_dict_keys_hash(from, entry), *hm_dict_keys_value(from, entry));
    }
}
