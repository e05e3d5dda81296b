/** The session store of `request-mix`; see request_mix_sessions.h. */
#include "workloads/request_mix_sessions.h"

#include "workloads/payload.h"

#include <string.h>

#include "object/sites.h" /* last: every allocating call below is a site */

enum { USER, COUNT, LAST, DATA, CART, FIELDS };
enum { NAMES, STORE, KEPT_SLOTS };

/** Mean of the data of a session: that of Facebook's ETC pool. */
enum { SESSION_CART = 8, SESSION_DATA_BYTES = 329 };

/** What a session must hold. */
typedef struct session_shadow {
    uint32_t generation; /**< how often it was renewed */
    uint32_t count;      /**< requests so far; SESSION_CART + 1 of them go round the cart once */
    uint64_t last_seed;  /**< of the last path */
} session_shadow;

static session_shadow *shadow_of(const hm_sessions *sessions, uint32_t number)
{
    return (session_shadow *)sessions->shadows.at + number;
}

bool hm_sessions_open(hm_lane *lane, hm_sessions *sessions, uint32_t count)
{
    *sessions = (hm_sessions){.lane = lane, .count = count};
    hm_sizes_pareto(&sessions->data, SESSION_DATA_BYTES);
    return hm_table_open(lane, &sessions->shadows, count, sizeof(session_shadow)) &&
           hm_slots_open(lane, &sessions->kept, KEPT_SLOTS);
}

void hm_sessions_close(hm_sessions *sessions)
{
    if (sessions->lane == NULL)
        return;
    hm_slots_close(sessions->lane, &sessions->kept);
    hm_table_close(&sessions->shadows);
}

void hm_sessions_key(const hm_sessions *sessions, uint32_t number, char *text)
{
    hm_session_key(text, sessions->lane->seed, number, shadow_of(sessions, number)->generation);
}

static uint64_t data_seed(const hm_sessions *sessions, uint32_t number)
{
    uint64_t generation = shadow_of(sessions, number)->generation;
    return hm_scramble(sessions->lane->seed ^ (generation << 32 | number));
}

/** Requests that a new session has behind it: a login brings the user's cart back, full or empty.
 */
static uint32_t first_count(const hm_sessions *sessions, uint32_t number)
{
    return (number + shadow_of(sessions, number)->generation) % (SESSION_CART + 1);
}

/* Making. */

static bool set_field(hm_sessions *sessions, hm_object *session, size_t field, hm_object *value)
{
    hm_heap *heap = sessions->lane->heap;
    hm_object *name = hm_tuple_get(sessions->kept.at[NAMES], field);
    bool set = value != NULL && hm_dict_set(heap, session, name, value);
    hm_xdecref(heap, value);
    return set;
}

static hm_object *make_data(hm_sessions *sessions, uint32_t number)
{
    uint64_t seed = data_seed(sessions, number);
    size_t length = hm_size_of(&sessions->data, seed);
    hm_object *data = hm_bytes_new(sessions->lane->heap, NULL, length);
    if (data != NULL)
        hm_payload_fill(hm_bytes_data(data), length, seed, false);
    return data;
}

static hm_object *make_path(hm_heap *heap, uint64_t seed)
{
    hm_object *path = hm_str_new(heap, NULL, HM_PATH_BYTES);
    if (path != NULL)
        hm_payload_fill((unsigned char *)hm_str_data(path), HM_PATH_BYTES, seed, true);
    return path;
}

/** The cart of a session that has some requests behind it; the last one's path comes of `seed`. */
static hm_object *make_cart(hm_heap *heap, uint64_t seed, uint32_t items)
{
    hm_object *cart = hm_list_new(heap);
    for (uint32_t left = items; cart != NULL && left > 0; left--) {
        if (hm_list_append_new(heap, cart, make_path(heap, seed + left - 1)))
            continue;
        hm_decref(heap, cart);
        cart = NULL;
    }
    return cart;
}

static bool fill_session(hm_sessions *sessions, uint32_t number, hm_object *session)
{
    hm_heap *heap = sessions->lane->heap;
    const session_shadow *shadow = shadow_of(sessions, number);
    hm_object *cart = make_cart(heap, shadow->last_seed, shadow->count);
    if (cart == NULL)
        return false;
    hm_object *path = shadow->count == 0 ? make_path(heap, shadow->last_seed)
                                         : hm_incref(hm_list_get(cart, shadow->count - 1));
    bool cart_set = set_field(sessions, session, CART, cart);
    bool last_set = set_field(sessions, session, LAST, path);
    return cart_set && last_set &&
           set_field(sessions, session, USER, hm_int_new(heap, (int64_t)number + 1000)) &&
           set_field(sessions, session, COUNT, hm_int_new(heap, (int64_t)shadow->count)) &&
           set_field(sessions, session, DATA, make_data(sessions, number));
}

static hm_object *make_key(hm_sessions *sessions, uint32_t number)
{
    hm_object *key = hm_str_new(sessions->lane->heap, NULL, HM_SESSION_KEY_BYTES);
    if (key != NULL)
        hm_sessions_key(sessions, number, hm_str_data(key));
    return key;
}

static bool add_session(hm_sessions *sessions, uint32_t number)
{
    hm_heap *heap = sessions->lane->heap;
    session_shadow *shadow = shadow_of(sessions, number);
    shadow->count = first_count(sessions, number);
    shadow->last_seed = data_seed(sessions, number);
    hm_object *key = make_key(sessions, number);
    hm_object *session = key == NULL ? NULL : hm_dict_new(heap);
    bool added = session != NULL && fill_session(sessions, number, session) &&
                 hm_dict_set(heap, sessions->kept.at[STORE], key, session);
    hm_xdecref(heap, session);
    hm_xdecref(heap, key);
    return added || hm_lane_heap_failed(sessions->lane, "request-mix: making a session");
}

static hm_object *make_names(hm_heap *heap)
{
    static const char *const texts[FIELDS] = {"user", "count", "last", "data", "cart"};
    hm_object *names = hm_tuple_new(heap, FIELDS);
    for (size_t field = 0; names != NULL && field < FIELDS; field++) {
        hm_object *name = hm_str_interned(heap, texts[field]);
        if (name != NULL) {
            hm_tuple_set(heap, names, field, name);
            continue;
        }
        hm_decref(heap, names);
        names = NULL;
    }
    return names;
}

bool hm_sessions_build(hm_sessions *sessions)
{
    hm_heap *heap = sessions->lane->heap;
    hm_object **kept = sessions->kept.at;
    kept[NAMES] = make_names(heap);
    if (kept[NAMES] != NULL)
        kept[STORE] = hm_dict_new(heap);
    if (kept[STORE] == NULL)
        return hm_lane_heap_failed(sessions->lane, "request-mix: making the session store");
    for (uint32_t number = 0; number < sessions->count; number++) {
        if (!add_session(sessions, number))
            return false;
    }
    return true;
}

bool hm_sessions_renew(hm_sessions *sessions, uint32_t number)
{
    hm_heap *heap = sessions->lane->heap;
    hm_object *key = make_key(sessions, number);
    bool gone = key != NULL && hm_dict_delete(heap, sessions->kept.at[STORE], key);
    hm_xdecref(heap, key);
    if (!gone)
        return hm_lane_heap_failed(sessions->lane, "request-mix: ending a session");
    shadow_of(sessions, number)->generation++;
    return add_session(sessions, number);
}

/* Using. */

hm_object *hm_sessions_find(hm_sessions *sessions, hm_object *key)
{
    return hm_dict_get(sessions->lane->heap, sessions->kept.at[STORE], key);
}

static hm_object *field_of(hm_sessions *sessions, hm_object *session, size_t field)
{
    return hm_dict_get(sessions->lane->heap, session,
                       hm_tuple_get(sessions->kept.at[NAMES], field));
}

static bool read_session(hm_sessions *sessions, uint32_t number, hm_object *session, uint64_t *sum)
{
    const session_shadow *shadow = shadow_of(sessions, number);
    uint64_t seed = data_seed(sessions, number);
    size_t length = hm_size_of(&sessions->data, seed);
    hm_object *path = field_of(sessions, session, LAST), *data = field_of(sessions, session, DATA);
    return hm_int_value(field_of(sessions, session, USER)) == (int64_t)number + 1000 &&
           hm_int_value(field_of(sessions, session, COUNT)) == (int64_t)shadow->count &&
           hm_list_length(field_of(sessions, session, CART)) ==
               shadow->count % (SESSION_CART + 1) &&
           hm_payload_read((const unsigned char *)hm_str_data(path), HM_PATH_BYTES,
                           shadow->last_seed, true, sum) &&
           hm_text_length(data) == length &&
           hm_payload_read(hm_bytes_data(data), length, seed, false, sum);
}

static bool wrong(hm_sessions *sessions, uint32_t number)
{
    return hm_lane_fail(sessions->lane, HM_WRONG_RESULT,
                        "request-mix: session %u is lost or is not what requests made it", number);
}

bool hm_sessions_touch(hm_sessions *sessions, uint32_t number, hm_object *session, hm_object *path,
                       uint64_t seed, uint64_t *sum)
{
    hm_heap *heap = sessions->lane->heap;
    session_shadow *shadow = shadow_of(sessions, number);
    if (!read_session(sessions, number, session, sum))
        return wrong(sessions, number);
    hm_object *cart = field_of(sessions, session, CART);
    bool full = hm_list_length(cart) == SESSION_CART;
    if (full)
        hm_list_clear(heap, cart);
    shadow->count++;
    shadow->last_seed = seed;
    return ((full || hm_list_append(heap, cart, path)) &&
            set_field(sessions, session, COUNT, hm_int_new(heap, (int64_t)shadow->count)) &&
            set_field(sessions, session, LAST, hm_incref(path))) ||
           hm_lane_heap_failed(sessions->lane, "request-mix: changing a session");
}

/** The session's number, from its key. */
static uint32_t number_of(hm_object *key)
{
    const char *text = hm_str_data(key);
    uint32_t number = 0;
    for (int place = 7; place >= 0; place--) {
        char digit = text[place];
        number = number << 4 | (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return number;
}

bool hm_sessions_read(hm_sessions *sessions, uint64_t *sum)
{
    hm_object *key, *session;
    size_t position = 0;
    uint32_t found = 0;
    while (hm_dict_next(sessions->kept.at[STORE], &position, &key, &session)) {
        char text[HM_SESSION_KEY_BYTES];
        uint32_t number = number_of(key);
        if (number >= sessions->count)
            return wrong(sessions, number);
        hm_sessions_key(sessions, number, text);
        if (memcmp(text, hm_str_data(key), sizeof text) != 0 ||
            !read_session(sessions, number, session, sum))
            return wrong(sessions, number);
        found++;
    }
    return found == sessions->count || wrong(sessions, found);
}

void hm_sessions_drop(hm_sessions *sessions)
{
    hm_slots_drop(sessions->lane, &sessions->kept);
}
