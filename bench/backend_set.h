/**
 * This module is the back ends of a run: those asked for or those of the profile, whether each is
 * there, and what its probe told, so that an absent library is said by name before anything is
 * measured.
 */
#ifndef HM_BENCH_BACKEND_SET_H
#define HM_BENCH_BACKEND_SET_H

#include "allocators/backend.h"
#include "bench/options.h"

/** A back end of the run. Texts are owned; NULL where there is nothing to say. */
typedef struct hm_backend_choice {
    hm_backend_spec spec;
    char *absent;  /**< why it cannot run on this machine: listed and left out */
    char *library; /**< the file found, "" where none is needed */
    char *version; /**< as its probe sample told */
    char *origin;
    char *failure;        /**< why its probe sample failed: all its samples are invalid */
    char *runtime;        /**< "cpython-3.11.2" where it is a reference's; NULL: heapmark */
    char *reference_path; /**< of that python */
} hm_backend_choice;

typedef struct hm_backend_set {
    hm_backend_choice *items;
    size_t count;
    json_t *references; /**< what the pythons of --reference say of themselves; an array */
} hm_backend_set;

/**
 * Writes each spec with a path in options->backends with the absolute path, so that it means the
 * same from any folder. HM_USAGE_ERROR: a spec is wrong.
 */
hm_status hm_backend_set_canonical(hm_run_options *options, hm_error *error);

/**
 * Fills `set`. A back end asked for by name must be there (HM_UNAVAILABLE with the package to
 * install); an absent one of the profile's is in the set with `absent`. The caller clears `set` in
 * any case. The allocators of each --reference come last.
 */
hm_status hm_backend_set_choose(hm_backend_set *set, const hm_run_options *options,
                                hm_error *error);

/** Frees what the set owns. */
void hm_backend_set_clear(hm_backend_set *set);

/** The set as environment.json's `backends`: a new array. */
json_t *hm_backend_set_to_json(const hm_backend_set *set);

#endif
