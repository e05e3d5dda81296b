/**
 * This module is how failure is told, so that every function that can fail says what happened in
 * one way: a status, and a message of one line that says what is wrong and what would be right.
 */
#ifndef HM_BASE_STATUS_H
#define HM_BASE_STATUS_H

#include "base/attributes.h"

#include <stdbool.h>

/** What happened. The first group mirrors Python's exceptions, the second is the suite's own. */
typedef enum hm_status {
    HM_OK = 0,
    HM_NO_MEMORY,
    HM_TYPE_ERROR,
    HM_VALUE_ERROR,
    HM_INDEX_ERROR,
    HM_KEY_ERROR,
    HM_ATTRIBUTE_ERROR,
    HM_REFERENCE_ERROR,
    HM_RUNTIME_ERROR,

    HM_USAGE_ERROR, /**< The caller asked for something that is not there or not allowed. */
    HM_UNAVAILABLE, /**< A library or a feature is absent on this machine. */
    HM_IO_ERROR,    /**< Reading or writing failed. */
    HM_WRONG_RESULT /**< A check of a result failed. */
} hm_status;

/** A status with its message; a message is set whenever the status is not HM_OK. */
typedef struct hm_error {
    hm_status status;
    char message[512];
} hm_error;

/** Stores `status` and the formatted message in `error` (ignored where NULL); returns `status`. */
HM_EXPORT hm_status hm_error_set(hm_error *error, hm_status status, const char *format, ...)
    HM_PRINTF(3, 4);

/** Puts `error` back to HM_OK with an empty message. */
void hm_error_clear(hm_error *error);

/** The status's name in the words of its group: "MemoryError", "TypeError", "usage", … */
const char *hm_status_name(hm_status status);

#endif
