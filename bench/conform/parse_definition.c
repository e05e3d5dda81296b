/**
 * This module is the parser of definitions: class, finalizer, callback, generator, on-collection.
 */
#include "bench/conform/parser.h"

#include <stdlib.h>
#include <string.h>

static hm_conform_definition *add_definition(hm_conform_parser *parser,
                                             hm_conform_definition_kind kind)
{
    hm_conform_definition *definition = hm_conform_arena_take(parser->arena, sizeof *definition);
    definition->kind = kind;
    definition->name = "";
    definition->index = parser->program->definition_count++;
    *parser->last_definition = definition;
    parser->last_definition = &definition->next;
    return definition;
}

/* A definition of this kind called by the second word. */
static hm_conform_definition *add_named(hm_conform_parser *parser, hm_conform_definition_kind kind,
                                        const char *usage)
{
    hm_conform_symbol *symbol;
    if (parser->word_count < 2) {
        hm_conform_reject(parser, "a name is missing; expected %s", usage);
        return NULL;
    }
    if (!hm_conform_parse_new_name(parser, parser->words[1], &symbol))
        return NULL;
    hm_conform_definition *definition = add_definition(parser, kind);
    definition->name = symbol->text;
    symbol->definition = definition;
    return definition;
}

static bool expect_words(hm_conform_parser *parser, size_t count, const char *usage)
{
    if (parser->word_count == count)
        return true;
    return hm_conform_reject(parser, "%s; expected %s",
                             parser->word_count < count ? "a word is missing" : "a word too many",
                             usage);
}

static bool parse_body(hm_conform_parser *parser, hm_conform_body_kind kind,
                       hm_conform_definition *definition, hm_conform_block *block)
{
    parser->body_kind = kind;
    parser->body = definition;
    bool parsed = hm_conform_parse_block(parser, block);
    parser->body_kind = HM_CONFORM_IN_PROGRAM;
    parser->body = NULL;
    return parsed;
}

/* Python lays slots out in the order of their names. */
static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The slots' names from word `at` on; the place after them. */
static size_t parse_slots(hm_conform_parser *parser, hm_conform_definition *definition, size_t at)
{
    definition->has_slots = true;
    definition->slot_names =
        hm_conform_arena_take(parser->arena, parser->word_count * sizeof *definition->slot_names);
    for (; at < parser->word_count; at++) {
        const char *word = parser->words[at];
        if (strcmp(word, "strong") == 0 || strcmp(word, "legacy") == 0 ||
            !hm_conform_looks_like_name(word, strlen(word)))
            break;
        definition->slot_names[definition->slot_count++] =
            hm_conform_arena_copy(parser->arena, word, strlen(word));
    }
    if (definition->slot_count > 0)
        qsort(definition->slot_names, definition->slot_count, sizeof *definition->slot_names,
              compare_names);
    return at;
}

static bool take_word(const hm_conform_parser *parser, size_t *at, const char *word)
{
    if (*at >= parser->word_count || strcmp(parser->words[*at], word) != 0)
        return false;
    ++*at;
    return true;
}

static hm_conform_definition *parse_class(hm_conform_parser *parser)
{
    static const char usage[] = "class NAME [slots NAME...] [strong] [legacy]";
    hm_conform_definition *definition = add_named(parser, HM_CONFORM_CLASS, usage);
    size_t at = 2;
    if (definition == NULL)
        return NULL;
    if (take_word(parser, &at, "slots"))
        at = parse_slots(parser, definition, at);
    definition->strong = take_word(parser, &at, "strong");
    definition->legacy = take_word(parser, &at, "legacy");
    if (at < parser->word_count)
        hm_conform_reject(parser, "'%.60s' has no place here; expected %s", parser->words[at],
                          usage);
    else if (definition->strong && !definition->has_slots)
        hm_conform_reject(parser, "'strong' without 'slots'; expected %s", usage);
    else
        return definition;
    return NULL;
}

static bool parse_finalizer(hm_conform_parser *parser)
{
    if (!expect_words(parser, 2, "finalizer CLASS"))
        return false;
    const char *word = parser->words[1];
    hm_conform_symbol *symbol = hm_conform_name_of(parser, word, strlen(word));
    hm_conform_definition *definition = symbol == NULL ? NULL : symbol->definition;
    if (definition == NULL || definition->kind != HM_CONFORM_CLASS)
        return hm_conform_reject(parser, "'%.60s' is no class; expected one defined above", word);
    if (definition->has_body)
        return hm_conform_reject(parser, "a second finalizer of %s; expected one", word);
    if (definition->is_made)
        return hm_conform_reject(parser, "%s has instances already; expected its finalizer before",
                                 word);
    definition->has_body = true;
    return parse_body(parser, HM_CONFORM_IN_FINALIZER, NULL, &definition->body);
}

static hm_conform_definition *parse_callback(hm_conform_parser *parser)
{
    static const char usage[] = "callback NAME";
    if (!expect_words(parser, 2, usage))
        return NULL;
    hm_conform_definition *definition = add_named(parser, HM_CONFORM_CALLBACK, usage);
    return definition != NULL && parse_body(parser, HM_CONFORM_IN_CALLBACK, NULL, &definition->body)
               ? definition
               : NULL;
}

static bool add_local(hm_conform_parser *parser, hm_conform_definition *definition,
                      const char *word, uint32_t *capacity)
{
    hm_conform_symbol *symbol = hm_conform_name_of(parser, word, strlen(word));
    if (symbol == NULL || symbol->definition != NULL)
        return hm_conform_reject(parser,
                                 "'%.60s' cannot be a generator's name; expected letters, "
                                 "digits and _, no word of the language, no definition",
                                 word);
    for (uint32_t index = 0; index < definition->local_count; index++) {
        if (definition->locals[index] == symbol->number)
            return true;
    }
    if (definition->local_count == *capacity) {
        uint32_t *more = hm_conform_arena_take(parser->arena, (*capacity * 2 + 8) * sizeof *more);
        if (definition->local_count > 0)
            memcpy(more, definition->locals, definition->local_count * sizeof *more);
        definition->locals = more;
        *capacity = *capacity * 2 + 8;
    }
    definition->locals[definition->local_count++] = symbol->number;
    return true;
}

/* A generator's own names are known before its body is read: parameters, then what is assigned
 * anywhere in it, in order. */
static bool find_locals(hm_conform_parser *parser, hm_conform_definition *definition)
{
    uint32_t capacity = 0;
    for (size_t index = 2; index < parser->word_count; index++) {
        if (!add_local(parser, definition, parser->words[index], &capacity))
            return false;
        if (definition->local_count != index - 1)
            return hm_conform_reject(parser, "two parameters %.60s; expected different names",
                                     parser->words[index]);
    }
    definition->parameter_count = definition->local_count;
    const char *at = parser->at;
    uint32_t line = parser->line;
    bool found = true;
    while (hm_conform_read_line(parser, &found) && found && strcmp(parser->words[0], "end") != 0) {
        bool stores = parser->word_count > 1 && strcmp(parser->words[1], "=") == 0 &&
                      hm_conform_looks_like_name(parser->words[0], strlen(parser->words[0]));
        if (stores && !add_local(parser, definition, parser->words[0], &capacity))
            return false;
    }
    if (parser->error->status != HM_OK)
        return false;
    parser->at = at;
    parser->line = line;
    return true;
}

static hm_conform_definition *parse_generator(hm_conform_parser *parser)
{
    hm_conform_definition *definition =
        add_named(parser, HM_CONFORM_GENERATOR, "generator NAME PARAMETER...");
    if (definition == NULL || !find_locals(parser, definition) ||
        !parse_body(parser, HM_CONFORM_IN_GENERATOR, definition, &definition->body))
        return NULL;
    definition->has_finally = strcmp(parser->words[0], "finally") == 0;
    if (!definition->has_finally)
        return definition;
    parser->in_finally = true;
    bool parsed = parse_body(parser, HM_CONFORM_IN_GENERATOR, definition, &definition->finally);
    parser->in_finally = false;
    return parsed ? definition : NULL;
}

static hm_conform_definition *parse_on_collection(hm_conform_parser *parser)
{
    if (!expect_words(parser, 1, "on-collection"))
        return NULL;
    hm_conform_definition *definition = add_definition(parser, HM_CONFORM_ON_COLLECTION);
    return parse_body(parser, HM_CONFORM_IN_ON_COLLECTION, NULL, &definition->body) ? definition
                                                                                    : NULL;
}

static bool begins_with(const hm_conform_parser *parser, const char *word)
{
    return strcmp(parser->words[0], word) == 0;
}

bool hm_conform_at_definition(const hm_conform_parser *parser)
{
    if (parser->word_count > 1 && strcmp(parser->words[1], "=") == 0)
        return false;
    return begins_with(parser, "class") || begins_with(parser, "finalizer") ||
           begins_with(parser, "callback") || begins_with(parser, "generator") ||
           begins_with(parser, "on-collection");
}

bool hm_conform_parse_definition(hm_conform_parser *parser, hm_conform_node **node)
{
    uint32_t line = parser->line;
    *node = NULL;
    if (begins_with(parser, "finalizer"))
        return parse_finalizer(parser);
    hm_conform_definition *definition = begins_with(parser, "class")      ? parse_class(parser)
                                        : begins_with(parser, "callback") ? parse_callback(parser)
                                        : begins_with(parser, "generator")
                                            ? parse_generator(parser)
                                            : parse_on_collection(parser);
    if (definition == NULL)
        return false;
    *node = hm_conform_node_new(parser, &hm_conform_form_define);
    (*node)->definition = definition;
    (*node)->line = line;
    return true;
}
