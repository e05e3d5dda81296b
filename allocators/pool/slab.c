#include "allocators/pool/slab.h"

#include "allocators/pool/metadata.h"
#include "base/check.h"

#include <string.h>
#include <sys/mman.h>

enum { WORD_BITS = 64, WORD_SIZES = 9 };

/* Bits that no slab uses at the moment, by the logarithm of their number of words, linked through
   their first word. */
static uint64_t *unused_bits[WORD_SIZES];

static unsigned size_of_words(unsigned words)
{
    return words <= 1 ? 0 : 32u - (unsigned)__builtin_clz(words - 1);
}

static uint64_t *take_bits(unsigned words)
{
    unsigned size = size_of_words(words);
    uint64_t *bits = unused_bits[size];
    if (bits == NULL)
        return hm_pool_metadata_allocate(2 * sizeof *bits << size);
    memcpy(&unused_bits[size], bits, sizeof unused_bits[size]);
    return bits;
}

static void drop_bits(uint64_t *bits, unsigned words)
{
    unsigned size = size_of_words(words);
    memcpy(bits, &unused_bits[size], sizeof unused_bits[size]);
    unused_bits[size] = bits;
}

static void set_touched(hm_pool_slab *slab, uint64_t pages)
{
    atomic_store_explicit(&slab->touched, pages, memory_order_relaxed);
}

bool hm_pool_slab_start(hm_pool_slab *slab, struct hm_pool_local *owner, unsigned class_index,
                        bool backed)
{
    size_t block_bytes = hm_pool_class_bytes(class_index);
    size_t capacity = ((size_t)slab->pages << HM_POOL_PAGE_SHIFT) / block_bytes;
    unsigned words = (unsigned)((capacity + WORD_BITS - 1) / WORD_BITS);
    uint64_t *bits = take_bits(words);
    if (bits == NULL)
        return false;
    slab->free_bits = bits;
    slab->words = (uint16_t)words;
    memset(bits, 0xff, words * sizeof *bits);
    if (capacity % WORD_BITS != 0)
        bits[words - 1] = ((uint64_t)1 << capacity % WORD_BITS) - 1;
    for (unsigned word = 0; word < words; word++)
        atomic_store_explicit(&hm_pool_slab_remote_bits(slab)[word], 0, memory_order_relaxed);
    slab->owner = owner;
    slab->next = slab->previous = NULL;
    slab->block_bytes = (uint32_t)block_bytes;
    slab->reciprocal = hm_pool_class_reciprocal(class_index);
    slab->capacity = (uint16_t)capacity;
    atomic_store_explicit(&slab->free_count, (uint16_t)capacity, memory_order_relaxed);
    slab->some_free = ~(uint64_t)0 >> (WORD_BITS - words);
    slab->kind = HM_POOL_RUN_SLAB;
    slab->class_index = (uint8_t)class_index;
    atomic_store_explicit(&slab->remote_count, 0, memory_order_relaxed);
    slab->pending_next = NULL;
    unsigned pages = (unsigned)slab->pages << (HM_POOL_PAGE_SHIFT - HM_POOL_KERNEL_PAGE_SHIFT);
    set_touched(slab, backed ? ~(uint64_t)0 >> (WORD_BITS - pages) : 0);
    return true;
}

void hm_pool_slab_end(hm_pool_slab *slab)
{
    drop_bits(slab->free_bits, slab->words);
    slab->free_bits = NULL;
}

/* ---- the owner's side ---- */

/* The kernel pages that blocks `first` to `last` lie in. */
static uint64_t pages_of(const hm_pool_slab *slab, unsigned first, unsigned last)
{
    unsigned low = (unsigned)((size_t)first * slab->block_bytes >> HM_POOL_KERNEL_PAGE_SHIFT);
    unsigned high =
        (unsigned)(((size_t)(last + 1) * slab->block_bytes - 1) >> HM_POOL_KERNEL_PAGE_SHIFT);
    return ~(uint64_t)0 >> (WORD_BITS - 1 - (high - low)) << low;
}

/* Takes blocks of one word, the first to the last place; how many. */
static HM_ALWAYS_INLINE unsigned take_from_word(hm_pool_slab *slab, unsigned word, void **end,
                                                unsigned wanted)
{
    uint64_t bits = slab->free_bits[word];
    size_t block_bytes = slab->block_bytes;
    char *base = slab->base + (size_t)word * WORD_BITS * block_bytes;
    unsigned first = (unsigned)__builtin_ctzll(bits), last;
    void **place = end, **stop = end - wanted;
    do {
        last = (unsigned)__builtin_ctzll(bits);
        bits &= bits - 1;
        *--place = base + (size_t)last * block_bytes;
    } while (bits != 0 && place != stop);
    slab->free_bits[word] = bits;
    if (bits == 0)
        slab->some_free &= ~((uint64_t)1 << word);
    uint64_t pages = pages_of(slab, word * WORD_BITS + first, word * WORD_BITS + last);
    set_touched(slab, hm_pool_slab_touched(slab) | pages);
    return (unsigned)(end - place);
}

unsigned hm_pool_slab_take(hm_pool_slab *slab, void **end, unsigned wanted)
{
    unsigned taken = 0;
    while (slab->some_free != 0 && taken < wanted) {
        unsigned word = (unsigned)__builtin_ctzll(slab->some_free);
        taken += take_from_word(slab, word, end - taken, wanted - taken);
    }
    atomic_store_explicit(&slab->free_count, (uint16_t)(hm_pool_slab_free_count(slab) - taken),
                          memory_order_relaxed);
    return taken;
}

/* ---- other threads ---- */

/* The bits first, released with what the program wrote to the blocks; then the count, which makes
   them the owner's business. */
bool hm_pool_slab_return_remote(hm_pool_slab *slab, hm_pool_group group)
{
    atomic_fetch_or_explicit(&hm_pool_slab_remote_bits(slab)[group.word], group.bits,
                             memory_order_release);
    return atomic_fetch_add_explicit(&slab->remote_count, group.count, memory_order_acq_rel) == 0;
}

/* The lowest `count` bits of `bits`. */
static uint64_t lowest(uint64_t bits, unsigned count)
{
    uint64_t rest = bits;
    for (; count > 0 && rest != 0; count--)
        rest &= rest - 1;
    return bits ^ rest;
}

/* As many bits as were counted, not all that are set: one that is set and not counted yet belongs
   to a thread that is about to put the slab on the pending list. */
void hm_pool_slab_collect(hm_pool_slab *slab)
{
    unsigned left = atomic_exchange_explicit(&slab->remote_count, 0, memory_order_acq_rel);
    unsigned found = left;
    _Atomic(uint64_t) *remote_bits = hm_pool_slab_remote_bits(slab);
    for (unsigned word = 0; word < slab->words && left > 0; word++) {
        uint64_t bits = atomic_load_explicit(&remote_bits[word], memory_order_acquire);
        bits = lowest(bits, left);
        if (bits == 0)
            continue;
        atomic_fetch_and_explicit(&remote_bits[word], ~bits, memory_order_relaxed);
        HM_ASSERT((slab->free_bits[word] & bits) == 0);
        slab->free_bits[word] |= bits;
        slab->some_free |= (uint64_t)1 << word;
        left -= (unsigned)__builtin_popcountll(bits);
    }
    HM_ASSERT(left == 0);
    atomic_store_explicit(&slab->free_count, (uint16_t)(hm_pool_slab_free_count(slab) + found),
                          memory_order_relaxed);
}

/* ---- purging ---- */

/* Whether kernel page `page` has nothing but free blocks and what no block covers. */
static bool page_is_free(const hm_pool_slab *slab, unsigned page)
{
    size_t begin = (size_t)page << HM_POOL_KERNEL_PAGE_SHIFT;
    size_t last = (begin + HM_POOL_KERNEL_PAGE_BYTES - 1) / slab->block_bytes;
    for (size_t number = begin / slab->block_bytes; number <= last; number++) {
        if (number < slab->capacity && !hm_pool_slab_is_free(slab, (unsigned)number))
            return false;
    }
    return true;
}

unsigned hm_pool_slab_purge(hm_pool_slab *slab)
{
    unsigned purged = 0;
    unsigned pages = (unsigned)slab->pages << (HM_POOL_PAGE_SHIFT - HM_POOL_KERNEL_PAGE_SHIFT);
    for (unsigned page = 0; page < pages; page++) {
        unsigned first = page;
        uint64_t gone = 0;
        while (page < pages && (hm_pool_slab_touched(slab) >> page & 1) != 0 &&
               page_is_free(slab, page))
            gone |= (uint64_t)1 << page++;
        if (gone == 0)
            continue;
        if (madvise(slab->base + ((size_t)first << HM_POOL_KERNEL_PAGE_SHIFT),
                    (size_t)(page - first) << HM_POOL_KERNEL_PAGE_SHIFT, MADV_DONTNEED) == 0) {
            set_touched(slab, hm_pool_slab_touched(slab) & ~gone);
            purged += page - first;
        }
    }
    return purged;
}

const char *hm_pool_slab_check(const hm_pool_slab *slab)
{
    unsigned set = 0;
    if (slab->kind != HM_POOL_RUN_SLAB || slab->free_bits == NULL)
        return "a slab's record is damaged";
    for (unsigned word = 0; word < slab->words; word++) {
        if ((slab->free_bits[word] != 0) != ((slab->some_free >> word & 1) != 0))
            return "a slab's word of free blocks is marked wrongly";
        set += (unsigned)__builtin_popcountll(slab->free_bits[word]);
    }
    if (set != hm_pool_slab_free_count(slab))
        return "a slab's free blocks are not as many as it says";
    if (slab->capacity % WORD_BITS != 0 &&
        slab->free_bits[slab->words - 1] >> slab->capacity % WORD_BITS != 0)
        return "a slab has a free block beyond its last";
    return NULL;
}
