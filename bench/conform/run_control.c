/**
 * This module is the statements that decide what runs: repetition, scopes, and what is said and
 * expected.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hm_conform_run_times(hm_conform_machine *machine, const hm_conform_node *node)
{
    for (int64_t time = 0; time < node->number; time++) {
        if (!hm_conform_run_block(machine, &node->body))
            return false;
    }
    return true;
}

/* The next key or member of a walk, a new reference; NULL: its end, or an error. */
static hm_object *next_member(hm_heap *heap, hm_weak_iterator *walk, const hm_type *type)
{
    hm_object *key, *value;
    if (type == &hm_weak_set_type)
        return hm_weak_set_next(heap, walk);
    if (!(type == &hm_weak_key_dict_type ? hm_weak_key_dict_next(heap, walk, &key, &value)
                                         : hm_weak_value_dict_next(heap, walk, &key, &value)))
        return NULL;
    hm_decref(heap, value);
    return key;
}

/* Like Python's for: the iterator itself holds the last object until it has found the next one. */
static bool walk_through(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_object *container)
{
    hm_heap *heap = machine->heap;
    hm_weak_iterator walk;
    hm_object *held = NULL;
    bool done = true;
    heap->error.status = HM_OK;
    hm_weak_iterator_begin(heap, container, &walk);
    while (done) {
        hm_object *member = next_member(heap, &walk, container->type);
        if (member == NULL)
            break;
        hm_xdecref(heap, held);
        held = member;
        hm_conform_bind(machine, node->operands[0].number, hm_incref(member));
        done = hm_conform_run_block(machine, &node->body);
        if (done)
            heap->error.status = HM_OK;
    }
    done = done && heap->error.status == HM_OK;
    hm_error error = heap->error;
    hm_weak_iterator_end(heap, &walk);
    hm_xdecref(heap, held);
    heap->error = error;
    return done;
}

bool hm_conform_run_for(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *container = hm_conform_load_subject(machine, &node->operands[1]);
    if (container == NULL)
        return false;
    bool done = hm_is_weak_container(container)
                    ? walk_through(machine, node, container)
                    : hm_fail(machine->heap, HM_TYPE_ERROR, "'%s' object is not a weak container",
                              hm_conform_type_name(container));
    hm_decref(machine->heap, container);
    if (!done || machine->globals[node->operands[0].number] == NULL)
        return done;
    return hm_conform_delete(machine, &node->operands[0]);
}

/* A name and when it came to hold something. */
typedef struct bound_name {
    uint64_t bound_at;
    uint32_t symbol;
} bound_name;

static int compare_bound(const void *left, const void *right)
{
    uint64_t first = ((const bound_name *)left)->bound_at;
    uint64_t second = ((const bound_name *)right)->bound_at;
    return first < second ? -1 : first > second;
}

/* Drops the names that hold something now and did not when `held` was written. */
static void drop_new_names(hm_conform_machine *machine, const bool *held)
{
    uint32_t symbol_count = machine->program->symbol_count;
    bound_name *names = hm_grow(NULL, symbol_count + 1, sizeof *names);
    size_t count = 0;
    for (uint32_t symbol = 0; symbol < symbol_count; symbol++) {
        if (machine->globals[symbol] != NULL && !held[symbol])
            names[count++] = (bound_name){machine->bound_at[symbol], symbol};
    }
    qsort(names, count, sizeof *names, compare_bound);
    for (size_t index = 0; index < count; index++) {
        hm_object **slot = &machine->globals[names[index].symbol];
        hm_object *old = *slot;
        *slot = NULL;
        hm_xdecref(machine->heap, old);
    }
    free(names);
}

bool hm_conform_run_scope(hm_conform_machine *machine, const hm_conform_node *node)
{
    uint32_t symbol_count = machine->program->symbol_count;
    bool *held = hm_grow(NULL, symbol_count + 1, sizeof *held);
    for (uint32_t symbol = 0; symbol < symbol_count; symbol++)
        held[symbol] = machine->globals[symbol] != NULL;
    bool done = hm_conform_run_block(machine, &node->body);
    if (done)
        drop_new_names(machine, held);
    free(held);
    return done;
}

/* What a gc callback is told, as the word `kind` asks for it. */
static void put_told(const hm_conform_machine *machine, hm_conform_operand_kind kind,
                     hm_conform_text *text)
{
    const hm_gc_info *info = machine->frame.info;
    if (kind == HM_CONFORM_PHASE)
        hm_conform_text_put(text, info->stop ? "stop" : "start");
    else if (kind == HM_CONFORM_GENERATION)
        hm_conform_text_format(text, "%d", info->generation);
    else
        hm_conform_text_format(
            text, "%" PRIu64, kind == HM_CONFORM_COLLECTED ? info->collected : info->uncollectable);
}

static bool put_word(hm_conform_machine *machine, const hm_conform_operand *word,
                     hm_conform_text *text)
{
    if (word->kind == HM_CONFORM_WORD) {
        hm_conform_text_put(text, machine->program->symbols[word->number]);
        return true;
    }
    if (word->kind >= HM_CONFORM_PHASE) {
        put_told(machine, word->kind, text);
        return true;
    }
    hm_object *object = hm_conform_load(machine, word);
    if (object == NULL)
        return false;
    hm_conform_describe(machine, object, text);
    hm_decref(machine->heap, object);
    return true;
}

bool hm_conform_run_note(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_conform_text line = {0};
    bool done = true;
    for (uint32_t index = 0; done && index < node->operand_count; index++) {
        if (index > 0)
            hm_conform_text_put(&line, " ");
        done = put_word(machine, &node->operands[index], &line);
    }
    if (done)
        hm_conform_log_line(machine, hm_conform_text_get(&line));
    hm_conform_text_clear(&line);
    return done;
}

bool hm_conform_run_raise(hm_conform_machine *machine, const hm_conform_node *node)
{
    return hm_fail(machine->heap, HM_RUNTIME_ERROR, "%s", node->text);
}

bool hm_conform_run_print(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_conform_text answer = {0};
    bool done = node->inner->form->ask(machine, node->inner, &answer);
    if (done && !machine->stopped)
        printf("%" PRIu32 ": %s = %s\n", node->line - machine->program->line + 1, node->question,
               hm_conform_text_get(&answer));
    hm_conform_text_clear(&answer);
    return done;
}

/* Ends the program, whatever it is in the middle of. */
static bool stop(hm_conform_machine *machine)
{
    machine->stopped = true;
    return false;
}

bool hm_conform_run_expect(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_conform_text answer = {0};
    bool done = node->inner->form->ask(machine, node->inner, &answer);
    if (done && !machine->stopped && strcmp(hm_conform_text_get(&answer), node->text) != 0) {
        hm_conform_tell_failure(machine, node->line, "expected %s, got %s: %s", node->text,
                                hm_conform_text_get(&answer), node->question);
        done = stop(machine);
    }
    hm_conform_text_clear(&answer);
    return done;
}

bool hm_conform_run_fails(hm_conform_machine *machine, const hm_conform_node *node)
{
    const hm_error *error = &machine->heap->error;
    bool done = node->inner->form->run(machine, node->inner);
    if (machine->stopped)
        return false;
    if (!done && error->status == node->failure) {
        machine->failed_line = 0;
        return true;
    }
    hm_conform_tell_failure(machine, node->line, "expected %s, got %s: %s",
                            hm_conform_error_name(node->failure),
                            done ? "no error" : hm_conform_error_name(error->status), node->text);
    return stop(machine);
}

bool hm_conform_run_try(hm_conform_machine *machine, const hm_conform_node *node)
{
    if (node->inner->form->run(machine, node->inner))
        return true;
    if (machine->stopped)
        return false;
    char line[64];
    snprintf(line, sizeof line, "error %s", hm_conform_error_name(machine->heap->error.status));
    hm_conform_log_line(machine, line);
    machine->failed_line = 0;
    machine->heap->error.status = HM_OK;
    return true;
}
