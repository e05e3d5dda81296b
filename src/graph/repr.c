#include "graph/repr.h"

#include "base/utf8.h"
#include "object/class.h"
#include "object/dict.h"
#include "object/function.h"
#include "object/generator.h"
#include "object/list.h"
#include "object/number.h"
#include "object/set.h"
#include "object/text.h"
#include "object/tuple.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text being written, with what is left of its characters. */
typedef struct writer {
    char *end;
    size_t left;
    bool cut;
} writer;

static void put(writer *out, const char *text, size_t bytes)
{
    memcpy(out->end, text, bytes);
    out->end += bytes;
    *out->end = '\0';
}

/* Puts a piece of so many characters, or "…" where it does not fit any more. */
static void put_piece(writer *out, const char *piece, size_t bytes, size_t characters)
{
    if (out->cut)
        return;
    if (characters > out->left) {
        out->cut = true;
        put(out, "…", strlen("…"));
        return;
    }
    out->left -= characters;
    put(out, piece, bytes);
}

static void put_escape(writer *out, uint32_t code)
{
    char escape[8];
    int length = code == '\n'   ? snprintf(escape, sizeof escape, "\\n")
                 : code == '\r' ? snprintf(escape, sizeof escape, "\\r")
                 : code == '\t' ? snprintf(escape, sizeof escape, "\\t")
                                : snprintf(escape, sizeof escape, "\\x%02x", code & 0xff);
    put_piece(out, escape, (size_t)length, (size_t)length);
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* `quote` is the character to put a backslash before; 0: there are no quotes. */
static void put_character(writer *out, uint32_t code, char quote)
{
    char bytes[HM_UTF8_BYTES + 1] = "\\";
    if (is_control(code)) {
        put_escape(out, code);
    } else if (quote != 0 && (code == (uint32_t)quote || code == '\\')) {
        bytes[1] = (char)code;
        put_piece(out, bytes, 2, 2);
    } else {
        put_piece(out, bytes, hm_utf8_encode(code, bytes), 1);
    }
}

static void put_text(writer *out, const char *data, size_t length, char quote)
{
    const char *end = data + length;
    while (data < end && !out->cut)
        put_character(out, hm_utf8_decode(&data, end), quote);
}

/* Python's choice: ' unless the text has one and has no ". */
static char choose_quote(const void *data, size_t length)
{
    bool has_single = memchr(data, '\'', length) != NULL;
    return has_single && memchr(data, '"', length) == NULL ? '"' : '\'';
}

static void put_str(writer *out, hm_object *object)
{
    const char *data = hm_str_data(object);
    size_t length = hm_text_length(object);
    char quote = choose_quote(data, length);
    put(out, &quote, 1);
    put_text(out, data, length, quote);
    put(out, &quote, 1);
}

static void put_bytes(writer *out, hm_object *object)
{
    const unsigned char *data = hm_bytes_data(object);
    size_t length = hm_text_length(object);
    char quote = choose_quote(data, length);
    put(out, "b", 1);
    put(out, &quote, 1);
    for (size_t index = 0; index < length && !out->cut; index++) {
        if (data[index] >= 0x7f)
            put_escape(out, data[index]);
        else
            put_character(out, data[index], quote);
    }
    put(out, &quote, 1);
}

static void put_cstring(writer *out, const char *text)
{
    put_text(out, text, strlen(text), 0);
}

/* The shortest digits that read back as the same number, as Python's repr of a float. */
static void put_float(writer *out, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (strspn(text, "-0123456789") == strlen(text))
        strcat(text, ".0");
    put_cstring(out, text);
}

static void put_int(writer *out, const hm_object *object)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, hm_int_value(object));
    put_cstring(out, text);
}

static void put_items(writer *out, size_t count)
{
    char text[32];
    snprintf(text, sizeof text, count == 1 ? "%zu item" : "%zu items", count);
    put_cstring(out, text);
}

static bool put_container(writer *out, hm_object *object)
{
    if (hm_is(object, &hm_list_type))
        put_items(out, hm_list_length(object));
    else if (hm_is(object, &hm_tuple_type))
        put_items(out, hm_tuple_length(object));
    else if (hm_is(object, &hm_dict_type))
        put_items(out, hm_dict_length(object));
    else if (hm_is(object, &hm_set_type))
        put_items(out, hm_set_length(object));
    else
        return false;
    return true;
}

static void put_object(writer *out, hm_object *object)
{
    const hm_type *type = object->type;
    if (type == &hm_str_type)
        put_str(out, object);
    else if (type == &hm_bytes_type)
        put_bytes(out, object);
    else if (type == &hm_bool_type)
        put_cstring(out, hm_int_value(object) != 0 ? "True" : "False");
    else if (type->flags & HM_TYPE_INT)
        put_int(out, object);
    else if (type == &hm_float_type)
        put_float(out, hm_float_value(object));
    else if (type == &hm_none_type)
        put_cstring(out, "None");
    else if (type == &hm_class_type)
        put_text(out, hm_str_data(hm_class_name(object)), hm_text_length(hm_class_name(object)), 0);
    else if (type == &hm_function_type)
        put_cstring(out, hm_function_code(object)->name);
    else if (type == &hm_frame_type)
        put_cstring(out, ((const hm_frame *)object)->code->name);
    else if (type == &hm_generator_type)
        put_cstring(out, ((const hm_generator *)object)->code->name);
    else
        put_container(out, object);
}

static writer begin(char text[HM_REPR_BYTES])
{
    text[0] = '\0';
    return (writer){.end = text, .left = HM_REPR_CHARACTERS};
}

void hm_repr_write(hm_object *object, char text[HM_REPR_BYTES])
{
    writer out = begin(text);
    put_object(&out, object);
}

void hm_repr_text(hm_object *object, char text[HM_REPR_BYTES])
{
    writer out = begin(text);
    if (hm_is(object, &hm_str_type))
        put_text(&out, hm_str_data(object), hm_text_length(object), 0);
    else
        put_object(&out, object);
}

void hm_repr_type(const hm_object *object, char text[HM_REPR_BYTES])
{
    writer out = begin(text);
    put_cstring(&out, object->type->name);
}

void hm_repr_key(hm_object *object, char text[HM_REPR_BYTES])
{
    writer out = begin(text);
    if (hm_is_container(object))
        put_cstring(&out, object->type->name);
    else
        put_object(&out, object);
}
