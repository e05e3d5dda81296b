/**
 * This module is the picture of a program's own objects and what they refer to, as DOT or SVG.
 */
#ifndef HM_BENCH_CONFORM_DRAW_H
#define HM_BENCH_CONFORM_DRAW_H

#include "bench/conform/machine.h"

/** True where the path ends in .svg or .dot. */
bool hm_conform_can_draw(const char *path);

/** Draws the machine's heap as it is into `path`: whole, or not at all. */
hm_status hm_conform_draw(hm_conform_machine *machine, const char *path, hm_error *error);

#endif
