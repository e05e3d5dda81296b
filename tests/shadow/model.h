/**
 * This module is the shadow model: what each live block is, so that whatever an allocator does to
 * it is held against what it must be: its bytes, its alignment, its place, its usable size.
 *
 * Words: a *cell* is a place where threads exchange blocks; who finds it busy goes on without.
 *
 * Invariant: a slot is either empty (block NULL) or describes a live block whose bytes are the
 * pattern of its key; exactly the granules of live blocks are taken.
 */
#ifndef HM_TESTS_SHADOW_MODEL_H
#define HM_TESTS_SHADOW_MODEL_H

#include "account.h"
#include "operation.h"

typedef struct shadow_slot {
    unsigned char *block;
    uint64_t key;
    uint32_t bytes;  /**< asked for */
    uint32_t filled; /**< with the pattern: bytes, or usable */
    uint32_t usable;
    bool whole; /**< filled whole, not sparsely */
    bool sized; /**< by malloc or calloc: free_sized is allowed */
} shadow_slot;

typedef struct shadow_cell {
    _Alignas(64) atomic_bool busy;
    shadow_slot slot;
} shadow_cell;

enum { SHADOW_CELLS = 512 };

typedef struct shadow_model {
    const shadow_calls *calls;
    shadow_record *record;
    shadow_cell *cells; /**< SHADOW_CELLS; NULL: alone */
    unsigned thread;
    bool shared; /**< several threads use the map of granules */
    uint64_t keys;
    shadow_account account;
    shadow_slot slots[SHADOW_SLOTS];
} shadow_model;

/** A model without blocks, in memory straight from the kernel. */
shadow_model *shadow_model_new(const shadow_calls *calls, shadow_record *record, unsigned thread,
                               uint64_t seed);

/** Does what concerns one slot, or SHADOW_IMPOSSIBLE; a defect ends the process. */
void shadow_model_do(shadow_model *model, const shadow_operation *operation);

/** Checks and frees all blocks. */
void shadow_model_drain(shadow_model *model);

/** The same of the cells. */
void shadow_model_drain_cells(shadow_model *model);

#endif
