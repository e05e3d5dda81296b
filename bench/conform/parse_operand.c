/**
 * This module is the parser of operands and places.
 */
#include "bench/conform/parser.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool hm_conform_parse_integer(const char *word, int64_t *value)
{
    const char *digits = word + (*word == '-');
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    *value = strtoll(word, NULL, 10);
    return errno == 0;
}

static bool parse_real(const char *word, double *value)
{
    const char *whole = word + (*word == '-');
    size_t before = strspn(whole, "0123456789");
    if (before == 0 || whole[before] != '.')
        return false;
    const char *fraction = whole + before + 1;
    if (*fraction == '\0' || strspn(fraction, "0123456789") != strlen(fraction))
        return false;
    *value = strtod(word, NULL);
    return isfinite(*value);
}

/* The bytes of the base: up to the first accessor. */
static size_t base_length(const char *word)
{
    if (*word == '\'') {
        const char *end = strchr(word + 1, '\'');
        return end == NULL ? strlen(word) : (size_t)(end - word) + 1;
    }
    if (*word == '-' || (*word >= '0' && *word <= '9'))
        return strlen(word);
    return strcspn(word, ".[");
}

static bool parse_text(hm_conform_parser *parser, const char *word, size_t length,
                       hm_conform_operand *operand)
{
    if (length < 2 || word[length - 1] != '\'' || memchr(word, '\\', length) != NULL)
        return hm_conform_reject(
            parser, "'%.60s' is no text; expected one in quotes, without a backslash", word);
    operand->kind = HM_CONFORM_TEXT;
    operand->number = hm_conform_symbol_of(parser, word + 1, length - 2)->number;
    return true;
}

static bool parse_number(hm_conform_parser *parser, const char *word, hm_conform_operand *operand)
{
    if (hm_conform_parse_integer(word, &operand->integer))
        operand->kind = HM_CONFORM_INT;
    else if (parse_real(word, &operand->real))
        operand->kind = HM_CONFORM_FLOAT;
    else
        return hm_conform_reject(parser, "'%.60s' is no number of 64 bits; expected 12, -3 or 1.5",
                                 word);
    return true;
}

/* The words that stand for an object everywhere, and those of bodies. False: it is none of them. */
static bool parse_word(const hm_conform_parser *parser, const char *word, size_t length,
                       hm_conform_operand *operand)
{
    static const struct {
        const char *word;
        hm_conform_operand_kind kind;
    } words[] = {{"None", HM_CONFORM_NONE},   {"True", HM_CONFORM_TRUE},
                 {"False", HM_CONFORM_FALSE}, {"garbage", HM_CONFORM_GARBAGE},
                 {"self", HM_CONFORM_SELF},   {"ref", HM_CONFORM_REF}};
    for (size_t index = 0; index < HM_COUNT_OF(words); index++) {
        if (strncmp(words[index].word, word, length) != 0 || words[index].word[length] != '\0')
            continue;
        operand->kind = words[index].kind;
        if (operand->kind == HM_CONFORM_SELF)
            return parser->body_kind == HM_CONFORM_IN_FINALIZER ||
                   parser->body_kind == HM_CONFORM_IN_CALLBACK;
        return operand->kind != HM_CONFORM_REF || parser->body_kind == HM_CONFORM_IN_CALLBACK;
    }
    return false;
}

static bool find_local(const hm_conform_parser *parser, uint32_t symbol, uint32_t *local)
{
    const hm_conform_definition *body = parser->body;
    for (uint32_t index = 0; body != NULL && index < body->local_count; index++) {
        if (body->locals[index] == symbol) {
            *local = index;
            return true;
        }
    }
    return false;
}

static bool parse_name(hm_conform_parser *parser, const char *word, size_t length,
                       hm_conform_operand *operand)
{
    hm_conform_symbol *symbol = hm_conform_name_of(parser, word, length);
    size_t shown = length == 0 ? strlen(word) : length; /* 0: it begins with an accessor */
    if (symbol == NULL)
        return hm_conform_reject(parser,
                                 "'%.*s' is no operand here; expected a number, a 'text', None, "
                                 "True, False, garbage or a name",
                                 (int)(shown > 60 ? 60 : shown), word);
    operand->kind = HM_CONFORM_LOCAL;
    if (find_local(parser, symbol->number, &operand->number))
        return true;
    if (symbol->definition != NULL) {
        operand->kind = HM_CONFORM_DEFINED;
        operand->number = symbol->definition->index;
        if (symbol->definition->kind == HM_CONFORM_GENERATOR)
            return hm_conform_reject(parser, "generator %s is no object; expected `start %s`",
                                     symbol->text, symbol->text);
        return true;
    }
    operand->kind = HM_CONFORM_NAME;
    operand->number = symbol->number;
    symbol->is_used = true;
    return true;
}

static bool parse_base(hm_conform_parser *parser, const char *word, size_t length,
                       hm_conform_operand *operand)
{
    if (*word == '\'')
        return parse_text(parser, word, length, operand);
    if (*word == '-' || (*word >= '0' && *word <= '9'))
        return parse_number(parser, word, operand);
    return parse_word(parser, word, length, operand) || parse_name(parser, word, length, operand);
}

static bool bad_accessor(hm_conform_parser *parser, const char *word)
{
    return hm_conform_reject(parser,
                             "'%.60s' ends wrongly; expected .NAME, [NUMBER], ['TEXT'] or "
                             "[NAME] after an operand",
                             word);
}

/* Parses the accessor at `*at` and steps over it. */
static bool parse_accessor(hm_conform_parser *parser, const char *word, const char **at,
                           hm_conform_accessor *accessor)
{
    if (**at == '.') {
        const char *name = *at + 1;
        size_t length = strcspn(name, ".[");
        if (!hm_conform_looks_like_name(name, length))
            return bad_accessor(parser, word);
        accessor->attribute = hm_conform_symbol_of(parser, name, length)->number;
        *at = name + length;
        return true;
    }
    const char *key = *at + 1;
    size_t length = *key == '\'' ? base_length(key) : strcspn(key, "]");
    if (**at != '[' || length == 0 || key[length] != ']')
        return bad_accessor(parser, word);
    accessor->is_item = true;
    *at = key + length + 1;
    char *copy = hm_conform_arena_copy(parser->arena, key, length);
    if (base_length(copy) != length)
        return bad_accessor(parser, word);
    return parse_base(parser, copy, length, &accessor->key);
}

/* At most so many accessors as there are points and brackets. */
static size_t count_accessors(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '.' || *text == '[';
    return count;
}

bool hm_conform_parse_operand(hm_conform_parser *parser, const char *word,
                              hm_conform_operand *operand)
{
    size_t length = base_length(word);
    const char *at = word + length;
    *operand = (hm_conform_operand){0};
    if (!parse_base(parser, word, length, operand))
        return false;
    if (*at == '\0')
        return true;
    operand->accessors =
        hm_conform_arena_take(parser->arena, count_accessors(at) * sizeof *operand->accessors);
    while (*at != '\0') {
        if (!parse_accessor(parser, word, &at, &operand->accessors[operand->accessor_count]))
            return false;
        operand->accessor_count++;
    }
    return true;
}

bool hm_conform_parse_place(hm_conform_parser *parser, const char *word,
                            hm_conform_operand *operand)
{
    if (!hm_conform_parse_operand(parser, word, operand))
        return false;
    if (operand->accessor_count > 0 || operand->kind == HM_CONFORM_NAME ||
        operand->kind == HM_CONFORM_LOCAL)
        return true;
    return hm_conform_reject(
        parser,
        "'%.60s' is no place; expected a name, or an operand with .NAME or [KEY] at its end", word);
}

bool hm_conform_parse_new_name(hm_conform_parser *parser, const char *word,
                               hm_conform_symbol **symbol)
{
    *symbol = hm_conform_name_of(parser, word, strlen(word));
    if (*symbol == NULL)
        return hm_conform_reject(
            parser,
            "'%.60s' cannot be a name; expected letters, digits and _, no word of the "
            "language",
            word);
    if ((*symbol)->definition != NULL || (*symbol)->is_used)
        return hm_conform_reject(parser,
                                 "'%.60s' is in use already; expected a definition before its "
                                 "first use, and one for a name",
                                 word);
    return true;
}
