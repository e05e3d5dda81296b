/**
 * This module is lines and words: where a word ends, what is a quoted text, what is a comment.
 *
 * A quote opens a text at the beginning of a word or after `[`; elsewhere it is a character.
 */
#include "bench/conform/parser.h"

#include "bench/strings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool hm_conform_reject(hm_conform_parser *parser, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    hm_error_set(parser->error, HM_USAGE_ERROR, "%.100s:%u: %s", parser->path, parser->line,
                 message);
    return false;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* The bytes of the UTF-8 character at `text`; 0: it is none, or a control character. */
static size_t character_length(const char *text, size_t left)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || length > left || first > 0xf4 || first == 0x7f ||
        (first < 0x20 && !is_blank(text[0])))
        return 0;
    for (size_t index = 1; index < length; index++) {
        if (((unsigned char)text[index] & 0xc0) != 0x80)
            return 0;
    }
    unsigned char second = length > 1 ? (unsigned char)text[1] : 0;
    bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool no_character = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
    return too_long || no_character ? 0 : length;
}

static bool check_text(hm_conform_parser *parser, const char *line, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t bytes = character_length(line + at, length - at);
        if (bytes == 0)
            return hm_conform_reject(parser, "byte %zu of the line is 0x%02x; expected UTF-8 text",
                                     at + 1, (unsigned)(unsigned char)line[at]);
        at += bytes;
    }
    return true;
}

static void add_word(hm_conform_parser *parser, char *word)
{
    if (parser->word_count == parser->word_capacity) {
        parser->word_capacity = parser->word_capacity == 0 ? 16 : parser->word_capacity * 2;
        parser->words = hm_grow(parser->words, parser->word_capacity, sizeof *parser->words);
    }
    parser->words[parser->word_count++] = word;
}

/* The end of the word that begins at `word`; NULL: a text in it does not end. */
static char *find_word_end(char *word)
{
    char *at = word;
    while (*at != '\0' && !is_blank(*at) && *at != '#') {
        if (*at == '\'' && (at == word || at[-1] == '[')) {
            at = strchr(at + 1, '\'');
            if (at == NULL)
                return NULL;
        }
        at++;
    }
    return at;
}

/* Cuts parser->buffer, a line, into words. */
static bool split(hm_conform_parser *parser)
{
    char *at = parser->buffer;
    parser->word_count = 0;
    for (;;) {
        while (is_blank(*at))
            at++;
        if (*at == '\0' || *at == '#')
            return true;
        char *end = find_word_end(at);
        if (end == NULL)
            return hm_conform_reject(parser, "the text %.40s does not end; expected a quote", at);
        add_word(parser, at);
        char after = *end;
        *end = '\0';
        if (after == '\0' || after == '#')
            return true;
        at = end + 1;
    }
}

bool hm_conform_read_line(hm_conform_parser *parser, bool *found)
{
    while (parser->at < parser->end) {
        const char *newline = memchr(parser->at, '\n', (size_t)(parser->end - parser->at));
        const char *end = newline == NULL ? parser->end : newline;
        size_t length = (size_t)(end - parser->at);
        if (length + 1 > parser->buffer_size) {
            parser->buffer_size = length * 2 + 128;
            parser->buffer = hm_grow(parser->buffer, parser->buffer_size, 1);
        }
        memcpy(parser->buffer, parser->at, length);
        parser->buffer[length] = '\0';
        parser->at = newline == NULL ? end : newline + 1;
        parser->line++;
        if (!check_text(parser, parser->buffer, length) || !split(parser))
            return false;
        *found = true;
        if (parser->word_count > 0)
            return true;
    }
    *found = false;
    return true;
}

const char *hm_conform_join(hm_conform_parser *parser, size_t first, size_t end)
{
    hm_conform_text joined = {0};
    for (size_t index = first; index < end; index++) {
        hm_conform_text_separate(&joined, 0, " ");
        hm_conform_text_put(&joined, parser->words[index]);
    }
    char *copy = hm_conform_arena_copy(parser->arena, hm_conform_text_get(&joined), joined.length);
    hm_conform_text_clear(&joined);
    return copy;
}
