#include "bench/stress/granules.h"

#include "base/attributes.h"
#include "bench/stress/record.h"

#include <sys/mman.h>

typedef _Atomic(uint64_t) word;

static _Atomic(word *) *leaves; /* one for each 2 MiB */

static void *map(size_t bytes)
{
    void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED)
        hm_stress_machine_refuses("the map of granules");
    return address;
}

void hm_stress_granules_start(void)
{
    leaves = map(sizeof *leaves << (HM_STRESS_ADDRESS_BITS - HM_STRESS_LEAF_SHIFT));
}

static HM_NOINLINE word *make_leaf(size_t number)
{
    enum { LEAF_BYTES = HM_STRESS_LEAF_WORDS * sizeof(word) };
    word *leaf = map(LEAF_BYTES), *other = NULL;
    if (atomic_compare_exchange_strong(&leaves[number], &other, leaf))
        return leaf;
    munmap(leaf, LEAF_BYTES);
    return other;
}

static HM_ALWAYS_INLINE word *word_of(size_t granule)
{
    size_t number = granule >> (HM_STRESS_LEAF_SHIFT - HM_STRESS_GRANULE_SHIFT);
    word *leaf = atomic_load_explicit(&leaves[number], memory_order_acquire);
    if (HM_UNLIKELY(leaf == NULL))
        leaf = make_leaf(number);
    return &leaf[granule / 64 % HM_STRESS_LEAF_WORDS];
}

/* Turns the bits of `mask`; false: not all of them were as expected. */
static HM_ALWAYS_INLINE bool turn(word *place, uint64_t mask, bool on, bool shared)
{
    uint64_t before;
    if (!shared) {
        before = atomic_load_explicit(place, memory_order_relaxed);
        atomic_store_explicit(place, on ? before | mask : before & ~mask, memory_order_relaxed);
    } else if (on) {
        before = atomic_fetch_or_explicit(place, mask, memory_order_relaxed);
    } else {
        before = atomic_fetch_and_explicit(place, ~mask, memory_order_relaxed);
    }
    return (before & mask) == (on ? 0 : mask);
}

static HM_ALWAYS_INLINE bool turn_all(const void *block, size_t bytes, bool on, bool shared)
{
    size_t first = (uintptr_t)block >> HM_STRESS_GRANULE_SHIFT;
    size_t last = ((uintptr_t)block + (bytes != 0 ? bytes - 1 : 0)) >> HM_STRESS_GRANULE_SHIFT;
    bool well = true;
    while (first <= last) {
        size_t end = first | 63;
        uint64_t mask = ~(uint64_t)0 << first % 64;
        if (end > last)
            mask &= ~(uint64_t)0 >> (63 - last % 64);
        well &= turn(word_of(first), mask, on, shared);
        first = end + 1;
    }
    return well;
}

bool hm_stress_granules_take(const void *block, size_t bytes, bool shared)
{
    return shared ? turn_all(block, bytes, true, true) : turn_all(block, bytes, true, false);
}

bool hm_stress_granules_drop(const void *block, size_t bytes, bool shared)
{
    return shared ? turn_all(block, bytes, false, true) : turn_all(block, bytes, false, false);
}
