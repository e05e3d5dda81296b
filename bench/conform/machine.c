#include "bench/conform/machine.h"

#include "allocators/decorators.h"
#include "bench/conform/watch.h"
#include "bench/strings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A heap is walked whole after each statement in the most careful build while it is this small. */
enum { SMALL_HEAP_OBJECTS = 500 };

struct hm_conform_frame_code {
    hm_conform_frame_code *next;
    hm_code code;
};

void hm_conform_log_line(hm_conform_machine *machine, const char *line)
{
    hm_conform_text_separate(&machine->log, 0, "; ");
    hm_conform_text_put(&machine->log, line);
}

void hm_conform_tell_failure(hm_conform_machine *machine, uint32_t line, const char *format, ...)
{
    va_list arguments;
    machine->failed = true;
    fflush(stdout);
    fprintf(stderr, "%s:%" PRIu32 ": ", machine->path, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static void log_unraisable(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    hm_conform_machine *machine = context;
    char line[sizeof error->message + 64];
    HM_UNUSED(heap);
    HM_UNUSED(object);
    snprintf(line, sizeof line, "unraisable %s: %s", hm_conform_error_name(error->status),
             error->message);
    hm_conform_log_line(machine, line);
    machine->failed_line = machine->line_before;
}

static bool is_sound(const hm_conform_machine *machine, hm_error *error)
{
    bool small = hm_heap_live_objects(machine->heap) <= SMALL_HEAP_OBJECTS;
    return HM_DEBUG < 2 || machine->depth > 0 || !small ||
           hm_heap_check(machine->heap, error) == HM_OK;
}

/* Counts a statement, or a block that is run once more; false: the program has had its share. */
static bool may_go_on(hm_conform_machine *machine)
{
    if (machine->most_statements == 0 || ++machine->statements <= machine->most_statements)
        return true;
    machine->stopped = true;
    return false;
}

bool hm_conform_run_block(hm_conform_machine *machine, const hm_conform_block *block)
{
    hm_error error = {0};
    if (!may_go_on(machine))
        return false;
    for (const hm_conform_node *node = block->first; node != NULL; node = node->next) {
        if (!may_go_on(machine))
            return false;
        machine->heap->error.status = HM_OK;
        bool done = node->form->run(machine, node);
        if (machine->stopped)
            return false;
        if (!done) {
            if (machine->failed_line == 0)
                machine->failed_line = node->line;
            return false;
        }
        if (!is_sound(machine, &error)) {
            hm_conform_tell_failure(machine, node->line, "the heap is damaged: %s", error.message);
            machine->stopped = true;
            return false;
        }
    }
    return true;
}

const hm_code *hm_conform_frame_code_of(hm_conform_machine *machine, uint32_t local_count)
{
    hm_conform_frame_code *known = machine->frame_codes;
    while (known != NULL && known->code.local_count != local_count)
        known = known->next;
    if (known != NULL)
        return &known->code;
    known = hm_grow(NULL, 1, sizeof *known);
    *known = (hm_conform_frame_code){.next = machine->frame_codes,
                                     .code = {.name = "frame", .local_count = local_count}};
    machine->frame_codes = known;
    return &known->code;
}

static void *zeroed(size_t count, size_t bytes)
{
    void *block = calloc(count + 1, bytes);
    HM_CHECK(block != NULL);
    return block;
}

static void make_tables(hm_conform_machine *machine)
{
    const hm_conform_program *program = machine->program;
    machine->globals = zeroed(program->symbol_count, sizeof(hm_object *));
    machine->texts = zeroed(program->symbol_count, sizeof(hm_object *));
    machine->defined = zeroed(program->definition_count, sizeof(hm_object *));
    machine->bound_at = zeroed(program->symbol_count, sizeof *machine->bound_at);
    machine->made_counts = zeroed(program->symbol_count, sizeof *machine->made_counts);
    machine->bindings = zeroed(program->definition_count, sizeof *machine->bindings);
    for (const hm_conform_definition *definition = program->definitions; definition != NULL;
         definition = definition->next)
        machine->bindings[definition->index] =
            (hm_conform_binding){.machine = machine, .definition = definition};
}

static void free_tables(hm_conform_machine *machine)
{
    free(machine->globals);
    free(machine->texts);
    free(machine->defined);
    free(machine->bound_at);
    free(machine->made_counts);
    free(machine->bindings);
    while (machine->frame_codes != NULL) {
        hm_conform_frame_code *code = machine->frame_codes;
        machine->frame_codes = code->next;
        free(code);
    }
}

static bool make_heap(hm_conform_machine *machine, hm_error *error)
{
    const hm_conform_program *program = machine->program;
    hm_heap_config config =
        hm_heap_config_default(machine->allocator, machine->collector->collector);
    config.settings = machine->collector->settings;
    config.settings.automatic = false;
    config.sized_free = true;
    machine->heap = hm_heap_create(&config, error);
    if (machine->heap == NULL)
        return false;
    hm_heap_set_unraisable_hook(machine->heap, log_unraisable, machine);
    hm_conform_watch_labels(&machine->labels, machine->heap->prefix_bytes);
    if (hm_heap_add_roots(machine->heap, machine->globals, program->symbol_count) &&
        hm_heap_add_roots(machine->heap, machine->texts, program->symbol_count) &&
        hm_heap_add_roots(machine->heap, machine->defined, program->definition_count))
        return true;
    *error = machine->heap->error;
    return false;
}

static void run_statements(hm_conform_machine *machine)
{
    if (hm_conform_run_block(machine, &machine->program->body) || machine->stopped)
        return;
    const hm_error *error = &machine->heap->error;
    hm_conform_tell_failure(machine, machine->failed_line, "%s: %s",
                            hm_conform_error_name(error->status), error->message);
}

/* The heap must be sound at the program's end, and give everything back. */
static void end_heap(hm_conform_machine *machine)
{
    hm_error error = {0};
    if (hm_heap_check(machine->heap, &error) != HM_OK)
        hm_conform_tell_failure(machine, machine->program->line, "the heap is damaged: %s",
                                error.message);
    hm_heap_destroy(machine->heap);
    machine->heap = NULL;
    hm_count_totals totals = hm_count_read();
    if (totals.blocks != 0 || totals.requested_bytes != 0)
        hm_conform_tell_failure(machine, machine->program->line,
                                "%" PRIu64 " blocks of %" PRIu64
                                " bytes are left when the heap is gone; expected none",
                                totals.blocks, totals.requested_bytes);
}

bool hm_conform_run_program(hm_conform_machine *machine, const hm_conform_program *program)
{
    hm_error error = {0};
    machine->program = program;
    machine->frame = (hm_conform_frame){0};
    machine->depth = 0;
    machine->clock = 0;
    machine->statements = 0;
    machine->failed_line = 0;
    machine->line_before = 0;
    machine->stopped = false;
    machine->failed = false;
    machine->log.length = 0;
    make_tables(machine);
    if (make_heap(machine, &error))
        run_statements(machine);
    else
        hm_conform_tell_failure(machine, program->line, "no heap: %s", error.message);
    if (machine->heap != NULL && machine->at_end != NULL)
        machine->at_end(machine, machine->context);
    if (machine->heap != NULL)
        end_heap(machine);
    hm_conform_labels_forget(&machine->labels);
    free_tables(machine);
    return !machine->failed;
}

void hm_conform_machine_clear(hm_conform_machine *machine)
{
    hm_conform_watch_labels(NULL, 0);
    hm_conform_labels_free(&machine->labels);
    hm_conform_text_clear(&machine->log);
}
