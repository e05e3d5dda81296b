/**
 * heapmark's object runtime: objects with Python's memory model in C.
 *
 * Include this one header. A heap is made from an allocator (allocators/backend.h binds one) and a
 * collector (gc/collectors.h lists them); every function that may allocate or free takes the heap
 * first.
 *
 *     object/object.h     counts, types, traversal   object/heap.h      heaps, roots, stores
 *     object/number.h     int, float, bool           object/text.h      str, bytes
 *     object/tuple.h  object/list.h  object/dict.h   object/set.h
 *     object/class.h      classes and instances      object/function.h  cells, calls, frames
 *     object/generator.h  resumable bodies           object/weakref.h   weak references
 *     object/weakref_proxy.h   weak proxies          object/weakref_finalize.h  finalize objects
 *     object/weak_value_dict.h  object/weak_key_dict.h  object/weak_set.h       weak containers
 *     object/collector.h  the seam for collectors           object/event.h      what the heap tells
 *
 * Beside it: gc/gc.h (Python's gc module), trace/trace.h (which line asked for what), graph/graph.h
 * (who refers to whom).
 *
 * Ownership: a function named …_new, …_of, …_from or …_next returns a new reference; …_get returns
 * a borrowed one, or a new one where the object is held weakly; a parameter is borrowed unless its
 * comment says stolen. Failure is NULL or false, with heap->error saying what and why.
 */
#ifndef HM_HEAPMARK_H
#define HM_HEAPMARK_H

#include "object/class.h"
#include "object/dict.h"
#include "object/function.h"
#include "object/generator.h"
#include "object/heap.h"
#include "object/list.h"
#include "object/number.h"
#include "object/set.h"
#include "object/text.h"
#include "object/tuple.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"
#include "object/weakref.h"
#include "object/weakref_finalize.h"
#include "object/weakref_proxy.h"

#endif
