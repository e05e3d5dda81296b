#include "bench/stress/operation.h"

#include "allocators/pool/size_class.h"
#include "base/attributes.h"

enum { ORDER_RANDOM, ORDER_UP, ORDER_DOWN, ORDERS };
enum { TEMPER_HOLD, TEMPER_FILL, TEMPER_DRAIN, TEMPER_QUEUE, TEMPERS };
enum { LONGEST_PHASE_LOG = 17, SMALL_MAX = 1024, MEDIUM_MAX = 48 * 1024 };

static uint64_t below(hm_stress_generator *generator, uint64_t bound)
{
    return hm_random_below(&generator->random, bound);
}

/* Small numbers are as likely as large ones: the number of bits is drawn first. */
static uint32_t log_uniform(hm_stress_generator *generator, unsigned least_log, unsigned most_log)
{
    unsigned log = least_log + (unsigned)below(generator, most_log - least_log);
    return ((uint32_t)1 << log) + (uint32_t)below(generator, (uint64_t)1 << log);
}

void hm_stress_generator_start(hm_stress_generator *generator, uint64_t seed, bool several_threads)
{
    *generator = (hm_stress_generator){.several_threads = several_threads};
    hm_random_seed(&generator->random, seed);
}

static void start_phase(hm_stress_generator *generator)
{
    unsigned class_index = (unsigned)below(generator, HM_POOL_CLASS_COUNT);
    generator->left = log_uniform(generator, 6, LONGEST_PHASE_LOG);
    generator->window_slots = log_uniform(generator, 4, 15);
    if (below(generator, 16) == 0 || generator->window_slots > HM_STRESS_SMALL_SLOTS)
        generator->window_slots = HM_STRESS_SMALL_SLOTS;
    generator->window_at =
        (uint32_t)below(generator, HM_STRESS_SMALL_SLOTS - generator->window_slots + 1);
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

static uint32_t next_in_window(hm_stress_generator *generator)
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
static void choose_size(hm_stress_generator *generator, hm_stress_operation *operation,
                        uint64_t dice)
{
    uint32_t rare = (uint32_t)(dice & 0xffff);
    if ((dice >> 16 & 1023) < generator->focus_chance) {
        bool small = generator->focus_high <= SMALL_MAX;
        operation->bytes =
            generator->focus_low +
            (uint32_t)below(generator, generator->focus_high - generator->focus_low + 1);
        operation->slot =
            small ? next_in_window(generator)
                  : HM_STRESS_MEDIUM_AT + (uint32_t)below(generator, HM_STRESS_MEDIUM_SLOTS);
    } else if (rare < 2) {
        operation->bytes = 1024 * 1024 + (uint32_t)below(generator, 23 * 1024 * 1024);
        operation->slot = HM_STRESS_HUGE_AT + (uint32_t)below(generator, HM_STRESS_HUGE_SLOTS);
    } else if (rare == 2) {
        uint32_t slots = generator->several_threads ? 1 : HM_STRESS_GIANT_SLOTS;
        operation->bytes = log_uniform(generator, 25, generator->several_threads ? 26 : 28) - 1;
        operation->slot = HM_STRESS_GIANT_AT + (uint32_t)below(generator, slots);
    } else if (rare < 80) {
        operation->bytes = MEDIUM_MAX / 2 + log_uniform(generator, 13, 20);
        operation->slot = HM_STRESS_LARGE_AT + (uint32_t)below(generator, HM_STRESS_LARGE_SLOTS);
    } else if (rare < 1500) {
        uint32_t bytes = log_uniform(generator, 10, 16);
        operation->bytes = bytes <= MEDIUM_MAX ? bytes : MEDIUM_MAX;
        operation->slot = HM_STRESS_MEDIUM_AT + (uint32_t)below(generator, HM_STRESS_MEDIUM_SLOTS);
    } else {
        operation->bytes = log_uniform(generator, 0, 10) - 1;
        operation->slot = next_in_window(generator);
    }
}

static uint8_t way_to_allocate(uint64_t dice)
{
    static const uint8_t ways[16] = {
        HM_STRESS_CALLOC,   HM_STRESS_CALLOC,         HM_STRESS_ALIGNED_ALLOC,
        HM_STRESS_MEMALIGN, HM_STRESS_POSIX_MEMALIGN, HM_STRESS_REALLOC,
        HM_STRESS_MALLOC,   HM_STRESS_MALLOC,         HM_STRESS_MALLOC,
        HM_STRESS_MALLOC,   HM_STRESS_MALLOC,         HM_STRESS_MALLOC,
        HM_STRESS_MALLOC,   HM_STRESS_REALLOCARRAY,   HM_STRESS_MALLOC,
        HM_STRESS_MALLOC};
    return ways[dice & 15];
}

static uint8_t way_to_use(const hm_stress_generator *generator, uint64_t dice)
{
    static const uint8_t hold[16] = {
        HM_STRESS_FREE,       HM_STRESS_FREE,       HM_STRESS_FREE,       HM_STRESS_FREE,
        HM_STRESS_FREE,       HM_STRESS_FREE,       HM_STRESS_FREE_SIZED, HM_STRESS_FREE_SIZED,
        HM_STRESS_FREE_SIZED, HM_STRESS_FREE_SIZED, HM_STRESS_REALLOC,    HM_STRESS_REALLOC,
        HM_STRESS_REALLOC,    HM_STRESS_LOOK,       HM_STRESS_LOOK,       HM_STRESS_REALLOCARRAY};
    static const uint8_t fill[16] = {
        HM_STRESS_FREE,    HM_STRESS_REALLOC, HM_STRESS_REALLOC, HM_STRESS_REALLOCARRAY,
        HM_STRESS_LOOK,    HM_STRESS_LOOK,    HM_STRESS_NOTHING, HM_STRESS_NOTHING,
        HM_STRESS_NOTHING, HM_STRESS_NOTHING, HM_STRESS_NOTHING, HM_STRESS_NOTHING,
        HM_STRESS_NOTHING, HM_STRESS_NOTHING, HM_STRESS_NOTHING, HM_STRESS_NOTHING};
    if (generator->several_threads && (dice & 7) == 0)
        return HM_STRESS_EXCHANGE;
    if (generator->temper == TEMPER_FILL)
        return fill[dice >> 4 & 15];
    if (generator->temper == TEMPER_HOLD)
        return hold[dice >> 4 & 15];
    return dice >> 4 & 1 ? HM_STRESS_FREE : HM_STRESS_FREE_SIZED;
}

/* What concerns no slot. NOTHING: this time it is an ordinary operation. */
static uint8_t rare_kind(hm_stress_generator *generator, uint32_t *count)
{
    uint32_t dice = (uint32_t)below(generator, 1u << 10);
    *count = (uint32_t)below(generator, 2000);
    if (dice < 6)
        return HM_STRESS_FORK;
    if (dice < 8)
        return HM_STRESS_PURGE;
    if (dice < 16)
        return HM_STRESS_ACCOUNT;
    if (dice < 64)
        return HM_STRESS_THREAD;
    return dice < 96 ? HM_STRESS_IMPOSSIBLE : HM_STRESS_NOTHING;
}

/* An even mix of up to 4 KiB, and now and then up to 4 MiB. */
static uint8_t alignment_log(uint64_t dice, bool rare)
{
    return (uint8_t)(rare ? dice % 23 : 3 + dice % 10);
}

hm_stress_operation hm_stress_generator_next(hm_stress_generator *generator)
{
    hm_stress_operation operation = {0};
    if (generator->left-- == 0)
        start_phase(generator);
    uint64_t dice = hm_random_next(&generator->random);
    if (HM_UNLIKELY(dice >> 54 == 0)) {
        operation.empty = operation.full = rare_kind(generator, &operation.count);
        operation.bytes = (uint32_t)(dice & 0xffff);
        if (operation.empty != HM_STRESS_NOTHING)
            return operation;
    }
    choose_size(generator, &operation, dice);
    dice >>= 26;
    bool drains = generator->temper == TEMPER_DRAIN;
    operation.empty = drains ? (uint8_t)HM_STRESS_NOTHING : way_to_allocate(dice);
    operation.full = way_to_use(generator, dice >> 4);
    operation.flags = (uint8_t)((dice >> 12 & 15) == 0 ? HM_STRESS_WHOLE : 0);
    operation.flags |= (uint8_t)((dice >> 16 & 7) == 0 ? HM_STRESS_USABLE : 0);
    operation.alignment_log = alignment_log(dice >> 19 & 255, (dice >> 27 & 511) == 0);
    return operation;
}

/* ---- in words ---- */

static const char *const names[HM_STRESS_KINDS] = {
    "nothing",        "malloc",   "calloc",     "aligned_alloc", "memalign",
    "posix_memalign", "free",     "free_sized", "realloc",       "reallocarray",
    "look",           "exchange", "purge",      "statistics",    "requests that must fail",
    "thread",         "fork"};

const char *hm_stress_kind_name(unsigned kind)
{
    return names[kind < HM_STRESS_KINDS ? kind : HM_STRESS_NOTHING];
}

static void print_flags(FILE *stream, const hm_stress_operation *operation)
{
    fprintf(stream, "%s%s", operation->flags & HM_STRESS_WHOLE ? ", filled whole" : "",
            operation->flags & HM_STRESS_USABLE ? ", filled to the end of its usable size" : "");
}

static void print_birth(FILE *stream, const hm_stress_operation *operation)
{
    fprintf(stream, "block %u: %s of %u bytes", operation->slot, names[operation->empty],
            operation->bytes);
    if (operation->empty >= HM_STRESS_ALIGNED_ALLOC && operation->empty <= HM_STRESS_POSIX_MEMALIGN)
        fprintf(stream, ", alignment %u", 1u << operation->alignment_log);
    print_flags(stream, operation);
}

static void print_use(FILE *stream, const hm_stress_operation *operation)
{
    fprintf(stream, "block %u: %s", operation->slot, names[operation->full]);
    if (operation->full != HM_STRESS_REALLOC && operation->full != HM_STRESS_REALLOCARRAY)
        return;
    fprintf(stream, " to %u bytes", operation->bytes);
    print_flags(stream, operation);
}

static enum hm_stress_known after(const hm_stress_operation *operation, enum hm_stress_known now)
{
    bool freed = operation->full == HM_STRESS_FREE || operation->full == HM_STRESS_FREE_SIZED;
    bool resized =
        operation->full == HM_STRESS_REALLOC || operation->full == HM_STRESS_REALLOCARRAY;
    if (now == HM_STRESS_EMPTY)
        return operation->empty == HM_STRESS_NOTHING ? HM_STRESS_EMPTY : HM_STRESS_FULL;
    if (operation->full == HM_STRESS_EXCHANGE || (resized && operation->bytes == 0))
        return HM_STRESS_UNKNOWN; /* realloc to 0 frees, or does not */
    if (now == HM_STRESS_UNKNOWN)
        return freed && operation->empty == HM_STRESS_NOTHING ? HM_STRESS_EMPTY : now;
    return freed ? HM_STRESS_EMPTY : HM_STRESS_FULL;
}

bool hm_stress_operation_idles(const hm_stress_operation *operation, hm_stress_fullness *slots)
{
    enum hm_stress_known *known = &slots->of[operation->slot], before = *known;
    if (operation->empty >= HM_STRESS_PURGE)
        return false;
    *known = after(operation, before);
    return (before == HM_STRESS_EMPTY && operation->empty == HM_STRESS_NOTHING) ||
           (before == HM_STRESS_FULL && operation->full == HM_STRESS_NOTHING);
}

void hm_stress_operation_print(FILE *stream, const hm_stress_operation *operation,
                               hm_stress_fullness *slots)
{
    enum hm_stress_known *known = &slots->of[operation->slot];
    if (operation->empty >= HM_STRESS_PURGE) {
        fprintf(stream, "%s", names[operation->empty]);
        if (operation->empty >= HM_STRESS_THREAD)
            fprintf(stream, " for the next %u operations", operation->count);
        return;
    }
    if (*known == HM_STRESS_EMPTY) {
        print_birth(stream, operation);
    } else if (*known == HM_STRESS_FULL) {
        print_use(stream, operation);
    } else {
        print_use(stream, operation);
        fprintf(stream, " if it is there, else ");
        print_birth(stream, operation);
    }
    *known = after(operation, *known);
}
