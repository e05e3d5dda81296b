/* Objects of every kind, made, shown to the model, and put into a slot. */
#include "bench/stress/objects/world.h"

#include <stdio.h>

enum { ATOMS = 32 };

/* None where the slot's object is of another kind. */
static uint32_t only(const hm_objects_world *world, uint32_t node, hm_objects_type is)
{
    return world->nodes[node].is == is ? node : (uint32_t)HM_OBJECTS_NONE;
}

static hm_object *object_or_null(const hm_objects_world *world, uint32_t node)
{
    return node == HM_OBJECTS_NONE ? NULL : hm_objects_object(world, node);
}

static uint32_t somebody(uint32_t node)
{
    return node == HM_OBJECTS_NONE ? HM_OBJECTS_NOBODY : node;
}

static void place_linked(hm_objects_world *world, uint32_t id, hm_object *object,
                         const uint32_t *to, size_t count)
{
    hm_objects_born(world, id, object);
    for (size_t index = 0; index < count; index++)
        hm_objects_link(world, id, to[index], HM_OBJECTS_NOBODY);
}

static uint32_t make_sequence(hm_objects_world *world, bool tuple, const uint32_t *nodes,
                              size_t count)
{
    hm_object *items[2];
    for (size_t index = 0; index < count; index++)
        items[index] = hm_objects_object(world, nodes[index]);
    uint32_t id = hm_objects_reserve(world, tuple ? HM_OBJECTS_IS_TUPLE : HM_OBJECTS_IS_LIST);
    place_linked(world, id,
                 tuple ? hm_tuple_of(world->heap, items, count)
                       : hm_list_of(world->heap, items, count),
                 nodes, count);
    return id;
}

static uint32_t make_dict(hm_objects_world *world)
{
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_DICT);
    hm_objects_born(world, id, hm_dict_new(world->heap));
    return id;
}

static uint32_t make_set(hm_objects_world *world)
{
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_SET);
    hm_objects_born(world, id, hm_set_new(world->heap));
    return id;
}

/* One of four finalizers is a legacy one. */
static uint32_t make_class(hm_objects_world *world, const hm_objects_step *step)
{
    uint8_t choice = step->choice;
    bool finalizes = (choice & 16) != 0;
    bool legacy = finalizes && (choice & 0xc0) == 0xc0;
    hm_class_spec spec = {.name = "C",
                          .slot_count = choice % 4u,
                          .has_dict = (choice & 4) != 0,
                          .has_weakrefs = (choice & 8) != 0,
                          .legacy_finalizer = legacy,
                          .finalizer = finalizes ? hm_objects_finalize : NULL};
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_CLASS);
    hm_objects_node *node = hm_objects_born(world, id, hm_class_new(world->heap, &spec));
    node->slots = (uint8_t)spec.slot_count;
    node->flags |=
        (uint16_t)((finalizes ? HM_OBJECTS_FINALIZES : 0) | (legacy ? HM_OBJECTS_LEGACY : 0) |
                   (spec.has_dict ? HM_OBJECTS_HAS_NAMES : 0));
    node->body = step->detail % HM_OBJECTS_BODIES;
    node->body_slot = step->detail / HM_OBJECTS_BODIES % HM_OBJECTS_SLOTS;
    return id;
}

static uint32_t instance_of(hm_objects_world *world, uint32_t class)
{
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_INSTANCE);
    hm_object *object = hm_instance_new(world->heap, hm_objects_object(world, class));
    hm_objects_node *node = hm_objects_born(world, id, object);
    const hm_objects_node *of = &world->nodes[class];
    node->slots = of->slots;
    node->flags |= of->flags & (HM_OBJECTS_FINALIZES | HM_OBJECTS_LEGACY | HM_OBJECTS_HAS_NAMES);
    node->body = of->body;
    node->body_slot = of->body_slot;
    hm_objects_link(world, id, class, HM_OBJECTS_NOBODY);
    for (uint32_t slot = 0; slot < node->slots; slot++)
        hm_objects_link(world, id, HM_OBJECTS_NOBODY, slot);
    return id;
}

/* The class that is made for it lives by the instance alone. */
static uint32_t make_instance(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t class = only(world, hm_objects_hold(world, step->other), HM_OBJECTS_IS_CLASS);
    if (class != HM_OBJECTS_NONE)
        return instance_of(world, class);
    class = make_class(world, step);
    uint32_t id = instance_of(world, class);
    hm_decref(world->heap, hm_objects_object(world, class));
    return id;
}

static uint32_t make_cell(hm_objects_world *world, uint32_t content)
{
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_CELL);
    content = somebody(content);
    place_linked(world, id, hm_cell_new(world->heap, hm_objects_object(world, content)), &content,
                 1);
    return id;
}

/* Those that weak references and finalize objects call have neither globals nor closure. */
static uint32_t make_function(hm_objects_world *world, const hm_objects_step *step)
{
    unsigned code = step->choice % HM_OBJECTS_CODES;
    bool plain = code > HM_OBJECTS_FINALIZE_CODE;
    uint32_t globals = only(world, hm_objects_hold(world, step->other), HM_OBJECTS_IS_DICT);
    uint32_t cell = only(world, hm_objects_hold(world, step->third), HM_OBJECTS_IS_CELL);
    uint32_t closure = HM_OBJECTS_NONE;
    globals = plain ? globals : (uint32_t)HM_OBJECTS_NONE;
    if (plain && cell != HM_OBJECTS_NONE)
        closure = make_sequence(world, true, &cell, 1);
    if (code == HM_OBJECTS_FINALIZE_CODE)
        code = 0;
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_FUNCTION);
    const uint32_t to[2] = {somebody(globals), somebody(closure)};
    hm_object *object =
        hm_function_new(world->heap, hm_objects_code(code), object_or_null(world, globals),
                        object_or_null(world, closure));
    place_linked(world, id, object, to, 2);
    world->nodes[id].slots = (uint8_t)code;
    world->nodes[id].body = step->detail % HM_OBJECTS_BODIES;
    world->nodes[id].body_slot = step->detail / HM_OBJECTS_BODIES % HM_OBJECTS_SLOTS;
    hm_xdecref(world->heap, object_or_null(world, closure));
    return id;
}

static bool is_plain_function(const hm_objects_world *world, uint32_t node)
{
    return world->nodes[node].is == HM_OBJECTS_IS_FUNCTION &&
           world->nodes[node].slots > HM_OBJECTS_FINALIZE_CODE;
}

/* NOBODY where the slots hold no function, or nothing to bind it to. */
static uint32_t make_method(hm_objects_world *world, const hm_objects_step *step)
{
    const uint32_t to[2] = {hm_objects_hold(world, step->other),
                            hm_objects_hold(world, step->third)};
    if (!is_plain_function(world, to[0]) || to[1] == HM_OBJECTS_NONE)
        return HM_OBJECTS_NOBODY;
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_METHOD);
    place_linked(world, id,
                 hm_method_new(world->heap, hm_objects_object(world, to[0]),
                               hm_objects_object(world, to[1])),
                 to, 2);
    return id;
}

/* Edges: function, the frame it was called from, locals. */
static uint32_t make_frame(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t function = hm_objects_hold(world, step->other);
    uint32_t content = hm_objects_hold(world, step->third);
    uint32_t back = only(world, content, HM_OBJECTS_IS_FRAME);
    function = is_plain_function(world, function) ? function : (uint32_t)HM_OBJECTS_NONE;
    const hm_code *code =
        hm_objects_code(function == HM_OBJECTS_NONE ? step->choice : world->nodes[function].slots);
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_FRAME);
    const uint32_t to[2] = {somebody(function), somebody(back)};
    hm_object *object = hm_frame_new(world->heap, code, object_or_null(world, function),
                                     object_or_null(world, back));
    place_linked(world, id, object, to, 2);
    for (uint32_t local = 0; local < code->local_count; local++)
        hm_objects_link(world, id, local == 0 ? content : HM_OBJECTS_NOBODY, HM_OBJECTS_NOBODY);
    hm_frame_set(world->heap, object, 0, hm_incref(hm_objects_object(world, content)));
    return id;
}

static uint32_t make_generator(hm_objects_world *world, const hm_objects_step *step)
{
    bool cleans_up = (step->choice & 1) != 0;
    const uint32_t to[3] = {hm_objects_hold(world, step->other),
                            hm_objects_hold(world, step->third), HM_OBJECTS_NOBODY};
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_GENERATOR);
    hm_object *object = hm_generator_new(world->heap, hm_objects_generator_code(cleans_up));
    place_linked(world, id, object, to, 3);
    for (size_t local = 0; local < 2; local++)
        hm_generator_set(world->heap, object, local,
                         hm_incref(hm_objects_object(world, to[local])));
    world->nodes[id].flags |= cleans_up ? HM_OBJECTS_FINALIZES : 0;
    world->nodes[id].body = step->detail % HM_OBJECTS_BODIES;
    world->nodes[id].body_slot = step->detail / HM_OBJECTS_BODIES % HM_OBJECTS_SLOTS;
    world->nodes[id].status = HM_GENERATOR_CREATED;
    return id;
}

static uint32_t make_atom(hm_objects_world *world, const hm_objects_step *step)
{
    static const hm_objects_type types[] = {HM_OBJECTS_IS_TEXT, HM_OBJECTS_IS_INT,
                                            HM_OBJECTS_IS_FLOAT};
    char text[16];
    uint16_t value = step->detail % ATOMS;
    unsigned type = step->choice % HM_COUNT_OF(types);
    uint32_t id = hm_objects_reserve(world, types[type]);
    int length = snprintf(text, sizeof text, "text %u", value);
    hm_object *object = type == 0   ? hm_str_new(world->heap, text, (size_t)length)
                        : type == 1 ? hm_int_new(world->heap, HM_SMALL_INT_MAX + 1 + value)
                                    : hm_float_new(world->heap, value + 0.5);
    hm_objects_born(world, id, object)->value = value;
    return id;
}

/* ---- many at once ---- */

/* One that holds `inner`; a new reference. */
static uint32_t wrap(hm_objects_world *world, const hm_objects_step *step, uint32_t inner)
{
    hm_objects_step of_class = {.choice = 1, .detail = 0};
    uint32_t id, class;
    switch (step->choice % 4) {
    case 0:
        return make_sequence(world, true, &inner, 1);
    case 1:
        return make_cell(world, inner);
    case 2:
        of_class.choice = (uint8_t)(1 | (step->choice & 0xf0));
        class = make_class(world, &of_class);
        id = instance_of(world, class);
        hm_decref(world->heap, hm_objects_object(world, class));
        hm_objects_relink(world, id, 1, inner);
        hm_store(world->heap, hm_objects_object(world, id),
                 hm_instance_slot(hm_objects_object(world, id), 0),
                 hm_incref(hm_objects_object(world, inner)));
        return id;
    default:
        return make_sequence(world, false, &inner, 1);
    }
}

/* Each link holds the one made before, which the slot held until then. */
static void make_chain(hm_objects_world *world, const hm_objects_step *step, bool closed)
{
    uint32_t first = make_sequence(world, false, NULL, 0), last = first;
    hm_objects_place(world, step->slot, first);
    for (uint32_t count = 0; count < step->count && hm_objects_has_room(world); count++) {
        if (hm_objects_hold(world, step->slot) != last)
            return; /* a body took it */
        last = wrap(world, step, last);
        hm_objects_place(world, step->slot, last);
        hm_objects_release(world);
    }
    if (!closed || world->slot_nodes[step->slot] != last)
        return;
    hm_objects_link(world, first, last, HM_OBJECTS_NOBODY);
    HM_CHECK(hm_list_append(world->heap, hm_objects_object(world, first),
                            hm_objects_object(world, last)));
}

static uint32_t make_wide(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t held = hm_objects_hold(world, step->other);
    uint32_t id = make_sequence(world, false, NULL, 0);
    for (uint32_t count = 0; count < step->count; count++) {
        hm_objects_link(world, id, held, HM_OBJECTS_NOBODY);
        HM_CHECK(hm_list_append(world->heap, hm_objects_object(world, id),
                                hm_objects_object(world, held)));
    }
    return id;
}

static uint32_t make_list(hm_objects_world *world, const hm_objects_step *step)
{
    const uint32_t nodes[2] = {hm_objects_hold(world, step->other),
                               hm_objects_hold(world, step->third)};
    return make_sequence(world, step->kind == HM_OBJECTS_TUPLE, nodes,
                         step->kind == HM_OBJECTS_TUPLE ? 1 + step->choice % 2u
                                                        : step->choice % 3u);
}

static uint32_t make_one(hm_objects_world *world, const hm_objects_step *step)
{
    switch (step->kind) {
    case HM_OBJECTS_LIST:
    case HM_OBJECTS_TUPLE:
        return make_list(world, step);
    case HM_OBJECTS_DICT:
        return make_dict(world);
    case HM_OBJECTS_SET:
        return make_set(world);
    case HM_OBJECTS_CLASS:
        return make_class(world, step);
    case HM_OBJECTS_INSTANCE:
        return make_instance(world, step);
    case HM_OBJECTS_CELL:
        return make_cell(world, hm_objects_hold(world, step->other));
    case HM_OBJECTS_FUNCTION:
        return make_function(world, step);
    case HM_OBJECTS_METHOD:
        return make_method(world, step);
    case HM_OBJECTS_FRAME:
        return make_frame(world, step);
    case HM_OBJECTS_GENERATOR:
        return make_generator(world, step);
    case HM_OBJECTS_WIDE:
        return make_wide(world, step);
    default:
        return make_atom(world, step);
    }
}

void hm_objects_make(hm_objects_world *world, const hm_objects_step *step)
{
    if (step->kind == HM_OBJECTS_CHAIN || step->kind == HM_OBJECTS_RING) {
        make_chain(world, step, step->kind == HM_OBJECTS_RING);
        return;
    }
    uint32_t id = make_one(world, step);
    if (id != HM_OBJECTS_NOBODY)
        hm_objects_place(world, step->slot, id);
}
