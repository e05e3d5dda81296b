/**
 * This module is UTF-8, a character at a time, so that text from outside can be put where only
 * valid UTF-8 may stand (RFC 3629).
 */
#ifndef HM_BASE_UTF8_H
#define HM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_UTF8_BYTES = 4,           /**< of the longest character */
    HM_UTF8_REPLACEMENT = 0xfffd /**< for what is no character */
};

/**
 * Takes the character at `*text` (below `end`) and moves behind it. A byte that begins no valid
 * character, and the non-characters U+FFFE and U+FFFF, which XML forbids, give U+FFFD.
 */
uint32_t hm_utf8_decode(const char **text, const char *end);

/** Whether all `length` bytes of `text` are valid characters, as hm_utf8_decode knows them. */
bool hm_utf8_is_valid(const char *text, size_t length);

/** Writes a character; returns how many bytes. */
size_t hm_utf8_encode(uint32_t code, char bytes[HM_UTF8_BYTES]);

#endif
