/**
 * This module is a trace of allocations and frees drawn from a program's sizes and lifetimes, so
 * that a workload repeats what the program does to an allocator without a draw in its timed loop.
 *
 * Words: a *step* frees the blocks whose time has come, none or many, and allocates one. The trace
 * is a ring: block i is allocated by step i and freed in the step that its lifetime says, after the
 * end in one from the beginning on. A block *crosses* where it lives over the end: those are live
 * before the first step. A *slot* is where a block's address is kept; a crossing block has one of
 * its own, so that each round through the ring finds every slot as the one before.
 *
 * Invariant: a round frees as many blocks as it allocates.
 */
#ifndef HM_WORKLOADS_BLOCK_TRACE_H
#define HM_WORKLOADS_BLOCK_TRACE_H

#include "workloads/block_sizes.h"
#include "workloads/lanes.h"

/** A block to allocate, after so many frees. */
typedef struct hm_trace_step {
    uint32_t frees, slot, bytes;
} hm_trace_step;

/** A block to free. */
typedef struct hm_trace_free {
    uint32_t slot, bytes;
} hm_trace_free;

typedef struct hm_block_trace {
    hm_table steps;    /**< hm_trace_step */
    hm_table frees;    /**< hm_trace_free, in the order of the steps; as many as steps */
    hm_table crossing; /**< uint32_t: sizes of the blocks live before the first step, by slot */
    uint32_t step_count, crossing_count, slot_count;
} hm_block_trace;

/** The lifetime at which all blocks are freed if they live so long, so that about `live` blocks of
    the program are live; fewer where its blocks do not live for so long. */
double hm_block_trace_longest(const hm_allocation_profile *program, uint32_t live);

/** Draws a trace; false: the kernel refused memory, and told. */
bool hm_block_trace_open(hm_lane *lane, hm_block_trace *trace, const hm_block_sizes *sizes,
                         uint32_t live);
void hm_block_trace_close(hm_block_trace *trace);

/** Fills `bytes`, one a slot, with the sizes of what is in the slots before step `position`. */
void hm_block_trace_sizes(const hm_block_trace *trace, uint32_t position, uint32_t *bytes);

#endif
