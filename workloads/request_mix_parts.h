/**
 * This module is what a request of `request-mix` is made of: a document as json.loads leaves it,
 * headers as a server hands them over, and the ways in which a request that went wrong refers to
 * itself, so that the workload's file is the life of a request and its stores.
 *
 * Everything follows from a seed: the same one makes the same again, and reading with it proves
 * that nothing was lost or mixed up.
 */
#ifndef HM_WORKLOADS_REQUEST_MIX_PARTS_H
#define HM_WORKLOADS_REQUEST_MIX_PARTS_H

#include "workloads/lanes.h"

/** The slots of a request. */
enum {
    HM_REQUEST_PATH,     /**< str */
    HM_REQUEST_HEADERS,  /**< dict of str */
    HM_REQUEST_BODY,     /**< bytes */
    HM_REQUEST_DOCUMENT, /**< list of records */
    HM_REQUEST_SESSION,
    HM_REQUEST_RESPONSE, /**< bytes */
    HM_REQUEST_ERROR,    /**< what went wrong */
    HM_REQUEST_CALLBACK, /**< what is to be done later */
    HM_REQUEST_SLOTS
};

/** What all requests share; each field is a root of the lane. */
typedef struct hm_request_kit {
    hm_object *request_class;
    hm_object *error_class;     /**< an exception */
    hm_object *traceback_class; /**< a traceback */
    hm_object *globals;         /**< dict of the module that the handlers are functions of */
    hm_object *handler;         /**< a function */
    hm_object *header_names;    /**< tuple of str, as a server interns them */
} hm_request_kit;

/** A document: `records` dicts of `fields` values each. */
typedef struct hm_document_plan {
    uint32_t records, fields;
} hm_document_plan;

/** Makes the kit; what was made is in it also where something failed. */
bool hm_request_kit_make(hm_heap *heap, hm_request_kit *kit, uint32_t headers) HM_MUST_USE;

/** A new document, or NULL. Names of fields are made once a document, as a parser's memo does. */
hm_object *hm_document_new(hm_heap *heap, hm_document_plan plan, uint64_t seed);

/** Reads a document back; adds what it read to `*sum`; false: it is not what the seed makes. */
bool hm_document_read(const hm_object *document, hm_document_plan plan, uint64_t seed,
                      uint64_t *sum);

/** Bytes of the document as text, about as JSON would be. */
size_t hm_document_text_bytes(hm_document_plan plan, uint64_t seed);

/**
 * The document as a new bytes object, or NULL: joined from a text a record, which are put together
 * from a text for each name and each value, as an encoder does.
 */
hm_object *hm_response_new(hm_heap *heap, hm_document_plan plan, uint64_t seed);

/** Reads a response back, as hm_document_read does. */
bool hm_response_read(hm_object *response, hm_document_plan plan, uint64_t seed, uint64_t *sum);

/** A new dict of headers, the last of which is the cookie with `session` in it; or NULL. */
hm_object *hm_headers_new(hm_heap *heap, const hm_request_kit *kit, uint64_t seed,
                          const char *session);

/** A new str: the session that the cookie tells; NULL: no memory. */
hm_object *hm_headers_session(hm_heap *heap, const hm_request_kit *kit, hm_object *headers);

/** Reads the headers back, as hm_document_read does. */
bool hm_headers_read(hm_heap *heap, const hm_request_kit *kit, hm_object *headers, uint64_t seed,
                     uint64_t *sum);

enum { HM_SESSION_KEY_BYTES = 32 };

/** Writes the key of a session: its number, how often it was made anew, and what no one guesses. */
void hm_session_key(char *text, uint64_t seed, uint32_t session, uint32_t generation);

/**
 * Leaves an exception with a traceback of three frames on the request, one of whose locals is the
 * request: a cycle, as `request.error = error` makes one. False: no memory.
 */
bool hm_request_fail(hm_heap *heap, const hm_request_kit *kit, hm_object *request) HM_MUST_USE;

/**
 * Leaves a function on the request that has the request in its closure: a cycle, as
 * `request.callback = lambda: finish(request)` makes one. False: no memory.
 */
bool hm_request_defer(hm_heap *heap, const hm_request_kit *kit, hm_object *request) HM_MUST_USE;

#endif
