/**
 * This module is the ways in which exec runs the command: an allocator to preload, and for a Python
 * program what PYTHONMALLOC says, so that each has one label and one environment.
 *
 * Words: a *variant* is such a way; its *label* is the back end's, with "+malloc" behind it where
 * PYTHONMALLOC=malloc was put there. `system` preloads no allocator.
 */
#ifndef HM_BENCH_EXEC_VARIANT_H
#define HM_BENCH_EXEC_VARIANT_H

#include "allocators/backend.h"
#include "bench/exec/options.h"

/** A way to run the command. Texts are owned. */
typedef struct hm_exec_variant {
    hm_backend_spec spec;
    char *label;
    char *library;             /**< the file to preload; "" for `system` */
    char *absent;              /**< why it is left out; NULL: it is there */
    const char *python_malloc; /**< what PYTHONMALLOC is set to; NULL: as the environment has it */
} hm_exec_variant;

typedef struct hm_exec_variants {
    hm_exec_variant *items;
    size_t count;
} hm_exec_variants;

/**
 * Fills `variants`: the back ends asked for, else system, jemalloc, mimalloc, tcmalloc and pool.
 * One asked for by name must be there (HM_UNAVAILABLE) and must be one that can be preloaded
 * (HM_USAGE_ERROR). The caller clears `variants` in any case.
 */
hm_status hm_exec_variants_choose(hm_exec_variants *variants, const hm_exec_options *options,
                                  hm_error *error);

/** Frees what the variants own. */
void hm_exec_variants_clear(hm_exec_variants *variants);

/** The index of the variant that ratios refer to: `system` where it is there, else the first. */
size_t hm_exec_variants_baseline(const hm_exec_variants *variants);

/**
 * The environment of a sample: this process's without what changes allocators, with the variant's
 * settings, the preload, the witness's file and `padding_bytes` of padding. Names that were left
 * out are added to `dropped`, each once, where it is not NULL.
 */
void hm_exec_environment(const hm_exec_variant *variant, const char *witness_library,
                         const char *witness_file, unsigned padding_bytes, hm_strings *environment,
                         hm_strings *dropped);

#endif
