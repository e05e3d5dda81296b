/* The pool's entry points: any sequence of calls, every block's contents checked at each look,
 * every block freed at the end, and the pool's own validator after. */
#include "allocators/pool/pool.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

enum {
    SLOTS = 64,
    LARGEST = 3 << 20,
    MOST_LIVE_BYTES = 24 << 20,
    CHECK_EVERY = 64,
    END_BYTES = 1024,
    STEP_BYTES = 15 * 4096,
    MOST_STEPS = 4,
    PAGE_BYTES = 4096,
    ALL_ZEROS_BYTES = 1 << 18,
    ZERO_LOOKS = 16
};

/* A block that is held, filled with `seed`. */
typedef struct held {
    unsigned char *block;
    size_t bytes;
    unsigned char seed;
    bool sized; /**< malloc or calloc gave it: it may be freed by its size */
} held;

typedef struct pool_state {
    held slots[SLOTS];
    size_t live_bytes;
} pool_state;

static bool all_are(const unsigned char *bytes, size_t count, unsigned char value)
{
    return count == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* How far apart the bytes are that are looked at between the ends of a large block: few of them,
   because each costs a page of memory and one of the sanitizer's shadow. */
static size_t step_of(const held *slot)
{
    size_t step = slot->bytes / MOST_STEPS;
    return step > STEP_BYTES ? step : STEP_BYTES;
}

/* A large block is written and looked at where it matters: its ends, and a byte here and there. */
static void fill(const held *slot)
{
    if (slot->bytes <= (size_t)2 * END_BYTES) {
        memset(slot->block, slot->seed, slot->bytes);
        return;
    }
    memset(slot->block, slot->seed, END_BYTES);
    memset(slot->block + slot->bytes - END_BYTES, slot->seed, END_BYTES);
    for (size_t place = END_BYTES; place < slot->bytes; place += step_of(slot))
        slot->block[place] = slot->seed;
}

/* `bytes` of what the slot's block was filled with are still there. */
static void check_contents(const held *slot, size_t bytes)
{
    const unsigned char *block = slot->block;
    if (slot->bytes <= (size_t)2 * END_BYTES) {
        HM_CHECK(all_are(block, bytes, slot->seed));
        return;
    }
    HM_CHECK(all_are(block, bytes < END_BYTES ? bytes : END_BYTES, slot->seed));
    for (size_t place = END_BYTES; place < bytes; place += step_of(slot))
        HM_CHECK(block[place] == slot->seed);
    size_t last = slot->bytes - END_BYTES;
    HM_CHECK(bytes <= last || all_are(block + last, bytes - last, slot->seed));
}

static void check_overlap(const pool_state *state, const held *slot)
{
    uintptr_t begin = (uintptr_t)slot->block, end = begin + slot->bytes;
    for (size_t index = 0; index < SLOTS; index++) {
        const held *other = &state->slots[index];
        uintptr_t other_begin = (uintptr_t)other->block;
        HM_CHECK(other == slot || other->block == NULL || end <= other_begin ||
                 other_begin + other->bytes <= begin);
    }
}

/* Takes in what was handed out. */
static void take(pool_state *state, held *slot, void *block, size_t bytes, unsigned char seed)
{
    HM_CHECK(block != NULL);
    HM_CHECK((uintptr_t)block % 16 == 0);
    HM_CHECK(hm_pool_usable_size(block) >= bytes);
    *slot = (held){.block = block, .bytes = bytes, .seed = seed};
    state->live_bytes += bytes;
    check_overlap(state, slot);
    fill(slot);
}

static void drop(pool_state *state, held *slot, bool sized)
{
    if (slot->block == NULL)
        return;
    check_contents(slot, slot->bytes);
    state->live_bytes -= slot->bytes;
    if (sized && slot->sized)
        hm_pool_free_sized(slot->block, slot->bytes);
    else
        hm_pool_free(slot->block);
    *slot = (held){0};
}

/* Sizes of every kind: small ones by the byte, larger ones the fewer the larger, the rest by powers
   of two and what is near them. */
static size_t choose_size(fuzz_bytes *bytes)
{
    uint8_t kind = fuzz_byte(bytes);
    if (kind < 128)
        return fuzz_byte(bytes) * (size_t)(1 + kind % 4);
    if (kind < 192)
        return fuzz_word(bytes) >> kind % 4 * 2;
    size_t size = ((size_t)1 << (kind < 208 ? kind % 22 : kind % 17)) + fuzz_byte(bytes) - 128;
    return size < LARGEST ? size : LARGEST;
}

/* A block that was cleared: all of it, or of a large one its ends and a page here and there. */
static void check_zeros(const unsigned char *block, size_t bytes)
{
    size_t step = bytes > ALL_ZEROS_BYTES ? bytes / ZERO_LOOKS : PAGE_BYTES;
    for (size_t place = 0; place < bytes; place += step)
        HM_CHECK(
            all_are(block + place, bytes - place < PAGE_BYTES ? bytes - place : PAGE_BYTES, 0));
    if (bytes > PAGE_BYTES)
        HM_CHECK(all_are(block + bytes - PAGE_BYTES, PAGE_BYTES, 0));
}

static void clear_and_check(pool_state *state, held *slot, size_t bytes, unsigned char seed)
{
    size_t count = seed % 4 == 0 ? 1 : seed % 4;
    unsigned char *block = hm_pool_calloc(count, bytes / count);
    HM_CHECK(block != NULL);
    check_zeros(block, bytes / count * count);
    take(state, slot, block, bytes / count * count, seed);
    slot->sized = true;
}

static void resize(pool_state *state, held *slot, size_t bytes)
{
    size_t before = slot->bytes;
    unsigned char seed = slot->seed;
    held moved = *slot;
    if (moved.block != NULL)
        check_contents(&moved, before);
    unsigned char *block = hm_pool_realloc(moved.block, bytes);
    HM_CHECK(block != NULL);
    moved.block = block;
    size_t kept = moved.bytes < bytes ? moved.bytes : bytes;
    check_contents(&moved, kept);
    state->live_bytes -= before;
    *slot = (held){0};
    take(state, slot, block, bytes, seed);
}

static void align(pool_state *state, held *slot, size_t bytes, unsigned char seed)
{
    /* Rarely above two pages. */
    size_t alignment = (size_t)1 << (seed < 224 ? seed % 14 : seed % 23);
    void *block = hm_pool_aligned_alloc(alignment, bytes);
    HM_CHECK(block != NULL && (uintptr_t)block % alignment == 0);
    take(state, slot, block, bytes, seed);
}

/* What cannot be: refused with errno, and nothing is lost. */
static void ask_the_impossible(fuzz_bytes *bytes)
{
    size_t huge = SIZE_MAX - fuzz_word(bytes) * (size_t)fuzz_byte(bytes);
    void *volatile block;
    errno = 0;
    block = hm_pool_malloc(huge);
    HM_CHECK(block == NULL && errno == ENOMEM);
    errno = 0;
    block = hm_pool_calloc(huge / 2, 3);
    HM_CHECK(block == NULL && errno == ENOMEM);
    errno = 0;
    block = hm_pool_aligned_alloc(24, 8);
    HM_CHECK(block == NULL && errno == EINVAL);
    errno = 0;
    block = hm_pool_aligned_alloc((size_t)1 << (fuzz_byte(bytes) % 63), huge);
    HM_CHECK(block == NULL && (errno == ENOMEM || errno == EINVAL));
    HM_CHECK(hm_pool_usable_size(NULL) == 0);
    hm_pool_free(NULL);
}

static void sum_class(void *context, const hm_allocator_class *size_class)
{
    HM_CHECK(size_class->blocks <= size_class->slots);
    *(uint64_t *)context += size_class->blocks;
}

static void check_account(const pool_state *state)
{
    hm_allocator_stats stats;
    uint64_t blocks = 0, held_blocks = 0;
    for (size_t index = 0; index < SLOTS; index++)
        held_blocks += state->slots[index].block != NULL;
    HM_CHECK(hm_pool_stats(&stats) && stats.allocated_bytes >= state->live_bytes);
    HM_CHECK(hm_pool_size_classes(sum_class, &blocks));
    HM_CHECK(blocks >= held_blocks);
}

static void check_all(const pool_state *state)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        hm_check_failed(defect, __FILE__, __LINE__, __func__);
    for (size_t index = 0; index < SLOTS; index++) {
        if (state->slots[index].block != NULL)
            check_contents(&state->slots[index], state->slots[index].bytes);
    }
}

static void act(pool_state *state, fuzz_bytes *bytes)
{
    uint8_t action = fuzz_byte(bytes) % 16;
    held *slot = &state->slots[fuzz_below(bytes, SLOTS)];
    if (action < 4) { /* free */
        drop(state, slot, action == 0);
        return;
    }
    if (action >= 14) {
        if (action == 15 && slot < &state->slots[SLOTS / 4])
            hm_pool_purge(); /* rarely: what follows takes every page anew */
        else
            ask_the_impossible(bytes);
        return;
    }
    size_t size = choose_size(bytes);
    unsigned char seed = fuzz_byte(bytes);
    if (state->live_bytes + size > MOST_LIVE_BYTES)
        return;
    if (action >= 9 && action < 12) {
        resize(state, slot, size);
        return;
    }
    drop(state, slot, false);
    if (action < 8) {
        take(state, slot, hm_pool_malloc(size), size, seed);
        slot->sized = true;
    } else if (action == 8)
        clear_and_check(state, slot, size, seed);
    else
        align(state, slot, size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pool_state state = {0};
    fuzz_bytes bytes = {data, size};
    for (unsigned count = 1; bytes.left > 0; count++) {
        act(&state, &bytes);
        if (count % CHECK_EVERY == 0)
            check_all(&state);
    }
    check_all(&state);
    check_account(&state);
    for (size_t index = 0; index < SLOTS; index++)
        drop(&state, &state.slots[index], index % 2 == 0);
    hm_pool_purge();
    check_all(&state);
    hm_allocator_stats stats;
    HM_CHECK(hm_pool_stats(&stats) && stats.allocated_bytes == 0);
    return 0;
}
