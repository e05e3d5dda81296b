/**
 * This module is the names of references, so that a chain or a picture says not only that an object
 * holds another but where: an attribute's name, `[index]` of a list or tuple, `[key]` of a dict.
 *
 * The references are those of hm_object_traverse, lists and tuples from their first item on; a name
 * that is not known is none.
 */
#ifndef HM_GRAPH_EDGE_H
#define HM_GRAPH_EDGE_H

#include "graph/graph.h"
#include "graph/repr.h"

#include <stdio.h>

typedef enum hm_edge_kind {
    HM_EDGE_UNNAMED,
    HM_EDGE_FIELD,     /**< `text`: a fixed part of its type: __class__, __dict__, content, … */
    HM_EDGE_ATTRIBUTE, /**< `key`: the name of an instance's attribute */
    HM_EDGE_SLOT,      /**< `index`: a slot without a name, of an instance */
    HM_EDGE_INDEX,     /**< `index`: an item of a list or a tuple */
    HM_EDGE_LOCAL,     /**< `index`: a local of a frame or a generator */
    HM_EDGE_VALUE,     /**< `key`: the value of a dict's entry */
    HM_EDGE_KEY        /**< the key itself of a dict's entry */
} hm_edge_kind;

/** One reference; the objects are borrowed. */
typedef struct hm_edge {
    hm_object *referent;
    hm_edge_kind kind;
    size_t index;
    hm_object *key;
    const char *text;
} hm_edge;

typedef void (*hm_edge_visitor)(const hm_edge *edge, void *context);

/** Calls `visit` with each reference of `object`, named where a name is known. */
void hm_edge_traverse(hm_object *object, hm_edge_visitor visit, void *context);

enum { HM_EDGE_NAME_BYTES = HM_REPR_BYTES + 4 };

/** Writes the edge's name into `name`: "[3]", "['a']", ".left", "content"; "" for none. */
void hm_edge_name(const hm_edge *edge, char name[HM_EDGE_NAME_BYTES]);

/** The name of the first reference from `source` to `referent`; "" where there is none. */
void hm_edge_name_between(hm_object *source, const hm_object *referent,
                          char name[HM_EDGE_NAME_BYTES]);

#endif
