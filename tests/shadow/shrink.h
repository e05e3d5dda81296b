/**
 * This module is making a failing sequence short, so that it can be read: parts are left out as
 * long as the rest fails in the same way.
 */
#ifndef HM_TESTS_SHADOW_SHRINK_H
#define HM_TESTS_SHADOW_SHRINK_H

#include "trial.h"

/**
 * The short sequence of a trial of one thread that failed as `record` says; its operations are the
 * caller's to free, their number in `*count`. NULL: it is too long to be kept, or did not fail
 * again. Takes about `seconds` at most.
 */
shadow_operation *shadow_shrink(const shadow_trial *trial, const shadow_record *record,
                                unsigned seconds, size_t *count);

#endif
