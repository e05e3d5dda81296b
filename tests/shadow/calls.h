/**
 * This module is the allocators that the tests run the model on: the pool linked into the program,
 * so that a sanitizer sees into it, and any library as it is.
 */
#ifndef HM_TESTS_SHADOW_CALLS_H
#define HM_TESTS_SHADOW_CALLS_H

#include "bench/stress/calls.h"

/** The pool linked into this program. */
hm_stress_calls shadow_calls_pool(void);

/** The allocator of the library at `path`; false: it prints a line that says what is missing. */
bool shadow_calls_load(hm_stress_calls *calls, const char *path);

#endif
