/**
 * This module is the untracking of tuples and dicts that hold only atoms (CPython 3.13's
 * untrack_tuples and untrack_dicts): they cannot be part of a cycle, so later collections need not
 * look at them.
 */
#include "gc/generational.h"
#include "object/dict.h"
#include "object/tuple.h"

static void untrack_tuple(hm_heap *heap, hm_object *tuple)
{
    for (size_t index = 0; index < hm_tuple_length(tuple); index++) {
        const hm_object *item = hm_tuple_get(tuple, index);
        if (item == NULL || hm_may_be_tracked(item))
            return;
    }
    hm_untrack(heap, tuple);
}

static void untrack_dict(hm_heap *heap, hm_object *dict)
{
    if (hm_dict_stays_tracked(dict))
        return;
    size_t position = 0;
    hm_object *key, *value;
    while (hm_dict_next(dict, &position, &key, &value)) {
        if (hm_may_be_tracked(key) || hm_may_be_tracked(value))
            return;
    }
    hm_untrack(heap, dict);
}

void hm_gc_untrack_atoms_only(hm_heap *heap, hm_gc_link *list, uint32_t type_flag)
{
    for (hm_gc_link *link = list->next; link != list;) {
        hm_gc_link *next = link->next;
        hm_object *object = hm_gc_object_of(link);
        if (object->type->flags & type_flag & HM_TYPE_TUPLE)
            untrack_tuple(heap, object);
        else if (object->type->flags & type_flag & HM_TYPE_DICT)
            untrack_dict(heap, object);
        link = next;
    }
}
