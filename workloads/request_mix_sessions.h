/**
 * This module is the session store of `request-mix`: what a service remembers of its users between
 * requests, so that there are objects which outlive all others, are changed in place, and hold on
 * to pieces of requests that are long over.
 *
 * A session is a dict: the user's number, a count of requests, the path of the last one, data made
 * at the login, and a cart that grows by a path a request to eight and is then emptied.
 *
 * Invariant: the store has one entry for each session's number at all times but inside a renewal;
 * the shadow says what each must hold.
 */
#ifndef HM_WORKLOADS_REQUEST_MIX_SESSIONS_H
#define HM_WORKLOADS_REQUEST_MIX_SESSIONS_H

#include "workloads/lanes.h"
#include "workloads/request_mix_parts.h"
#include "workloads/sizes.h"

enum { HM_PATH_BYTES = 40 };

typedef struct hm_sessions {
    hm_lane *lane;
    uint32_t count;
    hm_sizes data;    /**< bytes of what is made at the login */
    hm_slots kept;    /**< the names of a session's fields, and the store */
    hm_table shadows; /**< what each session must hold */
} hm_sessions;

/** Opens roots and tables for `count` sessions; false: refused, and told. */
bool hm_sessions_open(hm_lane *lane, hm_sessions *sessions, uint32_t count) HM_MUST_USE;
void hm_sessions_close(hm_sessions *sessions);

/** Makes every session. False: told. */
bool hm_sessions_build(hm_sessions *sessions) HM_MUST_USE;

/** Writes the key under which session `number` is in the store now. */
void hm_sessions_key(const hm_sessions *sessions, uint32_t number, char *text);

/** A new login: the old session goes, another with a new key comes. False: told. */
bool hm_sessions_renew(hm_sessions *sessions, uint32_t number) HM_MUST_USE;

/** The session under `key`, borrowed; NULL: there is none. */
hm_object *hm_sessions_find(hm_sessions *sessions, hm_object *key);

/**
 * A request for `path`, a str of HM_PATH_BYTES made from `seed`, changes session `number`. What it
 * held is read first: false where that is wrong or memory is short; told.
 */
bool hm_sessions_touch(hm_sessions *sessions, uint32_t number, hm_object *session, hm_object *path,
                       uint64_t seed, uint64_t *sum) HM_MUST_USE;

/** Reads all sessions; false: one is lost or wrong; told. */
bool hm_sessions_read(hm_sessions *sessions, uint64_t *sum) HM_MUST_USE;

/** Drops the store and every session. */
void hm_sessions_drop(hm_sessions *sessions);

#endif
