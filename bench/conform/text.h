/**
 * This module is text that grows, so that a query's answer and a program's log need no limit.
 */
#ifndef HM_BENCH_CONFORM_TEXT_H
#define HM_BENCH_CONFORM_TEXT_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>

/** {0} is empty. `data` is NUL-terminated, NULL only where nothing was ever put. */
typedef struct hm_conform_text {
    char *data;
    size_t length;
    size_t capacity;
} hm_conform_text;

/** Appends `length` bytes, or a whole C string, or what the format says. Abort without memory. */
void hm_conform_text_add(hm_conform_text *text, const char *bytes, size_t length);
void hm_conform_text_put(hm_conform_text *text, const char *string);
void hm_conform_text_format(hm_conform_text *text, const char *format, ...) HM_PRINTF(2, 3);

/** Appends `separator` unless nothing has been put since `beginning`. */
void hm_conform_text_separate(hm_conform_text *text, size_t beginning, const char *separator);

/** The text, "" where it is empty; valid until the next change. */
const char *hm_conform_text_get(const hm_conform_text *text);

/** Frees it; it is empty again. */
void hm_conform_text_clear(hm_conform_text *text);

#endif
