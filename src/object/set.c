#include "object/set.h"

#include "object/memory.h"
#include "object/weakref.h"

#include <string.h>

enum { SMALL_SLOTS = 8, LINEAR_PROBES = 9, PERTURB_SHIFT = 5, LARGE_SET = 50000 };

typedef struct set_entry {
    hm_object *key; /* NULL: never used; &deleted_key: used before */
    uint64_t hash;
} set_entry;

typedef struct hm_set {
    hm_object base;
    size_t fill; /* slots used, deleted ones too */
    size_t used;
    size_t mask;
    set_entry *table;     /* small, or a block of its own */
    uint64_t reserved[2]; /* CPython's hash and finger: keep the size at 200 bytes */
    set_entry small[SMALL_SLOTS];
    hm_object *weaklist;
} hm_set;

static hm_object deleted_key = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_none_type};

static size_t table_bytes(const hm_set *set)
{
    return set->table == set->small ? 0 : (set->mask + 1) * sizeof(set_entry);
}

static size_t set_size(const hm_object *object)
{
    return sizeof(hm_set) + table_bytes((const hm_set *)object);
}

static bool holds_key(const set_entry *entry)
{
    return entry->key != NULL && entry->key != &deleted_key;
}

static void set_traverse(hm_object *object, hm_visitor visit, void *context)
{
    hm_set *set = (hm_set *)object;
    for (size_t slot = 0; slot <= set->mask; slot++) {
        if (holds_key(&set->table[slot]))
            visit(set->table[slot].key, context);
    }
}

static void make_empty(hm_set *set)
{
    memset(set->small, 0, sizeof set->small);
    set->fill = 0;
    set->used = 0;
    set->mask = SMALL_SLOTS - 1;
    set->table = set->small;
}

/* Takes the table out of the set first, so that whatever dropping keys runs sees it empty. */
static void drop_keys(hm_heap *heap, hm_set *set)
{
    set_entry small[SMALL_SLOTS];
    size_t bytes = table_bytes(set);
    size_t slots = set->mask + 1;
    set_entry *table = set->table;
    if (bytes == 0)
        table = memcpy(small, set->small, sizeof small);
    make_empty(set);
    for (size_t slot = 0; slot < slots; slot++) {
        if (holds_key(&table[slot]))
            hm_decref(heap, table[slot].key);
    }
    if (bytes != 0)
        hm_memory_free(heap, table, bytes);
}

static void set_deallocate(hm_heap *heap, hm_object *object)
{
    drop_keys(heap, (hm_set *)object);
    hm_object_free(heap, object, sizeof(hm_set));
}

const hm_type hm_set_type = {.name = "set",
                             .basic_size = sizeof(hm_set),
                             .flags = HM_TYPE_CONTAINER,
                             .weaklist_offset = offsetof(hm_set, weaklist),
                             .traverse = set_traverse,
                             .clear = hm_set_clear,
                             .size = set_size,
                             .die = hm_object_deallocate,
                             .deallocate = set_deallocate};

hm_object *hm_set_new(hm_heap *heap)
{
    hm_set *set = (hm_set *)hm_object_allocate(heap, &hm_set_type, sizeof(hm_set));
    if (set == NULL)
        return NULL;
    make_empty(set);
    set->weaklist = NULL;
    set->reserved[0] = set->reserved[1] = 0;
    hm_track(heap, &set->base);
    return &set->base;
}

/* The slot of an equal key, or the unused slot where the search ends; `*deleted` receives the last
 * slot of a deleted key on the way. Runs of LINEAR_PROBES neighbours before each jump, as CPython's
 * set_add_entry. */
static set_entry *find_place(const hm_set *set, const hm_object *key, uint64_t hash,
                             set_entry **deleted)
{
    uint64_t perturb = hash;
    size_t slot = hash & set->mask;
    for (;;) {
        set_entry *entry = &set->table[slot];
        size_t probes = slot + LINEAR_PROBES <= set->mask ? LINEAR_PROBES : 0;
        for (size_t step = 0; step <= probes; step++, entry++) {
            if (entry->key == NULL)
                return entry;
            if (entry->hash == hash && (entry->key == key || hm_object_equal(entry->key, key)) &&
                holds_key(entry))
                return entry;
            if (entry->key == &deleted_key)
                *deleted = entry;
        }
        perturb >>= PERTURB_SHIFT;
        slot = (slot * 5 + 1 + perturb) & set->mask;
    }
}

static set_entry *find(const hm_set *set, const hm_object *key, uint64_t hash)
{
    set_entry *deleted;
    return find_place(set, key, hash, &deleted);
}

/* Moves the keys to a table of more than `minimum` slots, the small one where it is enough. */
static bool rebuild(hm_heap *heap, hm_set *set, size_t minimum)
{
    size_t slots = SMALL_SLOTS;
    while (slots <= minimum)
        slots <<= 1;
    set_entry small[SMALL_SLOTS];
    set_entry *old = set->table;
    size_t old_slots = set->mask + 1, old_bytes = table_bytes(set);
    set_entry *table = set->small;
    if (slots > SMALL_SLOTS)
        table = hm_memory_allocate_zeroed(heap, slots, sizeof(set_entry));
    if (table == NULL)
        return hm_fail(heap, HM_NO_MEMORY, "no memory for a set of %zu keys", set->used);
    if (old_bytes == 0)
        old = memcpy(small, set->small, sizeof small);
    if (table == set->small)
        memset(table, 0, sizeof set->small);
    set->table = table;
    set->mask = slots - 1;
    set->fill = set->used;
    for (size_t slot = 0; slot < old_slots; slot++) {
        if (holds_key(&old[slot]))
            *find(set, old[slot].key, old[slot].hash) = old[slot];
    }
    if (old_bytes != 0)
        hm_memory_free(heap, old, old_bytes);
    return true;
}

bool hm_set_add(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_set *set = (hm_set *)object;
    HM_ASSERT(hm_is(object, &hm_set_type));
    uint64_t hash;
    if (!hm_object_hash(heap, key, &hash))
        return false;
    set_entry *deleted = NULL;
    set_entry *entry = find_place(set, key, hash, &deleted);
    if (holds_key(entry))
        return true;
    if (deleted != NULL)
        entry = deleted;
    entry->hash = hash;
    hm_store_first(heap, object, &entry->key, hm_incref(key));
    set->used++;
    if (deleted != NULL)
        return true;
    set->fill++;
    if (set->fill * 5 < set->mask * 3)
        return true;
    if (rebuild(heap, set, set->used > LARGE_SET ? set->used * 2 : set->used * 4))
        return true;
    *entry = (set_entry){0};
    set->fill--;
    set->used--;
    hm_decref(heap, key);
    return false;
}

bool hm_set_contains(hm_heap *heap, hm_object *object, hm_object *key)
{
    uint64_t hash;
    return hm_object_hash(heap, key, &hash) && holds_key(find((hm_set *)object, key, hash));
}

bool hm_set_discard(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_set *set = (hm_set *)object;
    uint64_t hash;
    if (!hm_object_hash(heap, key, &hash))
        return false;
    set_entry *entry = find(set, key, hash);
    if (!holds_key(entry))
        return false;
    hm_object *old = entry->key;
    *entry = (set_entry){.key = &deleted_key, .hash = UINT64_MAX};
    set->used--;
    hm_decref(heap, old);
    return true;
}

void hm_set_clear(hm_heap *heap, hm_object *set)
{
    drop_keys(heap, (hm_set *)set);
}

bool hm_set_next(const hm_object *object, size_t *position, hm_object **key)
{
    const hm_set *set = (const hm_set *)object;
    for (; *position <= set->mask; (*position)++) {
        if (!holds_key(&set->table[*position]))
            continue;
        *key = set->table[(*position)++].key;
        return true;
    }
    return false;
}

size_t hm_set_length(const hm_object *set)
{
    return ((const hm_set *)set)->used;
}
