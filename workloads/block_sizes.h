/**
 * This module is the sizes of a raw workload's blocks, and for real programs' blocks their
 * lifetimes, so that all raw workloads have the same parameters for them, drawn in the same way.
 *
 * Invariant: what is drawn follows from the random numbers alone.
 */
#ifndef HM_WORKLOADS_BLOCK_SIZES_H
#define HM_WORKLOADS_BLOCK_SIZES_H

#include "base/random.h"
#include "workloads/allocation_profiles.h"
#include "workloads/workload.h"

/** The least that a block can have: it holds a word. */
enum { HM_LEAST_BLOCK_BYTES = 8, HM_MOST_BLOCK_BYTES = 1 << 24 };

/** The four parameters of sizes, in this order; `kind` is the default, an index of the choices. */
#define HM_BLOCK_SIZE_PARAMETERS(first, kind)                                                      \
    [first] = {"sizes",                                                                            \
               "",                                                                                 \
               "all of `size`, evenly from `minimum` to `maximum`, or those of a program",         \
               0,                                                                                  \
               HM_SIZES_PROGRAMS + HM_BUILT_IN_PROGRAMS - 1,                                       \
               kind,                                                                               \
               hm_block_size_names,                                                                \
               false},                                                                             \
    {"size",                                                                                       \
     "bytes",                                                                                      \
     "of every block of sizes:fixed",                                                              \
     HM_LEAST_BLOCK_BYTES,                                                                         \
     HM_MOST_BLOCK_BYTES,                                                                          \
     64,                                                                                           \
     NULL,                                                                                         \
     true},                                                                                        \
    {"minimum", "bytes", "of sizes:uniform", HM_LEAST_BLOCK_BYTES, HM_MOST_BLOCK_BYTES, 16,        \
     NULL,      true},                                                                             \
    {                                                                                              \
        "maximum", "bytes", "of sizes:uniform", HM_LEAST_BLOCK_BYTES, HM_MOST_BLOCK_BYTES, 512,    \
            NULL, true                                                                             \
    }

typedef struct hm_block_sizes {
    uint32_t low, span;                   /**< fixed, uniform: low to low + span - 1 */
    const hm_allocation_profile *program; /**< NULL: fixed or uniform */
    size_t cells;                         /**< of the program's histogram, size by lifetime */
    /** Blocks of the program in the cells up to this one. */
    uint64_t up_to[HM_PROFILE_MAX_CELLS];
} hm_block_sizes;

/** A block as it is drawn. */
typedef struct hm_block_draw {
    uint32_t bytes;
    uint64_t
        lifetime; /**< in further allocations, at least 1; UINT64_MAX: for ever, or not known */
} hm_block_draw;

/** HM_USAGE_ERROR where the values of the four parameters from index `first` on do not fit. */
hm_status hm_block_sizes_validate(const hm_workload *workload, const int64_t *values, int first,
                                  hm_error *error);

/** Fills `sizes` from the values of the four parameters, of which values[0] is the first. */
void hm_block_sizes_choose(hm_block_sizes *sizes, const int64_t *values);

/** Draws a block; sizes below HM_LEAST_BLOCK_BYTES become that. */
hm_block_draw hm_block_sizes_draw(const hm_block_sizes *sizes, hm_random *random);

/** The mean size, for the values of the four parameters. */
double hm_block_sizes_mean(const int64_t *values);

/** The size of the largest block there can be, for the values of the four parameters. */
uint32_t hm_block_sizes_largest(const int64_t *values);

/**
 * How many blocks of the program are live on average where each is freed after its lifetime, or
 * after `longest` allocations if that is sooner; `*bytes` receives how many bytes.
 */
double hm_profile_live(const hm_allocation_profile *program, double longest, double *bytes);

#endif
