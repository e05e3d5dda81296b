/**
 * This module is code that objects hold: functions with their globals and closure cells, bound
 * methods, and the frames that calls run in, so that the cycles Python programs make (a function
 * and its globals, a frame and its locals) can be made here.
 */
#ifndef HM_OBJECT_FUNCTION_H
#define HM_OBJECT_FUNCTION_H

#include "object/heap.h"

typedef struct hm_frame hm_frame;

/** A body written in C; static data, shared by all functions made from it. */
typedef struct hm_code {
    const char *name;
    uint32_t argument_count;
    uint32_t local_count;    /**< arguments included */
    uint32_t optional_count; /**< how many arguments, the last ones, may be missing: NULL locals */
    /** Runs the body on a frame whose first locals are the arguments; a new reference or NULL. */
    hm_object *(*run)(hm_heap *heap, hm_frame *frame);
} hm_code;

/** The locals of one call, as an object: alive as long as somebody refers to it. */
struct hm_frame {
    hm_variable_object base; /**< length: locals */
    const hm_code *code;
    hm_object *function; /**< whose call this is; NULL: none */
    hm_object *back;     /**< the caller's frame; NULL: none */
    hm_object *locals[];
};

typedef struct hm_cell {
    hm_object base;
    hm_object *content; /**< NULL: empty */
} hm_cell;

extern const hm_type hm_cell_type;
extern const hm_type hm_function_type;
extern const hm_type hm_method_type;
extern const hm_type hm_frame_type;

/** A new cell that holds `content` (borrowed; NULL: empty). */
hm_object *hm_cell_new(hm_heap *heap, hm_object *content);

/** What the cell holds, borrowed; NULL: empty. */
hm_object *hm_cell_get(const hm_object *cell);

/** Puts `content` (stolen; NULL empties) into the cell. */
void hm_cell_set(hm_heap *heap, hm_object *cell, hm_object *content);

/** A new function over `code`; `globals` (a dict) and `closure` (a tuple of cells) borrowed. */
hm_object *hm_function_new(hm_heap *heap, const hm_code *code, hm_object *globals,
                           hm_object *closure);

/** The function's globals and closure, borrowed; NULL where it has none. */
hm_object *hm_function_globals(const hm_object *function);
hm_object *hm_function_closure(const hm_object *function);

/** The function's body; its name is the function's. */
const hm_code *hm_function_code(const hm_object *function);

/** A new bound method; both borrowed. NULL: MemoryError; TypeError where `self` is None. */
hm_object *hm_method_new(hm_heap *heap, hm_object *function, hm_object *self);

/** The method's function and its self, borrowed. */
hm_object *hm_method_function(const hm_object *method);
hm_object *hm_method_self(const hm_object *method);

/** A new frame with empty locals; `function` and `back` borrowed, may be NULL. */
hm_object *hm_frame_new(hm_heap *heap, const hm_code *code, hm_object *function, hm_object *back);

/** Puts `value` (stolen) into local `index` of a frame. */
void hm_frame_set(hm_heap *heap, hm_object *frame, size_t index, hm_object *value);

/**
 * Calls a function or a bound method with `count` arguments (borrowed) in a new frame, dropped
 * after the call; a weak reference, a finalize object or a callable proxy as Python does. A new
 * reference to the result; NULL: heap->error (TypeError where the object is
 * not callable or the number of arguments is wrong).
 */
hm_object *hm_call(hm_heap *heap, hm_object *callable, hm_object *const *arguments, size_t count);

#endif
