/* What a living object holds is what the model says. */
#include "bench/stress/objects/world.h"

#include <stdio.h>
#include <string.h>

static _Noreturn void differs(hm_objects_world *world, uint32_t id, const char *what)
{
    HM_OBJECTS_DEFECT(world, CONTENTS, "%s of %s is not what was put there", what,
                      hm_objects_name(world, id));
}

static void same(hm_objects_world *world, uint32_t id, const hm_object *object, uint32_t to,
                 const char *what)
{
    if (object != hm_objects_object(world, to))
        differs(world, id, what);
    hm_stress_checked(world->record, world->thread, 1);
}

static void check_list(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    bool tuple = node->is == HM_OBJECTS_IS_TUPLE;
    if ((tuple ? hm_tuple_length(node->object) : hm_list_length(node->object)) != node->edge_count)
        differs(world, id, "the length");
    for (uint32_t index = 0; index < node->edge_count; index++)
        same(world, id,
             tuple ? hm_tuple_get(node->object, index) : hm_list_get(node->object, index),
             node->edges[index].to, "an item");
}

static void check_dict(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    size_t position = 0;
    hm_object *key, *value;
    if (hm_dict_length(node->object) != node->edge_count)
        differs(world, id, "the length");
    for (uint32_t index = 0; index < node->edge_count; index++) {
        if (!hm_dict_next(node->object, &position, &key, &value))
            differs(world, id, "the length");
        same(world, id, key, node->edges[index].name, "a key");
        same(world, id, value, node->edges[index].to, "a value");
        if (hm_dict_get(world->heap, node->object, key) != value)
            differs(world, id, "what stands under a key");
    }
}

static void check_set(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    size_t position = 0, count = 0;
    hm_object *key;
    while (hm_set_next(node->object, &position, &key))
        count++;
    if (count != node->edge_count || hm_set_length(node->object) != count)
        differs(world, id, "the length");
    for (uint32_t index = 0; index < node->edge_count; index++) {
        if (!hm_set_contains(world->heap, node->object,
                             hm_objects_object(world, node->edges[index].to)))
            differs(world, id, "a member");
    }
}

/* Those under the program's names; a class has others too. */
static void check_attributes(hm_objects_world *world, uint32_t id, uint32_t first)
{
    const hm_objects_node *node = &world->nodes[id];
    bool class = node->is == HM_OBJECTS_IS_CLASS;
    size_t position = class ? 0 : node->slots, count = 0;
    hm_object *name, *value;
    while (class ? hm_dict_next(hm_class_attributes(node->object), &position, &name, &value)
                 : hm_instance_next_attribute(node->object, &position, &name, &value))
        count++;
    if (count != node->edge_count - first)
        differs(world, id, "the number of attributes");
    for (uint32_t index = first; index < node->edge_count; index++) {
        hm_object *word = world->names[node->edges[index].name - HM_OBJECTS_ATTRIBUTE];
        same(world, id,
             class ? hm_dict_get(world->heap, hm_class_attributes(node->object), word)
                   : hm_instance_get(world->heap, node->object, word),
             node->edges[index].to, "an attribute");
    }
}

static void check_instance(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    same(world, id, hm_instance_class(node->object), node->edges[0].to, "the class");
    for (uint32_t slot = 0; slot < node->slots; slot++)
        same(world, id, *hm_instance_slot(node->object, slot), node->edges[1 + slot].to, "a slot");
    check_attributes(world, id, 1u + node->slots);
}

static void check_code(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    const hm_object *object = node->object;
    bool function = node->is == HM_OBJECTS_IS_FUNCTION;
    same(world, id, function ? hm_function_globals(object) : hm_method_function(object),
         node->edges[0].to, function ? "the globals" : "the function");
    same(world, id, function ? hm_function_closure(object) : hm_method_self(object),
         node->edges[1].to, function ? "the closure" : "what it is bound to");
    if (function && hm_function_code(object) != hm_objects_code(node->slots))
        differs(world, id, "the code");
}

static void check_frame(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    const hm_frame *frame = (const hm_frame *)node->object;
    same(world, id, frame->function, node->edges[0].to, "the function");
    same(world, id, frame->back, node->edges[1].to, "the caller");
    for (uint32_t index = 2; index < node->edge_count; index++)
        same(world, id, frame->locals[index - 2], node->edges[index].to, "a local");
}

static void check_generator(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    const hm_generator *generator = (const hm_generator *)node->object;
    if (hm_generator_get_status(node->object) != (hm_generator_status)node->status)
        differs(world, id, "the status");
    for (uint32_t index = 0; index < generator->base.length; index++)
        same(world, id, generator->locals[index],
             index < node->edge_count ? node->edges[index].to : HM_OBJECTS_NOBODY, "a local");
}

static void check_atom(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    char text[16];
    snprintf(text, sizeof text, "text %u", node->value);
    if (node->is == HM_OBJECTS_IS_TEXT && strcmp(hm_str_data(node->object), text) != 0)
        differs(world, id, "the text");
    if (node->is == HM_OBJECTS_IS_INT &&
        hm_int_value(node->object) != HM_SMALL_INT_MAX + 1 + node->value)
        differs(world, id, "the value");
    if (node->is == HM_OBJECTS_IS_FLOAT &&
        (int)(hm_float_value(node->object) * 2) != 2 * node->value + 1)
        differs(world, id, "the value");
}

/* A walk meets all that live, in any order. */
static void check_container(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    if ((node->flags & HM_OBJECTS_FOGGED) == 0 &&
        hm_weak_container_length(world->heap, node->object) != node->edge_count)
        differs(world, id, "the length");
}

void hm_objects_check_contents(hm_objects_world *world, uint32_t id)
{
    switch ((hm_objects_type)world->nodes[id].is) {
    case HM_OBJECTS_IS_LIST:
    case HM_OBJECTS_IS_TUPLE:
        check_list(world, id);
        break;
    case HM_OBJECTS_IS_DICT:
        check_dict(world, id);
        break;
    case HM_OBJECTS_IS_SET:
        check_set(world, id);
        break;
    case HM_OBJECTS_IS_CLASS:
        check_attributes(world, id, 0);
        break;
    case HM_OBJECTS_IS_INSTANCE:
        check_instance(world, id);
        break;
    case HM_OBJECTS_IS_CELL:
        same(world, id, hm_cell_get(world->nodes[id].object), world->nodes[id].edges[0].to,
             "the content");
        break;
    case HM_OBJECTS_IS_FUNCTION:
    case HM_OBJECTS_IS_METHOD:
        check_code(world, id);
        break;
    case HM_OBJECTS_IS_FRAME:
        check_frame(world, id);
        break;
    case HM_OBJECTS_IS_GENERATOR:
        check_generator(world, id);
        break;
    case HM_OBJECTS_IS_WEAKREF:
    case HM_OBJECTS_IS_FINALIZE:
        hm_objects_check_weak(world, id);
        break;
    case HM_OBJECTS_IS_WEAK_SET:
    case HM_OBJECTS_IS_WEAK_KEYS:
    case HM_OBJECTS_IS_WEAK_VALUES:
        check_container(world, id);
        break;
    default:
        check_atom(world, id);
        break;
    }
}
