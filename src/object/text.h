/**
 * This module is str and bytes with CPython's sizes (41 and 33 bytes when empty), so that text asks
 * the allocator for what Python would. A str holds UTF-8; its hash is kept; it can be interned.
 *
 * Interned strings are mortal, as in CPython up to 3.11: the table's references are not counted,
 * and a string leaves it when it dies. The empty str and bytes are shared and immortal.
 */
#ifndef HM_OBJECT_TEXT_H
#define HM_OBJECT_TEXT_H

#include "object/object.h"

extern const hm_type hm_str_type;
extern const hm_type hm_bytes_type;

/** A new str of `length` bytes of `text` (NULL: left for hm_str_data to fill), or NULL. */
hm_object *hm_str_new(hm_heap *heap, const char *text, size_t length);

/** A new str of a C string. */
hm_object *hm_str_from(hm_heap *heap, const char *text);

/** The bytes of a str, NUL-terminated, borrowed. Writable until it is first hashed or shared. */
char *hm_str_data(hm_object *object);

/** A new reference to the heap's one str equal to `str` (stolen); NULL: out of memory. */
hm_object *hm_str_intern(hm_heap *heap, hm_object *str);

/** A new reference to the heap's interned str of a C string. */
hm_object *hm_str_interned(hm_heap *heap, const char *text);

/** True where this very object is in the heap's table of interned strings. */
bool hm_str_is_interned(const hm_object *object);

/** A new bytes object of `length` bytes of `data` (NULL: left for hm_bytes_data to fill). */
hm_object *hm_bytes_new(hm_heap *heap, const void *data, size_t length);

/** The content of a bytes object, borrowed. Writable until it is first hashed or shared. */
unsigned char *hm_bytes_data(hm_object *object);

/** Bytes in a str or a bytes object. */
size_t hm_text_length(const hm_object *object);

#endif
