/**
 * This module is the ledger: a decorator between a heap and the allocator under test that knows
 * every block the heap has, so that the death of an object is seen when it happens, whoever is to
 * blame, and a heap's end can be held against all it ever asked for.
 *
 * New blocks are filled, so that what is read before it is written shows. Given back, a block is
 * filled again, and in every other heap kept for a while: what is written into it by then is told.
 *
 * The state is the thread's: a heap is used by one thread at a time, which says so
 * (hm_objects_now).
 */
#ifndef HM_BENCH_STRESS_OBJECTS_LEDGER_H
#define HM_BENCH_STRESS_OBJECTS_LEDGER_H

#include "allocators/allocator.h"

enum { HM_OBJECTS_KEPT = 512 };

typedef struct hm_objects_block {
    char *address; /* NULL: an empty place */
    size_t bytes;
    uint32_t node; /* whose object it is; 0: none's */
    bool resized;  /* some allocators' sized free does not take such */
} hm_objects_block;

typedef struct hm_objects_kept {
    char *address;
    size_t bytes;
    bool sized;
} hm_objects_kept;

typedef struct hm_objects_ledger {
    hm_objects_block *blocks; /* by address, open addressing */
    size_t room, count;
    uint64_t bytes;
    hm_objects_kept kept[HM_OBJECTS_KEPT];
    size_t kept_next;
    bool keeps;
} hm_objects_ledger;

/** The decorator around `inner`, which stays the same for the whole process. */
hm_allocator hm_objects_ledger_decorate(const hm_allocator *inner);

void hm_objects_ledger_open(hm_objects_ledger *ledger, bool keeps);

/** Gives what is kept back to the allocator. */
void hm_objects_ledger_flush(hm_objects_ledger *ledger);

/** Gives the ledger's own memory back. */
void hm_objects_ledger_close(hm_objects_ledger *ledger);

/** The block that begins here; NULL: the heap has none. */
hm_objects_block *hm_objects_ledger_find(const hm_objects_ledger *ledger, const void *address);

#endif
