#include "bench/stress/objects/operation.h"

#include "base/attributes.h"

#include <string.h>

enum { LONGEST_LOG = 10, MOST_SHARED = 600, RARE = 1200 };

static const struct {
    const char *words;
    uint32_t weight;
    hm_stress_call call;
} kinds[HM_OBJECTS_KINDS] = {
#define HM_OBJECTS_OPERATION(identifier, often, call, words) {words, often, HM_STRESS_IN_##call},
#include "bench/stress/objects/operations.def"
#undef HM_OBJECTS_OPERATION
};

static uint32_t below(hm_stress_generator *generator, uint32_t bound)
{
    return (uint32_t)hm_random_below(&generator->random, bound);
}

/* What is dear is rarer than any weight. */
static hm_objects_kind draw(hm_stress_generator *generator)
{
    uint32_t sum = 0;
    if (below(generator, RARE) == 0)
        return below(generator, 3) == 0 ? HM_OBJECTS_RENEW : HM_OBJECTS_FORK;
    for (size_t kind = 0; kind < HM_OBJECTS_KINDS; kind++)
        sum += kinds[kind].weight;
    uint32_t dice = below(generator, sum);
    size_t kind = 0;
    for (; dice >= kinds[kind].weight; kind++)
        dice -= kinds[kind].weight;
    return (hm_objects_kind)kind;
}

/* Phases of a window of few slots make edges between the same objects, and so cycles. */
static uint32_t draw_slot(hm_stress_generator *generator)
{
    if (generator->left-- == 0) {
        generator->left = 32 + below(generator, 400);
        generator->window_slots = 3 + below(generator, HM_OBJECTS_SLOTS - 3);
        generator->window_at = below(generator, HM_OBJECTS_SLOTS - generator->window_slots);
    }
    return generator->window_at + below(generator, generator->window_slots);
}

hm_stress_operation hm_objects_generate(hm_stress_generator *generator)
{
    hm_stress_operation operation = {0};
    hm_objects_kind kind = draw(generator);
    uint64_t dice = hm_random_next(&generator->random);
    operation.empty = operation.full = (uint8_t)kind;
    operation.slot = draw_slot(generator);
    operation.bytes = draw_slot(generator) | draw_slot(generator) << 8;
    operation.alignment_log = (uint8_t)dice;
    operation.flags = (uint8_t)(dice >> 8);
    if (kind == HM_OBJECTS_THREAD || kind == HM_OBJECTS_FORK)
        operation.count = (uint32_t)(dice >> 16) % MOST_SHARED;
    else
        operation.count = (uint32_t)(dice >> 32) >> (32 - LONGEST_LOG + (dice >> 16) % 8);
    return operation;
}

hm_objects_step hm_objects_unpack(const hm_stress_operation *operation)
{
    return (hm_objects_step){.kind = (hm_objects_kind)(operation->full % HM_OBJECTS_KINDS),
                             .slot = (uint8_t)(operation->slot % HM_OBJECTS_SLOTS),
                             .other = (uint8_t)((operation->bytes & 0xff) % HM_OBJECTS_SLOTS),
                             .third = (uint8_t)((operation->bytes >> 8 & 0xff) % HM_OBJECTS_SLOTS),
                             .choice = operation->alignment_log,
                             .detail = operation->flags,
                             .count = operation->count};
}

hm_stress_call hm_objects_call(hm_objects_kind kind)
{
    return kinds[kind].call;
}

static uint32_t number_of(const hm_objects_step *step, char letter)
{
    switch (letter) {
    case 'A':
        return step->slot;
    case 'B':
        return step->other;
    case 'C':
        return step->third;
    case 'K':
        return step->kind == HM_OBJECTS_COLLECT ? step->choice % 3u : step->choice;
    default:
        return step->count;
    }
}

void hm_objects_print(FILE *stream, const hm_stress_operation *operation)
{
    hm_objects_step step = hm_objects_unpack(operation);
    for (const char *at = kinds[step.kind].words; *at != '\0'; at++) {
        if (*at == '$')
            fprintf(stream, "%u", number_of(&step, *++at));
        else
            fputc(*at, stream);
    }
}
