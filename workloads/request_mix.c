/**
 * This module is the workload `request-mix`, so that back ends and collectors are measured on the
 * life of a service: a graph of objects for each request, most of it gone when the request is
 * answered, beside things that stay for thousands of requests.
 *
 * Models: a web service in Python. A request arrives as headers and a body; the body is parsed into
 * a document of dicts, lists, texts and numbers; the cookie's session is looked up in a store and
 * changed; an answer is put together from pieces and joined. Some requests fail or leave something
 * to be done later and refer to themselves from then on (an exception with its traceback, a
 * function with the request in its closure): a collector's work. Some documents are kept for
 * hundreds or thousands of requests (queues, caches, retries). Stresses: short and long lives in
 * the same pages, all kinds of objects and sizes, cyclic garbage with large acyclic graphs hanging
 * from it, pauses that a user would notice.
 *
 * Numbers: a document's texts, numbers and dicts are mixed so that the blocks asked for have the
 * sizes and the lifetimes measured in programs that work on JSON (docs/workloads.md). Headers: 12
 * of 750 bytes together, as the SPDY white paper reports for requests (700 to 800). Sizes of
 * documents and of session data are spread as Facebook's ETC values (Atikoglu et al., SIGMETRICS
 * 2012), with some 1.1 KB of text by default. Sessions are as popular as web pages (`lru-cache`).
 * One request in ten leaves a cycle, as in `cyclic-graph`: no share is published.
 */
#include "workloads/lanes.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"
#include "workloads/request_mix_parts.h"
#include "workloads/request_mix_sessions.h"
#include "workloads/sizes.h"
#include "workloads/zipf.h"

#include <math.h>

#include "object/sites.h" /* last: every allocating call below is a site */

enum { HEADERS, RECORDS, FIELDS, SESSIONS, EXPONENT, LOGINS, KEEP, LIFETIME, CYCLIC, PARAMETERS };

enum { KEPT_DOCUMENT, KEPT_NUMBER, KEPT_NEXT, KEPT_SLOTS };

/** The lane's roots: the request that is served, then the class of what is kept, then the kit. */
enum { CURRENT, KEPT_CLASS, KIT, ROOTS = KIT + sizeof(hm_request_kit) / sizeof(hm_object *) };

/** What is decided about a request. */
enum { FOR_SIZE = 1, FOR_LOGIN, FOR_KEEPING, FOR_LIFETIME, FOR_CYCLE, FOR_KIND };

enum { LIFETIMES = 256, LIFETIME_RANGE = 128 };

static const hm_parameter parameters[PARAMETERS] = {
    [HEADERS] = {"headers", "headers", "headers of a request", 1, 100, 12, NULL, true},
    [RECORDS] = {"records", "records", "mean number of records in a document", 1, 10000, 4, NULL,
                 true},
    [FIELDS] = {"fields", "fields", "fields of a record", 1, 26, 8, NULL, true},
    [SESSIONS] = {"sessions", "sessions", "sessions in the store", 1, 1000000, 10000, NULL, true},
    [EXPONENT] = {"exponent", "/100", "Zipf's exponent of the sessions' use, in hundredths", 0, 300,
                  83, NULL, false},
    [LOGINS] = {"logins", "%", "share of the requests that replace their session", 0, 100, 5, NULL,
                false},
    [KEEP] = {"keep", "%", "share of the requests whose document is kept", 0, 100, 25, NULL, false},
    [LIFETIME] = {"lifetime", "requests", "the longest that a document is kept", LIFETIME_RANGE,
                  1000000, 4096, NULL, true},
    [CYCLIC] = {"cyclic", "%", "share of the requests that leave a cycle", 0, 100, 10, NULL, false},
};

typedef struct request_mix {
    hm_lane lane;
    hm_random random;
    hm_zipf zipf;
    hm_sizes records;
    hm_sessions sessions;
    hm_slots roots;
    hm_slots wheel; /**< what is kept, by the request that drops it, modulo the longest lifetime */
    uint32_t lifetimes[LIFETIMES]; /**< in requests, each equally often */
} request_mix;

static hm_request_kit *kit_of(request_mix *state)
{
    return (hm_request_kit *)(void *)&state->roots.at[KIT];
}

static hm_object **current_slot(request_mix *state, size_t slot)
{
    return hm_instance_slot(state->roots.at[CURRENT], slot);
}

/** Each doubling of a lifetime is as likely as any other. */
static void plan_lifetimes(request_mix *state)
{
    double longest = (double)state->lane.parameters[LIFETIME] - 1;
    for (uint32_t place = 0; place < LIFETIMES; place++)
        state->lifetimes[place] = (uint32_t)fmax(
            1, longest * exp2((place + 0.5) / LIFETIMES * log2(LIFETIME_RANGE)) / LIFETIME_RANGE);
}

static bool open_lane(void *opaque)
{
    request_mix *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    hm_random_seed(&state->random, lane->seed);
    hm_sizes_pareto(&state->records, (double)values[RECORDS]);
    plan_lifetimes(state);
    return hm_slots_open(lane, &state->roots, ROOTS) &&
           hm_slots_open(lane, &state->wheel, (size_t)values[LIFETIME]) &&
           hm_sessions_open(lane, &state->sessions, (uint32_t)values[SESSIONS]) &&
           hm_zipf_open(lane, &state->zipf, (uint32_t)values[SESSIONS],
                        (double)values[EXPONENT] / 100);
}

/* What follows from a request's number. */

static uint64_t seed_of(const request_mix *state, int64_t number)
{
    return hm_scramble(state->lane.seed ^ (uint64_t)number * HM_PAYLOAD_STEP);
}

/** Bits for one decision, unlike those for any other. */
static uint64_t bits_for(uint64_t seed, uint64_t decision)
{
    return hm_scramble(seed ^ decision * HM_PAYLOAD_STEP);
}

static hm_document_plan plan_of(const request_mix *state, uint64_t seed)
{
    return (hm_document_plan){.records = hm_size_of(&state->records, bits_for(seed, FOR_SIZE)),
                              .fields = (uint32_t)state->lane.parameters[FIELDS]};
}

static bool is_chosen(const request_mix *state, uint64_t seed, uint64_t decision, int parameter)
{
    uint64_t drawn = bits_for(seed, decision) >> 32;
    return drawn * 100 < (uint64_t)state->lane.parameters[parameter] << 32;
}

static bool failed(request_mix *state, const char *doing)
{
    return hm_lane_heap_failed(&state->lane, doing);
}

static bool wrong(request_mix *state, const char *what, int64_t number)
{
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "request-mix: the %s of request %lld is not what was put in", what,
                        (long long)number);
}

/* Documents that outlive their request. */

static uint64_t lifetime_of(const request_mix *state, uint64_t seed)
{
    return state->lifetimes[bits_for(seed, FOR_LIFETIME) % LIFETIMES];
}

/** Keeps the document until request `number + lifetime` drops it. */
static bool keep_document(request_mix *state, hm_object *document, int64_t number)
{
    hm_heap *heap = state->lane.heap;
    uint64_t dropped_by = (uint64_t)number + lifetime_of(state, seed_of(state, number));
    hm_object **slot = &state->wheel.at[dropped_by % state->wheel.count];
    hm_object *kept = hm_instance_new(heap, state->roots.at[KEPT_CLASS]);
    hm_object *integer = kept == NULL ? NULL : hm_int_new(heap, number);
    if (integer == NULL) {
        hm_xdecref(heap, kept);
        return failed(state, "request-mix: keeping a document");
    }
    hm_store(heap, kept, hm_instance_slot(kept, KEPT_NUMBER), integer);
    hm_store(heap, kept, hm_instance_slot(kept, KEPT_DOCUMENT), hm_incref(document));
    hm_store(heap, kept, hm_instance_slot(kept, KEPT_NEXT), *slot);
    *slot = kept;
    return true;
}

/** Reads what is due and drops it. */
static bool drop_due(request_mix *state, size_t place, uint64_t *sum)
{
    hm_object **slot = &state->wheel.at[place];
    for (hm_object *kept = *slot; kept != NULL; kept = *hm_instance_slot(kept, KEPT_NEXT)) {
        int64_t number = hm_int_value(*hm_instance_slot(kept, KEPT_NUMBER));
        uint64_t seed = seed_of(state, number);
        if (!hm_document_read(*hm_instance_slot(kept, KEPT_DOCUMENT), plan_of(state, seed), seed,
                              sum))
            return wrong(state, "kept document", number);
    }
    hm_object *dropped = *slot;
    *slot = NULL;
    hm_xdecref(state->lane.heap, dropped);
    return true;
}

/* One request. */

/** The request with all that came over the wire. */
static bool receive(request_mix *state, uint32_t session, uint64_t seed)
{
    hm_heap *heap = state->lane.heap;
    hm_object *request = hm_instance_new(heap, kit_of(state)->request_class);
    char key[HM_SESSION_KEY_BYTES];
    state->roots.at[CURRENT] = request;
    hm_sessions_key(&state->sessions, session, key);
    hm_object *path = request == NULL ? NULL : hm_str_new(heap, NULL, HM_PATH_BYTES);
    if (path == NULL)
        return failed(state, "request-mix: receiving a request");
    hm_payload_fill((unsigned char *)hm_str_data(path), HM_PATH_BYTES, seed, true);
    hm_store(heap, request, current_slot(state, HM_REQUEST_PATH), path);
    hm_object *headers = hm_headers_new(heap, kit_of(state), seed, key);
    if (headers == NULL)
        return failed(state, "request-mix: receiving headers");
    hm_store(heap, request, current_slot(state, HM_REQUEST_HEADERS), headers);
    size_t length = hm_document_text_bytes(plan_of(state, seed), seed);
    hm_object *body = hm_bytes_new(heap, NULL, length);
    if (body == NULL)
        return failed(state, "request-mix: receiving a body");
    hm_payload_fill(hm_bytes_data(body), length, seed, true);
    hm_store(heap, request, current_slot(state, HM_REQUEST_BODY), body);
    return true;
}

/** Reads the body and makes the document that it tells. */
static bool parse(request_mix *state, int64_t number, uint64_t seed, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_object *body = *current_slot(state, HM_REQUEST_BODY);
    if (!hm_payload_read(hm_bytes_data(body), hm_text_length(body), seed, true, sum))
        return wrong(state, "body", number);
    hm_object *document = hm_document_new(heap, plan_of(state, seed), seed);
    if (document == NULL)
        return failed(state, "request-mix: parsing a body");
    hm_store(heap, state->roots.at[CURRENT], current_slot(state, HM_REQUEST_DOCUMENT), document);
    return true;
}

/** Finds the session that the cookie names, and changes it. */
static bool use_session(request_mix *state, uint32_t session, int64_t number, uint64_t seed,
                        uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_object *key =
        hm_headers_session(heap, kit_of(state), *current_slot(state, HM_REQUEST_HEADERS));
    if (key == NULL)
        return failed(state, "request-mix: reading the cookie");
    hm_object *found = hm_sessions_find(&state->sessions, key);
    hm_decref(heap, key);
    if (found == NULL)
        return wrong(state, "session", number);
    hm_store(heap, state->roots.at[CURRENT], current_slot(state, HM_REQUEST_SESSION),
             hm_incref(found));
    return hm_sessions_touch(&state->sessions, session, found,
                             *current_slot(state, HM_REQUEST_PATH), seed, sum);
}

/** Walks the document and the headers, answers, and reads the answer as sending it does. */
static bool answer(request_mix *state, int64_t number, uint64_t seed, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_document_plan plan = plan_of(state, seed);
    if (!hm_document_read(*current_slot(state, HM_REQUEST_DOCUMENT), plan, seed, sum))
        return wrong(state, "document", number);
    if (!hm_headers_read(heap, kit_of(state), *current_slot(state, HM_REQUEST_HEADERS), seed, sum))
        return wrong(state, "header", number);
    hm_object *response = hm_response_new(heap, plan, seed);
    if (response == NULL)
        return failed(state, "request-mix: answering");
    hm_store(heap, state->roots.at[CURRENT], current_slot(state, HM_REQUEST_RESPONSE), response);
    return hm_response_read(response, plan, seed, sum) || wrong(state, "response", number);
}

/** What the request leaves behind: a kept document, a cycle, or nothing. */
static bool finish(request_mix *state, int64_t number, uint64_t seed)
{
    hm_heap *heap = state->lane.heap;
    hm_object *request = state->roots.at[CURRENT];
    if (is_chosen(state, seed, FOR_KEEPING, KEEP) &&
        !keep_document(state, *current_slot(state, HM_REQUEST_DOCUMENT), number))
        return false;
    if (is_chosen(state, seed, FOR_CYCLE, CYCLIC)) {
        bool fails = (bits_for(seed, FOR_KIND) & 1) != 0;
        if (!(fails ? hm_request_fail(heap, kit_of(state), request)
                    : hm_request_defer(heap, kit_of(state), request)))
            return failed(state, "request-mix: leaving a cycle");
    }
    state->roots.at[CURRENT] = NULL;
    hm_decref(heap, request);
    return true;
}

static bool serve(request_mix *state, uint64_t *sum)
{
    int64_t number = (int64_t)state->lane.iteration;
    uint64_t seed = seed_of(state, number);
    uint32_t session = hm_zipf_draw(&state->zipf, &state->random);
    return drop_due(state, (size_t)number % state->wheel.count, sum) &&
           (!is_chosen(state, seed, FOR_LOGIN, LOGINS) ||
            hm_sessions_renew(&state->sessions, session)) &&
           receive(state, session, seed) && parse(state, number, seed, sum) &&
           use_session(state, session, number, seed, sum) && answer(state, number, seed, sum) &&
           finish(state, number, seed);
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    request_mix *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t sum = 0;
        if (!serve(state, &sum))
            return false;
        state->lane.iteration++;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    }
    return true;
}

/* The phases around it. */

/** Documents that requests before the first would have left: the wheel is as full as later. */
static bool fill_wheel(request_mix *state)
{
    hm_heap *heap = state->lane.heap;
    for (int64_t number = -(int64_t)state->wheel.count; number < 0; number++) {
        uint64_t seed = seed_of(state, number);
        if (!is_chosen(state, seed, FOR_KEEPING, KEEP) ||
            number + (int64_t)lifetime_of(state, seed) < 0)
            continue;
        hm_object *document = hm_document_new(heap, plan_of(state, seed), seed);
        if (document == NULL)
            return failed(state, "request-mix: making a document");
        bool kept = keep_document(state, document, number);
        hm_decref(heap, document);
        if (!kept)
            return false;
    }
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    request_mix *state = hm_lanes_at(opaque, thread);
    hm_class_spec kept = {.name = "Kept", .slot_count = KEPT_SLOTS};
    state->roots.at[KEPT_CLASS] = hm_class_new(state->lane.heap, &kept);
    if (state->roots.at[KEPT_CLASS] == NULL ||
        !hm_request_kit_make(state->lane.heap, kit_of(state),
                             (uint32_t)state->lane.parameters[HEADERS]))
        return failed(state, "request-mix: making classes");
    return hm_sessions_build(&state->sessions) && fill_wheel(state);
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    request_mix *state = hm_lanes_at(opaque, thread);
    uint64_t sum = 0;
    if (!hm_sessions_read(&state->sessions, &sum))
        return false;
    for (size_t place = 0; place < state->wheel.count; place++) {
        if (!drop_due(state, place, &sum))
            return false;
    }
    hm_sessions_drop(&state->sessions);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

static void close_lane(void *opaque)
{
    request_mix *state = opaque;
    hm_slots_close(&state->lane, &state->roots);
    hm_slots_close(&state->lane, &state->wheel);
    hm_sessions_close(&state->sessions);
    hm_zipf_close(&state->zipf);
}

const hm_workload hm_request_mix_workload;

/** About the bytes of a document in memory: a dict a record, an object a field. */
static double document_bytes(const int64_t *values)
{
    return (double)values[RECORDS] * (200 + 90 * (double)values[FIELDS]);
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_request_mix_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[KEEP] == 0 &&
        hm_parameter_without_effect(self, values, LIFETIME, "keep 0", error) != HM_OK)
        return HM_USAGE_ERROR;
    /* A lifetime is a fifth of the longest on average; the largest document is 25 times the mean.
     */
    double kept = (double)values[KEEP] / 100 * (double)values[LIFETIME] / 5;
    return hm_parameters_fit(self,
                             1200 * (double)values[SESSIONS] + (kept + 25) * document_bytes(values),
                             "sessions, records, fields, keep or lifetime", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(request_mix), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

const hm_workload hm_request_mix_workload = {
    .name = "request-mix",
    .brief = "A service: a graph of objects for each request, beside sessions and what is kept",
    .group = "object",
    .operation = "one request served",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_COLLECTION,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
