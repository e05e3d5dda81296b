/**
 * This module is a growing list of texts, so that options, names and arguments are kept in one way.
 *
 * The list owns its texts; `items` ends with NULL once anything was added. Memory that is not there
 * ends the command (HM_CHECK): the driver cannot do without it.
 */
#ifndef HM_BENCH_STRINGS_H
#define HM_BENCH_STRINGS_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct hm_strings {
    char **items;
    size_t count;
} hm_strings;

/** Adds a copy of the first `length` bytes of `text`. */
void hm_strings_add_part(hm_strings *strings, const char *text, size_t length);

/** Adds a copy of `text`. */
void hm_strings_add(hm_strings *strings, const char *text);

/** Adds each part of `text` between characters `separator`, empty parts too. */
void hm_strings_split(hm_strings *strings, const char *text, char separator);

/** What a list of names is, for a refusal. */
#define HM_NAMES_ARE_RIGHT "a list of names with one comma between two"

/**
 * Adds the names that `text` has with one comma between two, or `text` itself where it holds one of
 * `marks_of_a_spec`. False: a name is empty.
 */
bool hm_strings_add_names(hm_strings *strings, const char *text, const char *marks_of_a_spec);

/** Whether `text` is in the list. */
bool hm_strings_contain(const hm_strings *strings, const char *text);

/** Writes the items with ", " between them into `text`, cut where it is full; returns `text`. */
const char *hm_strings_join(const hm_strings *strings, char *text, size_t size);

/** Frees the texts and the list; the struct is empty again. */
void hm_strings_clear(hm_strings *strings);

/** A new formatted text, owned by the caller. */
char *hm_format(const char *format, ...) HM_PRINTF(1, 2);

/** A new copy of `text`, owned by the caller. */
char *hm_copy(const char *text);

/** `text` in single quotes where a shell would need them; a new text, owned by the caller. */
char *hm_shell_quote(const char *text);

/**
 * The same for a line that people copy: control characters as bash's $'…' has them, so that it
 * stays one line and is what it says. A new text.
 */
char *hm_shell_quote_line(const char *text);

/**
 * A copy of `text` for a terminal, with '?' for each control character, each one that turns the
 * direction of writing and each byte that is no UTF-8: names and messages of others are no commands
 * to it. A new text.
 */
char *hm_plain_line(const char *text);

/** realloc that does not fail. */
void *hm_grow(void *block, size_t count, size_t item_bytes);

/**
 * Room for one item after `count`, for arrays that only grow one by one: the block doubles where
 * `count` is a power of two, so that many items cost no copy each.
 */
void *hm_grow_for_next(void *block, size_t count, size_t item_bytes);

/**
 * Puts NAME=VALUE into an environment, an hm_strings, in the place of what NAME was there; takes a
 * void pointer so that hm_backend_environment can call it.
 */
void hm_strings_set_variable(void *strings, const char *setting);

#endif
