/**
 * This module is the expressions: each makes or finds an object and returns a new reference to it.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"

#include <stdlib.h>

/* More items than this are refused before the allocator is asked. */
static const int64_t most_items = (int64_t)1 << 40;

hm_object *hm_conform_make_operand(hm_conform_machine *machine, const hm_conform_node *node)
{
    return hm_conform_load(machine, &node->operands[0]);
}

/* All operands as new references, to be freed; NULL: an operand failed. */
static hm_object **load_items(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = hm_grow(NULL, node->operand_count + 1, sizeof *items);
    if (hm_conform_load_all(machine, node, 0, items))
        return items;
    free(items);
    return NULL;
}

static void drop_items(hm_conform_machine *machine, const hm_conform_node *node, hm_object **items)
{
    for (uint32_t index = 0; index < node->operand_count; index++)
        hm_decref(machine->heap, items[index]);
    free(items);
}

hm_object *hm_conform_make_list(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = load_items(machine, node);
    hm_object *list = items == NULL ? NULL : hm_list_sized(machine->heap, node->operand_count);
    for (uint32_t index = 0; list != NULL && index < node->operand_count; index++)
        hm_list_set(machine->heap, list, index, hm_incref(items[index]));
    if (items != NULL)
        drop_items(machine, node, items);
    return list;
}

hm_object *hm_conform_make_tuple(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = load_items(machine, node);
    if (items == NULL)
        return NULL;
    hm_object *tuple = hm_tuple_of(machine->heap, items, node->operand_count);
    drop_items(machine, node, items);
    return tuple;
}

/* Drops `object` and returns NULL where `done` is false. */
static hm_object *unless_failed(hm_conform_machine *machine, hm_object *object, bool done)
{
    if (done)
        return object;
    hm_xdecref(machine->heap, object);
    return NULL;
}

hm_object *hm_conform_make_set(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = load_items(machine, node);
    hm_object *set = items == NULL ? NULL : hm_set_new(machine->heap);
    bool done = set != NULL;
    for (uint32_t index = 0; done && index < node->operand_count; index++)
        done = hm_set_add(machine->heap, set, items[index]);
    set = unless_failed(machine, set, done);
    if (items != NULL)
        drop_items(machine, node, items);
    return set;
}

hm_object *hm_conform_make_dict(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = load_items(machine, node);
    hm_object *dict = items == NULL ? NULL : hm_dict_new(machine->heap);
    bool done = dict != NULL;
    for (uint32_t index = 0; done && index < node->operand_count; index += 2)
        done = hm_dict_set(machine->heap, dict, items[index], items[index + 1]);
    dict = unless_failed(machine, dict, done);
    if (items != NULL)
        drop_items(machine, node, items);
    return dict;
}

static hm_object *sized_list(hm_conform_machine *machine, int64_t length)
{
    if (length <= most_items)
        return hm_list_sized(machine->heap, (size_t)length);
    hm_fail(machine->heap, HM_NO_MEMORY, "no memory for a list of %lld items", (long long)length);
    return NULL;
}

hm_object *hm_conform_make_repeat(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *item = hm_conform_load(machine, &node->operands[0]);
    hm_object *list = item == NULL ? NULL : sized_list(machine, node->number);
    for (int64_t index = 0; list != NULL && index < node->number; index++)
        hm_list_set(machine->heap, list, (size_t)index, hm_incref(item));
    hm_xdecref(machine->heap, item);
    return list;
}

/* list() makes room for an even number of items; of an odd one the last slot stays free. */
hm_object *hm_conform_make_range(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_heap *heap = machine->heap;
    int64_t odd = node->number & 1;
    hm_object *list = sized_list(machine, node->number + odd);
    if (list != NULL && odd != 0)
        hm_decref(heap, hm_list_pop(heap, list));
    for (int64_t index = 0; list != NULL && index < node->number; index++) {
        hm_object *number = hm_int_new(heap, index);
        if (number == NULL)
            return unless_failed(machine, list, false);
        hm_list_set(heap, list, (size_t)index, number);
    }
    return list;
}

hm_object *hm_conform_make_grow(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *list = hm_list_new(machine->heap);
    bool done = list != NULL;
    for (int64_t index = 0; done && index < node->number; index++)
        done = hm_list_append_new(machine->heap, list, hm_int_new(machine->heap, index));
    return unless_failed(machine, list, done);
}

hm_object *hm_conform_make_new(hm_conform_machine *machine, const hm_conform_node *node)
{
    return hm_instance_new(machine->heap, machine->defined[node->definition->index]);
}

hm_object *hm_conform_make_cell(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *content = NULL;
    if (node->operand_count > 0) {
        content = hm_conform_load(machine, &node->operands[0]);
        if (content == NULL)
            return NULL;
    }
    hm_object *cell = hm_cell_new(machine->heap, content);
    hm_xdecref(machine->heap, content);
    return cell;
}

static hm_object *do_nothing(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    HM_UNUSED(frame);
    return hm_incref(&hm_none);
}

static const hm_code code_of_nothing = {.name = "function",
                                        .argument_count = 1,
                                        .local_count = 1,
                                        .optional_count = 1,
                                        .run = do_nothing};

hm_object *hm_conform_make_function(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *globals = hm_conform_load(machine, &node->operands[0]);
    hm_object *function = NULL;
    if (globals != NULL && hm_is(globals, &hm_dict_type))
        function = hm_function_new(machine->heap, &code_of_nothing, globals, NULL);
    else if (globals != NULL)
        hm_fail(machine->heap, HM_TYPE_ERROR, "function() argument 'globals' must be dict, not %s",
                hm_conform_type_name(globals));
    hm_xdecref(machine->heap, globals);
    return function;
}

hm_object *hm_conform_make_method(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object **items = load_items(machine, node);
    hm_object *method = NULL;
    if (items == NULL)
        return NULL;
    if (hm_is(items[0], &hm_function_type) && items[1] == &hm_none)
        hm_fail(machine->heap, HM_TYPE_ERROR, "instance must not be None");
    else if (hm_is(items[0], &hm_function_type))
        method = hm_method_new(machine->heap, items[0], items[1]);
    else
        hm_fail(machine->heap, HM_TYPE_ERROR, "first argument must be callable");
    drop_items(machine, node, items);
    return method;
}

hm_object *hm_conform_make_next(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_heap *heap = machine->heap;
    hm_object *generator = hm_conform_load_subject(machine, &node->operands[0]);
    hm_object *item = NULL;
    if (generator == NULL)
        return NULL;
    heap->error.status = HM_OK;
    if (hm_is(generator, &hm_generator_type)) {
        item = hm_generator_next(heap, generator);
        if (item == NULL && heap->error.status == HM_OK)
            item = hm_incref(&hm_none);
    } else {
        hm_fail(heap, HM_TYPE_ERROR, "'%s' object is not an iterator",
                hm_conform_type_name(generator));
    }
    hm_decref(heap, generator);
    return item;
}

static bool give_arguments(hm_conform_machine *machine, const hm_conform_node *node,
                           hm_object *generator)
{
    for (uint32_t index = 0; index < node->operand_count; index++) {
        hm_object *argument = hm_conform_load(machine, &node->operands[index]);
        if (argument == NULL)
            return false;
        hm_generator_set(machine->heap, generator, index, argument);
    }
    return true;
}

hm_object *hm_conform_make_start(hm_conform_machine *machine, const hm_conform_node *node)
{
    const hm_conform_definition *definition = node->definition;
    if (node->operand_count != definition->parameter_count) {
        hm_fail(machine->heap, HM_TYPE_ERROR,
                "%s() takes %u positional arguments but %u were given", definition->name,
                definition->parameter_count, node->operand_count);
        return NULL;
    }
    hm_object *generator =
        hm_generator_new(machine->heap, &machine->bindings[definition->index].generator_code);
    if (generator == NULL)
        return NULL;
    return unless_failed(machine, generator, give_arguments(machine, node, generator));
}

hm_object *hm_conform_make_frame(hm_conform_machine *machine, const hm_conform_node *node)
{
    uint32_t count = node->operand_count;
    hm_object **items = load_items(machine, node);
    if (items == NULL)
        return NULL;
    const hm_code *code = hm_conform_frame_code_of(machine, count + (node->with_itself ? 1 : 0));
    hm_object *frame = hm_frame_new(machine->heap, code, NULL, NULL);
    for (uint32_t index = 0; frame != NULL && index < count; index++)
        hm_frame_set(machine->heap, frame, index, hm_incref(items[index]));
    if (frame != NULL && node->with_itself)
        hm_frame_set(machine->heap, frame, count, hm_incref(frame));
    drop_items(machine, node, items);
    return frame;
}

hm_object *hm_conform_make_vars(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *instance = hm_conform_load_subject(machine, &node->operands[0]);
    hm_object *dict = NULL;
    if (instance == NULL)
        return NULL;
    if ((instance->type->flags & HM_TYPE_INSTANCE) != 0)
        dict = hm_xincref(hm_instance_dict(machine->heap, instance));
    else
        hm_fail(machine->heap, HM_TYPE_ERROR, "vars() argument must have __dict__ attribute");
    hm_decref(machine->heap, instance);
    return dict;
}

hm_object *hm_conform_make_pop(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *list = hm_conform_load_subject(machine, &node->operands[0]);
    hm_object *item = NULL;
    if (list == NULL)
        return NULL;
    if (hm_is(list, &hm_list_type))
        item = hm_list_pop(machine->heap, list);
    else
        hm_conform_fail_attribute(machine, list, "pop");
    hm_decref(machine->heap, list);
    return item;
}
