#include "allocators/count_classes.h"

#include "allocators/decorators.h"

#include <stdatomic.h>

/* A quarter is kept empty, so that every search ends soon. */
enum { SLOT_COUNT = 4096 };
_Static_assert(HM_COUNT_CLASSES - 1 <= SLOT_COUNT / 4 * 3, "the table must keep empty slots");

/* 0 where the slot is empty, else the usable size and one. Written once. */
typedef struct class_entry {
    _Atomic uint64_t size_and_one;
    _Atomic uint64_t requested_bytes;
    _Atomic uint64_t blocks;
} class_entry;

static class_entry entries[SLOT_COUNT], rest;
static _Atomic uint64_t taken;

static void clear_entry(class_entry *entry)
{
    atomic_store_explicit(&entry->size_and_one, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->requested_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->blocks, 0, memory_order_relaxed);
}

void hm_count_classes_clear(void)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        clear_entry(&entries[slot]);
    clear_entry(&rest);
    atomic_store(&taken, 0);
}

/* Takes the empty slot for `key`; what stands in it afterwards, which is another thread's where
 * that one was first; 0: the table is full. */
static uint64_t take_slot(class_entry *entry, uint64_t key)
{
    uint64_t found = 0;
    if (atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed) >= HM_COUNT_CLASSES - 1) {
        atomic_fetch_sub_explicit(&taken, 1, memory_order_relaxed);
        return 0;
    }
    if (atomic_compare_exchange_strong(&entry->size_and_one, &found, key))
        return key;
    atomic_fetch_sub_explicit(&taken, 1, memory_order_relaxed);
    return found;
}

static class_entry *find(uint64_t usable)
{
    uint64_t key = usable + 1;
    uint64_t slot = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 52;
    for (;; slot = (slot + 1) % SLOT_COUNT) {
        class_entry *entry = &entries[slot];
        uint64_t found = atomic_load_explicit(&entry->size_and_one, memory_order_relaxed);
        if (found == 0)
            found = take_slot(entry, key);
        if (found == 0)
            return &rest;
        if (found == key)
            return entry;
    }
}

void hm_count_classes_add(uint64_t usable, uint64_t more_requested, uint64_t more_blocks)
{
    class_entry *entry = find(usable);
    atomic_fetch_add_explicit(&entry->requested_bytes, more_requested, memory_order_relaxed);
    atomic_fetch_add_explicit(&entry->blocks, more_blocks, memory_order_relaxed);
}

static void tell(const class_entry *entry, uint64_t usable,
                 void (*visit)(void *context, const hm_count_class *size_class), void *context)
{
    hm_count_class told = {.usable_bytes = usable,
                           .requested_bytes =
                               atomic_load_explicit(&entry->requested_bytes, memory_order_relaxed),
                           .blocks = atomic_load_explicit(&entry->blocks, memory_order_relaxed)};
    if (told.blocks != 0)
        visit(context, &told);
}

void hm_count_visit_classes(void (*visit)(void *context, const hm_count_class *size_class),
                            void *context)
{
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++) {
        uint64_t key = atomic_load_explicit(&entries[slot].size_and_one, memory_order_relaxed);
        if (key != 0)
            tell(&entries[slot], key - 1, visit, context);
    }
    tell(&rest, HM_UNKNOWN_BYTES, visit, context);
}
