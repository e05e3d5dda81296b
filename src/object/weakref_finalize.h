/**
 * This module is the finalize object (weakref.finalize): something to be done when an object dies,
 * or at the program's end, whichever comes first, and once at most.
 *
 * Words: a finalize object is *alive* until it has been called or detached. The heap's *registry*
 * holds those alive, so nobody else need; with a finalize object it holds the callable and the
 * arguments, so an object they refer to lives until then. *At exit* those alive whose atexit flag
 * is set run, the newest first.
 *
 * The rules are those of Lib/weakref.py of CPython 3.13. There are no keyword arguments here.
 *
 * Invariant: a finalize object is in the registry, or holds nothing.
 */
#ifndef HM_OBJECT_WEAKREF_FINALIZE_H
#define HM_OBJECT_WEAKREF_FINALIZE_H

#include "object/weakref.h"

extern const hm_type hm_finalize_type;

/**
 * A new finalize object, alive: calls `callable` with the `count` arguments (all borrowed: get new
 * references) when `object` dies. Its atexit flag is set. NULL: TypeError where the object cannot
 * have weak references, MemoryError.
 */
hm_object *hm_finalize_new(hm_heap *heap, hm_object *object, hm_object *callable,
                           hm_object *const *arguments, size_t count);

/**
 * Calls the callable if alive, which it is not any more from then on: a new reference to the
 * result; None where it was dead. NULL: what the call met.
 */
hm_object *hm_finalize_call(hm_heap *heap, hm_object *finalize);

/**
 * finalize.detach: if alive and the object lives, ends it and returns a new tuple of the object,
 * the callable, the tuple of arguments and an empty dict; else None. NULL: MemoryError, still
 * alive.
 */
hm_object *hm_finalize_detach(hm_heap *heap, hm_object *finalize);

/** finalize.peek: what detach returns, and it stays alive. */
hm_object *hm_finalize_peek(hm_heap *heap, hm_object *finalize);

/** finalize.alive. */
bool hm_finalize_is_alive(const hm_object *finalize);

/** finalize.atexit: false where it is not alive; setting it then does nothing. */
bool hm_finalize_get_at_exit(const hm_object *finalize);
void hm_finalize_set_at_exit(hm_object *finalize, bool at_exit);

/**
 * What CPython does at the program's end: calls those alive whose flag is set, the newest first,
 * with automatic collection off; ones made meanwhile take part. A failure is told as unraisable and
 * the rest still run. None runs any more afterwards.
 * False: MemoryError, some have not run. hm_heap_destroy does not do this: it runs nothing.
 */
bool hm_finalize_run_at_exit(hm_heap *heap) HM_MUST_USE;

#endif
