/**
 * This module is what real programs ask an allocator for: joint histograms of the size and the
 * lifetime of their blocks, so that a workload can draw both together instead of inventing them.
 *
 * Words: a *bin* is a range of sizes; a *lifetime* is counted in further allocations of the
 * program.
 *
 * How the built-in ones were measured is in docs/allocation-profiles.md; they are compiled in from
 * data/allocation_profiles.def, which data/make_profiles.py makes from
 * data/allocation-profiles.json.
 */
#ifndef HM_WORKLOADS_ALLOCATION_PROFILES_H
#define HM_WORKLOADS_ALLOCATION_PROFILES_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HM_PROFILE_LIFETIMES = 28, /**< of a bin: doublings, and last what lived on at the exit */
    HM_PROFILE_MAX_BINS = 96,  /**< of a program */
    HM_PROFILE_MAX_CELLS = HM_PROFILE_MAX_BINS * HM_PROFILE_LIFETIMES,
    HM_PROFILE_MAX_PROGRAMS = 32
};

/** No block of a profile may be larger. */
#define HM_PROFILE_MAX_BYTES ((uint32_t)1 << 26)

/** Blocks of a range of sizes: up to `size_to`, from 15 bytes below it up to 1024, from above its
    half beyond. */
typedef struct hm_profile_bin {
    uint32_t size_to;
    /** [k]: blocks freed after 2^k to 2^(k+1) - 1 further allocations; last: never freed. */
    uint64_t lifetimes[HM_PROFILE_LIFETIMES];
} hm_profile_bin;

/** One program. */
typedef struct hm_allocation_profile {
    const char *name; /**< as a choice: lower case letters, digits, '-' */
    const char *what; /**< what it is and does, one line */
    const hm_profile_bin *bins;
    size_t bin_count;
} hm_allocation_profile;

/** The smallest size of a bin. */
uint32_t hm_profile_bin_low(const hm_profile_bin *bin);

/** Program `index`, in the order of the choices; NULL: there are fewer. */
const hm_allocation_profile *hm_allocation_profile_at(size_t index);

/**
 * Adds a program (borrowed for good), in the place of one of the same name where there is one.
 * HM_USAGE_ERROR: its name, a bin or its counts cannot be, or there are too many; the message says.
 * Only before any workload's parameters are read.
 */
hm_status hm_allocation_profile_add(const hm_allocation_profile *profile, hm_error *error);

/** "fixed", "uniform" and the programs' names, ended by NULL: the choices of a parameter `sizes`.
 */
extern const char *hm_block_size_names[2 + HM_PROFILE_MAX_PROGRAMS + 1];

/** How many choices of `sizes` come before the programs. */
enum { HM_SIZES_FIXED, HM_SIZES_UNIFORM, HM_SIZES_PROGRAMS };

/** The programs that are compiled in. */
enum {
#define HM_PROGRAM_BEGIN(symbol, name, what) HM_PROGRAM_INDEX_##symbol,
#define HM_PROGRAM_BIN(...)
#define HM_PROGRAM_END
#include "workloads/data/allocation_profiles.def"
#undef HM_PROGRAM_BEGIN
#undef HM_PROGRAM_BIN
#undef HM_PROGRAM_END
    HM_BUILT_IN_PROGRAMS
};

#endif
