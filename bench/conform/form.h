/**
 * This module is the forms of the language: every statement, expression and query with what follows
 * its word and what it does, so that one more is a line in a .def file and a function.
 *
 * A shape is a row of letters, each for what comes next:
 *
 *     o  an operand            O  one or none          *  any number of them
 *     c  one whose count can be asked: not self, not ref
 *     p  pairs of operands     P  places, one or more  v  NAME in OPERAND
 *     n  a number from 0 up    N  a generation or none g  a generation      3  one to three numbers
 *     C  a class               G  a generator          L  a label           i  `itself` or nothing
 *     w  words of a note       r  words                d  debug flags       q  a query
 *     e  QUERY == VALUE        f  ERROR STATEMENT      t  STATEMENT         B  a block follows
 */
#ifndef HM_BENCH_CONFORM_FORM_H
#define HM_BENCH_CONFORM_FORM_H

#include "bench/conform/program.h"
#include "bench/conform/text.h"
#include "object/object.h"

typedef struct hm_conform_machine hm_conform_machine;

typedef enum hm_conform_form_kind {
    HM_CONFORM_STATEMENT,
    HM_CONFORM_EXPRESSION,
    HM_CONFORM_QUERY
} hm_conform_form_kind;

struct hm_conform_form {
    const char *word;
    const char *shape;
    const char *usage; /**< as docs/conform.md writes it */
    bool makes;        /**< an expression that makes an object */
    /** Does what the statement says; false with the heap's error, or where the machine stopped. */
    bool (*run)(hm_conform_machine *machine, const hm_conform_node *node);
    /** The expression's object, a new reference; NULL with the heap's error. */
    hm_object *(*make)(hm_conform_machine *machine, const hm_conform_node *node);
    /** Appends the query's value to `answer`; false with the heap's error. */
    bool (*ask)(hm_conform_machine *machine, const hm_conform_node *node, hm_conform_text *answer);
};

/** The form of this kind that begins with `word`, or NULL. */
const hm_conform_form *hm_conform_form_find(hm_conform_form_kind kind, const char *word);

/** True for a word of the language, which cannot be a name. */
bool hm_conform_is_reserved(const char *word);

/** PLACE = EXPRESSION, and an operand as an expression: the two that begin with no word. */
extern const hm_conform_form hm_conform_form_store;
extern const hm_conform_form hm_conform_form_operand;

/** The definition of a class, a callback or a gc callback, where it stands. */
extern const hm_conform_form hm_conform_form_define;

/** `yield OPERAND`, which only a generator's body holds; the body runs it itself. */
extern const hm_conform_form hm_conform_form_yield;

#define HM_STATEMENT(identifier, word, shape, usage)                                               \
    bool hm_conform_run_##identifier(hm_conform_machine *machine, const hm_conform_node *node);
#include "bench/conform/statements.def"
#undef HM_STATEMENT

#define HM_EXPRESSION(identifier, word, shape, makes, usage)                                       \
    hm_object *hm_conform_make_##identifier(hm_conform_machine *machine,                           \
                                            const hm_conform_node *node);
#include "bench/conform/expressions.def"
#undef HM_EXPRESSION

#define HM_QUERY(identifier, word, shape, usage)                                                   \
    bool hm_conform_ask_##identifier(hm_conform_machine *machine, const hm_conform_node *node,     \
                                     hm_conform_text *answer);
#include "bench/conform/queries.def"
#undef HM_QUERY

bool hm_conform_run_store(hm_conform_machine *machine, const hm_conform_node *node);
bool hm_conform_run_define(hm_conform_machine *machine, const hm_conform_node *node);
hm_object *hm_conform_make_operand(hm_conform_machine *machine, const hm_conform_node *node);

#endif
