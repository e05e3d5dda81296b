/**
 * This module is the plain table that exec ends with where no Python can compute the real one:
 * medians and counts, no intervals and no verdicts.
 */
#ifndef HM_BENCH_EXEC_TABLE_H
#define HM_BENCH_EXEC_TABLE_H

#include "bench/exec/variant.h"

#include <jansson.h>
#include <stdio.h>

/** Prints a line a variant from `records`, an array of all records of the run. */
void hm_exec_table_print(const hm_exec_variants *variants, const json_t *records, FILE *stream);

#endif
