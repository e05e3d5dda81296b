/**
 * This module is an object in words: its label, Python's repr of an atom, or its name or type.
 */
#include "bench/conform/machine.h"
#include "object/weakref_proxy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hm_conform_type_name(const hm_object *object)
{
    if (hm_is(object, &hm_weakproxy_type))
        return "weakproxy";
    if (hm_is(object, &hm_weakcallableproxy_type))
        return "weakcallableproxy";
    return (object->type->flags & HM_TYPE_WEAKREF) != 0 ? "weakref" : object->type->name;
}

bool hm_conform_is_atom(const hm_object *object)
{
    return !hm_is_container(object) ||
           (hm_is(object, &hm_tuple_type) && hm_tuple_length(object) == 0);
}

void hm_conform_label_made(hm_conform_machine *machine, hm_object *object, uint32_t place)
{
    bool shared = (object->type->flags & HM_TYPE_WEAKREF) != 0 && object->reference_count > 1;
    if (hm_conform_is_atom(object) || shared ||
        hm_conform_label_of(&machine->labels, object) != NULL)
        return;
    hm_conform_label_give(&machine->labels, object, place, ++machine->made_counts[place]);
}

void hm_conform_describe_label(const hm_conform_machine *machine, const hm_conform_label *label,
                               hm_conform_text *text)
{
    hm_conform_text_put(text, machine->program->symbols[label->place]);
    if (label->ordinal > 1)
        hm_conform_text_format(text, "'%" PRIu32, label->ordinal);
}

/* Python's repr: the shortest digits that read back as the same number, with an exponent below
 * 1e-4 and from 1e16 on. */
static void describe_float(double value, hm_conform_text *text)
{
    char digits[40];
    int precision = 0;
    do
        snprintf(digits, sizeof digits, "%.*e", precision, value);
    while (strtod(digits, NULL) != value && ++precision < 17);
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 16)
        snprintf(digits, sizeof digits, "%.*g", precision + 1, value);
    else
        snprintf(digits, sizeof digits, "%.*f", precision > exponent ? precision - exponent : 1,
                 value);
    hm_conform_text_put(text, digits);
}

/* A text of a program has no quote and no backslash; its one control character can be a tab. */
static void describe_str(hm_object *object, hm_conform_text *text)
{
    hm_conform_text_put(text, "'");
    for (const char *at = hm_str_data(object); *at != '\0'; at++) {
        if (*at == '\t' || *at == '\r')
            hm_conform_text_put(text, *at == '\t' ? "\\t" : "\\r");
        else
            hm_conform_text_add(text, at, 1);
    }
    hm_conform_text_put(text, "'");
}

static void describe_atom(hm_object *object, hm_conform_text *text)
{
    if (hm_is(object, &hm_int_type))
        hm_conform_text_format(text, "%" PRId64, hm_int_value(object));
    else if (hm_is(object, &hm_bool_type))
        hm_conform_text_put(text, hm_int_value(object) != 0 ? "True" : "False");
    else if (hm_is(object, &hm_float_type))
        describe_float(hm_float_value(object), text);
    else if (hm_is(object, &hm_str_type))
        describe_str(object, text);
    else if (object == &hm_none)
        hm_conform_text_put(text, "None");
    else if (hm_is(object, &hm_tuple_type))
        hm_conform_text_put(text, "()");
    else
        hm_conform_text_format(text, "<%s>", hm_conform_type_name(object));
}

/* A class's or a callback's name; NULL: it is neither. */
static const char *find_name(const hm_conform_machine *machine, const hm_object *object)
{
    for (uint32_t index = 0; index < machine->program->definition_count; index++) {
        if (machine->defined[index] == object)
            return machine->bindings[index].definition->name;
    }
    return NULL;
}

void hm_conform_describe(const hm_conform_machine *machine, hm_object *object,
                         hm_conform_text *text)
{
    const hm_conform_label *label = hm_conform_label_of(&machine->labels, object);
    const char *name = label != NULL ? NULL : find_name(machine, object);
    if (label != NULL)
        hm_conform_describe_label(machine, label, text);
    else if (name != NULL)
        hm_conform_text_put(text, name);
    else if (hm_conform_is_atom(object))
        describe_atom(object, text);
    else
        hm_conform_text_format(text, "<%s>", hm_conform_type_name(object));
}
