/**
 * This module is the parser of what follows a form's word, letter by letter of its shape.
 */
#include "bench/conform/error_name.h"
#include "bench/conform/parser.h"

#include <stdlib.h>
#include <string.h>

/* The words still to be parsed, and the node they go to. */
typedef struct words_left {
    size_t next, end;
    hm_conform_node *node;
} words_left;

hm_conform_node *hm_conform_node_new(hm_conform_parser *parser, const hm_conform_form *form)
{
    hm_conform_node *node = hm_conform_arena_take(parser->arena, sizeof *node);
    node->form = form;
    node->line = parser->line;
    return node;
}

static bool reject_usage(hm_conform_parser *parser, const words_left *left, const char *what)
{
    return hm_conform_reject(parser, "%s; expected %s", what, left->node->form->usage);
}

static bool add_operand(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->next == left->end)
        return reject_usage(parser, left, "an operand is missing");
    return hm_conform_parse_operand(parser, parser->words[left->next++],
                                    &node->operands[node->operand_count++]);
}

static bool add_operands(hm_conform_parser *parser, words_left *left)
{
    while (left->next < left->end) {
        if (!add_operand(parser, left))
            return false;
    }
    return true;
}

static bool add_counted(hm_conform_parser *parser, words_left *left)
{
    if (!add_operand(parser, left))
        return false;
    const hm_conform_operand *operand = &left->node->operands[left->node->operand_count - 1];
    bool lent = operand->kind == HM_CONFORM_SELF || operand->kind == HM_CONFORM_REF;
    if (lent && operand->accessor_count == 0)
        return hm_conform_reject(parser, "the count of self or ref is the interpreter's affair; "
                                         "expected another operand");
    return true;
}

static bool add_places(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->next == left->end)
        return reject_usage(parser, left, "a place is missing");
    while (left->next < left->end) {
        if (!hm_conform_parse_place(parser, parser->words[left->next++],
                                    &node->operands[node->operand_count++]))
            return false;
    }
    return true;
}

/* NAME in OPERAND */
static bool add_loop(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->end - left->next != 3 || strcmp(parser->words[left->next + 1], "in") != 0)
        return reject_usage(parser, left, "'for' is incomplete");
    if (!hm_conform_parse_place(parser, parser->words[left->next], &node->operands[0]))
        return false;
    if (node->operands[0].accessor_count > 0)
        return reject_usage(parser, left, "the first word is no name");
    node->operand_count = 1;
    left->next += 2;
    return add_operand(parser, left);
}

static bool add_number(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->next == left->end ||
        !hm_conform_parse_integer(parser->words[left->next], &node->number) || node->number < 0)
        return reject_usage(parser, left, "a number from 0 up is missing");
    node->has_number = true;
    left->next++;
    return true;
}

static bool add_generation(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->next == left->end ||
        !hm_conform_parse_integer(parser->words[left->next], &node->number))
        return reject_usage(parser, left, "the number of a generation is missing");
    node->has_number = true;
    left->next++;
    return true;
}

/* stats and count know three; collect and objects fail when they run, as in Python. */
static bool check_generation(hm_conform_parser *parser, const words_left *left)
{
    int64_t generation = left->node->number;
    return (generation >= 0 && generation <= 2) ||
           reject_usage(parser, left, "a generation is 0, 1 or 2");
}

static bool add_thresholds(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    size_t count = left->end - left->next;
    if (count < 1 || count > 3)
        return reject_usage(parser, left, "there are one to three thresholds");
    for (size_t index = 0; index < count; index++) {
        hm_conform_operand *operand = &node->operands[node->operand_count++];
        operand->kind = HM_CONFORM_INT;
        if (!hm_conform_parse_integer(parser->words[left->next++], &operand->integer) ||
            operand->integer < 0 || operand->integer > INT32_MAX)
            return reject_usage(parser, left, "a threshold is a number from 0 to 2147483647");
    }
    return true;
}

/* A class or a generator that stands above. */
static bool add_definition(hm_conform_parser *parser, words_left *left,
                           hm_conform_definition_kind kind)
{
    const char *what = kind == HM_CONFORM_CLASS ? "class" : "generator";
    if (left->next == left->end)
        return reject_usage(parser, left, "a name is missing");
    const char *word = parser->words[left->next++];
    hm_conform_symbol *symbol = hm_conform_name_of(parser, word, strlen(word));
    if (symbol == NULL || symbol->definition == NULL || symbol->definition->kind != kind)
        return hm_conform_reject(parser, "'%.60s' is no %s; expected one defined above", word,
                                 what);
    left->node->definition = symbol->definition;
    symbol->definition->is_made = true;
    return true;
}

/* The text of a place, and after a quote at its end the number of an object for that place. */
static bool add_label(hm_conform_parser *parser, words_left *left)
{
    if (left->next == left->end)
        return reject_usage(parser, left, "a label is missing");
    const char *word = parser->words[left->next++];
    size_t length = strlen(word);
    size_t digits = 0;
    while (digits < length && word[length - 1 - digits] >= '0' && word[length - 1 - digits] <= '9')
        digits++;
    left->node->ordinal = 1;
    if (digits > 0 && digits + 1 < length && word[length - 1 - digits] == '\'') {
        unsigned long ordinal = strtoul(word + length - digits, NULL, 10);
        if (ordinal < 2 || ordinal > UINT32_MAX)
            return hm_conform_reject(parser,
                                     "'%.60s' is no label; expected a number from 2 up "
                                     "after the quote",
                                     word);
        left->node->ordinal = (uint32_t)ordinal;
        length -= digits + 1;
    }
    left->node->place = hm_conform_symbol_of(parser, word, length)->number;
    return true;
}

/* $phase and its kin, where a gc callback's body knows them. */
static bool parse_told_word(const hm_conform_parser *parser, const char *word,
                            hm_conform_operand *operand)
{
    static const char *const words[] = {"phase", "generation", "collected", "uncollectable"};
    for (unsigned index = 0; index < HM_COUNT_OF(words); index++) {
        if (parser->body_kind == HM_CONFORM_IN_ON_COLLECTION && strcmp(words[index], word) == 0) {
            *operand = (hm_conform_operand){.kind = HM_CONFORM_PHASE + index};
            return true;
        }
    }
    return false;
}

static bool add_note(hm_conform_parser *parser, words_left *left)
{
    hm_conform_node *node = left->node;
    if (left->next == left->end)
        return reject_usage(parser, left, "a word is missing");
    for (; left->next < left->end; left->next++) {
        const char *word = parser->words[left->next];
        hm_conform_operand *operand = &node->operands[node->operand_count++];
        if (word[0] == '$') {
            if (!parse_told_word(parser, word + 1, operand) &&
                !hm_conform_parse_operand(parser, word + 1, operand))
                return false;
            continue;
        }
        operand->kind = HM_CONFORM_WORD;
        operand->number = hm_conform_symbol_of(parser, word, strlen(word))->number;
    }
    return true;
}

static bool add_raise(hm_conform_parser *parser, words_left *left)
{
    if (left->next == left->end)
        return reject_usage(parser, left, "a word is missing");
    left->node->text = hm_conform_join(parser, left->next, left->end);
    left->next = left->end;
    return true;
}

static bool add_debug(hm_conform_parser *parser, words_left *left)
{
    static const struct {
        const char *word;
        int64_t flags;
    } words[] = {{"none", 0},          {"stats", 1},    {"collectable", 2},
                 {"uncollectable", 4}, {"saveall", 32}, {"leak", 38}};
    if (left->next == left->end)
        return reject_usage(parser, left, "a word is missing");
    for (; left->next < left->end; left->next++) {
        const char *word = parser->words[left->next];
        size_t index = 0;
        while (index < HM_COUNT_OF(words) && strcmp(words[index].word, word) != 0)
            index++;
        if (index == HM_COUNT_OF(words))
            return reject_usage(parser, left, "an unknown word");
        left->node->number |= words[index].flags;
    }
    return true;
}

static hm_conform_node *parse_query(hm_conform_parser *parser, const words_left *left, size_t end)
{
    const char *word = left->next < end ? parser->words[left->next] : "";
    const hm_conform_form *form = hm_conform_form_find(HM_CONFORM_QUERY, word);
    if (form == NULL) {
        hm_conform_reject(parser, "'%.60s' is no query; expected one, such as `refcount a`", word);
        return NULL;
    }
    hm_conform_node *query = hm_conform_node_new(parser, form);
    return hm_conform_parse_shape(parser, left->next + 1, end, query) ? query : NULL;
}

static bool add_query(hm_conform_parser *parser, words_left *left, size_t end)
{
    left->node->inner = parse_query(parser, left, end);
    left->node->question = hm_conform_join(parser, left->next, end);
    left->next = end;
    return left->node->inner != NULL;
}

static bool add_expectation(hm_conform_parser *parser, words_left *left)
{
    size_t equals = left->next;
    while (equals < left->end && strcmp(parser->words[equals], "==") != 0)
        equals++;
    if (equals + 1 >= left->end)
        return reject_usage(parser, left, "'==' or the value is missing");
    left->node->text = hm_conform_join(parser, equals + 1, left->end);
    if (!add_query(parser, left, equals))
        return false;
    left->next = left->end;
    return true;
}

/* The statement of fails and try. */
static bool add_statement(hm_conform_parser *parser, words_left *left)
{
    left->node->text = hm_conform_join(parser, left->next, left->end);
    left->node->inner = hm_conform_parse_simple(parser, left->next, left->end);
    left->next = left->end;
    return left->node->inner != NULL;
}

static bool add_failure(hm_conform_parser *parser, words_left *left)
{
    static const hm_status failures[] = {
        HM_TYPE_ERROR,      HM_VALUE_ERROR,     HM_INDEX_ERROR,   HM_KEY_ERROR,
        HM_ATTRIBUTE_ERROR, HM_REFERENCE_ERROR, HM_RUNTIME_ERROR, (hm_status)HM_CONFORM_NAME_ERROR};
    const char *word = left->next < left->end ? parser->words[left->next++] : "";
    for (size_t index = 0; index < HM_COUNT_OF(failures); index++) {
        if (strcmp(hm_conform_error_name(failures[index]), word) == 0)
            left->node->failure = failures[index];
    }
    if (left->node->failure == HM_OK)
        return hm_conform_reject(parser,
                                 "'%.60s' is no error; expected TypeError, ValueError, "
                                 "IndexError, KeyError, AttributeError, NameError, "
                                 "ReferenceError or RuntimeError",
                                 word);
    return add_statement(parser, left);
}

static bool add_itself(hm_conform_parser *parser, words_left *left)
{
    if (left->next < left->end && strcmp(parser->words[left->next], "itself") == 0) {
        left->node->with_itself = true;
        left->next++;
    }
    return true;
}

static bool add_pairs(hm_conform_parser *parser, words_left *left)
{
    if ((left->end - left->next) % 2 != 0)
        return reject_usage(parser, left, "a key has no value");
    return add_operands(parser, left);
}

static bool add_optional_operand(hm_conform_parser *parser, words_left *left)
{
    return left->next == left->end || add_operand(parser, left);
}

static bool add_optional_generation(hm_conform_parser *parser, words_left *left)
{
    return left->next == left->end || add_generation(parser, left);
}

static bool add_known_generation(hm_conform_parser *parser, words_left *left)
{
    return add_generation(parser, left) && check_generation(parser, left);
}

static bool add_class(hm_conform_parser *parser, words_left *left)
{
    return add_definition(parser, left, HM_CONFORM_CLASS);
}

static bool add_generator(hm_conform_parser *parser, words_left *left)
{
    return add_definition(parser, left, HM_CONFORM_GENERATOR);
}

static bool add_whole_query(hm_conform_parser *parser, words_left *left)
{
    return add_query(parser, left, left->end);
}

static bool add_letter(hm_conform_parser *parser, words_left *left, char letter)
{
    static const struct {
        char letter;
        bool (*add)(hm_conform_parser *parser, words_left *left);
    } letters[] = {
        {'o', add_operand},
        {'O', add_optional_operand},
        {'*', add_operands},
        {'c', add_counted},
        {'p', add_pairs},
        {'P', add_places},
        {'v', add_loop},
        {'n', add_number},
        {'N', add_optional_generation},
        {'3', add_thresholds},
        {'g', add_known_generation},
        {'C', add_class},
        {'G', add_generator},
        {'L', add_label},
        {'i', add_itself},
        {'w', add_note},
        {'r', add_raise},
        {'d', add_debug},
        {'q', add_whole_query},
        {'e', add_expectation},
        {'f', add_failure},
        {'t', add_statement},
        {'B', NULL}, /* the caller reads the block */
    };
    size_t index = 0;
    while (letters[index].letter != letter)
        index++;
    return letters[index].add == NULL || letters[index].add(parser, left);
}

bool hm_conform_parse_shape(hm_conform_parser *parser, size_t first, size_t end,
                            hm_conform_node *node)
{
    words_left left = {.next = first, .end = end, .node = node};
    size_t most = end - first;
    if (most > 0)
        node->operands = hm_conform_arena_take(parser->arena, most * sizeof *node->operands);
    for (const char *letter = node->form->shape; *letter != '\0'; letter++) {
        if (!add_letter(parser, &left, *letter))
            return false;
    }
    if (left.next < end)
        return hm_conform_reject(parser, "'%.60s' is one word too many; expected %s",
                                 parser->words[left.next], node->form->usage);
    return true;
}
