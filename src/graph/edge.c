#include "graph/edge.h"

#include "graph/edge_instance.h"
#include "object/class.h"
#include "object/dict.h"
#include "object/function.h"
#include "object/generator.h"
#include "object/list.h"
#include "object/text.h"
#include "object/tuple.h"

#include <string.h>

typedef struct walk {
    hm_object *object;
    hm_edge_visitor visit;
    void *context;
    /* Of a dict: the next entry, and what of the present one was told. */
    size_t position;
    hm_object *key, *value;
    bool told_key, told_value;
} walk;

static void tell(const walk *state, hm_edge edge)
{
    state->visit(&edge, state->context);
}

/* The names of the fixed slots, in the order their type's descriptor lists them. */
typedef struct field_names {
    const hm_type *type;
    const char *names[4];
} field_names;

static const field_names fields[] = {
    {&hm_cell_type, {"content"}},
    {&hm_function_type, {"__globals__", "__closure__"}},
    {&hm_method_type, {"__func__", "__self__"}},
    {&hm_frame_type, {"f_func", "f_back"}},
    {&hm_class_type, {"__name__", "__dict__", "__slots__"}},
};

static const char *field_name(const hm_type *type, size_t index)
{
    for (size_t entry = 0; entry < HM_COUNT_OF(fields); entry++) {
        if (fields[entry].type == type)
            return index < HM_COUNT_OF(fields[entry].names) ? fields[entry].names[index] : NULL;
    }
    return NULL;
}

static hm_edge_kind item_kind(const hm_type *type)
{
    if (type == &hm_list_type || type == &hm_tuple_type)
        return HM_EDGE_INDEX;
    return type == &hm_frame_type || type == &hm_generator_type ? HM_EDGE_LOCAL : HM_EDGE_UNNAMED;
}

static void tell_field(walk *state, hm_object *referent, size_t index)
{
    const char *text = field_name(state->object->type, index);
    tell(state, (hm_edge){.referent = referent,
                          .kind = text == NULL ? HM_EDGE_UNNAMED : HM_EDGE_FIELD,
                          .text = text});
}

/* The slots its descriptor names, as hm_object_traverse goes through them, but with their places.
 */
static void walk_descriptor(walk *state)
{
    const hm_references *references = &state->object->type->references;
    char *base = (char *)state->object;
    hm_object *const *slots = (hm_object *const *)(void *)(base + references->fixed_offset);
    for (size_t index = 0; index < references->fixed_count; index++) {
        if (slots[index] != NULL)
            tell_field(state, slots[index], index);
    }
    if (references->vector_offset == 0)
        return;
    void *vector = base + references->vector_offset;
    size_t length = *(const size_t *)(const void *)(base + references->length_offset);
    slots = references->vector_is_pointer ? *(hm_object *const **)vector : vector;
    hm_edge_kind kind = item_kind(state->object->type);
    for (size_t index = 0; index < length; index++) {
        if (slots[index] != NULL)
            tell(state, (hm_edge){.referent = slots[index], .kind = kind, .index = index});
    }
}

/* A dict's references come in pairs, an entry each, key or value first. */
static void tell_dict_entry(hm_object *referent, void *context)
{
    walk *state = context;
    if (state->told_key == state->told_value) {
        hm_dict_next(state->object, &state->position, &state->key, &state->value);
        state->told_key = state->told_value = false;
    }
    if (referent == state->value && !state->told_value) {
        state->told_value = true;
        tell(state, (hm_edge){.referent = referent, .kind = HM_EDGE_VALUE, .key = state->key});
    } else {
        state->told_key = true;
        tell(state, (hm_edge){.referent = referent, .kind = HM_EDGE_KEY});
    }
}

static void tell_unnamed(hm_object *referent, void *context)
{
    tell(context, (hm_edge){.referent = referent});
}

void hm_edge_traverse(hm_object *object, hm_edge_visitor visit, void *context)
{
    const hm_type *type = object->type;
    walk state = {.object = object, .visit = visit, .context = context};
    if (type->flags & HM_TYPE_INSTANCE) {
        hm_edge_traverse_instance(object, visit, context);
        return;
    }
    walk_descriptor(&state);
    if (type->traverse != NULL)
        type->traverse(object, type == &hm_dict_type ? tell_dict_entry : tell_unnamed, &state);
    if (type->owner != NULL)
        tell(&state,
             (hm_edge){.referent = type->owner, .kind = HM_EDGE_FIELD, .text = "__class__"});
}

void hm_edge_name(const hm_edge *edge, char name[HM_EDGE_NAME_BYTES])
{
    char key[HM_REPR_BYTES] = "";
    name[0] = '\0';
    switch (edge->kind) {
    case HM_EDGE_UNNAMED:
        break;
    case HM_EDGE_FIELD:
        snprintf(name, HM_EDGE_NAME_BYTES, "%s", edge->text);
        break;
    case HM_EDGE_ATTRIBUTE:
        hm_repr_text(edge->key, key);
        snprintf(name, HM_EDGE_NAME_BYTES, ".%s", key);
        break;
    case HM_EDGE_SLOT:
        snprintf(name, HM_EDGE_NAME_BYTES, "slot %zu", edge->index);
        break;
    case HM_EDGE_INDEX:
        snprintf(name, HM_EDGE_NAME_BYTES, "[%zu]", edge->index);
        break;
    case HM_EDGE_LOCAL:
        snprintf(name, HM_EDGE_NAME_BYTES, "local %zu", edge->index);
        break;
    case HM_EDGE_VALUE:
        hm_repr_key(edge->key, key);
        snprintf(name, HM_EDGE_NAME_BYTES, "[%s]", key);
        break;
    case HM_EDGE_KEY:
        snprintf(name, HM_EDGE_NAME_BYTES, "key");
        break;
    }
}

typedef struct name_search {
    const hm_object *referent;
    bool found;
    char *name;
} name_search;

static void name_if_it_is(const hm_edge *edge, void *context)
{
    name_search *search = context;
    if (search->found || edge->referent != search->referent)
        return;
    search->found = true;
    hm_edge_name(edge, search->name);
}

void hm_edge_name_between(hm_object *source, const hm_object *referent,
                          char name[HM_EDGE_NAME_BYTES])
{
    name_search search = {referent, false, name};
    name[0] = '\0';
    hm_edge_traverse(source, name_if_it_is, &search);
}
