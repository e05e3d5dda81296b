/**
 * This module is the content that workloads put into objects, so that every byte they ask for is
 * written, and enough is read back to notice any of it lost or mixed up.
 *
 * A payload is a run of 64-bit words, each the seed plus the word's number times an odd constant.
 * All of it is written; one word a cache line and the last bytes are read back, which brings every
 * line into the cache as a reader would.
 */
#ifndef HM_WORKLOADS_PAYLOAD_H
#define HM_WORKLOADS_PAYLOAD_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HM_PAYLOAD_STEP 0x9e3779b97f4a7c15u

/** A number spread over all 64 bits; different numbers stay different. */
static inline uint64_t hm_scramble(uint64_t number)
{
    number = (number ^ (number >> 32)) * 0xd6e8feb86659fd93u;
    number = (number ^ (number >> 32)) * 0xd6e8feb86659fd93u;
    return number ^ (number >> 32);
}

/** Makes eight letters ('`' to 'o') of a word, for payloads that must be text. */
static HM_ALWAYS_INLINE uint64_t hm_payload_word(uint64_t word, bool text)
{
    return text ? (word & 0x0f0f0f0f0f0f0f0fu) | 0x6060606060606060u : word;
}

/** Writes `length` bytes of the payload of `seed`. */
static HM_ALWAYS_INLINE void hm_payload_fill(unsigned char *data, size_t length, uint64_t seed,
                                             bool text)
{
    uint64_t state = seed;
    size_t offset = 0;
    for (; offset + 8 <= length; offset += 8, state += HM_PAYLOAD_STEP) {
        uint64_t word = hm_payload_word(state, text);
        __builtin_memcpy(data + offset, &word, 8);
    }
    uint64_t last = hm_payload_word(state, text);
    for (; offset < length; offset++, last >>= 8)
        data[offset] = (unsigned char)last;
}

/** Reads one word of a payload and adds it to `*sum`; what differs from what was written. */
static HM_ALWAYS_INLINE uint64_t hm_payload_read_word(const unsigned char *data, size_t index,
                                                      uint64_t seed, bool text, uint64_t *sum)
{
    uint64_t word;
    __builtin_memcpy(&word, data + index * 8, 8);
    *sum += word;
    return word ^ hm_payload_word(seed + index * HM_PAYLOAD_STEP, text);
}

/**
 * Reads the payload back: one word a cache line, the last whole word, and the bytes behind it. Adds
 * what it read to `*sum`. False: something is not what hm_payload_fill wrote.
 */
static HM_ALWAYS_INLINE bool hm_payload_read(const unsigned char *data, size_t length,
                                             uint64_t seed, bool text, uint64_t *sum)
{
    uint64_t different = 0;
    size_t words = length / 8;
    for (size_t index = 0; index < words; index += 8)
        different |= hm_payload_read_word(data, index, seed, text, sum);
    if (words > 1)
        different |= hm_payload_read_word(data, words - 1, seed, text, sum);
    uint64_t last = hm_payload_word(seed + words * HM_PAYLOAD_STEP, text);
    for (size_t offset = words * 8; offset < length; offset++, last >>= 8) {
        different |= data[offset] ^ (last & 0xff);
        *sum += data[offset];
    }
    return different == 0;
}

#endif
