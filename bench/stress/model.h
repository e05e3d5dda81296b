/**
 * This module is the shadow model: what each live block is, so that whatever an allocator does to
 * it is held against what it must be: its bytes, its alignment, its place, its usable size.
 *
 * Words: a *cell* is a place where threads exchange blocks; who finds it busy goes on without.
 *
 * Invariant: a slot is either empty (block NULL) or describes a live block whose bytes are the
 * pattern of its key; exactly the granules of live blocks are taken.
 */
#ifndef HM_BENCH_STRESS_MODEL_H
#define HM_BENCH_STRESS_MODEL_H

#include "bench/stress/account.h"
#include "bench/stress/operation.h"

typedef struct hm_stress_slot {
    unsigned char *block;
    uint64_t key;
    uint32_t bytes;  /**< asked for */
    uint32_t filled; /**< with the pattern: bytes, or usable */
    uint32_t usable;
    bool whole; /**< filled whole, not sparsely */
    bool sized; /**< by malloc or calloc: free_sized is allowed */
} hm_stress_slot;

typedef struct hm_stress_cell {
    _Alignas(64) atomic_bool busy;
    hm_stress_slot slot;
} hm_stress_cell;

enum { HM_STRESS_CELLS = 512 };

typedef struct hm_stress_model {
    const hm_stress_calls *calls;
    hm_stress_record *record;
    hm_stress_cell *cells; /**< HM_STRESS_CELLS; NULL: alone */
    unsigned thread;
    bool shared; /**< several threads use the map of granules */
    uint64_t keys;
    hm_stress_account account;
    hm_stress_slot slots[HM_STRESS_SLOTS];
} hm_stress_model;

/** A model without blocks, in memory straight from the kernel. */
hm_stress_model *hm_stress_model_new(const hm_stress_calls *calls, hm_stress_record *record,
                                     unsigned thread, uint64_t seed);

/** Does what concerns one slot, or HM_STRESS_IMPOSSIBLE; a defect ends the process. */
void hm_stress_model_do(hm_stress_model *model, const hm_stress_operation *operation);

/** Checks and frees all blocks. */
void hm_stress_model_drain(hm_stress_model *model);

/** The same of the cells. */
void hm_stress_model_drain_cells(hm_stress_model *model);

#endif
