#include "base/utf8.h"

#include <string.h>

/* Bytes of a character by its first byte; 0: no character begins so. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates, what lies above U+10FFFF, and what XML forbids. */
static bool is_allowed(uint32_t code, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code >= smallest[length] && code <= 0x10ffff && !surrogate && code != 0xfffe &&
           code != 0xffff;
}

uint32_t hm_utf8_decode(const char **text, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t length = length_of(bytes[0]);
    (*text)++;
    if (length == 1)
        return bytes[0];
    if (length == 0 || (size_t)(end - *text) < length - 1)
        return HM_UTF8_REPLACEMENT;
    uint32_t code = bytes[0] & (0xffu >> (length + 1));
    for (size_t index = 1; index < length; index++) {
        if ((bytes[index] & 0xc0) != 0x80)
            return HM_UTF8_REPLACEMENT;
        code = code << 6 | (bytes[index] & 0x3fu);
    }
    if (!is_allowed(code, length))
        return HM_UTF8_REPLACEMENT;
    *text += length - 1;
    return code;
}

bool hm_utf8_is_valid(const char *text, size_t length)
{
    static const char replacement[] = "\xef\xbf\xbd";
    const char *end = text + length;
    while (text < end) {
        const char *at = text;
        bool is_itself = (size_t)(end - at) >= 3 && memcmp(at, replacement, 3) == 0;
        if (hm_utf8_decode(&text, end) == HM_UTF8_REPLACEMENT && !is_itself)
            return false;
    }
    return true;
}

size_t hm_utf8_encode(uint32_t code, char bytes[HM_UTF8_BYTES])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t index = length - 1; index > 0; index--) {
        bytes[index] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    bytes[0] = (char)((0xf00u >> length) | code);
    return length;
}
