/**
 * This module is the symbols of the program being read: each distinct text has one number.
 */
#include "bench/conform/parser.h"
#include "bench/strings.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t index = 0; index < length; index++)
        hash = (hash ^ (unsigned char)text[index]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static uint32_t *find_slot(hm_conform_symbols *symbols, const char *text, size_t length,
                           uint64_t hash)
{
    uint32_t mask = symbols->index_size - 1;
    for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &symbols->index[at];
        if (*slot == 0)
            return slot;
        const hm_conform_symbol *symbol = &symbols->items[*slot - 1];
        if (symbol->hash == hash && strncmp(symbol->text, text, length) == 0 &&
            symbol->text[length] == '\0')
            return slot;
    }
}

static void make_room(hm_conform_symbols *symbols)
{
    if (symbols->count == symbols->capacity) {
        symbols->capacity = symbols->capacity == 0 ? 64 : symbols->capacity * 2;
        symbols->items = hm_grow(symbols->items, symbols->capacity, sizeof *symbols->items);
    }
    if (symbols->count * 2 < symbols->index_size)
        return;
    symbols->index_size = symbols->index_size == 0 ? 256 : symbols->index_size * 2;
    symbols->index = hm_grow(symbols->index, symbols->index_size, sizeof *symbols->index);
    memset(symbols->index, 0, symbols->index_size * sizeof *symbols->index);
    for (uint32_t number = 0; number < symbols->count; number++) {
        const hm_conform_symbol *symbol = &symbols->items[number];
        *find_slot(symbols, symbol->text, strlen(symbol->text), symbol->hash) = number + 1;
    }
}

hm_conform_symbol *hm_conform_symbol_of(hm_conform_parser *parser, const char *text, size_t length)
{
    hm_conform_symbols *symbols = &parser->symbols;
    uint64_t hash = hash_of(text, length);
    make_room(symbols);
    uint32_t *slot = find_slot(symbols, text, length, hash);
    if (*slot != 0)
        return &symbols->items[*slot - 1];
    hm_conform_symbol *symbol = &symbols->items[symbols->count];
    *symbol = (hm_conform_symbol){.text = hm_conform_arena_copy(parser->arena, text, length),
                                  .number = symbols->count,
                                  .hash = hash};
    *slot = ++symbols->count;
    return symbol;
}

void hm_conform_symbols_forget(hm_conform_symbols *symbols)
{
    symbols->count = 0;
    if (symbols->index != NULL)
        memset(symbols->index, 0, symbols->index_size * sizeof *symbols->index);
}

void hm_conform_symbols_free(hm_conform_symbols *symbols)
{
    free(symbols->items);
    free(symbols->index);
    *symbols = (hm_conform_symbols){0};
}

void hm_conform_symbols_keep(hm_conform_parser *parser)
{
    hm_conform_program *program = parser->program;
    program->symbol_count = parser->symbols.count;
    program->symbols = hm_conform_arena_take(parser->arena, sizeof *program->symbols *
                                                                (program->symbol_count + 1));
    for (uint32_t number = 0; number < program->symbol_count; number++)
        program->symbols[number] = parser->symbols.items[number].text;
}

bool hm_conform_looks_like_name(const char *word, size_t length)
{
    for (size_t index = 0; index < length; index++) {
        char byte = word[index];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        if (!letter && (index == 0 || byte < '0' || byte > '9'))
            return false;
    }
    return length > 0;
}

hm_conform_symbol *hm_conform_name_of(hm_conform_parser *parser, const char *word, size_t length)
{
    if (!hm_conform_looks_like_name(word, length))
        return NULL;
    hm_conform_symbol *symbol = hm_conform_symbol_of(parser, word, length);
    if (!symbol->is_checked && hm_conform_is_reserved(symbol->text))
        return NULL;
    symbol->is_checked = true;
    return symbol;
}
