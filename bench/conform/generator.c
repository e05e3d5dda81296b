/**
 * This module is the bodies of generators: a generator comes back to the statement after the
 * `yield` it left at, and runs its `finally` once, however it ends.
 */
#include "bench/conform/machine.h"

/* counters[0] of a generator: the statement to go on with, as a number. */
static const hm_conform_node *get_next(const hm_generator *generator,
                                       const hm_conform_definition *definition)
{
    if (generator->state == 0)
        return definition->body.first;
    return (const hm_conform_node *)(uintptr_t)generator->counters[0];
}

static void set_next(hm_generator *generator, const hm_conform_node *node)
{
    generator->state = 1;
    generator->counters[0] = (int64_t)(uintptr_t)node;
}

static const hm_conform_binding *binding_of(const hm_generator *generator)
{
    return (const hm_conform_binding *)(const void *)((const char *)generator->code -
                                                      offsetof(hm_conform_binding, generator_code));
}

/* Runs the finally of a body that ended; `done` false: by an error, which stays unless the finally
 * fails too. */
static bool run_finally(hm_conform_machine *machine, const hm_conform_definition *definition,
                        bool done)
{
    if (!definition->has_finally || machine->stopped)
        return done;
    hm_error error = machine->heap->error;
    uint32_t line = machine->failed_line;
    machine->failed_line = 0;
    if (!hm_conform_run_block(machine, &definition->finally))
        return false;
    machine->heap->error = error;
    machine->failed_line = line;
    return done;
}

/* Runs to the next yield, whose object is stored; NULL stored at the end. False: failed. */
static bool run_to_yield(hm_conform_machine *machine, hm_generator *generator,
                         const hm_conform_definition *definition, hm_object **yielded)
{
    bool done = true;
    *yielded = NULL;
    for (const hm_conform_node *node = get_next(generator, definition); done && node != NULL;
         node = node->next) {
        machine->heap->error.status = HM_OK;
        bool yields = node->form == &hm_conform_form_yield;
        if (yields)
            *yielded = hm_conform_load(machine, &node->operands[0]);
        if (*yielded != NULL) {
            set_next(generator, node->next);
            return true;
        }
        done = !yields && node->form->run(machine, node) && !machine->stopped;
        if (!done && machine->failed_line == 0)
            machine->failed_line = node->line;
    }
    if (done)
        machine->heap->error.status = HM_OK;
    return run_finally(machine, definition, done);
}

hm_object *hm_conform_generator_resume(hm_heap *heap, hm_generator *generator)
{
    const hm_conform_binding *binding = binding_of(generator);
    hm_conform_machine *machine = binding->machine;
    hm_conform_frame saved;
    uint32_t saved_line = 0;
    hm_object *yielded;
    if (machine->stopped)
        return NULL;
    if (!hm_conform_enter(machine, &(hm_conform_frame){.generator = &generator->base.base}, &saved,
                          &saved_line))
        return NULL;
    bool done = run_to_yield(machine, generator, binding->definition, &yielded);
    if (done || machine->stopped)
        heap->error.status = HM_OK;
    hm_conform_leave(machine, &saved, saved_line, done);
    return yielded;
}

bool hm_conform_generator_cleanup(hm_heap *heap, hm_generator *generator)
{
    const hm_conform_binding *binding = binding_of(generator);
    hm_conform_machine *machine = binding->machine;
    hm_conform_frame saved;
    uint32_t saved_line = 0;
    HM_UNUSED(heap);
    if (machine->stopped)
        return true;
    if (!hm_conform_enter(machine, &(hm_conform_frame){.generator = &generator->base.base}, &saved,
                          &saved_line))
        return false;
    bool done = hm_conform_run_block(machine, &binding->definition->finally) || machine->stopped;
    hm_conform_leave(machine, &saved, saved_line, done);
    return done;
}
