/**
 * This module is what a heap's record holds of its free lists (freelist.h), so that the shortest
 * ways of making and dropping an object find the list they need without a call or a test whether
 * there are any: where they are off, each is empty and full at once.
 */
#ifndef HM_OBJECT_FREELIST_LAYOUT_H
#define HM_OBJECT_FREELIST_LAYOUT_H

#include <stdint.h>

enum {
    HM_FREELIST_SIZES = 21, /* tuples and lists are kept below this size */
    HM_FREELIST_FLOAT = 0,
    HM_FREELIST_DICT_KEYS, /* blocks of a dict's smallest table */
    HM_FREELIST_DICT,
    HM_FREELIST_LIST_0, /* plus the slots of the block of items it has kept */
    HM_FREELIST_TUPLE_0 = HM_FREELIST_LIST_0 + HM_FREELIST_SIZES,
    /* plus the length; length 0 is never used: the empty tuple is shared */
    HM_FREELIST_KINDS = HM_FREELIST_TUPLE_0 + HM_FREELIST_SIZES
};

/**
 * Blocks of one kind that wait to be used again. What is made and dropped in turn needs one: it is
 * kept by itself, neither linked nor counted.
 */
typedef struct hm_freelist {
    void *spare;    /**< NULL: none; HM_FREELIST_SHUT: off, or closed */
    void *rest;     /**< the one given last, its first word links to the next; NULL: none */
    uint32_t room;  /**< how many more `rest` may have */
    uint32_t limit; /**< how many `rest` may have in all; 0: off, or closed */
} hm_freelist;

/** In hm_freelist.spare: nothing is kept. */
#define HM_FREELIST_SHUT ((void *)1)

#endif
