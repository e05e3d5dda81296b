/**
 * This module is the references of an instance with the names of its attributes, for edge.c alone.
 */
#ifndef HM_GRAPH_EDGE_INSTANCE_H
#define HM_GRAPH_EDGE_INSTANCE_H

#include "graph/edge.h"

/** hm_edge_traverse for an instance of a class. */
void hm_edge_traverse_instance(hm_object *instance, hm_edge_visitor visit, void *context);

#endif
