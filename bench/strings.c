#include "bench/strings.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *hm_grow(void *block, size_t count, size_t item_bytes)
{
    size_t bytes = 0;
    HM_CHECK(!__builtin_mul_overflow(count, item_bytes, &bytes));
    void *grown = realloc(block, bytes ? bytes : 1);
    HM_CHECK(grown != NULL);
    return grown;
}

void *hm_grow_for_next(void *block, size_t count, size_t item_bytes)
{
    bool is_full = (count & (count - 1)) == 0;
    return is_full ? hm_grow(block, count == 0 ? 1 : 2 * count, item_bytes) : block;
}

char *hm_copy(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(hm_grow(NULL, bytes, 1), text, bytes);
}

char *hm_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    HM_CHECK(length >= 0);
    return text;
}

void hm_strings_add_part(hm_strings *strings, const char *text, size_t length)
{
    strings->items = hm_grow(strings->items, strings->count + 2, sizeof *strings->items);
    char *copy = hm_grow(NULL, length + 1, 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    strings->items[strings->count++] = copy;
    strings->items[strings->count] = NULL;
}

void hm_strings_add(hm_strings *strings, const char *text)
{
    hm_strings_add_part(strings, text, strlen(text));
}

void hm_strings_split(hm_strings *strings, const char *text, char separator)
{
    for (;;) {
        const char *end = strchr(text, separator);
        if (!end)
            break;
        hm_strings_add_part(strings, text, (size_t)(end - text));
        text = end + 1;
    }
    hm_strings_add(strings, text);
}

bool hm_strings_add_names(hm_strings *strings, const char *text, const char *marks_of_a_spec)
{
    size_t before = strings->count;
    if (text[strcspn(text, marks_of_a_spec)] != '\0')
        hm_strings_add(strings, text);
    else
        hm_strings_split(strings, text, ',');
    for (size_t index = before; index < strings->count; index++) {
        if (*strings->items[index] == '\0')
            return false;
    }
    return true;
}

bool hm_strings_contain(const hm_strings *strings, const char *text)
{
    for (size_t index = 0; index < strings->count; index++) {
        if (strcmp(strings->items[index], text) == 0)
            return true;
    }
    return false;
}

const char *hm_strings_join(const hm_strings *strings, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t index = 0; index < strings->count && used + 1 < size; index++) {
        int written =
            snprintf(text + used, size - used, "%s%s", index ? ", " : "", strings->items[index]);
        used += written > 0 ? (size_t)written : 0;
    }
    return text;
}

void hm_strings_clear(hm_strings *strings)
{
    for (size_t index = 0; index < strings->count; index++)
        free(strings->items[index]);
    free(strings->items);
    *strings = (hm_strings){0};
}

static bool plain_for_a_shell(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+./:,=@%";
    return *text != '\0' && text[strspn(text, plain)] == '\0';
}

char *hm_shell_quote(const char *text)
{
    if (plain_for_a_shell(text))
        return hm_copy(text);
    char *quoted = hm_grow(NULL, 4 * strlen(text) + 3, 1);
    char *end = quoted;
    *end++ = '\'';
    for (; *text; text++) {
        if (*text == '\'') {
            memcpy(end, "'\\''", 4);
            end += 4;
        } else {
            *end++ = *text;
        }
    }
    *end++ = '\'';
    *end = '\0';
    return quoted;
}

static bool is_control(unsigned char character)
{
    return character < 0x20 || character == 0x7f;
}

char *hm_shell_quote_line(const char *text)
{
    bool plain = true;
    for (const char *at = text; *at; at++)
        plain = plain && !is_control((unsigned char)*at);
    if (plain)
        return hm_shell_quote(text);
    char *quoted = hm_grow(NULL, 4 * strlen(text) + 4, 1);
    char *end = quoted + sprintf(quoted, "$'");
    for (; *text; text++) {
        unsigned char character = (unsigned char)*text;
        if (is_control(character))
            end += sprintf(end, "\\%03o", (unsigned)character);
        else if (character == '\'' || character == '\\')
            end += sprintf(end, "\\%c", character);
        else
            *end++ = *text;
    }
    sprintf(end, "'");
    return quoted;
}

/** The bytes of the character at `text` in UTF-8; 0: it is none, or was cut. */
static size_t character_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t bytes = first < 0x80                    ? 1
                   : first >= 0xc2 && first < 0xe0 ? 2
                   : first >= 0xe0 && first < 0xf0 ? 3
                   : first >= 0xf0 && first < 0xf5 ? 4
                                                   : 0;
    for (size_t index = 1; index < bytes; index++) {
        if (((unsigned char)text[index] & 0xc0) != 0x80)
            return 0;
    }
    return bytes;
}

/** The bytes of the character at `text` that no terminal must get; 0: it may have it. */
static size_t unprintable_bytes(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (is_control(at[0]) || character_bytes(text) == 0)
        return 1;
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) /* U+0080 to U+009F */
        return 2;
    if (at[0] == 0xe2 && at[1] == 0x80 && /* U+2028 to U+202E: lines and directions */
        at[2] >= 0xa8 && at[2] <= 0xae)
        return 3;
    if (at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9) /* U+2066 to U+2069 */
        return 3;
    return 0;
}

char *hm_plain_line(const char *text)
{
    char *plain = hm_grow(NULL, strlen(text) + 1, 1);
    char *end = plain;
    while (*text) {
        size_t unprintable = unprintable_bytes(text);
        size_t bytes = unprintable ? unprintable : character_bytes(text);
        if (unprintable)
            *end++ = '?';
        else
            end = (char *)memcpy(end, text, bytes) + bytes;
        text += bytes;
    }
    *end = '\0';
    return plain;
}

void hm_strings_set_variable(void *strings, const char *setting)
{
    hm_strings *environment = strings;
    size_t name_bytes = strcspn(setting, "=") + 1;
    for (size_t index = 0; index < environment->count; index++) {
        if (strncmp(environment->items[index], setting, name_bytes) != 0)
            continue;
        free(environment->items[index]);
        environment->items[index] = hm_copy(setting);
        return;
    }
    hm_strings_add(environment, setting);
}
