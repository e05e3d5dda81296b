/**
 * This module is how str and bytes lie in memory, shared by the files that hash, compare and make
 * them. The fields mirror CPython's so that the sizes do.
 */
#ifndef HM_OBJECT_TEXT_LAYOUT_H
#define HM_OBJECT_TEXT_LAYOUT_H

#include "object/object.h"

enum { HM_STR_INTERNED = 1 };

typedef struct hm_str {
    hm_variable_object base;
    uint64_t hash;  /* 0: not yet computed */
    uint32_t state; /* HM_STR_INTERNED */
    uint32_t reserved;
    char data[]; /* length bytes and a NUL: 41 bytes when empty */
} hm_str;

typedef struct hm_bytes {
    hm_variable_object base;
    uint64_t hash;        /* 0: not yet computed */
    unsigned char data[]; /* length bytes and a NUL: 33 bytes when empty */
} hm_bytes;

/** Frees the heap's table of interned strings, and strings only it still knows (heap's end). */
void hm_str_forget_all(hm_heap *heap);

#endif
