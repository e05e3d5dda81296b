/**
 * This module is an object in a few words, as Python's repr says it where that is short, so that a
 * node of a graph can be told from its neighbours.
 *
 * Text is valid UTF-8 without control characters, whatever the object holds: what does not fit is
 * cut at a character and ends in "…"; bytes that are no UTF-8 become U+FFFD.
 */
#ifndef HM_GRAPH_REPR_H
#define HM_GRAPH_REPR_H

#include "object/object.h"

enum {
    HM_REPR_CHARACTERS = 40, /**< at most so many, the rest is "…" */
    HM_REPR_BYTES = 4 * HM_REPR_CHARACTERS + 8
};

/**
 * Writes what the object is: 'text', b'bytes', a number, "3 items", a class's, frame's or
 * generator's name. "": nothing short is known.
 */
void hm_repr_write(hm_object *object, char text[HM_REPR_BYTES]);

/** The content of a str without quotes; hm_repr_write's text for anything else. */
void hm_repr_text(hm_object *object, char text[HM_REPR_BYTES]);

/** hm_repr_write's text of an atom, the type's name of a container: for the key of a dict. */
void hm_repr_key(hm_object *object, char text[HM_REPR_BYTES]);

/** Writes the name of the object's type. */
void hm_repr_type(const hm_object *object, char text[HM_REPR_BYTES]);

#endif
