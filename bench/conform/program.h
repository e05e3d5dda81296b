/**
 * This module is a parsed program, so that it can be run many times and fast: words have become
 * numbers and pointers, and nothing that can be wrong about the text is left to find.
 *
 * Words: a *symbol* is a distinct text of the program (a name, an attribute, a quoted text, a
 * place), known by its number. A *node* is a statement, an expression or a query; its *form* is the
 * row of statements.def, expressions.def or queries.def it was made after. A *definition* is what
 * `class`, `callback`, `generator` and `on-collection` define.
 *
 * Everything lies in the arena of its file and is not changed by running.
 */
#ifndef HM_BENCH_CONFORM_PROGRAM_H
#define HM_BENCH_CONFORM_PROGRAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct hm_conform_form hm_conform_form;
typedef struct hm_conform_node hm_conform_node;
typedef struct hm_conform_definition hm_conform_definition;

typedef enum hm_conform_operand_kind {
    HM_CONFORM_NAME,  /**< number: symbol */
    HM_CONFORM_LOCAL, /**< of a generator; number: which */
    HM_CONFORM_SELF,
    HM_CONFORM_REF,
    HM_CONFORM_GARBAGE,
    HM_CONFORM_DEFINED, /**< a class or a callback; number: definition */
    HM_CONFORM_INT,
    HM_CONFORM_FLOAT,
    HM_CONFORM_TEXT, /**< number: symbol */
    HM_CONFORM_NONE,
    HM_CONFORM_TRUE,
    HM_CONFORM_FALSE,
    /* In notes only. */
    HM_CONFORM_WORD, /**< number: symbol */
    HM_CONFORM_PHASE,
    HM_CONFORM_GENERATION,
    HM_CONFORM_COLLECTED,
    HM_CONFORM_UNCOLLECTABLE
} hm_conform_operand_kind;

typedef struct hm_conform_accessor hm_conform_accessor;

typedef struct hm_conform_operand {
    hm_conform_operand_kind kind;
    uint32_t number;
    uint32_t accessor_count;
    union {
        int64_t integer;
        double real;
    };
    hm_conform_accessor *accessors;
} hm_conform_operand;

/** `.attribute`, or `[key]`. */
struct hm_conform_accessor {
    bool is_item;
    uint32_t attribute; /**< symbol */
    hm_conform_operand key;
};

/** Statements in order. */
typedef struct hm_conform_block {
    hm_conform_node *first;
} hm_conform_block;

struct hm_conform_node {
    const hm_conform_form *form;
    hm_conform_node *next;
    uint32_t line;          /**< of the file, from 1 */
    uint32_t operand_count; /**< PLACE = …: operands[0] is the place */
    hm_conform_operand *operands;
    hm_conform_definition *definition;
    hm_conform_node
        *inner; /**< expression of a store, query of print and expect, statement of fails */
    hm_conform_block body;
    const char *text;     /**< raise: its words; expect: the value; fails: its statement */
    const char *question; /**< print, expect: the query's words */
    int64_t number;       /**< N, a generation, debug flags */
    bool has_number;
    bool with_itself;
    hm_status failure; /**< fails */
    uint32_t place;    /**< symbol: of a store, the place's text; of alive, the label's */
    uint32_t ordinal;  /**< of alive: the number after the quote; 1 where there is none */
};

typedef enum hm_conform_definition_kind {
    HM_CONFORM_CLASS,
    HM_CONFORM_CALLBACK,
    HM_CONFORM_GENERATOR,
    HM_CONFORM_ON_COLLECTION
} hm_conform_definition_kind;

struct hm_conform_definition {
    hm_conform_definition_kind kind;
    uint32_t index;   /**< in the program */
    const char *name; /**< "" for on-collection */
    hm_conform_definition *next;
    hm_conform_block body;    /**< of a class: its finalizer's */
    hm_conform_block finally; /**< generator */
    bool has_finally;
    bool has_body; /**< class: it has a finalizer */
    bool is_made;  /**< class: `new` has been seen */
    bool has_slots, strong, legacy;
    uint32_t slot_count;
    const char **slot_names;
    uint32_t parameter_count;
    uint32_t local_count; /**< parameters included */
    uint32_t *locals;     /**< their symbols */
};

typedef struct hm_conform_program {
    const char *name; /**< NULL: the part of a file before any `program` line */
    uint32_t line;    /**< of the file: its first */
    hm_conform_block body;
    hm_conform_definition *definitions; /**< in order */
    uint32_t definition_count;
    uint32_t symbol_count;
    const char **symbols;
    struct hm_conform_program *next;
} hm_conform_program;

#endif
