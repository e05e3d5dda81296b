#include "bench/stress/model.h"

#include "bench/stress/granules.h"
#include "bench/stress/pattern.h"

#include <errno.h>
#include <sys/mman.h>

#define DEFECT(model, kind, ...)                                                                   \
    hm_stress_record_defect((model)->record, (model)->thread, HM_STRESS_##kind, __VA_ARGS__)
#define ENTER(model, call) hm_stress_enter((model)->record, (model)->thread, HM_STRESS_IN_##call)

hm_stress_model *hm_stress_model_new(const hm_stress_calls *calls, hm_stress_record *record,
                                     unsigned thread, uint64_t seed)
{
    hm_stress_model *model =
        mmap(NULL, sizeof *model, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (model == MAP_FAILED)
        hm_stress_machine_refuses("the model");
    model->calls = calls;
    model->record = record;
    model->thread = thread;
    model->keys = seed;
    return model;
}

/* ---- what a block holds ---- */

static void fill(const hm_stress_slot *slot)
{
    if (slot->whole)
        hm_stress_pattern_fill(slot->block, slot->filled, slot->key);
    else
        hm_stress_pattern_fill_sparse(slot->block, slot->filled, slot->key);
}

/* Whether the first `kept` bytes of the slot's pattern are at `block`. */
static bool holds(const hm_stress_slot *slot, const unsigned char *block, size_t kept)
{
    if (slot->whole)
        return hm_stress_pattern_holds(block, 0, kept, slot->key);
    if (kept < 64)
        return hm_stress_pattern_holds(block, 0, kept, slot->key);
    return hm_stress_pattern_holds_sparse(block, slot->filled, kept, slot->key);
}

static void check_bytes(hm_stress_model *model, const hm_stress_slot *slot)
{
    ENTER(model, LOOK);
    hm_stress_checked(model->record, model->thread, 1);
    if (!holds(slot, slot->block, slot->filled))
        DEFECT(model, CONTENTS, "the bytes of a live block of %u bytes at %p changed", slot->bytes,
               (void *)slot->block);
}

static size_t usable_of(const hm_stress_model *model, void *block, size_t bytes)
{
    ENTER(model, USABLE_SIZE);
    return model->calls->usable_size != NULL ? model->calls->usable_size(block) : bytes;
}

/* ---- blocks come ---- */

static void check_place(hm_stress_model *model, const void *block, size_t bytes, size_t alignment)
{
    size_t least = bytes < 16 ? model->calls->small_alignment_bytes : 16;
    hm_stress_checked(model->record, model->thread, 1);
    if ((uintptr_t)block >> HM_STRESS_ADDRESS_BITS != 0)
        DEFECT(model, MEMORY_GONE, "a block of %zu bytes at %p lies where no memory can be", bytes,
               block);
    if (((uintptr_t)block & (least - 1)) != 0)
        DEFECT(model, MISALIGNED, "a block of %zu bytes at %p is not aligned to %zu", bytes, block,
               least);
    /* The address of a block of no bytes is for nothing but to be freed. */
    if (bytes > 0 && ((uintptr_t)block & (alignment - 1)) != 0)
        DEFECT(model, MISALIGNED, "a block of %zu bytes at %p is not aligned to %zu, as was asked",
               bytes, block, alignment);
}

/* How much of [begin, begin + bytes) lies in [other, other + other_bytes). */
static bool meets(const unsigned char *begin, size_t bytes, const unsigned char *other,
                  size_t other_bytes)
{
    return begin < other + other_bytes && other < begin + bytes;
}

static const hm_stress_slot *find_meeting(const hm_stress_slot *slots, size_t count,
                                          const unsigned char *block, size_t usable)
{
    for (size_t index = 0; index < count; index++) {
        if (slots[index].block != NULL &&
            meets(block, usable, slots[index].block, slots[index].usable))
            return &slots[index];
    }
    return NULL;
}

/* Tells which of three defects it is that granules are taken: another thread's block is not looked
   for, and counts as an overlap. */
static _Noreturn void tell_overlap(hm_stress_model *model, const unsigned char *block, size_t bytes,
                                   size_t usable)
{
    const hm_stress_slot *other = find_meeting(model->slots, HM_STRESS_SLOTS, block, usable);
    for (size_t index = 0; other == NULL && model->cells != NULL && index < HM_STRESS_CELLS;
         index++)
        other = find_meeting(&model->cells[index].slot, 1, block, usable);
    if (other == NULL)
        DEFECT(model, OVERLAP, "a block of %zu bytes at %p overlaps another, of another thread",
               usable, (const void *)block);
    if (other->block == block)
        DEFECT(model, DOUBLE_HAND_OUT,
               "a block of %zu bytes at %p overlaps another: it is live, of %u bytes", usable,
               (const void *)block, other->bytes);
    if (!meets(block, bytes + (bytes == 0), other->block, other->bytes + (other->bytes == 0)))
        DEFECT(
            model, USABLE_LARGE,
            "by their usable size a block of %zu bytes at %p overlaps another, of %u bytes at %p",
            usable, (const void *)block, other->usable, (void *)other->block);
    DEFECT(model, OVERLAP, "a block of %zu bytes at %p overlaps another, of %u bytes at %p", bytes,
           (const void *)block, other->bytes, (void *)other->block);
}

/* The slot gets the block, whose bytes are nobody's yet. */
static void keep(hm_stress_model *model, hm_stress_slot *slot, void *block, size_t bytes,
                 uint8_t flags)
{
    size_t usable = usable_of(model, block, bytes);
    if (usable < bytes)
        DEFECT(model, USABLE_SMALL,
               "the usable size %zu of a block is below the %zu bytes asked for", usable, bytes);
    if (usable > UINT32_MAX)
        DEFECT(model, USABLE_LARGE, "the usable size of a block of %zu bytes is %zu", bytes,
               usable);
    if (!hm_stress_granules_take(block, usable, model->shared))
        tell_overlap(model, block, bytes, usable);
    hm_stress_checked(model->record, model->thread, 2);
    size_t row = hm_stress_account_row(usable);
    model->account.bytes += (int64_t)usable;
    model->account.blocks[row]++;
    atomic_store_explicit(&model->record->seen[row], 1, memory_order_relaxed);
    slot->block = block;
    slot->key = hm_splitmix64(&model->keys);
    slot->bytes = (uint32_t)bytes;
    slot->usable = (uint32_t)usable;
    slot->filled = flags & HM_STRESS_USABLE ? slot->usable : slot->bytes;
    slot->whole = slot->filled <= HM_STRESS_WHOLE_BYTES ||
                  ((flags & HM_STRESS_WHOLE) != 0 && slot->filled < HM_STRESS_GIANT_BYTES);
    slot->sized = false;
    ENTER(model, FILL);
    fill(slot);
}

static void *allocate_aligned(hm_stress_model *model, unsigned kind, size_t alignment, size_t bytes)
{
    const hm_stress_calls *calls = model->calls;
    void *block = NULL;
    if (kind == HM_STRESS_POSIX_MEMALIGN && calls->posix_memalign != NULL) {
        ENTER(model, POSIX_MEMALIGN);
        return calls->posix_memalign(&block, alignment, bytes) == 0 ? block : NULL;
    }
    if (kind == HM_STRESS_MEMALIGN && calls->memalign != NULL) {
        ENTER(model, MEMALIGN);
        return calls->memalign(alignment, bytes);
    }
    ENTER(model, ALIGNED_ALLOC);
    return calls->aligned_alloc != NULL ? calls->aligned_alloc(alignment, bytes)
                                        : calls->malloc(bytes);
}

/* C's rule for aligned_alloc; the older calls take any size. */
static size_t aligned_bytes(const hm_stress_operation *operation, size_t alignment)
{
    if (operation->empty != HM_STRESS_ALIGNED_ALLOC)
        return operation->bytes;
    return (operation->bytes + alignment - 1) & ~(alignment - 1);
}

static void *allocate_zeroed(hm_stress_model *model, const hm_stress_operation *operation)
{
    size_t unit = (size_t)1 << operation->alignment_log % 5;
    size_t count = (operation->bytes + unit - 1) / unit;
    ENTER(model, CALLOC);
    unsigned char *block = model->calls->calloc(count, unit);
    hm_stress_checked(model->record, model->thread, 1);
    ENTER(model, FILL);
    if (block != NULL &&
        !hm_stress_is_zero(block, count * unit, operation->flags & HM_STRESS_WHOLE))
        DEFECT(model, NOT_ZEROED, "a calloc of %zu bytes is not zero", count * unit);
    return block;
}

static void allocate(hm_stress_model *model, hm_stress_slot *slot,
                     const hm_stress_operation *operation)
{
    const hm_stress_calls *calls = model->calls;
    size_t bytes = operation->bytes, alignment = 1;
    void *block;
    switch (operation->empty) {
    case HM_STRESS_CALLOC: {
        size_t unit = (size_t)1 << operation->alignment_log % 5;
        bytes = (bytes + unit - 1) & ~(unit - 1);
        block = allocate_zeroed(model, operation);
        break;
    }
    case HM_STRESS_ALIGNED_ALLOC:
    case HM_STRESS_MEMALIGN:
    case HM_STRESS_POSIX_MEMALIGN:
        alignment = (size_t)1 << (operation->alignment_log < 3 ? 3 : operation->alignment_log);
        bytes = aligned_bytes(operation, alignment);
        block = allocate_aligned(model, operation->empty, alignment, bytes);
        alignment = calls->aligned_alloc != NULL ? alignment : 1;
        break;
    case HM_STRESS_REALLOC:
    case HM_STRESS_REALLOCARRAY:
        ENTER(model, REALLOC);
        block = calls->realloc(NULL, bytes);
        break;
    default:
        ENTER(model, MALLOC);
        block = calls->malloc(bytes);
        break;
    }
    if (block == NULL && bytes == 0)
        return; /* C allows it */
    if (block == NULL)
        DEFECT(model, WRONG_NULL, "%s of %zu bytes failed", hm_stress_kind_name(operation->empty),
               bytes);
    check_place(model, block, bytes, alignment);
    keep(model, slot, block, bytes, operation->flags);
    slot->sized = operation->empty == HM_STRESS_MALLOC || operation->empty == HM_STRESS_CALLOC;
}

/* ---- blocks go ---- */

/* Checks a block that is about to go; from then on its place may be another's. */
static void let_go(hm_stress_model *model, const hm_stress_slot *slot)
{
    check_bytes(model, slot);
    if ((slot->key & 7) == 0 && model->calls->usable_size != NULL &&
        usable_of(model, slot->block, slot->usable) != slot->usable)
        DEFECT(model, USABLE_CHANGED,
               "the usable size of a block of %u bytes changed while it was live", slot->bytes);
    if (!hm_stress_granules_drop(slot->block, slot->usable, model->shared))
        DEFECT(model, OVERLAP, "the model lost a block of %u bytes", slot->bytes);
    hm_stress_account_add(&model->account, slot->usable, -1);
}

static void release(hm_stress_model *model, hm_stress_slot *slot, bool sized)
{
    void *block = slot->block;
    let_go(model, slot);
    slot->block = NULL;
    if (sized && slot->sized && model->calls->free_sized != NULL) {
        ENTER(model, FREE_SIZED);
        model->calls->free_sized(block, slot->bytes);
    } else {
        ENTER(model, FREE);
        model->calls->free(block);
    }
}

static void *reallocate(hm_stress_model *model, void *block, size_t bytes, bool as_array)
{
    const hm_stress_calls *calls = model->calls;
    if (as_array && calls->reallocarray != NULL) {
        ENTER(model, REALLOCARRAY);
        return calls->reallocarray(block, bytes, 1);
    }
    ENTER(model, REALLOC);
    return calls->realloc(block, bytes);
}

static void check_kept(hm_stress_model *model, const hm_stress_slot *slot, const void *block,
                       size_t kept, size_t bytes)
{
    ENTER(model, LOOK);
    hm_stress_checked(model->record, model->thread, 1);
    if (holds(slot, block, kept))
        return;
    size_t first = kept / 2 < 64 ? kept / 2 & ~(size_t)7 : 64;
    if (holds(slot, block, first))
        DEFECT(model, REALLOC_TAIL, "a realloc from %u to %zu bytes lost bytes at its end",
               slot->bytes, bytes);
    DEFECT(model, REALLOC_CONTENTS, "a realloc from %u to %zu bytes lost bytes at its begin",
           slot->bytes, bytes);
}

/* To 0 bytes: NULL says that the block is freed, else it is a block of 0 bytes. */
static void resize(hm_stress_model *model, hm_stress_slot *slot,
                   const hm_stress_operation *operation)
{
    size_t bytes = operation->bytes;
    size_t kept = slot->filled < bytes ? slot->filled : bytes;
    let_go(model, slot);
    void *block = reallocate(model, slot->block, bytes, operation->full == HM_STRESS_REALLOCARRAY);
    if (block == NULL && bytes == 0) {
        slot->block = NULL;
        return;
    }
    if (block == NULL)
        DEFECT(model, WRONG_NULL, "a realloc from %u to %zu bytes failed", slot->bytes, bytes);
    check_place(model, block, bytes, 1);
    check_kept(model, slot, block, kept, bytes);
    keep(model, slot, block, bytes, operation->flags);
}

/* ---- and change hands ---- */

static void exchange(hm_stress_model *model, hm_stress_slot *slot, uint32_t number)
{
    if (model->cells == NULL)
        return;
    hm_stress_cell *cell = &model->cells[number % HM_STRESS_CELLS];
    if (atomic_exchange_explicit(&cell->busy, true, memory_order_acquire))
        return;
    hm_stress_slot other = cell->slot;
    cell->slot = *slot;
    atomic_store_explicit(&cell->busy, false, memory_order_release);
    hm_stress_account_add(&model->account, slot->usable, -1);
    if (other.block != NULL)
        hm_stress_account_add(&model->account, other.usable, 1);
    *slot = other;
    atomic_fetch_add_explicit(&model->record->exchanges, 1, memory_order_relaxed);
}

/* ---- requests that must fail, and leave all as it was ---- */

static void expect_failure(hm_stress_model *model, const void *block, int expected,
                           hm_stress_defect kind, const char *call)
{
    int found = errno;
    hm_stress_checked(model->record, model->thread, 1);
    if (block != NULL)
        hm_stress_record_defect(model->record, model->thread, kind, "%s gave %p instead of NULL",
                                call, block);
    if (found != expected && model->calls->strict)
        DEFECT(model, WRONG_ERRNO, "%s gave errno %d instead of %d", call, found, expected);
    if (found != expected) /* ISO C asks for no errno */
        hm_stress_record_note(model->record, HM_STRESS_WRONG_ERRNO,
                              "%s gave NULL and errno %d instead of %d", call, found, expected);
    errno = 0;
}

#define MUST_FAIL(call, value, expected, kind)                                                     \
    do {                                                                                           \
        ENTER(model, call);                                                                        \
        expect_failure(model, calls->value, expected, HM_STRESS_##kind, #value);                   \
    } while (0)

static void ask_the_impossible(hm_stress_model *model, hm_stress_slot *slot)
{
    const hm_stress_calls *calls = model->calls;
    void *block = slot->block;
    errno = 0;
    MUST_FAIL(MALLOC, malloc(SIZE_MAX), ENOMEM, WRONG_BLOCK);
    MUST_FAIL(MALLOC, malloc((size_t)PTRDIFF_MAX + 1), ENOMEM, WRONG_BLOCK);
    MUST_FAIL(MALLOC, malloc(PTRDIFF_MAX), ENOMEM, WRONG_BLOCK);
    MUST_FAIL(CALLOC, calloc(SIZE_MAX / 2 + 2, 2), ENOMEM, OVERFLOW);
    MUST_FAIL(CALLOC, calloc(SIZE_MAX / 16 + 4, 16), ENOMEM, OVERFLOW);
    MUST_FAIL(CALLOC, calloc((size_t)1 << 33, (size_t)1 << 33), ENOMEM, OVERFLOW);
    if (block != NULL) {
        MUST_FAIL(REALLOC, realloc(block, SIZE_MAX), ENOMEM, WRONG_BLOCK);
        MUST_FAIL(REALLOC, realloc(block, PTRDIFF_MAX), ENOMEM, WRONG_BLOCK);
        check_bytes(model, slot);
    }
    if (calls->reallocarray != NULL)
        MUST_FAIL(REALLOCARRAY, reallocarray(block, SIZE_MAX / 2 + 2, 2), ENOMEM, OVERFLOW);
    if (!calls->strict) /* others differ in what follows */
        return;
    MUST_FAIL(ALIGNED_ALLOC, aligned_alloc(48, 96), EINVAL, WRONG_BLOCK);
    MUST_FAIL(ALIGNED_ALLOC, aligned_alloc(0, 16), EINVAL, WRONG_BLOCK);
    MUST_FAIL(ALIGNED_ALLOC, aligned_alloc((size_t)1 << 62, 16), ENOMEM, WRONG_BLOCK);
}

/* ---- all of it ---- */

void hm_stress_model_do(hm_stress_model *model, const hm_stress_operation *operation)
{
    hm_stress_slot *slot = &model->slots[operation->slot];
    if (operation->full == HM_STRESS_IMPOSSIBLE) {
        ask_the_impossible(model, &model->slots[operation->bytes % HM_STRESS_SMALL_SLOTS]);
    } else if (slot->block == NULL) {
        if (operation->empty != HM_STRESS_NOTHING)
            allocate(model, slot, operation);
    } else if (operation->full == HM_STRESS_FREE || operation->full == HM_STRESS_FREE_SIZED) {
        release(model, slot, operation->full == HM_STRESS_FREE_SIZED);
    } else if (operation->full == HM_STRESS_REALLOC || operation->full == HM_STRESS_REALLOCARRAY) {
        resize(model, slot, operation);
    } else if (operation->full == HM_STRESS_LOOK) {
        check_bytes(model, slot);
    } else if (operation->full == HM_STRESS_EXCHANGE) {
        exchange(model, slot, operation->bytes);
    }
}

void hm_stress_model_drain(hm_stress_model *model)
{
    for (size_t index = 0; index < HM_STRESS_SLOTS; index++) {
        if (model->slots[index].block != NULL)
            release(model, &model->slots[index], (index & 1) != 0);
    }
}

void hm_stress_model_drain_cells(hm_stress_model *model)
{
    for (size_t index = 0; index < HM_STRESS_CELLS; index++) {
        hm_stress_slot *slot = &model->cells[index].slot;
        if (slot->block == NULL)
            continue;
        hm_stress_account_add(&model->account, slot->usable, 1);
        release(model, slot, false);
    }
}
