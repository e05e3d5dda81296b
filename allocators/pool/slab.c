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

bool hm_pool_slab_start(hm_pool_slab *slab, struct hm_pool_local *owner, unsigned class_index)
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
    slab->hint = 0;
    slab->kind = HM_POOL_RUN_SLAB;
    slab->class_index = (uint8_t)class_index;
    atomic_store_explicit(&slab->remote_count, 0, memory_order_relaxed);
    slab->pending_next = NULL;
    set_touched(slab, 0);
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

/* Takes blocks of one word; how many. */
static unsigned take_from_word(hm_pool_slab *slab, unsigned word, void **blocks, unsigned wanted)
{
    uint64_t bits = slab->free_bits[word];
    char *base = slab->base + (size_t)word * WORD_BITS * slab->block_bytes;
    unsigned taken = 0, first = (unsigned)__builtin_ctzll(bits), number = first;
    for (; bits != 0 && taken < wanted; bits &= bits - 1) {
        number = (unsigned)__builtin_ctzll(bits);
        blocks[taken++] = base + (size_t)number * slab->block_bytes;
    }
    slab->free_bits[word] = bits;
    uint64_t pages = pages_of(slab, word * WORD_BITS + first, word * WORD_BITS + number);
    set_touched(slab, hm_pool_slab_touched(slab) | pages);
    return taken;
}

unsigned hm_pool_slab_take(hm_pool_slab *slab, void **blocks, unsigned wanted)
{
    unsigned taken = 0, word = slab->hint;
    for (; word < slab->words && taken < wanted; word++) {
        if (slab->free_bits[word] != 0)
            taken += take_from_word(slab, word, blocks + taken, wanted - taken);
    }
    slab->hint = (uint16_t)(word - (word > 0 && slab->free_bits[word - 1] != 0));
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
        if (word < slab->hint)
            slab->hint = (uint16_t)word;
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
        if (word < slab->hint && slab->free_bits[word] != 0)
            return "a slab has a free block below its hint";
        set += (unsigned)__builtin_popcountll(slab->free_bits[word]);
    }
    if (set != hm_pool_slab_free_count(slab))
        return "a slab's free blocks are not as many as it says";
    if (slab->capacity % WORD_BITS != 0 &&
        slab->free_bits[slab->words - 1] >> slab->capacity % WORD_BITS != 0)
        return "a slab has a free block beyond its last";
    return NULL;
}
