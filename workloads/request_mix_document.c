/** The documents of `request-mix`; see request_mix_parts.h. */
#include "workloads/request_mix_parts.h"

#include "workloads/payload.h"

#include <string.h>

#include "object/sites.h" /* last: every allocating call below is a site */

/** What a field holds. Of sixteen: five short texts, seven numbers, a long text, None, a list, a
 * dict. */
typedef enum field_kind {
    SHORT_TEXT,
    INTEGER,
    REAL,
    LONG_TEXT,
    NOTHING,
    NUMBERS,
    OBJECT,
} field_kind;

enum { NAME_BYTES = 9, INNER_FIELDS = 2, NUMBERS_IN_LIST = 3 };

static field_kind kind_of(uint64_t seed)
{
    static const field_kind kinds[16] = {
        SHORT_TEXT, SHORT_TEXT, SHORT_TEXT, SHORT_TEXT, SHORT_TEXT, INTEGER, INTEGER, INTEGER,
        INTEGER,    INTEGER,    REAL,       REAL,       LONG_TEXT,  NOTHING, NUMBERS, OBJECT};
    return kinds[seed >> 60];
}

static uint64_t seed_of_field(uint64_t seed, uint32_t record, uint32_t field)
{
    return hm_scramble(seed + ((uint64_t)record << 32 | field));
}

/** 8 to 23 bytes, which make blocks of 49 to 64; or 24 to 103. */
static size_t text_bytes(field_kind kind, uint64_t seed)
{
    return kind == LONG_TEXT ? 24 + (seed >> 32) % 80 : 8 + (seed >> 32) % 16;
}

/** Two digits of CPython's and so 32 bytes of memory, or one and 28. */
static int64_t integer_of(uint64_t seed)
{
    return (int64_t)(1000 + (seed & 0x3fffffff) * (1 + (seed >> 31 & 1)));
}

static double real_of(uint64_t seed)
{
    return (double)(seed & 0xffffffff) / 1024;
}

/* Making. */

static hm_object *make_text(hm_heap *heap, size_t length, uint64_t seed)
{
    hm_object *text = hm_str_new(heap, NULL, length);
    if (text != NULL)
        hm_payload_fill((unsigned char *)hm_str_data(text), length, seed, true);
    return text;
}

/** A field's name: one letter that counts keeps the names of a record apart. */
static hm_object *make_name(hm_heap *heap, uint32_t field)
{
    hm_object *name = make_text(heap, NAME_BYTES, field);
    if (name != NULL)
        *hm_str_data(name) = (char)('A' + field);
    return name;
}

/** Makes the digits of a number and drops them, as a parser does on the way to the number. */
static bool pass_digits(hm_heap *heap, uint64_t seed)
{
    hm_object *digits = hm_bytes_new(heap, &seed, sizeof seed);
    hm_xdecref(heap, digits);
    return digits != NULL;
}

static hm_object *make_integer(hm_heap *heap, uint64_t seed)
{
    return pass_digits(heap, seed) ? hm_int_new(heap, integer_of(seed)) : NULL;
}

static hm_object *make_numbers(hm_heap *heap, uint64_t seed)
{
    hm_object *list = hm_list_new(heap);
    for (uint32_t place = 0; list != NULL && place < NUMBERS_IN_LIST; place++) {
        if (hm_list_append_new(heap, list, make_integer(heap, seed + place)))
            continue;
        hm_decref(heap, list);
        list = NULL;
    }
    return list;
}

/**
 * Sets field `field` to `value` (stolen; NULL fails). The name is made anew and dropped for the one
 * that the document has already, as a parser with a memo does.
 */
static bool set_new(hm_heap *heap, hm_object *dict, hm_object *names, uint32_t field,
                    hm_object *value)
{
    hm_object *name = value == NULL ? NULL : make_name(heap, field);
    bool set = name != NULL && hm_dict_set(heap, dict, hm_tuple_get(names, field), value);
    hm_xdecref(heap, name);
    hm_xdecref(heap, value);
    return set;
}

static hm_object *make_inner(hm_heap *heap, hm_object *names, uint64_t seed)
{
    hm_object *dict = hm_dict_new(heap);
    for (uint32_t field = 0; dict != NULL && field < INNER_FIELDS; field++) {
        hm_object *value = field == 0 ? make_integer(heap, seed)
                                      : make_text(heap, text_bytes(SHORT_TEXT, seed), seed);
        if (set_new(heap, dict, names, field, value))
            continue;
        hm_decref(heap, dict);
        dict = NULL;
    }
    return dict;
}

static hm_object *make_field(hm_heap *heap, hm_object *names, uint64_t seed)
{
    field_kind kind = kind_of(seed);
    switch (kind) {
    case INTEGER:
        return make_integer(heap, seed);
    case REAL:
        return pass_digits(heap, seed) ? hm_float_new(heap, real_of(seed)) : NULL;
    case NOTHING:
        return hm_incref(&hm_none);
    case NUMBERS:
        return make_numbers(heap, seed);
    case OBJECT:
        return make_inner(heap, names, seed);
    default:
        return make_text(heap, text_bytes(kind, seed), seed);
    }
}

static hm_object *make_record(hm_heap *heap, hm_document_plan plan, hm_object *names, uint64_t seed,
                              uint32_t record)
{
    hm_object *dict = hm_dict_new(heap);
    for (uint32_t field = 0; dict != NULL && field < plan.fields; field++) {
        hm_object *value = make_field(heap, names, seed_of_field(seed, record, field));
        if (set_new(heap, dict, names, field, value))
            continue;
        hm_decref(heap, dict);
        dict = NULL;
    }
    return dict;
}

static hm_object *make_names(hm_heap *heap, uint32_t fields)
{
    uint32_t count = fields < INNER_FIELDS ? INNER_FIELDS : fields;
    hm_object *names = hm_tuple_new(heap, count);
    for (uint32_t field = 0; names != NULL && field < count; field++) {
        hm_object *name = make_name(heap, field);
        if (name != NULL) {
            hm_tuple_set(heap, names, field, name);
            continue;
        }
        hm_decref(heap, names);
        names = NULL;
    }
    return names;
}

hm_object *hm_document_new(hm_heap *heap, hm_document_plan plan, uint64_t seed)
{
    hm_object *names = make_names(heap, plan.fields);
    hm_object *document = names == NULL ? NULL : hm_list_new(heap);
    for (uint32_t record = 0; document != NULL && record < plan.records; record++) {
        if (hm_list_append_new(heap, document, make_record(heap, plan, names, seed, record)))
            continue;
        hm_decref(heap, document);
        document = NULL;
    }
    hm_xdecref(heap, names);
    return document;
}

/* Reading. */

static bool read_text(hm_object *text, size_t length, uint64_t seed, uint64_t *sum)
{
    return hm_is(text, &hm_str_type) && hm_text_length(text) == length &&
           hm_payload_read((const unsigned char *)hm_str_data(text), length, seed, true, sum);
}

static bool read_integer(const hm_object *number, uint64_t seed, uint64_t *sum)
{
    *sum += (uint64_t)integer_of(seed);
    return hm_is(number, &hm_int_type) && hm_int_value(number) == integer_of(seed);
}

static bool read_numbers(const hm_object *list, uint64_t seed, uint64_t *sum)
{
    bool right = hm_is(list, &hm_list_type) && hm_list_length(list) == NUMBERS_IN_LIST;
    for (uint32_t place = 0; right && place < NUMBERS_IN_LIST; place++)
        right = read_integer(hm_list_get(list, place), seed + place, sum);
    return right;
}

static bool read_inner(const hm_object *dict, uint64_t seed, uint64_t *sum)
{
    hm_object *name, *value;
    size_t position = 0;
    return hm_is(dict, &hm_dict_type) && hm_dict_length(dict) == INNER_FIELDS &&
           hm_dict_next(dict, &position, &name, &value) && read_integer(value, seed, sum) &&
           hm_dict_next(dict, &position, &name, &value) &&
           read_text(value, text_bytes(SHORT_TEXT, seed), seed, sum);
}

static bool read_field(hm_object *value, uint64_t seed, uint64_t *sum)
{
    field_kind kind = kind_of(seed);
    switch (kind) {
    case INTEGER:
        return read_integer(value, seed, sum);
    case REAL:
        return hm_is(value, &hm_float_type) && hm_float_value(value) == real_of(seed);
    case NOTHING:
        return value == &hm_none;
    case NUMBERS:
        return read_numbers(value, seed, sum);
    case OBJECT:
        return read_inner(value, seed, sum);
    default:
        return read_text(value, text_bytes(kind, seed), seed, sum);
    }
}

static bool read_record(const hm_object *dict, hm_document_plan plan, uint64_t seed,
                        uint32_t record, uint64_t *sum)
{
    hm_object *name, *value;
    size_t position = 0;
    bool right = hm_dict_length(dict) == plan.fields;
    for (uint32_t field = 0; right && field < plan.fields; field++)
        right = hm_dict_next(dict, &position, &name, &value) &&
                *hm_str_data(name) == (char)('A' + field) &&
                read_field(value, seed_of_field(seed, record, field), sum);
    return right;
}

bool hm_document_read(const hm_object *document, hm_document_plan plan, uint64_t seed,
                      uint64_t *sum)
{
    bool right = hm_list_length(document) == plan.records;
    for (uint32_t record = 0; right && record < plan.records; record++)
        right = read_record(hm_list_get(document, record), plan, seed, record, sum);
    return right;
}

/* As text. */

/** A name with its quotes, colon, comma and spaces. */
enum { NAME_TEXT_BYTES = NAME_BYTES + 6, NUMBER_TEXT_BYTES = 10 };

static size_t value_text_bytes(uint64_t seed)
{
    field_kind kind = kind_of(seed);
    switch (kind) {
    case INTEGER:
    case REAL:
        return NUMBER_TEXT_BYTES;
    case NOTHING:
        return 4;
    case NUMBERS:
        return NUMBERS_IN_LIST * (NUMBER_TEXT_BYTES + 2);
    case OBJECT:
        return 2 * NAME_TEXT_BYTES + NUMBER_TEXT_BYTES + text_bytes(SHORT_TEXT, seed);
    default:
        return text_bytes(kind, seed) + 2;
    }
}

static size_t record_text_bytes(hm_document_plan plan, uint64_t seed, uint32_t record)
{
    size_t bytes = 0;
    for (uint32_t field = 0; field < plan.fields; field++)
        bytes += NAME_TEXT_BYTES + value_text_bytes(seed_of_field(seed, record, field));
    return bytes;
}

size_t hm_document_text_bytes(hm_document_plan plan, uint64_t seed)
{
    size_t bytes = 2;
    for (uint32_t record = 0; record < plan.records; record++)
        bytes += record_text_bytes(plan, seed, record);
    return bytes;
}

/** Makes a text, copies it to `*end`, which moves on, and drops it. */
static bool write_text(hm_heap *heap, char **end, size_t length, uint64_t seed)
{
    hm_object *text = make_text(heap, length, seed);
    if (text == NULL)
        return false;
    memcpy(*end, hm_str_data(text), length);
    hm_decref(heap, text);
    *end += length;
    return true;
}

/** A record as text, put together from a text for each name and each value. */
static hm_object *make_piece(hm_heap *heap, hm_document_plan plan, uint64_t seed, uint32_t record)
{
    hm_object *piece = hm_str_new(heap, NULL, record_text_bytes(plan, seed, record));
    char *end = piece == NULL ? NULL : hm_str_data(piece);
    for (uint32_t field = 0; piece != NULL && field < plan.fields; field++) {
        uint64_t field_seed = seed_of_field(seed, record, field);
        if (write_text(heap, &end, NAME_TEXT_BYTES, field) &&
            write_text(heap, &end, value_text_bytes(field_seed), field_seed))
            continue;
        hm_decref(heap, piece);
        piece = NULL;
    }
    return piece;
}

/** The pieces of a response, a record each. */
static hm_object *make_pieces(hm_heap *heap, hm_document_plan plan, uint64_t seed)
{
    hm_object *pieces = hm_list_new(heap);
    for (uint32_t record = 0; pieces != NULL && record < plan.records; record++) {
        if (hm_list_append_new(heap, pieces, make_piece(heap, plan, seed, record)))
            continue;
        hm_decref(heap, pieces);
        pieces = NULL;
    }
    return pieces;
}

static hm_object *join(hm_heap *heap, const hm_object *pieces)
{
    size_t length = 0, offset = 0;
    for (size_t piece = 0; piece < hm_list_length(pieces); piece++)
        length += hm_text_length(hm_list_get(pieces, piece));
    hm_object *joined = hm_bytes_new(heap, NULL, length);
    for (size_t piece = 0; joined != NULL && piece < hm_list_length(pieces); piece++) {
        hm_object *text = hm_list_get(pieces, piece);
        memcpy(hm_bytes_data(joined) + offset, hm_str_data(text), hm_text_length(text));
        offset += hm_text_length(text);
    }
    return joined;
}

hm_object *hm_response_new(hm_heap *heap, hm_document_plan plan, uint64_t seed)
{
    hm_object *pieces = make_pieces(heap, plan, seed);
    hm_object *response = pieces == NULL ? NULL : join(heap, pieces);
    hm_xdecref(heap, pieces);
    return response;
}

/** Reads a text at `*data`, which moves on, and must not pass `end`. */
static bool read_at(const unsigned char **data, const unsigned char *end, size_t length,
                    uint64_t seed, uint64_t *sum)
{
    bool right = (size_t)(end - *data) >= length && hm_payload_read(*data, length, seed, true, sum);
    *data += right ? length : 0;
    return right;
}

bool hm_response_read(hm_object *response, hm_document_plan plan, uint64_t seed, uint64_t *sum)
{
    const unsigned char *data = hm_bytes_data(response);
    const unsigned char *end = data + hm_text_length(response);
    for (uint32_t place = 0; place < plan.records * plan.fields; place++) {
        uint32_t field = place % plan.fields;
        uint64_t field_seed = seed_of_field(seed, place / plan.fields, field);
        if (!read_at(&data, end, NAME_TEXT_BYTES, field, sum) ||
            !read_at(&data, end, value_text_bytes(field_seed), field_seed, sum))
            return false;
    }
    return data == end;
}
