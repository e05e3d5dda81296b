/**
 * This module is how people write amounts, so that every option reads sizes, times and counts in
 * one way and every message prints them in one way.
 */
#ifndef HM_BASE_QUANTITY_H
#define HM_BASE_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads a whole number with an optional factor: k, M, G (10^3, 10^6, 10^9), Ki, Mi, Gi, KiB, MiB,
 * GiB (2^10, 2^20, 2^30). False where the text is anything else or does not fit in int64_t.
 */
bool hm_parse_count(const char *text, int64_t *value);

/** Reads a number of seconds: "0.5", "30", "30s", "5m", "1h", "200ms". False: anything else. */
bool hm_parse_seconds(const char *text, double *seconds);

/** Writes `bytes` for people ("1.5 MiB") into `text`; returns `text`. */
const char *hm_format_bytes(double bytes, char *text, size_t size);

/** Writes `nanoseconds` for people ("12.3 µs") into `text`; returns `text`. */
const char *hm_format_nanoseconds(double nanoseconds, char *text, size_t size);

#endif
