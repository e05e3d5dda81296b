/**
 * This module is what a live block holds, so that a byte that changed, moved or was lost shows.
 *
 * Words: the *pattern* of a block is its key plus the number of each 8-byte word; *sparse* bytes
 * are the first and last 64 of a block and one word in each 512 bytes; of a big one in each 4096,
 * of a giant one in each MiB.
 *
 * Invariant: fill and check of the same key, length and density touch the same bytes.
 */
#ifndef HM_BENCH_STRESS_PATTERN_H
#define HM_BENCH_STRESS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    HM_STRESS_WHOLE_BYTES = 1024,            /**< blocks up to here are always filled whole */
    HM_STRESS_GIANT_BYTES = 32 * 1024 * 1024 /**< blocks from here on never are */
};

static inline void hm_stress_pattern_fill(unsigned char *block, size_t bytes, uint64_t key)
{
    size_t words = bytes / 8;
    for (size_t word = 0; word < words; word++) {
        uint64_t value = key + word;
        memcpy(block + word * 8, &value, 8);
    }
    uint64_t last = key + words;
    memcpy(block + words * 8, &last, bytes % 8);
}

/** Checks the bytes from `begin`, a multiple of 8, to `end`. */
static inline bool hm_stress_pattern_holds(const unsigned char *block, size_t begin, size_t end,
                                           uint64_t key)
{
    uint64_t differs = 0;
    size_t word = begin / 8;
    for (; word < end / 8; word++) {
        uint64_t value;
        memcpy(&value, block + word * 8, 8);
        differs |= value ^ (key + word);
    }
    uint64_t last = key + word;
    return differs == 0 && (end % 8 == 0 || memcmp(block + word * 8, &last, end % 8) == 0);
}

static inline size_t hm_stress_pattern_step(size_t bytes)
{
    if (bytes >= HM_STRESS_GIANT_BYTES)
        return 1024 * 1024;
    return bytes <= 65536 ? 512 : 4096;
}

static inline void hm_stress_pattern_fill_sparse(unsigned char *block, size_t bytes, uint64_t key)
{
    size_t step = hm_stress_pattern_step(bytes), tail = (bytes - 64) & ~(size_t)7;
    hm_stress_pattern_fill(block, 64, key);
    for (size_t place = step; place < tail; place += step) {
        uint64_t value = key + place / 8;
        memcpy(block + place, &value, 8);
    }
    hm_stress_pattern_fill(block + tail, bytes - tail, key + tail / 8);
}

/** What of the sparse bytes of a block of `bytes` lies in its first `kept` (at least 64). */
static inline bool hm_stress_pattern_holds_sparse(const unsigned char *block, size_t bytes,
                                                  size_t kept, uint64_t key)
{
    size_t step = hm_stress_pattern_step(bytes), tail = (bytes - 64) & ~(size_t)7;
    uint64_t differs = 0;
    for (size_t place = step; place < tail && place + 8 <= kept; place += step) {
        uint64_t value;
        memcpy(&value, block + place, 8);
        differs |= value ^ (key + place / 8);
    }
    return differs == 0 && hm_stress_pattern_holds(block, 0, 64, key) &&
           (kept <= tail || hm_stress_pattern_holds(block, tail, kept, key));
}

/** Whether all bytes are zero, or of a big block where not `whole` the sparse ones. */
static inline bool hm_stress_is_zero(const unsigned char *block, size_t bytes, bool whole)
{
    size_t step = bytes >= HM_STRESS_GIANT_BYTES ? 65536 : whole || bytes <= 4096 ? 8 : 512;
    uint64_t found = 0, last = 0;
    size_t place = 0;
    for (; place + 8 <= bytes; place += step) {
        uint64_t value;
        memcpy(&value, block + place, 8);
        found |= value;
    }
    if (bytes >= 8)
        memcpy(&last, block + bytes - 8, 8);
    else
        memcpy(&last, block, bytes);
    return (found | last) == 0;
}

#endif
