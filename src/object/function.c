#include "object/function.h"

#include "object/memory.h"
#include "object/runtime.h"
#include "object/weakref.h"
#include "object/weakref_finalize.h"
#include "object/weakref_proxy.h"

#include <string.h>

typedef struct function_object {
    hm_object base;
    hm_object *globals;
    hm_object *closure;
    hm_object *weaklist;
    const hm_code *code;
    uint64_t
        reserved[12]; /* CPython's name, defaults, annotations, …: keep the size at 144 bytes */
} function_object;

typedef struct method_object {
    hm_object base;
    hm_object *function;
    hm_object *self;
    hm_object *weaklist;
    uint64_t reserved; /* CPython's vectorcall: keeps the size at 48 bytes */
} method_object;

static void cell_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(hm_cell));
}

static void function_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(function_object));
}

static void method_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, sizeof(method_object));
}

static size_t frame_bytes(size_t locals)
{
    return offsetof(hm_frame, locals) + locals * sizeof(hm_object *);
}

static void frame_deallocate(hm_heap *heap, hm_object *object)
{
    hm_object_clear_slots(heap, object);
    hm_object_free(heap, object, frame_bytes(((hm_frame *)object)->base.length));
}

const hm_type hm_cell_type = {
    .name = "cell",
    .basic_size = sizeof(hm_cell),
    .flags = HM_TYPE_CONTAINER,
    .references = {.fixed_offset = offsetof(hm_cell, content), .fixed_count = 1},
    .clear = hm_object_clear_slots,
    .die = hm_object_deallocate,
    .deallocate = cell_deallocate};

const hm_type hm_function_type = {
    .name = "function",
    .basic_size = sizeof(function_object),
    .flags = HM_TYPE_CONTAINER,
    .weaklist_offset = offsetof(function_object, weaklist),
    .references = {.fixed_offset = offsetof(function_object, globals), .fixed_count = 2},
    .clear = hm_object_clear_slots,
    .die = hm_object_deallocate,
    .deallocate = function_deallocate};

/* No clear: as in CPython, a cycle through a method is broken at its other members. */
const hm_type hm_method_type = {
    .name = "method",
    .basic_size = sizeof(method_object),
    .flags = HM_TYPE_CONTAINER,
    .weaklist_offset = offsetof(method_object, weaklist),
    .references = {.fixed_offset = offsetof(method_object, function), .fixed_count = 2},
    .die = hm_object_deallocate,
    .deallocate = method_deallocate};

const hm_type hm_frame_type = {
    .name = "frame",
    .basic_size = offsetof(hm_frame, locals),
    .item_size = sizeof(hm_object *),
    .flags = HM_TYPE_CONTAINER,
    .references = {.fixed_offset = offsetof(hm_frame, function),
                   .fixed_count = 2,
                   .vector_offset = offsetof(hm_frame, locals),
                   .length_offset = offsetof(hm_variable_object, length)},
    .clear = hm_object_clear_slots,
    .die = hm_object_deallocate,
    .deallocate = frame_deallocate};

hm_object *hm_cell_new(hm_heap *heap, hm_object *content)
{
    hm_cell *cell = (hm_cell *)hm_object_allocate(heap, &hm_cell_type, sizeof(hm_cell));
    if (cell == NULL)
        return NULL;
    hm_store_first(heap, &cell->base, &cell->content, hm_xincref(content));
    hm_track(heap, &cell->base);
    return &cell->base;
}

hm_object *hm_cell_get(const hm_object *cell)
{
    return ((const hm_cell *)cell)->content;
}

void hm_cell_set(hm_heap *heap, hm_object *cell, hm_object *content)
{
    hm_store(heap, cell, &((hm_cell *)cell)->content, content);
}

hm_object *hm_function_new(hm_heap *heap, const hm_code *code, hm_object *globals,
                           hm_object *closure)
{
    function_object *function =
        (function_object *)hm_object_allocate(heap, &hm_function_type, sizeof(function_object));
    if (function == NULL)
        return NULL;
    function->code = code;
    function->weaklist = NULL;
    memset(function->reserved, 0, sizeof function->reserved);
    hm_store_first(heap, &function->base, &function->globals, hm_xincref(globals));
    hm_store_first(heap, &function->base, &function->closure, hm_xincref(closure));
    hm_track(heap, &function->base);
    return &function->base;
}

hm_object *hm_function_globals(const hm_object *function)
{
    return ((const function_object *)function)->globals;
}

hm_object *hm_function_closure(const hm_object *function)
{
    return ((const function_object *)function)->closure;
}

const hm_code *hm_function_code(const hm_object *function)
{
    return ((const function_object *)function)->code;
}

hm_object *hm_method_new(hm_heap *heap, hm_object *function, hm_object *self)
{
    if (self == &hm_none) {
        hm_fail(heap, HM_TYPE_ERROR, "instance must not be None");
        return NULL;
    }
    method_object *method =
        (method_object *)hm_object_allocate(heap, &hm_method_type, sizeof(method_object));
    if (method == NULL)
        return NULL;
    method->weaklist = NULL;
    method->reserved = 0;
    hm_store_first(heap, &method->base, &method->function, hm_incref(function));
    hm_store_first(heap, &method->base, &method->self, hm_incref(self));
    hm_track(heap, &method->base);
    return &method->base;
}

hm_object *hm_method_function(const hm_object *method)
{
    return ((const method_object *)method)->function;
}

hm_object *hm_method_self(const hm_object *method)
{
    return ((const method_object *)method)->self;
}

/* A frame its collector does not know yet. */
static hm_frame *make_frame(hm_heap *heap, const hm_code *code, hm_object *function,
                            hm_object *back)
{
    hm_frame *frame =
        (hm_frame *)hm_object_allocate(heap, &hm_frame_type, frame_bytes(code->local_count));
    if (frame == NULL)
        return NULL;
    frame->base.length = code->local_count;
    frame->code = code;
    for (size_t index = 0; index < code->local_count; index++)
        frame->locals[index] = NULL;
    hm_store_first(heap, &frame->base.base, &frame->function, hm_xincref(function));
    hm_store_first(heap, &frame->base.base, &frame->back, hm_xincref(back));
    return frame;
}

hm_object *hm_frame_new(hm_heap *heap, const hm_code *code, hm_object *function, hm_object *back)
{
    hm_frame *frame = make_frame(heap, code, function, back);
    if (frame == NULL)
        return NULL;
    hm_track(heap, &frame->base.base);
    return &frame->base.base;
}

void hm_frame_set(hm_heap *heap, hm_object *frame, size_t index, hm_object *value)
{
    HM_ASSERT(hm_is(frame, &hm_frame_type) && index < ((hm_frame *)frame)->base.length);
    hm_store(heap, frame, &((hm_frame *)frame)->locals[index], value);
}

/* Runs a function whose first `self_count` (0 or 1) arguments come from a bound method. */
static hm_object *call_function(hm_heap *heap, function_object *function, hm_object *self,
                                hm_object *const *arguments, size_t count)
{
    size_t self_count = self == NULL ? 0 : 1;
    size_t given = count + self_count;
    if (given > function->code->argument_count ||
        given + function->code->optional_count < function->code->argument_count) {
        hm_fail(heap, HM_TYPE_ERROR, "%s() takes %u arguments, not %zu", function->code->name,
                function->code->argument_count, given);
        return NULL;
    }
    hm_frame *frame = make_frame(heap, function->code, &function->base, NULL);
    if (frame == NULL)
        return NULL;
    if (self != NULL)
        hm_frame_set(heap, &frame->base.base, 0, hm_incref(self));
    for (size_t index = 0; index < count; index++)
        hm_frame_set(heap, &frame->base.base, index + self_count, hm_incref(arguments[index]));
    hm_object *result = function->code->run(heap, frame);
    /* While a call runs, its locals are held from outside; a frame that outlives it is tracked from
     * then on (CPython's take_ownership). */
    if (frame->base.base.reference_count > 1)
        hm_track(heap, &frame->base.base);
    hm_decref(heap, &frame->base.base);
    return result;
}

/* What else can be called: a weak reference gives its object, a finalize object calls, a callable
 * proxy is what it stands for. */
static hm_object *call_other(hm_heap *heap, hm_object *callable, hm_object *const *arguments,
                             size_t count)
{
    const hm_type *type = callable->type;
    if (type == &hm_weakcallableproxy_type)
        return hm_weakproxy_call(heap, callable, arguments, count);
    if (type == &hm_finalize_type && count <= 1)
        return hm_finalize_call(heap, callable);
    if (type == &hm_weakref_type && count == 0) {
        hm_object *referent = hm_weakref_get(callable);
        return referent == NULL ? &hm_none : referent;
    }
    if (type == &hm_weakref_type)
        hm_fail(heap, HM_TYPE_ERROR, "weakref expected 0 arguments, got %zu", count);
    else if (type == &hm_finalize_type)
        hm_fail(heap, HM_TYPE_ERROR, "finalize takes at most 1 argument, not %zu", count);
    else
        hm_fail(heap, HM_TYPE_ERROR, "'%s' object is not callable", type->name);
    return NULL;
}

hm_object *hm_call(hm_heap *heap, hm_object *callable, hm_object *const *arguments, size_t count)
{
    hm_object *self = NULL;
    hm_object *function = callable;
    if (hm_is(callable, &hm_method_type)) {
        self = ((method_object *)callable)->self;
        function = ((method_object *)callable)->function;
    }
    if (hm_is(function, &hm_function_type))
        return call_function(heap, (function_object *)function, self, arguments, count);
    return call_other(heap, function, arguments, count);
}
