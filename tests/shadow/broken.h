/**
 * This module is allocators broken on purpose, each in one way, so that it is known that the model
 * finds such a defect.
 *
 * A defect depends on the requests alone, not on how many there were: a short sequence shows it.
 */
#ifndef HM_TESTS_SHADOW_BROKEN_H
#define HM_TESTS_SHADOW_BROKEN_H

#include "calls.h"

#include <stdio.h>

/** Has `calls` go through the defect of this name; false: there is none of this name. */
bool shadow_break(hm_stress_calls *calls, const char *name);

/** Writes the names, each with what it does. */
void shadow_broken_list(FILE *stream);

#endif
