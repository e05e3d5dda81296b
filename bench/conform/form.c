#include "bench/conform/form.h"

#include <string.h>

static const hm_conform_form statements[] = {
#define HM_STATEMENT(identifier, the_word, the_shape, the_usage)                                   \
    {.word = (the_word),                                                                           \
     .shape = (the_shape),                                                                         \
     .usage = (the_usage),                                                                         \
     .run = hm_conform_run_##identifier},
#include "bench/conform/statements.def"
#undef HM_STATEMENT
};

static const hm_conform_form expressions[] = {
#define HM_EXPRESSION(identifier, the_word, the_shape, does_make, the_usage)                       \
    {.word = (the_word),                                                                           \
     .shape = (the_shape),                                                                         \
     .usage = (the_usage),                                                                         \
     .makes = (does_make),                                                                         \
     .make = hm_conform_make_##identifier},
#include "bench/conform/expressions.def"
#undef HM_EXPRESSION
};

static const hm_conform_form queries[] = {
#define HM_QUERY(identifier, the_word, the_shape, the_usage)                                       \
    {.word = (the_word),                                                                           \
     .shape = (the_shape),                                                                         \
     .usage = (the_usage),                                                                         \
     .ask = hm_conform_ask_##identifier},
#include "bench/conform/queries.def"
#undef HM_QUERY
};

const hm_conform_form hm_conform_form_store = {
    .word = "=", .shape = "", .usage = "PLACE = EXPRESSION", .run = hm_conform_run_store};
const hm_conform_form hm_conform_form_operand = {
    .word = "", .shape = "o", .usage = "OPERAND", .make = hm_conform_make_operand};
const hm_conform_form hm_conform_form_define = {
    .word = "", .shape = "", .usage = "", .run = hm_conform_run_define};
const hm_conform_form hm_conform_form_yield = {
    .word = "yield", .shape = "o", .usage = "yield OPERAND"};

static const hm_conform_form *find_in(const hm_conform_form *forms, size_t count, const char *word)
{
    for (size_t index = 0; index < count; index++) {
        if (forms[index].word[0] == word[0] && strcmp(forms[index].word, word) == 0)
            return &forms[index];
    }
    return NULL;
}

const hm_conform_form *hm_conform_form_find(hm_conform_form_kind kind, const char *word)
{
    switch (kind) {
    case HM_CONFORM_STATEMENT:
        return find_in(statements, HM_COUNT_OF(statements), word);
    case HM_CONFORM_EXPRESSION:
        return find_in(expressions, HM_COUNT_OF(expressions), word);
    default:
        return find_in(queries, HM_COUNT_OF(queries), word);
    }
}

bool hm_conform_is_reserved(const char *word)
{
    static const char *const others[] = {
        "class", "finalizer", "callback", "generator", "program", "requires", "None",  "True",
        "False", "self",      "ref",      "in",        "end",     "finally",  "yield", "itself"};
    for (size_t index = 0; index < HM_COUNT_OF(others); index++) {
        if (strcmp(others[index], word) == 0)
            return true;
    }
    return hm_conform_form_find(HM_CONFORM_STATEMENT, word) != NULL ||
           hm_conform_form_find(HM_CONFORM_EXPRESSION, word) != NULL ||
           hm_conform_form_find(HM_CONFORM_QUERY, word) != NULL;
}
