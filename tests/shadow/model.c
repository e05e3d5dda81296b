#include "model.h"

#include "granules.h"
#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define DEFECT(model, ...) shadow_record_defect((model)->record, (model)->thread, __VA_ARGS__)

shadow_model *shadow_model_new(const shadow_calls *calls, shadow_record *record, unsigned thread,
                               uint64_t seed)
{
    shadow_model *model =
        mmap(NULL, sizeof *model, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (model == MAP_FAILED) {
        perror("shadow: the model");
        exit(3);
    }
    model->calls = calls;
    model->record = record;
    model->thread = thread;
    model->keys = seed;
    return model;
}

/* ---- what a block holds ---- */

static void fill(const shadow_slot *slot)
{
    if (slot->whole)
        shadow_pattern_fill(slot->block, slot->filled, slot->key);
    else
        shadow_pattern_fill_sparse(slot->block, slot->filled, slot->key);
}

/* Whether the first `kept` bytes of the slot's pattern are at `block`. */
static bool holds(const shadow_slot *slot, const unsigned char *block, size_t kept)
{
    if (slot->whole)
        return shadow_pattern_holds(block, 0, kept, slot->key);
    if (kept < 64)
        return shadow_pattern_holds(block, 0, kept, slot->key);
    return shadow_pattern_holds_sparse(block, slot->filled, kept, slot->key);
}

static void check_bytes(shadow_model *model, const shadow_slot *slot)
{
    if (!holds(slot, slot->block, slot->filled))
        DEFECT(model, "the bytes of a live block of %u bytes changed", slot->bytes);
}

static size_t usable_of(const shadow_model *model, void *block, size_t bytes)
{
    return model->calls->usable_size != NULL ? model->calls->usable_size(block) : bytes;
}

/* ---- blocks come ---- */

static void check_place(shadow_model *model, const void *block, size_t bytes, size_t alignment)
{
    size_t least = bytes < 16 ? model->calls->small_alignment_bytes : 16;
    if (((uintptr_t)block & (least - 1)) != 0)
        DEFECT(model, "a block of %zu bytes at %p is not aligned to %zu", bytes, block, least);
    if (((uintptr_t)block & (alignment - 1)) != 0)
        DEFECT(model, "a block of %zu bytes at %p is not aligned to %zu, as was asked", bytes,
               block, alignment);
}

/* The slot gets the block, whose bytes are nobody's yet. */
static void keep(shadow_model *model, shadow_slot *slot, void *block, size_t bytes, uint8_t flags)
{
    size_t usable = usable_of(model, block, bytes);
    if (usable < bytes)
        DEFECT(model, "the usable size %zu of a block is below the %zu bytes asked for", usable,
               bytes);
    if (!shadow_granules_take(block, usable, model->shared))
        DEFECT(model, "a block of %zu bytes at %p overlaps another", usable, block);
    size_t row = shadow_account_row(usable);
    model->account.bytes += (int64_t)usable;
    model->account.blocks[row]++;
    atomic_store_explicit(&model->record->seen[row], 1, memory_order_relaxed);
    slot->block = block;
    slot->key = hm_splitmix64(&model->keys);
    slot->bytes = (uint32_t)bytes;
    slot->usable = (uint32_t)usable;
    slot->filled = flags & SHADOW_USABLE ? slot->usable : slot->bytes;
    slot->whole = slot->filled <= SHADOW_WHOLE_BYTES || (flags & SHADOW_WHOLE) != 0;
    slot->sized = false;
    fill(slot);
}

static void *allocate_aligned(const shadow_calls *calls, unsigned kind, size_t alignment,
                              size_t bytes)
{
    void *block = NULL;
    if (kind == SHADOW_POSIX_MEMALIGN && calls->posix_memalign != NULL)
        return calls->posix_memalign(&block, alignment, bytes) == 0 ? block : NULL;
    if (kind == SHADOW_MEMALIGN && calls->memalign != NULL)
        return calls->memalign(alignment, bytes);
    return calls->aligned_alloc != NULL ? calls->aligned_alloc(alignment, bytes)
                                        : calls->malloc(bytes);
}

/* C's rule for aligned_alloc; the older calls take any size. */
static size_t aligned_bytes(const shadow_operation *operation, size_t alignment)
{
    if (operation->empty != SHADOW_ALIGNED_ALLOC)
        return operation->bytes;
    return (operation->bytes + alignment - 1) & ~(alignment - 1);
}

static void *allocate_zeroed(shadow_model *model, const shadow_operation *operation)
{
    size_t unit = (size_t)1 << operation->alignment_log % 5;
    size_t count = (operation->bytes + unit - 1) / unit;
    unsigned char *block = model->calls->calloc(count, unit);
    if (block != NULL && !shadow_is_zero(block, count * unit, operation->flags & SHADOW_WHOLE))
        DEFECT(model, "a calloc of %zu bytes is not zero", count * unit);
    return block;
}

static void allocate(shadow_model *model, shadow_slot *slot, const shadow_operation *operation)
{
    const shadow_calls *calls = model->calls;
    size_t bytes = operation->bytes, alignment = 1;
    void *block;
    switch (operation->empty) {
    case SHADOW_CALLOC: {
        size_t unit = (size_t)1 << operation->alignment_log % 5;
        bytes = (bytes + unit - 1) & ~(unit - 1);
        block = allocate_zeroed(model, operation);
        break;
    }
    case SHADOW_ALIGNED_ALLOC:
    case SHADOW_MEMALIGN:
    case SHADOW_POSIX_MEMALIGN:
        alignment = (size_t)1 << (operation->alignment_log < 3 ? 3 : operation->alignment_log);
        bytes = aligned_bytes(operation, alignment);
        block = allocate_aligned(calls, operation->empty, alignment, bytes);
        alignment = calls->aligned_alloc != NULL ? alignment : 1;
        break;
    case SHADOW_REALLOC:
    case SHADOW_REALLOCARRAY:
        block = calls->realloc(NULL, bytes);
        break;
    default:
        block = calls->malloc(bytes);
        break;
    }
    if (block == NULL)
        DEFECT(model, "an allocation of %zu bytes failed", bytes);
    check_place(model, block, bytes, alignment);
    keep(model, slot, block, bytes, operation->flags);
    slot->sized = operation->empty == SHADOW_MALLOC || operation->empty == SHADOW_CALLOC;
}

/* ---- blocks go ---- */

/* Checks a block that is about to go; from then on its place may be another's. */
static void let_go(shadow_model *model, const shadow_slot *slot)
{
    check_bytes(model, slot);
    if ((slot->key & 7) == 0 && usable_of(model, slot->block, slot->usable) != slot->usable &&
        model->calls->usable_size != NULL)
        DEFECT(model, "the usable size of a block of %u bytes changed while it was live",
               slot->bytes);
    if (!shadow_granules_drop(slot->block, slot->usable, model->shared))
        DEFECT(model, "the model lost a block of %u bytes", slot->bytes);
    shadow_account_add(&model->account, slot->usable, -1);
}

static void release(shadow_model *model, shadow_slot *slot, bool sized)
{
    void *block = slot->block;
    let_go(model, slot);
    slot->block = NULL;
    if (sized && slot->sized && model->calls->free_sized != NULL)
        model->calls->free_sized(block, slot->bytes);
    else
        model->calls->free(block);
}

static void resize(shadow_model *model, shadow_slot *slot, const shadow_operation *operation)
{
    const shadow_calls *calls = model->calls;
    size_t bytes = operation->bytes + (operation->bytes == 0); /* to 0 bytes differs */
    size_t kept = slot->filled < bytes ? slot->filled : bytes;
    let_go(model, slot);
    void *block = operation->full == SHADOW_REALLOCARRAY && calls->reallocarray != NULL
                      ? calls->reallocarray(slot->block, bytes, 1)
                      : calls->realloc(slot->block, bytes);
    if (block == NULL)
        DEFECT(model, "a realloc from %u to %zu bytes failed", slot->bytes, bytes);
    check_place(model, block, bytes, 1);
    if (!holds(slot, block, kept))
        DEFECT(model, "a realloc from %u to %zu bytes lost bytes", slot->bytes, bytes);
    keep(model, slot, block, bytes, operation->flags);
}

/* ---- and change hands ---- */

static void exchange(shadow_model *model, shadow_slot *slot, uint32_t number)
{
    if (model->cells == NULL)
        return;
    shadow_cell *cell = &model->cells[number % SHADOW_CELLS];
    if (atomic_exchange_explicit(&cell->busy, true, memory_order_acquire))
        return;
    shadow_slot other = cell->slot;
    cell->slot = *slot;
    atomic_store_explicit(&cell->busy, false, memory_order_release);
    shadow_account_add(&model->account, slot->usable, -1);
    if (other.block != NULL)
        shadow_account_add(&model->account, other.usable, 1);
    *slot = other;
    atomic_fetch_add_explicit(&model->record->exchanges, 1, memory_order_relaxed);
}

/* ---- requests that must fail, and leave all as it was ---- */

static void expect_failure(shadow_model *model, const void *block, int expected, const char *call)
{
    if (block != NULL || errno != expected)
        DEFECT(model, "%s gave %p and errno %d instead of NULL and %d", call, block, errno,
               expected);
    errno = 0;
}

static void ask_the_impossible(shadow_model *model, shadow_slot *slot)
{
    const shadow_calls *calls = model->calls;
    errno = 0;
    expect_failure(model, calls->malloc(SIZE_MAX), ENOMEM, "malloc(SIZE_MAX)");
    expect_failure(model, calls->malloc((size_t)PTRDIFF_MAX + 1), ENOMEM,
                   "malloc beyond PTRDIFF_MAX");
    expect_failure(model, calls->malloc(PTRDIFF_MAX), ENOMEM, "malloc(PTRDIFF_MAX)");
    expect_failure(model, calls->calloc(SIZE_MAX / 2 + 2, 2), ENOMEM,
                   "calloc of a product too large");
    if (slot->block != NULL) {
        expect_failure(model, calls->realloc(slot->block, SIZE_MAX), ENOMEM, "realloc to SIZE_MAX");
        expect_failure(model, calls->realloc(slot->block, PTRDIFF_MAX), ENOMEM,
                       "realloc to PTRDIFF_MAX");
        check_bytes(model, slot);
    }
    if (calls->reallocarray != NULL)
        expect_failure(model, calls->reallocarray(slot->block, SIZE_MAX / 2 + 2, 2), ENOMEM,
                       "reallocarray of a product too large");
    if (calls->stats == NULL) /* others differ in what follows */
        return;
    expect_failure(model, calls->aligned_alloc(48, 96), EINVAL, "aligned_alloc to 48");
    expect_failure(model, calls->aligned_alloc(0, 16), EINVAL, "aligned_alloc to 0");
    expect_failure(model, calls->aligned_alloc((size_t)1 << 62, 16), ENOMEM,
                   "aligned_alloc to 2^62");
}

/* ---- all of it ---- */

void shadow_model_do(shadow_model *model, const shadow_operation *operation)
{
    shadow_slot *slot = &model->slots[operation->slot];
    if (operation->full == SHADOW_IMPOSSIBLE) {
        ask_the_impossible(model, &model->slots[operation->bytes % SHADOW_SMALL_SLOTS]);
    } else if (slot->block == NULL) {
        if (operation->empty != SHADOW_NOTHING)
            allocate(model, slot, operation);
    } else if (operation->full == SHADOW_FREE || operation->full == SHADOW_FREE_SIZED) {
        release(model, slot, operation->full == SHADOW_FREE_SIZED);
    } else if (operation->full == SHADOW_REALLOC || operation->full == SHADOW_REALLOCARRAY) {
        resize(model, slot, operation);
    } else if (operation->full == SHADOW_LOOK) {
        check_bytes(model, slot);
    } else if (operation->full == SHADOW_EXCHANGE) {
        exchange(model, slot, operation->bytes);
    }
}

void shadow_model_drain(shadow_model *model)
{
    for (size_t index = 0; index < SHADOW_SLOTS; index++) {
        if (model->slots[index].block != NULL)
            release(model, &model->slots[index], (index & 1) != 0);
    }
}

void shadow_model_drain_cells(shadow_model *model)
{
    for (size_t index = 0; index < SHADOW_CELLS; index++) {
        shadow_slot *slot = &model->cells[index].slot;
        if (slot->block == NULL)
            continue;
        shadow_account_add(&model->account, slot->usable, 1);
        release(model, slot, false);
    }
}
