/**
 * This module is the parser of a whole file: the programs in it.
 */
#include "bench/conform/parser.h"

#include <stdlib.h>
#include <string.h>

static void begin_program(hm_conform_parser *parser, hm_conform_file *file,
                          hm_conform_program ***tail, uint32_t line)
{
    hm_conform_program *program = hm_conform_arena_take(&file->arena, sizeof *program);
    program->line = line;
    **tail = program;
    *tail = &program->next;
    parser->program = program;
    parser->last_definition = &program->definitions;
    hm_conform_symbols_forget(&parser->symbols);
}

static void end_program(hm_conform_parser *parser)
{
    if (parser->program != NULL)
        hm_conform_symbols_keep(parser);
}

static bool parse_program_line(hm_conform_parser *parser, hm_conform_file *file,
                               hm_conform_program ***tail)
{
    if (parser->word_count != 2)
        return hm_conform_reject(parser, "%s; expected program NAME",
                                 parser->word_count < 2 ? "a name is missing" : "a word too many");
    end_program(parser);
    begin_program(parser, file, tail, parser->line);
    parser->program->name =
        hm_conform_arena_copy(&file->arena, parser->words[1], strlen(parser->words[1]));
    file->has_names = true;
    return true;
}

/* `requires 3.12`: the runtime follows 3.13 and only reads it. */
static bool check_requirement(hm_conform_parser *parser)
{
    const char *version = parser->word_count == 2 ? parser->words[1] : "";
    size_t major = strspn(version, "0123456789");
    size_t minor = version[major] == '.' ? strspn(version + major + 1, "0123456789") : 0;
    if (major > 0 && minor > 0 && version[major + 1 + minor] == '\0')
        return true;
    return hm_conform_reject(parser,
                             "'requires' is not followed by a version; expected one such as "
                             "requires 3.12");
}

static bool parse_statement_line(hm_conform_parser *parser, hm_conform_node ***last)
{
    hm_conform_node *node = NULL;
    bool parsed = hm_conform_at_definition(parser)
                      ? hm_conform_parse_definition(parser, &node)
                      : (node = hm_conform_parse_statement(parser)) != NULL;
    if (node != NULL) {
        **last = node;
        *last = &node->next;
    }
    return parsed;
}

static bool parse_lines(hm_conform_parser *parser, hm_conform_file *file)
{
    hm_conform_program **tail = &file->first;
    hm_conform_node **last = NULL;
    for (;;) {
        bool found;
        if (!hm_conform_read_line(parser, &found))
            return false;
        if (!found)
            return true;
        bool names = strcmp(parser->words[0], "program") == 0;
        if (names ? !parse_program_line(parser, file, &tail) : false)
            return false;
        if (parser->program == NULL)
            begin_program(parser, file, &tail, 1);
        if (parser->program->body.first == NULL)
            last = &parser->program->body.first;
        if (names)
            continue;
        bool requires = strcmp(parser->words[0], "requires") == 0;
        if (requires ? !check_requirement(parser) : !parse_statement_line(parser, &last))
            return false;
    }
}

hm_status hm_conform_parse(hm_conform_file *file, const char *path, const char *text, size_t length,
                           hm_error *error)
{
    hm_conform_parser parser = {
        .path = path, .at = text, .end = text + length, .arena = &file->arena, .error = error};
    hm_error_clear(error);
    if (parse_lines(&parser, file))
        end_program(&parser);
    free(parser.words);
    free(parser.buffer);
    hm_conform_symbols_free(&parser.symbols);
    return error->status;
}
