/** The parts of a request of `request-mix` but its document; see request_mix_parts.h. */
#include "workloads/request_mix_parts.h"

#include "workloads/payload.h"

#include <string.h>

#include "object/sites.h" /* last: every allocating call below is a site */

/** The slots of an exception and of a traceback. */
enum { ERROR_ARGUMENTS, ERROR_TRACEBACK, ERROR_SLOTS };
enum { TRACEBACK_FRAME, TRACEBACK_NEXT, TRACEBACK_LINE, TRACEBACK_SLOTS };

enum { FRAMES = 3, LOCAL_REQUEST = 0, LOCAL_NUMBER, LOCALS };

enum { LEAST_HEADER_BYTES = 4, MOST_HEADER_BYTES = 91, MESSAGE_BYTES = 40 };

static const char cookie[] = "session=";

static hm_object *run_handler(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    return hm_incref(frame->locals[LOCAL_REQUEST]);
}

static const hm_code handler_code = {
    .name = "handle", .argument_count = 1, .local_count = LOCALS, .run = run_handler};

static hm_object *make_text(hm_heap *heap, size_t length, uint64_t seed)
{
    hm_object *text = hm_str_new(heap, NULL, length);
    if (text != NULL)
        hm_payload_fill((unsigned char *)hm_str_data(text), length, seed, true);
    return text;
}

/* The kit. */

static hm_object *make_header_names(hm_heap *heap, uint32_t headers)
{
    hm_object *names = hm_tuple_new(heap, headers);
    for (uint32_t header = 0; names != NULL && header < headers; header++) {
        char text[16] = "X-HEADER-";
        text[9] = (char)('A' + header / 10);
        text[10] = (char)('0' + header % 10);
        text[11] = '\0';
        hm_object *name = hm_str_interned(heap, text);
        if (name != NULL) {
            hm_tuple_set(heap, names, header, name);
            continue;
        }
        hm_decref(heap, names);
        names = NULL;
    }
    return names;
}

static hm_object *make_class(hm_heap *heap, const char *name, uint32_t slots)
{
    hm_class_spec spec = {.name = name, .slot_count = slots};
    return hm_class_new(heap, &spec);
}

bool hm_request_kit_make(hm_heap *heap, hm_request_kit *kit, uint32_t headers)
{
    return (kit->request_class = make_class(heap, "Request", HM_REQUEST_SLOTS)) != NULL &&
           (kit->error_class = make_class(heap, "Error", ERROR_SLOTS)) != NULL &&
           (kit->traceback_class = make_class(heap, "Traceback", TRACEBACK_SLOTS)) != NULL &&
           (kit->globals = hm_dict_new(heap)) != NULL &&
           (kit->handler = hm_function_new(heap, &handler_code, kit->globals, NULL)) != NULL &&
           (kit->header_names = make_header_names(heap, headers)) != NULL;
}

/* Headers. */

static size_t header_bytes(uint32_t header)
{
    return LEAST_HEADER_BYTES + hm_scramble(header) % (MOST_HEADER_BYTES - LEAST_HEADER_BYTES + 1);
}

static hm_object *make_cookie(hm_heap *heap, uint64_t seed, const char *session)
{
    size_t length = sizeof cookie - 1 + HM_SESSION_KEY_BYTES;
    hm_object *value = make_text(heap, length, seed);
    if (value == NULL)
        return NULL;
    memcpy(hm_str_data(value), cookie, sizeof cookie - 1);
    memcpy(hm_str_data(value) + sizeof cookie - 1, session, HM_SESSION_KEY_BYTES);
    return value;
}

hm_object *hm_headers_new(hm_heap *heap, const hm_request_kit *kit, uint64_t seed,
                          const char *session)
{
    uint32_t count = (uint32_t)hm_tuple_length(kit->header_names);
    hm_object *headers = hm_dict_new(heap);
    for (uint32_t header = 0; headers != NULL && header < count; header++) {
        hm_object *value = header + 1 == count
                               ? make_cookie(heap, seed, session)
                               : make_text(heap, header_bytes(header), seed + header);
        bool set = value != NULL &&
                   hm_dict_set(heap, headers, hm_tuple_get(kit->header_names, header), value);
        hm_xdecref(heap, value);
        if (set)
            continue;
        hm_decref(heap, headers);
        headers = NULL;
    }
    return headers;
}

hm_object *hm_headers_session(hm_heap *heap, const hm_request_kit *kit, hm_object *headers)
{
    size_t last = hm_tuple_length(kit->header_names) - 1;
    hm_object *value = hm_dict_get(heap, headers, hm_tuple_get(kit->header_names, last));
    return hm_str_new(heap, hm_str_data(value) + sizeof cookie - 1, HM_SESSION_KEY_BYTES);
}

bool hm_headers_read(hm_heap *heap, const hm_request_kit *kit, hm_object *headers, uint64_t seed,
                     uint64_t *sum)
{
    uint32_t count = (uint32_t)hm_tuple_length(kit->header_names);
    for (uint32_t header = 0; header + 1 < count; header++) {
        hm_object *value = hm_dict_get(heap, headers, hm_tuple_get(kit->header_names, header));
        if (value == NULL || hm_text_length(value) != header_bytes(header) ||
            !hm_payload_read((const unsigned char *)hm_str_data(value), header_bytes(header),
                             seed + header, true, sum))
            return false;
    }
    return true;
}

static void write_digits(char *text, uint32_t number)
{
    for (int digit = 0; digit < 8; digit++)
        text[digit] = "0123456789abcdef"[(number >> (4 * digit)) & 15];
}

void hm_session_key(char *text, uint64_t seed, uint32_t session, uint32_t generation)
{
    hm_payload_fill((unsigned char *)text, HM_SESSION_KEY_BYTES, hm_scramble(seed + session), true);
    write_digits(text, session);
    write_digits(text + 8, generation);
}

/* Requests that refer to themselves. */

/** Stores `value` (stolen; NULL fails) in a slot. */
static bool put(hm_heap *heap, hm_object *instance, size_t slot, hm_object *value)
{
    if (value == NULL)
        return false;
    hm_store(heap, instance, hm_instance_slot(instance, slot), value);
    return true;
}

/** A frame called by `back` that holds the request, and a number of its own. */
static hm_object *make_frame(hm_heap *heap, const hm_request_kit *kit, hm_object *back,
                             hm_object *request, uint32_t depth)
{
    hm_object *frame = hm_frame_new(heap, &handler_code, kit->handler, back);
    hm_object *number = frame == NULL ? NULL : hm_int_new(heap, 1000 + (int64_t)depth);
    if (number == NULL) {
        hm_xdecref(heap, frame);
        return NULL;
    }
    hm_frame_set(heap, frame, LOCAL_REQUEST, hm_incref(request));
    hm_frame_set(heap, frame, LOCAL_NUMBER, number);
    return frame;
}

/** Puts another traceback, for the frame, in front of those of the error. */
static bool add_traceback(hm_heap *heap, const hm_request_kit *kit, hm_object *error,
                          hm_object *frame, uint32_t depth)
{
    hm_object *traceback = hm_instance_new(heap, kit->traceback_class);
    hm_object **head = hm_instance_slot(error, ERROR_TRACEBACK);
    if (traceback == NULL)
        return false;
    put(heap, traceback, TRACEBACK_FRAME, hm_incref(frame));
    if (*head != NULL)
        put(heap, traceback, TRACEBACK_NEXT, hm_incref(*head));
    hm_store(heap, error, head, traceback);
    return put(heap, traceback, TRACEBACK_LINE, hm_int_new(heap, 300 + (int64_t)depth));
}

/** The exception with its message, thrown through FRAMES frames. */
static bool throw_error(hm_heap *heap, const hm_request_kit *kit, hm_object *error,
                        hm_object *request)
{
    hm_object *message = make_text(heap, MESSAGE_BYTES, FRAMES), *back = NULL;
    bool thrown =
        message != NULL && put(heap, error, ERROR_ARGUMENTS, hm_tuple_of(heap, &message, 1));
    hm_xdecref(heap, message);
    for (uint32_t depth = 0; thrown && depth < FRAMES; depth++) {
        hm_object *frame = make_frame(heap, kit, back, request, depth);
        thrown = frame != NULL && add_traceback(heap, kit, error, frame, depth);
        hm_xdecref(heap, back);
        back = frame;
    }
    hm_xdecref(heap, back);
    return thrown;
}

bool hm_request_fail(hm_heap *heap, const hm_request_kit *kit, hm_object *request)
{
    hm_object *error = hm_instance_new(heap, kit->error_class);
    if (error == NULL)
        return false;
    if (throw_error(heap, kit, error, request))
        return put(heap, request, HM_REQUEST_ERROR, error);
    hm_decref(heap, error);
    return false;
}

bool hm_request_defer(hm_heap *heap, const hm_request_kit *kit, hm_object *request)
{
    hm_object *cell = hm_cell_new(heap, request);
    hm_object *closure = cell == NULL ? NULL : hm_tuple_of(heap, &cell, 1);
    hm_object *callback =
        closure == NULL ? NULL : hm_function_new(heap, &handler_code, kit->globals, closure);
    hm_xdecref(heap, closure);
    hm_xdecref(heap, cell);
    return put(heap, request, HM_REQUEST_CALLBACK, callback);
}
