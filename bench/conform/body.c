/**
 * This module is the bodies the runtime calls: finalizers, callbacks and gc callbacks, and what
 * makes them known to it.
 */
#include "bench/conform/machine.h"
#include "object/weakref_finalize.h"

bool hm_conform_enter(hm_conform_machine *machine, const hm_conform_frame *frame,
                      hm_conform_frame *saved, uint32_t *saved_line)
{
    if (machine->depth == HM_CONFORM_DEEPEST_BODY)
        return hm_fail(machine->heap, (hm_status)HM_CONFORM_RECURSION_ERROR,
                       "maximum recursion depth exceeded");
    machine->depth++;
    *saved = machine->frame;
    *saved_line = machine->failed_line;
    machine->frame = *frame;
    machine->failed_line = 0;
    return true;
}

void hm_conform_leave(hm_conform_machine *machine, const hm_conform_frame *saved,
                      uint32_t saved_line, bool done)
{
    machine->depth--;
    machine->frame = *saved;
    if (done)
        machine->failed_line = saved_line;
    else
        machine->line_before = saved_line;
}

static bool run_body(const hm_conform_binding *binding, const hm_conform_frame *frame)
{
    hm_conform_machine *machine = binding->machine;
    hm_conform_frame saved;
    uint32_t saved_line = 0;
    if (machine->stopped)
        return true;
    if (!hm_conform_enter(machine, frame, &saved, &saved_line))
        return false;
    bool done = hm_conform_run_block(machine, &binding->definition->body) || machine->stopped;
    hm_conform_leave(machine, &saved, saved_line, done);
    return done;
}

static bool run_finalizer(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    return run_body(context, &(hm_conform_frame){.self = self});
}

static bool run_on_collection(hm_heap *heap, const hm_gc_info *info, void *context)
{
    HM_UNUSED(heap);
    return run_body(context, &(hm_conform_frame){.info = info});
}

/* The function of a callback: one argument is `ref`, of two the first is `self`. */
static hm_object *run_callback(hm_heap *heap, hm_frame *call)
{
    const hm_conform_binding *binding =
        (const hm_conform_binding *)(const void *)((const char *)call->code -
                                                   offsetof(hm_conform_binding, code));
    bool two = call->locals[1] != NULL;
    hm_conform_frame frame = {.self = two ? call->locals[0] : NULL,
                              .ref = two ? call->locals[1] : call->locals[0]};
    HM_UNUSED(heap);
    return run_body(binding, &frame) ? hm_incref(&hm_none) : NULL;
}

static hm_object *make_class(hm_conform_machine *machine, hm_conform_binding *binding)
{
    const hm_conform_definition *definition = binding->definition;
    hm_class_spec spec = {.name = definition->name,
                          .slot_count = definition->slot_count,
                          .slot_names = definition->slot_names,
                          .has_dict = !definition->has_slots,
                          .has_weakrefs = !definition->strong,
                          .legacy_finalizer = definition->legacy && definition->has_body,
                          .finalizer = definition->has_body ? run_finalizer : NULL,
                          .context = binding};
    return hm_class_new(machine->heap, &spec);
}

static hm_object *make_callback(hm_conform_machine *machine, hm_conform_binding *binding)
{
    binding->code = (hm_code){.name = binding->definition->name,
                              .argument_count = 2,
                              .local_count = 2,
                              .optional_count = 1,
                              .run = run_callback};
    return hm_function_new(machine->heap, &binding->code, NULL, NULL);
}

static void make_generator(hm_conform_binding *binding)
{
    const hm_conform_definition *definition = binding->definition;
    binding->generator_code = (hm_generator_code){
        .name = definition->name,
        .local_count = definition->local_count,
        .resume = hm_conform_generator_resume,
        .cleanup = definition->has_finally ? hm_conform_generator_cleanup : NULL};
}

bool hm_conform_define(hm_conform_machine *machine, const hm_conform_definition *definition)
{
    hm_conform_binding *binding = &machine->bindings[definition->index];
    switch (definition->kind) {
    case HM_CONFORM_CLASS:
        machine->defined[definition->index] = make_class(machine, binding);
        return machine->defined[definition->index] != NULL;
    case HM_CONFORM_CALLBACK:
        machine->defined[definition->index] = make_callback(machine, binding);
        return machine->defined[definition->index] != NULL;
    case HM_CONFORM_GENERATOR:
        make_generator(binding);
        return true;
    default:
        return hm_gc_add_callback(machine->heap, run_on_collection, binding) ||
               machine->heap->error.status == HM_UNAVAILABLE;
    }
}

hm_object *hm_conform_call(hm_conform_machine *machine, hm_object *callable,
                           hm_object *const *arguments, size_t count)
{
    if (!hm_is(callable, &hm_finalize_type))
        return hm_call(machine->heap, callable, arguments, count);
    if (count <= 1)
        return hm_finalize_call(machine->heap, callable);
    hm_fail(machine->heap, HM_TYPE_ERROR, "a finalize object takes no arguments, not %zu", count);
    return NULL;
}
