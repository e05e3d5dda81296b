/**
 * This module is the random operations of object programs, so that a seed is a program and any part
 * of a program is a program again, as with those of allocator calls (bench/stress/operation.h).
 *
 * Words: a *slot* is a root of the program: it holds an object or nothing. An operation names up to
 * three slots; where these do not hold what it needs, it does something simpler or nothing.
 *
 * An operation travels in an hm_stress_operation, so that one list, one area and one way to make a
 * failing sequence short serve both kinds of programs; a *step* is it unpacked.
 */
#ifndef HM_BENCH_STRESS_OBJECTS_OPERATION_H
#define HM_BENCH_STRESS_OBJECTS_OPERATION_H

#include "bench/stress/defect.h"
#include "bench/stress/operation.h"

enum { HM_OBJECTS_SLOTS = 40 };

typedef enum hm_objects_kind {
#define HM_OBJECTS_OPERATION(identifier, weight, call, words) HM_OBJECTS_##identifier,
#include "bench/stress/objects/operations.def"
#undef HM_OBJECTS_OPERATION
    HM_OBJECTS_KINDS
} hm_objects_kind;

typedef struct hm_objects_step {
    hm_objects_kind kind;
    uint8_t slot, other, third; /**< below HM_OBJECTS_SLOTS */
    uint8_t choice;             /**< what $K stands for, and more */
    uint8_t detail;             /**< a second choice */
    uint32_t count;
} hm_objects_step;

/** The next operation; the generator is one of hm_stress_generator_start. */
hm_stress_operation hm_objects_generate(hm_stress_generator *generator);

hm_objects_step hm_objects_unpack(const hm_stress_operation *operation);

/** What a crash in a step of this kind is named after. */
hm_stress_call hm_objects_call(hm_objects_kind kind);

/** Writes what the operation does, without a newline. */
void hm_objects_print(FILE *stream, const hm_stress_operation *operation);

#endif
