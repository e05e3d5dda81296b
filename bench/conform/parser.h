/**
 * This module is what the parts of the parser share: the text with the place reached in it, the
 * words of the current line, the symbols of the current program, and the one error.
 *
 * Words: a *body* is the definition whose statements are being read; it decides what `self`, `ref`
 * and a generator's own names are.
 *
 * Invariant: every function that fails has set the error, `FILE:LINE: what is wrong; expected …`.
 */
#ifndef HM_BENCH_CONFORM_PARSER_H
#define HM_BENCH_CONFORM_PARSER_H

#include "bench/conform/arena.h"
#include "bench/conform/form.h"

/** Blocks inside blocks. */
enum { HM_CONFORM_DEEPEST_BLOCK = 100 };

typedef struct hm_conform_symbol {
    const char *text;
    uint32_t number;
    uint64_t hash;
    bool is_used;                      /**< as a name of the program */
    bool is_checked;                   /**< it can be a name */
    hm_conform_definition *definition; /**< what it names; NULL: nothing so far */
} hm_conform_symbol;

typedef struct hm_conform_symbols {
    hm_conform_symbol *items;
    uint32_t count, capacity;
    uint32_t
        *index; /**< 1 + number; 0: empty. A power of two of slots, at most half of them used */
    uint32_t index_size;
} hm_conform_symbols;

/** What kind of body the parser is in, and where. */
typedef enum hm_conform_body_kind {
    HM_CONFORM_IN_PROGRAM,
    HM_CONFORM_IN_FINALIZER,
    HM_CONFORM_IN_CALLBACK,
    HM_CONFORM_IN_ON_COLLECTION,
    HM_CONFORM_IN_GENERATOR
} hm_conform_body_kind;

typedef struct hm_conform_parser {
    const char *path;
    const char *at, *end; /**< of the text: the next line begins at `at` */
    uint32_t line;        /**< the number of the current line */
    char **words;         /**< of the current line; lie in `buffer` */
    size_t word_count, word_capacity;
    char *buffer;
    size_t buffer_size;
    hm_conform_arena *arena;
    hm_conform_symbols symbols;
    hm_conform_program *program;
    hm_conform_definition **last_definition;
    hm_conform_definition *body;
    hm_conform_body_kind body_kind;
    bool in_finally;
    unsigned depth;
    hm_error *error;
} hm_conform_parser;

/** Sets the error of the current line. Always false. */
bool hm_conform_reject(hm_conform_parser *parser, const char *format, ...) HM_PRINTF(2, 3);

/** Reads lines up to one that has words; `*found` false: there is none. False: it is no text. */
bool hm_conform_read_line(hm_conform_parser *parser, bool *found) HM_MUST_USE;

/** Words `first` to before `end` of the line joined by blanks, in the arena. */
const char *hm_conform_join(hm_conform_parser *parser, size_t first, size_t end);

/** The symbol of this text, made where it is new. Valid until the next one is made. */
hm_conform_symbol *hm_conform_symbol_of(hm_conform_parser *parser, const char *text, size_t length);

/** Forgets all symbols. */
void hm_conform_symbols_forget(hm_conform_symbols *symbols);
void hm_conform_symbols_free(hm_conform_symbols *symbols);

/** Copies the symbols' texts into the program. */
void hm_conform_symbols_keep(hm_conform_parser *parser);

/** True for a letter or _, then letters, digits and _. */
bool hm_conform_looks_like_name(const char *word, size_t length);

/** The symbol of a word that can be a name; NULL: it is none. */
hm_conform_symbol *hm_conform_name_of(hm_conform_parser *parser, const char *word, size_t length);

/** Parses an operand into `operand`. */
bool hm_conform_parse_operand(hm_conform_parser *parser, const char *word,
                              hm_conform_operand *operand) HM_MUST_USE;

/** Parses an operand that can be stored to or deleted. */
bool hm_conform_parse_place(hm_conform_parser *parser, const char *word,
                            hm_conform_operand *operand) HM_MUST_USE;

/** Parses a name for something new, a definition or a parameter. */
bool hm_conform_parse_new_name(hm_conform_parser *parser, const char *word,
                               hm_conform_symbol **symbol) HM_MUST_USE;

/** Parses a whole number; false without an error where the word is none. */
bool hm_conform_parse_integer(const char *word, int64_t *value);

/** A new node for the current line. */
hm_conform_node *hm_conform_node_new(hm_conform_parser *parser, const hm_conform_form *form);

/** Parses words `first` to before `end`, what follows the form's word, into `node`. */
bool hm_conform_parse_shape(hm_conform_parser *parser, size_t first, size_t end,
                            hm_conform_node *node) HM_MUST_USE;

/** Parses words `first` to before `end` as the statement of `fails` or `try`; NULL: failed. */
hm_conform_node *hm_conform_parse_simple(hm_conform_parser *parser, size_t first, size_t end);

/** Parses the statement that the current line begins, with its block; NULL: failed. */
hm_conform_node *hm_conform_parse_statement(hm_conform_parser *parser);

/** Parses lines into `block` up to a line `end`, or `finally` in a generator, which stays the line.
 */
bool hm_conform_parse_block(hm_conform_parser *parser, hm_conform_block *block) HM_MUST_USE;

/** True where the current line begins a definition. */
bool hm_conform_at_definition(const hm_conform_parser *parser);

/** Parses the definition that the current line begins; `*node` receives what runs it, or NULL. */
bool hm_conform_parse_definition(hm_conform_parser *parser, hm_conform_node **node) HM_MUST_USE;

/** The programs of one file. {0} before it is parsed. */
typedef struct hm_conform_file {
    hm_conform_arena arena;
    hm_conform_program *first;
    bool has_names; /**< there are `program` lines */
} hm_conform_file;

/**
 * Parses `length` bytes of `text`, which messages call `path`. HM_USAGE_ERROR: it is no program.
 * The caller clears the arena in any case.
 */
hm_status hm_conform_parse(hm_conform_file *file, const char *path, const char *text, size_t length,
                           hm_error *error);

#endif
