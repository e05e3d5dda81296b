/**
 * This module is lists of containers, doubly linked through a prefix of 16 bytes in front of each,
 * so that the runtime can put a new container into its collector's youngest list, and take a dying
 * one out of whichever it is in, without a call (HM_COLLECTOR_LINKS).
 *
 * Invariant: a list is a ring through its head; a link in no list means nothing.
 */
#ifndef HM_OBJECT_GC_LINK_H
#define HM_OBJECT_GC_LINK_H

#include "object/object.h"

/** The prefix: links of the list the object is in. Also the head of a list. */
typedef struct hm_gc_link {
    struct hm_gc_link *next;
    struct hm_gc_link *previous;
} hm_gc_link;

static inline hm_gc_link *hm_gc_link_of(hm_object *object)
{
    return (hm_gc_link *)(void *)object - 1;
}

static inline hm_object *hm_gc_object_of(hm_gc_link *link)
{
    return (hm_object *)(void *)(link + 1);
}

static inline void hm_gc_list_init(hm_gc_link *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool hm_gc_list_is_empty(const hm_gc_link *list)
{
    return list->next == list;
}

static inline void hm_gc_list_append(hm_gc_link *list, hm_gc_link *link)
{
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

static inline void hm_gc_list_remove(hm_gc_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

static inline void hm_gc_list_move(hm_gc_link *link, hm_gc_link *to)
{
    hm_gc_list_remove(link);
    hm_gc_list_append(to, link);
}

/** Appends all of `from` to `to`, leaving `from` empty. */
static inline void hm_gc_list_merge(hm_gc_link *from, hm_gc_link *to)
{
    if (hm_gc_list_is_empty(from))
        return;
    to->previous->next = from->next;
    from->next->previous = to->previous;
    to->previous = from->previous;
    from->previous->next = to;
    hm_gc_list_init(from);
}

#endif
