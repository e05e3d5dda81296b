/**
 * This module is the queries about one object, and about two.
 */
#include "bench/conform/machine.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"
#include "object/weakref_finalize.h"
#include "object/weakref_proxy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a query says about an object it may use. */
typedef bool (*question)(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer);

static bool ask(hm_conform_machine *machine, const hm_conform_node *node, hm_conform_text *answer,
                bool through_proxy, question says)
{
    hm_object *object = through_proxy ? hm_conform_load_subject(machine, &node->operands[0])
                                      : hm_conform_load(machine, &node->operands[0]);
    if (object == NULL)
        return false;
    machine->heap->error.status = HM_OK;
    bool done = says(machine, object, answer);
    hm_decref(machine->heap, object);
    return done;
}

static bool put_bool(hm_conform_text *answer, bool value)
{
    hm_conform_text_put(answer, value ? "True" : "False");
    return true;
}

/* The query itself holds one reference, like the argument of sys.getrefcount. */
static bool tell_count(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    HM_UNUSED(machine);
    uint32_t count = hm_getrefcount(object);
    hm_conform_text_format(answer, "%" PRIu32, hm_is_immortal(object) ? count : count - 1);
    return true;
}

bool hm_conform_ask_refcount(hm_conform_machine *machine, const hm_conform_node *node,
                             hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_count);
}

static bool tell_size(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    hm_conform_text_format(answer, "%zu", hm_getsizeof(machine->heap, object));
    return true;
}

bool hm_conform_ask_size(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_size);
}

static bool tell_type(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    HM_UNUSED(machine);
    hm_conform_text_put(answer, hm_conform_type_name(object));
    return true;
}

bool hm_conform_ask_type(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_type);
}

static bool tell_value(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    hm_conform_describe(machine, object, answer);
    return true;
}

bool hm_conform_ask_value(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_value);
}

static bool tell_tracked(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    HM_UNUSED(machine);
    return put_bool(answer, hm_gc_is_tracked(object));
}

bool hm_conform_ask_tracked(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_tracked);
}

static bool tell_finalized(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    HM_UNUSED(machine);
    return put_bool(answer, hm_gc_is_finalized(object));
}

bool hm_conform_ask_finalized(hm_conform_machine *machine, const hm_conform_node *node,
                              hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_finalized);
}

static bool tell_weakrefs(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    HM_UNUSED(machine);
    hm_conform_text_format(answer, "%zu", hm_weakref_count(object));
    return true;
}

bool hm_conform_ask_weakrefs(hm_conform_machine *machine, const hm_conform_node *node,
                             hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_weakrefs);
}

static bool tell_dead(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    hm_object *referent;
    if ((object->type->flags & HM_TYPE_WEAKREF) == 0)
        return hm_fail(machine->heap, HM_TYPE_ERROR, "'%s' object is no weak reference",
                       hm_conform_type_name(object));
    if (hm_is(object, &hm_weakproxy_type) || hm_is(object, &hm_weakcallableproxy_type))
        referent = hm_weakproxy_referent(machine->heap, object);
    else
        referent = hm_weakref_get(object);
    machine->heap->error.status = HM_OK;
    put_bool(answer, referent == NULL);
    hm_xdecref(machine->heap, referent);
    return true;
}

bool hm_conform_ask_dead(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_conform_text *answer)
{
    return ask(machine, node, answer, false, tell_dead);
}

static bool tell_pending(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    if (!hm_is(object, &hm_finalize_type))
        return hm_conform_fail_attribute(machine, object, "alive");
    return put_bool(answer, hm_finalize_is_alive(object));
}

bool hm_conform_ask_pending(hm_conform_machine *machine, const hm_conform_node *node,
                            hm_conform_text *answer)
{
    return ask(machine, node, answer, true, tell_pending);
}

/* A character of UTF-8 begins with every byte but 10xxxxxx. */
static size_t count_characters(hm_object *text)
{
    size_t count = 0;
    for (const char *at = hm_str_data(text); *at != '\0'; at++)
        count += ((unsigned char)*at & 0xc0) != 0x80;
    return count;
}

static bool tell_length(hm_conform_machine *machine, hm_object *object, hm_conform_text *answer)
{
    size_t length;
    if (hm_is(object, &hm_list_type))
        length = hm_list_length(object);
    else if (hm_is(object, &hm_tuple_type))
        length = hm_tuple_length(object);
    else if (hm_is(object, &hm_dict_type))
        length = hm_dict_length(object);
    else if (hm_is(object, &hm_set_type))
        length = hm_set_length(object);
    else if (hm_is(object, &hm_str_type))
        length = count_characters(object);
    else if (hm_is_weak_container(object))
        length = hm_weak_container_length(machine->heap, object);
    else
        return hm_fail(machine->heap, HM_TYPE_ERROR, "object of type '%s' has no len()",
                       hm_conform_type_name(object));
    hm_conform_text_format(answer, "%zu", length);
    return true;
}

bool hm_conform_ask_length(hm_conform_machine *machine, const hm_conform_node *node,
                           hm_conform_text *answer)
{
    return ask(machine, node, answer, true, tell_length);
}

typedef bool (*question_of_two)(hm_conform_machine *machine, hm_object *left, hm_object *right,
                                bool *value);

bool hm_conform_ask_contains(hm_conform_machine *machine, const hm_conform_node *node,
                             hm_conform_text *answer)
{
    hm_object *object, *key;
    bool contains = false;
    if (!hm_conform_load_two(machine, node, &object, &key))
        return false;
    bool done = hm_conform_contains(machine, object, key, &contains);
    hm_decref(machine->heap, object);
    hm_decref(machine->heap, key);
    return done && put_bool(answer, contains);
}

static bool ask_two(hm_conform_machine *machine, const hm_conform_node *node,
                    hm_conform_text *answer, question_of_two says)
{
    hm_object *objects[2];
    bool value = false;
    if (!hm_conform_load_all(machine, node, 0, objects))
        return false;
    bool done = says(machine, objects[0], objects[1], &value);
    hm_decref(machine->heap, objects[0]);
    hm_decref(machine->heap, objects[1]);
    return done && put_bool(answer, value);
}

static bool is_same(hm_conform_machine *machine, hm_object *left, hm_object *right, bool *same)
{
    HM_UNUSED(machine);
    *same = left == right;
    return true;
}

bool hm_conform_ask_same(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_conform_text *answer)
{
    return ask_two(machine, node, answer, is_same);
}

bool hm_conform_ask_equal(hm_conform_machine *machine, const hm_conform_node *node,
                          hm_conform_text *answer)
{
    return ask_two(machine, node, answer, hm_conform_equal);
}
