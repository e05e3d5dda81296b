#include "operation.h"

#include "allocators/pool/size_class.h"
#include "base/attributes.h"

enum { ORDER_RANDOM, ORDER_UP, ORDER_DOWN, ORDERS };
enum { TEMPER_HOLD, TEMPER_FILL, TEMPER_DRAIN, TEMPER_QUEUE, TEMPERS };
enum { LONGEST_PHASE_LOG = 17, SMALL_MAX = 1024, MEDIUM_MAX = 48 * 1024 };

static uint64_t below(shadow_generator *generator, uint64_t bound)
{
    return hm_random_below(&generator->random, bound);
}

/* Small numbers are as likely as large ones: the number of bits is drawn first. */
static uint32_t log_uniform(shadow_generator *generator, unsigned least_log, unsigned most_log)
{
    unsigned log = least_log + (unsigned)below(generator, most_log - least_log);
    return ((uint32_t)1 << log) + (uint32_t)below(generator, (uint64_t)1 << log);
}

void shadow_generator_start(shadow_generator *generator, uint64_t seed, bool several_threads)
{
    *generator = (shadow_generator){.several_threads = several_threads};
    hm_random_seed(&generator->random, seed);
}

static void start_phase(shadow_generator *generator)
{
    unsigned class_index = (unsigned)below(generator, HM_POOL_CLASS_COUNT);
    generator->left = log_uniform(generator, 6, LONGEST_PHASE_LOG);
    generator->window_slots = log_uniform(generator, 4, 15);
    if (below(generator, 16) == 0 || generator->window_slots > SHADOW_SMALL_SLOTS)
        generator->window_slots = SHADOW_SMALL_SLOTS;
    generator->window_at =
        (uint32_t)below(generator, SHADOW_SMALL_SLOTS - generator->window_slots + 1);
    generator->cursor = (uint32_t)below(generator, generator->window_slots);
    generator->order = (uint8_t)below(generator, ORDERS);
    generator->temper = (uint8_t)below(generator, TEMPERS);
    generator->focus_high = (uint32_t)hm_pool_class_bytes(class_index);
    generator->focus_low =
        class_index == 0 ? 0 : (uint32_t)hm_pool_class_bytes(class_index - 1) + 1;
    generator->focus_chance =
        (uint16_t)(generator->focus_high <= SMALL_MAX ? 512
                                                      : 512 * SMALL_MAX / generator->focus_high);
}

static uint32_t next_in_window(shadow_generator *generator)
{
    uint32_t slots = generator->window_slots;
    if (generator->order == ORDER_RANDOM)
        return generator->window_at + (uint32_t)below(generator, slots);
    if (generator->order == ORDER_UP)
        generator->cursor = generator->cursor + 1 < slots ? generator->cursor + 1 : 0;
    else
        generator->cursor = generator->cursor > 0 ? generator->cursor - 1 : slots - 1;
    return generator->window_at + generator->cursor;
}

/* Chooses slot and size together. */
static void choose_size(shadow_generator *generator, shadow_operation *operation, uint64_t dice)
{
    uint32_t rare = (uint32_t)(dice & 0xffff);
    if ((dice >> 16 & 1023) < generator->focus_chance) {
        bool small = generator->focus_high <= SMALL_MAX;
        operation->bytes =
            generator->focus_low +
            (uint32_t)below(generator, generator->focus_high - generator->focus_low + 1);
        operation->slot = small
                              ? next_in_window(generator)
                              : SHADOW_MEDIUM_AT + (uint32_t)below(generator, SHADOW_MEDIUM_SLOTS);
    } else if (rare < 2) {
        operation->bytes = 1024 * 1024 + (uint32_t)below(generator, 23 * 1024 * 1024);
        operation->slot = SHADOW_HUGE_AT + (uint32_t)below(generator, SHADOW_HUGE_SLOTS);
    } else if (rare < 80) {
        operation->bytes = MEDIUM_MAX / 2 + log_uniform(generator, 13, 20);
        operation->slot = SHADOW_LARGE_AT + (uint32_t)below(generator, SHADOW_LARGE_SLOTS);
    } else if (rare < 1500) {
        uint32_t bytes = log_uniform(generator, 10, 16);
        operation->bytes = bytes <= MEDIUM_MAX ? bytes : MEDIUM_MAX;
        operation->slot = SHADOW_MEDIUM_AT + (uint32_t)below(generator, SHADOW_MEDIUM_SLOTS);
    } else {
        operation->bytes = log_uniform(generator, 0, 10) - 1;
        operation->slot = next_in_window(generator);
    }
}

static uint8_t way_to_allocate(uint64_t dice)
{
    static const uint8_t ways[16] = {
        SHADOW_CALLOC,         SHADOW_CALLOC,       SHADOW_ALIGNED_ALLOC, SHADOW_MEMALIGN,
        SHADOW_POSIX_MEMALIGN, SHADOW_REALLOC,      SHADOW_MALLOC,        SHADOW_MALLOC,
        SHADOW_MALLOC,         SHADOW_MALLOC,       SHADOW_MALLOC,        SHADOW_MALLOC,
        SHADOW_MALLOC,         SHADOW_REALLOCARRAY, SHADOW_MALLOC,        SHADOW_MALLOC};
    return ways[dice & 15];
}

static uint8_t way_to_use(const shadow_generator *generator, uint64_t dice)
{
    static const uint8_t hold[16] = {
        SHADOW_FREE,       SHADOW_FREE,       SHADOW_FREE,       SHADOW_FREE,
        SHADOW_FREE,       SHADOW_FREE,       SHADOW_FREE_SIZED, SHADOW_FREE_SIZED,
        SHADOW_FREE_SIZED, SHADOW_FREE_SIZED, SHADOW_REALLOC,    SHADOW_REALLOC,
        SHADOW_REALLOC,    SHADOW_LOOK,       SHADOW_LOOK,       SHADOW_REALLOCARRAY};
    static const uint8_t fill[16] = {
        SHADOW_FREE,    SHADOW_REALLOC, SHADOW_REALLOC, SHADOW_REALLOCARRAY,
        SHADOW_LOOK,    SHADOW_LOOK,    SHADOW_NOTHING, SHADOW_NOTHING,
        SHADOW_NOTHING, SHADOW_NOTHING, SHADOW_NOTHING, SHADOW_NOTHING,
        SHADOW_NOTHING, SHADOW_NOTHING, SHADOW_NOTHING, SHADOW_NOTHING};
    if (generator->several_threads && (dice & 7) == 0)
        return SHADOW_EXCHANGE;
    if (generator->temper == TEMPER_FILL)
        return fill[dice >> 4 & 15];
    if (generator->temper == TEMPER_HOLD)
        return hold[dice >> 4 & 15];
    return dice >> 4 & 1 ? SHADOW_FREE : SHADOW_FREE_SIZED;
}

/* What concerns no slot. NOTHING: this time it is an ordinary operation. */
static uint8_t rare_kind(shadow_generator *generator, uint32_t *count)
{
    uint32_t dice = (uint32_t)below(generator, 1u << 10);
    *count = (uint32_t)below(generator, 2000);
    if (dice < 2)
        return SHADOW_FORK;
    if (dice < 4)
        return SHADOW_PURGE;
    if (dice < 12)
        return SHADOW_ACCOUNT;
    if (dice < 32)
        return SHADOW_THREAD;
    return dice < 64 ? SHADOW_IMPOSSIBLE : SHADOW_NOTHING;
}

/* An even mix of up to 4 KiB, and now and then up to 4 MiB. */
static uint8_t alignment_log(uint64_t dice, bool rare)
{
    return (uint8_t)(rare ? dice % 23 : 3 + dice % 10);
}

shadow_operation shadow_generator_next(shadow_generator *generator)
{
    shadow_operation operation = {0};
    if (generator->left-- == 0)
        start_phase(generator);
    uint64_t dice = hm_random_next(&generator->random);
    if (HM_UNLIKELY(dice >> 54 == 0)) {
        operation.empty = operation.full = rare_kind(generator, &operation.count);
        operation.bytes = (uint32_t)(dice & 0xffff);
        if (operation.empty != SHADOW_NOTHING)
            return operation;
    }
    choose_size(generator, &operation, dice);
    dice >>= 26;
    bool drains = generator->temper == TEMPER_DRAIN;
    operation.empty = drains ? (uint8_t)SHADOW_NOTHING : way_to_allocate(dice);
    operation.full = way_to_use(generator, dice >> 4);
    operation.flags = (uint8_t)((dice >> 12 & 15) == 0 ? SHADOW_WHOLE : 0);
    operation.flags |= (uint8_t)((dice >> 16 & 7) == 0 ? SHADOW_USABLE : 0);
    operation.alignment_log = alignment_log(dice >> 19 & 255, (dice >> 27 & 511) == 0);
    return operation;
}

void shadow_operation_print(FILE *stream, const shadow_operation *operation)
{
    static const char *const names[SHADOW_KINDS] = {
        "nothing",        "malloc",   "calloc",     "aligned_alloc", "memalign",
        "posix_memalign", "free",     "free_sized", "realloc",       "reallocarray",
        "look",           "exchange", "purge",      "account",       "requests that must fail",
        "thread",         "fork"};
    const char *empty = names[operation->empty], *full = names[operation->full];
    if (operation->empty >= SHADOW_PURGE) {
        fprintf(stream, "%s", empty);
        if (operation->empty >= SHADOW_THREAD)
            fprintf(stream, " for the next %u operations", operation->count);
    } else {
        fprintf(stream, "slot %u: %s where empty, %s where full; %u bytes", operation->slot, empty,
                full, operation->bytes);
        if (operation->empty >= SHADOW_ALIGNED_ALLOC && operation->empty <= SHADOW_POSIX_MEMALIGN)
            fprintf(stream, ", alignment %u", 1u << operation->alignment_log);
        fprintf(stream, "%s%s", operation->flags & SHADOW_WHOLE ? ", filled whole" : "",
                operation->flags & SHADOW_USABLE ? ", the usable size filled" : "");
    }
    fputc('\n', stream);
}
