/**
 * This module is how results are told: to people as they come and as a table at the end, to
 * programs as one JSON document.
 */
#ifndef HM_BENCH_STRESS_REPORT_H
#define HM_BENCH_STRESS_REPORT_H

#include "bench/stress/campaign.h"

#include <jansson.h>

/** Prints what was found of one back end: defect, sequence, command, findings. */
void hm_stress_report_details(const hm_stress_result *result);

/** Writes an operation of the result's sequence in words. */
void hm_stress_report_operation(FILE *stream, const hm_stress_result *result,
                                const hm_stress_operation *operation, hm_stress_fullness *slots);

/** Prints a row for each: those of allocators' calls, then those of the runtime. */
void hm_stress_report_table(const hm_stress_result *results, size_t count);

/** All of it: a new object. */
json_t *hm_stress_report_json(const hm_stress_options *options, const hm_stress_result *results,
                              size_t count);

#endif
