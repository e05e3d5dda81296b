#include "object/dict_keys.h"

#include "object/dict_index.h"
#include "object/freelist.h"
#include "object/memory.h"

#include <string.h>

/* 2^64 over the golden ratio: its multiples lie as far from each other as they can (Knuth, The Art
 * of Computer Programming 3, 6.4). */
#define FIRST_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

enum {
    SMALLEST_LOG2 = 3,
    LARGEST_LOG2 = 32,
    MOST_TRIES = 4,
    /* Entries whose places a rebuild of a large index works out in one turn, before it enters those
     * of the turn before. */
    AHEAD = 16,
    /* From this many slots on the index is larger than a first-level cache. */
    LARGE_INDEX_LOG2 = 13
};

hm_small_keys hm_small_keys_empty = {.keys = {.slot_mask = HM_GROUP_SLOTS - 1,
                                              .shift = LARGEST_LOG2 - SMALLEST_LOG2,
                                              .kind = HM_KIND_SMALL,
                                              .entry_bytes = HM_STR_ENTRY_BYTES}};

static unsigned size_log2_of(const hm_dict_keys *keys)
{
    return LARGEST_LOG2 - (unsigned)keys->shift;
}

static unsigned width_log2_for(unsigned size_log2)
{
    return size_log2 < 8 ? 0 : size_log2 < 16 ? 1 : 2;
}

static size_t index_bytes(unsigned size_log2)
{
    return (size_t)1 << size_log2 << width_log2_for(size_log2);
}

/* CPython's USABLE_FRACTION. */
static size_t usable_of(unsigned size_log2)
{
    return ((size_t)2 << size_log2) / 3;
}

static size_t block_bytes(unsigned size_log2, size_t entry_bytes)
{
    return sizeof(hm_dict_keys) + usable_of(size_log2) * entry_bytes + index_bytes(size_log2);
}

/* calculate_log2_keysize: one step up from 8 even for a few, so that a dict which changes its kind
 * of key with one entry has 16 slots, as in CPython. */
unsigned hm_dict_keys_log2_for(size_t slots)
{
    unsigned log2 = SMALLEST_LOG2;
    slots = (slots | 8) - 1;
    while (slots >> log2 != 0)
        log2++;
    return log2;
}

size_t hm_dict_keys_bytes(const hm_dict_keys *keys)
{
    return keys == hm_dict_keys_empty ? 0 : block_bytes(size_log2_of(keys), keys->entry_bytes);
}

void hm_dict_keys_free(hm_heap *heap, hm_dict_keys *keys)
{
    if (keys == hm_dict_keys_empty)
        return;
    if (!hm_dict_is_small(keys) || !hm_freelist_push(heap, HM_FREELIST_DICT_KEYS, keys))
        hm_memory_free(heap, keys, hm_dict_keys_bytes(keys));
}

/* Gives an entry whose home is taken the first empty slot; the number of groups tried. */
static HM_ALWAYS_INLINE size_t enter_elsewhere(hm_dict_keys *keys, hm_dict_probe probe,
                                               uint32_t entry, unsigned kind)
{
    size_t slot = probe.slot, tried = 1;
    for (;; tried++) {
        size_t group = slot & ~(size_t)(HM_GROUP_SLOTS - 1);
        unsigned free = hm_dict_group_match(keys, group, 0, kind) >> HM_GROUP_SLOTS;
        if (HM_LIKELY(free != 0)) {
            hm_dict_slot_set(keys, hm_dict_choose_empty(slot, free), kind, probe.tag | entry);
            return tried;
        }
        slot = hm_dict_next_group(keys, slot, tried);
    }
}

size_t hm_dict_keys_free_slot(const hm_dict_keys *keys, uint64_t hash)
{
    unsigned kind = keys->kind;
    size_t slot = hm_dict_probe_begin(keys, hash, kind).slot;
    for (size_t tried = 1;; tried++) {
        for (size_t turned = 0; turned < HM_GROUP_SLOTS; turned++) {
            if (hm_dict_slot_get(keys, slot ^ turned, kind) >=
                hm_dict_special(HM_SLOT_REMOVED, kind))
                return slot ^ turned;
        }
        slot = hm_dict_next_group(keys, slot, tried);
    }
}

/* Gives an entry that has none its slot; `*longest` becomes the number of groups tried where that
 * is more.
 *
 * `guess`: by a branch on whether the home is empty, as it mostly is. Then the processor knows
 * early where the slot lies, and need not wait with the next entry's until it is sure that it is
 * another. Without one where the home comes from afar, for then a wrong guess costs more than that.
 */
static HM_ALWAYS_INLINE void enter(hm_dict_keys *keys, uint32_t entry, hm_dict_probe probe,
                                   unsigned kind, bool guess, size_t *longest)
{
    uint32_t nothing = hm_dict_special(HM_SLOT_EMPTY, kind);
    bool taken = hm_dict_slot_get(keys, probe.slot, kind) != nothing;
    if (guess && HM_LIKELY(!taken)) {
        hm_dict_slot_set(keys, probe.slot, kind, probe.tag | entry);
        return;
    }
    if (HM_LIKELY(hm_dict_slot_get(keys, probe.slot ^ (size_t)taken, kind) == nothing)) {
        hm_dict_slot_set(keys, probe.slot ^ (size_t)taken, kind, probe.tag | entry);
        return;
    }
    size_t tried = enter_elsewhere(keys, probe, entry, kind);
    *longest = tried > *longest ? tried : *longest;
}

static HM_ALWAYS_INLINE uint64_t hash_of(const hm_dict_keys *keys, size_t entry, unsigned kind)
{
    return hm_dict_kind_hash(hm_dict_kind_pair(keys, entry, kind), kind);
}

/* Enters all entries into an empty index that a cache holds; the most groups tried for one. The
 * header is read from a copy, which no store to the index can change. */
static HM_ALWAYS_INLINE size_t enter_each(const hm_dict_keys *keys, unsigned kind)
{
    hm_dict_keys header = *keys;
    size_t longest = 1;
    for (uint32_t entry = 0; entry < header.entry_count; entry++) {
        uint64_t hash = hash_of(keys, entry, kind);
        enter(&header, entry, hm_dict_probe_begin(&header, hash, kind), kind, true, &longest);
    }
    return longest;
}

/* Where AHEAD entries from `entry` on go, as far as they are there; what entering them will wait
 * for is fetched: their lines of the index, and the strs of those behind them. */
static HM_ALWAYS_INLINE void look_ahead(const hm_dict_keys *keys, const hm_dict_keys *header,
                                        size_t entry, unsigned kind, hm_dict_probe *probes)
{
    size_t end = header->entry_count - entry < AHEAD ? header->entry_count : entry + AHEAD;
    for (; entry < end; entry++, probes++) {
        if ((kind & HM_KIND_STR) && entry + AHEAD < header->entry_count)
            __builtin_prefetch(
                &((const hm_str *)hm_dict_kind_pair(keys, entry + AHEAD, kind)->key)->hash);
        *probes = hm_dict_probe_begin(header, hash_of(keys, entry, kind), kind);
        __builtin_prefetch(hm_dict_slot_at(header, probes->slot, kind), 1);
    }
}

/* The same where no cache holds the index: while some are entered, what the next wait for comes. */
static HM_ALWAYS_INLINE size_t enter_in_turns(const hm_dict_keys *keys, unsigned kind)
{
    hm_dict_keys header = *keys;
    hm_dict_probe probes[2][AHEAD];
    size_t longest = 1;
    look_ahead(keys, &header, 0, kind, probes[0]);
    for (uint32_t first = 0; first < header.entry_count; first += AHEAD) {
        const hm_dict_probe *ready = probes[first / AHEAD & 1];
        uint32_t end = header.entry_count - first < AHEAD ? header.entry_count : first + AHEAD;
        if (end < header.entry_count)
            look_ahead(keys, &header, end, kind, probes[end / AHEAD & 1]);
        for (uint32_t entry = first; entry < end; entry++)
            enter(&header, entry, ready[entry - first], kind, false, &longest);
    }
    return longest;
}

static HM_NOINLINE size_t enter_many(const hm_dict_keys *keys)
{
    switch (keys->kind) {
    case HM_KIND_ANY | 1:
        return enter_in_turns(keys, HM_KIND_ANY | 1);
    case HM_KIND_ANY | 2:
        return enter_in_turns(keys, HM_KIND_ANY | 2);
    case HM_KIND_STR | 1:
        return enter_in_turns(keys, HM_KIND_STR | 1);
    default:
        HM_ASSERT(keys->kind == (HM_KIND_STR | 2));
        return enter_in_turns(keys, HM_KIND_STR | 2);
    }
}

static HM_NOINLINE size_t enter_few(const hm_dict_keys *keys)
{
    switch (keys->kind) {
    case HM_KIND_ANY | 0:
        return enter_each(keys, HM_KIND_ANY | 0);
    case HM_KIND_ANY | 1:
        return enter_each(keys, HM_KIND_ANY | 1);
    case HM_KIND_STR | 0:
        return enter_each(keys, HM_KIND_STR | 0);
    default:
        HM_ASSERT(keys->kind == (HM_KIND_STR | 1));
        return enter_each(keys, HM_KIND_STR | 1);
    }
}

static size_t fill_tags(hm_small_keys *small)
{
    small->tags = 0;
    for (uint32_t entry = 0; entry < small->keys.entry_count; entry++)
        small->tags = hm_small_with_tag(small->tags, entry, hm_dict_keys_hash(&small->keys, entry));
    return 1;
}

static size_t fill_index(hm_dict_keys *keys)
{
    if (hm_dict_is_small(keys))
        return fill_tags(hm_dict_small(keys));
    memset(keys->index, 0xff, index_bytes(size_log2_of(keys)));
    return size_log2_of(keys) >= LARGE_INDEX_LOG2 ? enter_many(keys) : enter_few(keys);
}

/* A multiplier that follows from the heap's seed and the one before: what a stranger who chooses
 * the keys cannot know. (The finisher of splitmix64.) */
static uint64_t next_multiplier(const hm_heap *heap, uint64_t multiplier)
{
    uint64_t mixed = multiplier + heap->hash_seed * FIRST_MULTIPLIER + 1;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (mixed ^ mixed >> 31) | 1;
}

/* Writes the index anew; there is no entry without a key. */
static void build_index(const hm_heap *heap, hm_dict_keys *keys)
{
    while (fill_index(keys) > HM_CROWDED_GROUPS && keys->tries < MOST_TRIES) {
        keys->tries++;
        keys->multiplier = next_multiplier(heap, keys->multiplier);
    }
}

static void move_entry(hm_dict_keys *to, uint32_t to_entry, const hm_dict_keys *from,
                       uint32_t entry)
{
    hm_dict_pair *pair = hm_dict_keys_pair(to, to_entry);
    if (!hm_dict_keys_str_only(to))
        ((uint64_t *)(void *)pair)[-1] = hm_dict_keys_hash(from, entry);
    *pair = *hm_dict_keys_pair(from, entry);
}

/* Moves the live entries to the front of `to`, which may be `from`, in their order. */
static void move_entries(hm_dict_keys *to, const hm_dict_keys *from)
{
    uint32_t count = from->entry_count, live = 0;
    for (uint32_t entry = 0; entry < count; entry++) {
        if (hm_dict_keys_pair(from, entry)->key != NULL)
            move_entry(to, live++, from, entry);
    }
    to->entry_count = live;
}

static unsigned kind_for(unsigned size_log2, bool str_only)
{
    if (!str_only)
        return HM_KIND_ANY | width_log2_for(size_log2);
    return size_log2 == SMALLEST_LOG2 ? HM_KIND_SMALL : HM_KIND_STR | width_log2_for(size_log2);
}

static void set_size(hm_dict_keys *keys, unsigned size_log2)
{
    keys->shift = (uint8_t)(LARGEST_LOG2 - size_log2);
    keys->kind = (uint8_t)kind_for(size_log2, hm_dict_keys_str_only(keys));
    keys->slot_mask = (uint32_t)(((uint64_t)1 << size_log2) - 1);
    keys->room = (uint32_t)usable_of(size_log2);
    keys->index = (unsigned char *)(keys + 1) + usable_of(size_log2) * (size_t)keys->entry_bytes;
}

/* The entries stay in their block, which becomes larger, where the allocator can in its place. */
static hm_dict_keys *grow(hm_heap *heap, hm_dict_keys *keys, size_t live, unsigned size_log2)
{
    if (size_log2 != size_log2_of(keys)) {
        keys = hm_memory_resize(heap, keys, hm_dict_keys_bytes(keys),
                                block_bytes(size_log2, keys->entry_bytes));
        if (keys == NULL)
            return NULL;
    }
    if (live != keys->entry_count)
        move_entries(keys, keys);
    return keys;
}

static hm_dict_keys *move(hm_heap *heap, hm_dict_keys *from, unsigned size_log2, bool str_only)
{
    size_t entry_bytes = str_only ? HM_STR_ENTRY_BYTES : HM_ANY_ENTRY_BYTES;
    hm_dict_keys *keys = hm_memory_allocate(heap, block_bytes(size_log2, entry_bytes));
    if (keys == NULL)
        return NULL;
    keys->multiplier = from->multiplier;
    keys->entry_bytes = (uint8_t)entry_bytes;
    move_entries(keys, from);
    hm_dict_keys_free(heap, from);
    return keys;
}

hm_dict_keys *hm_dict_keys_resize(hm_heap *heap, hm_dict_keys *keys, size_t live,
                                  unsigned size_log2, bool str_only)
{
    bool stays = keys != hm_dict_keys_empty && size_log2 >= size_log2_of(keys) &&
                 str_only == hm_dict_keys_str_only(keys);
    bool was_small = hm_dict_is_small(keys);
    hm_dict_keys *resized = NULL;
    if (size_log2 <= LARGEST_LOG2)
        resized = stays ? grow(heap, keys, live, size_log2) : move(heap, keys, size_log2, str_only);
    if (resized == NULL) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a dict of %zu entries", live + 1);
        return NULL;
    }
    resized->tries = 0;
    if (was_small)
        resized->multiplier = FIRST_MULTIPLIER;
    set_size(resized, size_log2);
    build_index(heap, resized);
    return resized;
}

hm_dict_keys *hm_dict_keys_first(hm_heap *heap, bool str_only)
{
    size_t entry_bytes = str_only ? HM_STR_ENTRY_BYTES : HM_ANY_ENTRY_BYTES;
    hm_dict_keys *keys = str_only ? hm_freelist_pop(heap, HM_FREELIST_DICT_KEYS) : NULL;
    if (keys == NULL)
        keys = hm_memory_allocate(heap, block_bytes(SMALLEST_LOG2, entry_bytes));
    if (HM_UNLIKELY(keys == NULL)) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a dict of %zu entries", (size_t)1);
        return NULL;
    }
    *keys = (hm_dict_keys){.multiplier = FIRST_MULTIPLIER, .entry_bytes = (uint8_t)entry_bytes};
    set_size(keys, SMALLEST_LOG2);
    fill_index(keys);
    return keys;
}

void hm_dict_keys_mix_again(hm_heap *heap, hm_dict_keys *keys, size_t live)
{
    if (keys->tries >= MOST_TRIES)
        return;
    if (live != keys->entry_count)
        move_entries(keys, keys);
    keys->tries++;
    keys->multiplier = next_multiplier(heap, keys->multiplier);
    set_size(keys, size_log2_of(keys));
    build_index(heap, keys);
}

hm_dict_place hm_dict_keys_place_of(const hm_dict_keys *keys, size_t entry)
{
    const hm_object *key = hm_dict_keys_pair(keys, entry)->key;
    return hm_dict_find(keys, key, hm_dict_keys_hash(keys, entry));
}

bool hm_dict_entry_equals(const hm_dict_keys *keys, const hm_dict_pair *pair, const hm_object *key,
                          uint64_t hash)
{
    return hm_dict_pair_hash(keys, pair) == hash && hm_key_equal(pair->key, key);
}
