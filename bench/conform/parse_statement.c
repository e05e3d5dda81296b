/**
 * This module is the parser of statements and blocks.
 */
#include "bench/conform/parser.h"

#include <string.h>

static bool is_store(const hm_conform_parser *parser, size_t first, size_t end)
{
    return end - first >= 2 && strcmp(parser->words[first + 1], "=") == 0;
}

static hm_conform_node *parse_expression(hm_conform_parser *parser, size_t first, size_t end)
{
    if (first == end) {
        hm_conform_reject(parser, "nothing stands after '='; expected PLACE = EXPRESSION");
        return NULL;
    }
    const char *word = parser->words[first];
    const hm_conform_form *form = hm_conform_form_find(HM_CONFORM_EXPRESSION, word);
    hm_conform_node *node =
        hm_conform_node_new(parser, form != NULL ? form : &hm_conform_form_operand);
    if (form == NULL && end - first > 1) {
        hm_conform_reject(parser,
                          "'%.60s' is no expression; expected one operand, or a word such "
                          "as list before several",
                          word);
        return NULL;
    }
    return hm_conform_parse_shape(parser, form != NULL ? first + 1 : first, end, node) ? node
                                                                                       : NULL;
}

static hm_conform_node *parse_store(hm_conform_parser *parser, size_t first, size_t end)
{
    const char *place = parser->words[first];
    hm_conform_node *node = hm_conform_node_new(parser, &hm_conform_form_store);
    node->operands = hm_conform_arena_take(parser->arena, sizeof *node->operands);
    node->operand_count = 1;
    if (!hm_conform_parse_place(parser, place, &node->operands[0]))
        return NULL;
    node->place = hm_conform_symbol_of(parser, place, strlen(place))->number;
    node->inner = parse_expression(parser, first + 2, end);
    return node->inner == NULL ? NULL : node;
}

/* What a generator's body may hold: its own names and no others are stored to. */
static bool suits_generator(hm_conform_parser *parser, const hm_conform_node *node)
{
    const char *word = node->form->word;
    bool yields = node->form == &hm_conform_form_yield;
    bool known = yields || node->form == &hm_conform_form_store || strcmp(word, "del") == 0 ||
                 strcmp(word, "note") == 0;
    if (yields && parser->in_finally)
        return hm_conform_reject(parser, "'yield' in a finally; expected it before");
    for (uint32_t index = 0; known && !yields && word[0] != 'n' && index < node->operand_count;
         index++)
        known = node->operands[index].accessor_count == 0;
    return known ||
           hm_conform_reject(parser, "a generator's body cannot do this; expected yield OPERAND, "
                                     "NAME = EXPRESSION, del NAME, note or finally");
}

static const hm_conform_form *find_form(const hm_conform_parser *parser, const char *word)
{
    if (parser->body_kind == HM_CONFORM_IN_GENERATOR && strcmp(word, "yield") == 0)
        return &hm_conform_form_yield;
    return hm_conform_form_find(HM_CONFORM_STATEMENT, word);
}

/* `alone`: on a line of its own, where it may have a block, and be `fails` or `try`. */
static hm_conform_node *parse_worded(hm_conform_parser *parser, size_t first, size_t end,
                                     bool alone)
{
    const char *word = first < end ? parser->words[first] : "";
    const hm_conform_form *form = find_form(parser, word);
    if (form == NULL || (!alone && strpbrk(form->shape, "Bft") != NULL)) {
        hm_conform_reject(parser,
                          "'%.60s' is no statement%s; expected PLACE = EXPRESSION or a "
                          "statement's word",
                          word, form == NULL ? "" : " for fails and try");
        return NULL;
    }
    hm_conform_node *node = hm_conform_node_new(parser, form);
    return hm_conform_parse_shape(parser, first + 1, end, node) ? node : NULL;
}

static hm_conform_node *parse_any(hm_conform_parser *parser, size_t first, size_t end, bool alone)
{
    hm_conform_node *node = is_store(parser, first, end) ? parse_store(parser, first, end)
                                                         : parse_worded(parser, first, end, alone);
    if (node != NULL && parser->body_kind == HM_CONFORM_IN_GENERATOR &&
        !suits_generator(parser, node))
        return NULL;
    return node;
}

hm_conform_node *hm_conform_parse_simple(hm_conform_parser *parser, size_t first, size_t end)
{
    return parse_any(parser, first, end, false);
}

static bool parse_inner_block(hm_conform_parser *parser, hm_conform_block *block)
{
    if (parser->depth == HM_CONFORM_DEEPEST_BLOCK)
        return hm_conform_reject(parser, "blocks lie too deep; expected at most %d in one another",
                                 HM_CONFORM_DEEPEST_BLOCK);
    parser->depth++;
    bool parsed = hm_conform_parse_block(parser, block);
    parser->depth--;
    return parsed;
}

hm_conform_node *hm_conform_parse_statement(hm_conform_parser *parser)
{
    hm_conform_node *node = parse_any(parser, 0, parser->word_count, true);
    if (node == NULL || strchr(node->form->shape, 'B') == NULL)
        return node;
    return parse_inner_block(parser, &node->body) ? node : NULL;
}

/* True where the line is `word` alone; sets an error where more stands on it. */
static bool is_closing(hm_conform_parser *parser, const char *word, bool *wrong)
{
    if (strcmp(parser->words[0], word) != 0)
        return false;
    *wrong = parser->word_count > 1;
    if (*wrong)
        hm_conform_reject(parser, "'%.60s' follows '%s'; expected nothing more on the line",
                          parser->words[1], word);
    return true;
}

bool hm_conform_parse_block(hm_conform_parser *parser, hm_conform_block *block)
{
    hm_conform_node **tail = &block->first;
    uint32_t beginning = parser->line;
    for (;;) {
        bool found, wrong = false;
        if (!hm_conform_read_line(parser, &found))
            return false;
        if (!found || strcmp(parser->words[0], "program") == 0)
            return hm_conform_reject(parser, "the block of line %u does not end; expected 'end'",
                                     beginning);
        bool may_split = parser->body_kind == HM_CONFORM_IN_GENERATOR && !parser->in_finally;
        if (is_closing(parser, "end", &wrong) ||
            (may_split && is_closing(parser, "finally", &wrong)))
            return !wrong;
        if (hm_conform_at_definition(parser))
            return hm_conform_reject(parser, "a definition inside a block; expected it outside of "
                                             "all blocks");
        *tail = hm_conform_parse_statement(parser);
        if (*tail == NULL)
            return false;
        tail = &(*tail)->next;
    }
}
