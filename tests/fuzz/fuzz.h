/**
 * This module is what the fuzz targets share: the entry that libFuzzer and the replay call, a
 * cursor that turns bytes into choices, and a folder for readers that want a file.
 *
 * Words: a *target* is one program, tests/fuzz/TARGET.c, that does with any bytes what the product
 * does with outside data. A *finding* is an input that ends it badly: a failed HM_CHECK, a
 * sanitizer's report, a leak, a hang. What a reader refuses with a message is no finding.
 *
 * Invariant: after the entry returns everything is as before it: no state passes from one input to
 * the next, so that a finding repeats by itself.
 */
#ifndef HM_TESTS_FUZZ_H
#define HM_TESTS_FUZZ_H

#include "base/attributes.h"
#include "base/check.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A target: runs on `size` bytes of `data`; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Bytes that are still to be used. */
typedef struct fuzz_bytes {
    const uint8_t *at;
    size_t left;
} fuzz_bytes;

/** The next byte; 0 at the end. */
static inline uint8_t fuzz_byte(fuzz_bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

/** A number below `limit` (up to 256) from the next byte. */
static inline size_t fuzz_below(fuzz_bytes *bytes, size_t limit)
{
    return fuzz_byte(bytes) % limit;
}

/** The next two bytes as a number. */
static inline uint32_t fuzz_word(fuzz_bytes *bytes)
{
    uint32_t high = fuzz_byte(bytes);
    return high << 8 | fuzz_byte(bytes);
}

/** All of `data` as a text that ends with NUL; new. */
char *fuzz_text(const uint8_t *data, size_t size);

/** The next line of `*rest`, cut off in place; NULL: there is none. */
char *fuzz_line(char **rest);

/** Proves that a refusal says in one line what is wrong. */
void fuzz_check_refusal(hm_status status, const hm_error *error);

/** This process's folder below $TMPDIR, made at the first call and removed at its end. */
const char *fuzz_folder(void);

/**
 * Makes fuzz_folder()/`name`, which may be executed, hold these bytes. A target has one file, kept
 * open and written over: `name` is a literal, the same at each call.
 */
void fuzz_write(const char *name, const void *data, size_t size);

#endif
