/*
 * This module is an allocator that remembers every block it handed out and took back, and a raw
 * work run on it on real threads, so that a test sees what the work asked for, in which order and
 * from which thread.
 */
#ifndef HM_TESTS_RAW_FIXTURE_H
#define HM_TESTS_RAW_FIXTURE_H

#include "cmocka_all.h"
#include "workloads/workload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAW_LOG = 1 << 21, RAW_HEAD = 32, RAW_MAGIC = 0x5ca1ab1e };

/* What was asked for, in the order of the calls. */
typedef struct raw_call {
    uint64_t number; /* of the block: how many were made before it */
    size_t bytes;
    bool freed; /* a free of the block; else its allocation */
    pthread_t thread;
} raw_call;

typedef struct raw_head {
    uint64_t number;
    size_t bytes;
    uint64_t magic;
    pthread_t maker;
} raw_head;

static struct {
    pthread_mutex_t lock;
    raw_call *calls;
    size_t count;
    void **live;  /* by number: NULL once it is freed */
    size_t *size; /* by number */
    uint64_t made, live_blocks, live_bytes, remote_frees, wrong;
    uint64_t fail_at; /* the n-th allocation fails; 0: none */
} raw = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void raw_log(uint64_t number, size_t bytes, bool freed)
{
    if (raw.count < RAW_LOG)
        raw.calls[raw.count++] = (raw_call){number, bytes, freed, pthread_self()};
}

static inline void *raw_make(size_t bytes)
{
    raw_head *head = malloc(bytes + RAW_HEAD);
    assert_true(raw.made < RAW_LOG);
    *head = (raw_head){raw.made, bytes, RAW_MAGIC, pthread_self()};
    raw.live[raw.made] = (char *)head + RAW_HEAD;
    raw.size[raw.made] = bytes;
    raw.live_blocks++;
    raw.live_bytes += bytes;
    raw_log(raw.made++, bytes, false);
    memset((char *)head + RAW_HEAD, 0xcb, bytes);
    return (char *)head + RAW_HEAD;
}

static inline void *raw_malloc(size_t bytes)
{
    pthread_mutex_lock(&raw.lock);
    void *block = NULL;
    if (raw.fail_at == 0 || --raw.fail_at != 0)
        block = raw_make(bytes);
    pthread_mutex_unlock(&raw.lock);
    return block;
}

static inline void raw_take_back(void *block, const size_t *bytes)
{
    pthread_mutex_lock(&raw.lock);
    raw_head *head = (raw_head *)(void *)((char *)block - RAW_HEAD);
    raw.wrong += head->magic != RAW_MAGIC || (bytes != NULL && *bytes != head->bytes);
    head->magic = 0;
    raw.remote_frees += !pthread_equal(head->maker, pthread_self());
    raw.live[head->number] = NULL;
    raw.live_blocks--;
    raw.live_bytes -= head->bytes;
    raw_log(head->number, head->bytes, true);
    memset(block, 0xdb, head->bytes);
    free(head);
    pthread_mutex_unlock(&raw.lock);
}

static inline void raw_free(void *block)
{
    raw_take_back(block, NULL);
}

static inline void raw_free_sized(void *block, size_t bytes)
{
    raw_take_back(block, &bytes);
}

static inline void *raw_realloc(void *block, size_t bytes)
{
    void *moved = raw_malloc(bytes);
    if (block == NULL || moved == NULL)
        return moved;
    size_t old = ((raw_head *)(void *)((char *)block - RAW_HEAD))->bytes;
    memcpy(moved, block, old < bytes ? old : bytes);
    raw_free(block);
    return moved;
}

static inline const hm_allocator *raw_allocator(void)
{
    static const hm_allocator recording = {.malloc = raw_malloc,
                                           .free = raw_free,
                                           .realloc = raw_realloc,
                                           .free_sized = raw_free_sized,
                                           .capabilities = HM_ALLOCATOR_SIZED_FREE,
                                           .name = "recording"};
    if (raw.calls == NULL) {
        raw.calls = malloc(RAW_LOG * sizeof *raw.calls);
        raw.live = calloc(RAW_LOG, sizeof *raw.live);
        raw.size = malloc(RAW_LOG * sizeof *raw.size);
    }
    return &recording;
}

/* Forgets all; nothing may be live. */
static inline void raw_forget(void)
{
    assert_int_equal(raw.live_blocks, 0);
    raw.count = 0;
    raw.made = raw.live_bytes = raw.remote_frees = raw.wrong = raw.fail_at = 0;
}

typedef struct raw_work {
    const hm_workload *workload;
    hm_workload_context context;
    hm_error errors[8];
    void *state;
} raw_work;

static inline void raw_parse(raw_work *work, const char *name)
{
    char text[256], *rest;
    hm_error error = {0};
    memset(work, 0, sizeof *work);
    snprintf(text, sizeof text, "%s", name);
    char *part = strtok_r(text, "/", &rest);
    work->workload = hm_workload_find(part);
    assert_non_null(work->workload);
    hm_parameters_default(work->workload, work->context.parameters);
    while ((part = strtok_r(NULL, "/", &rest)) != NULL) {
        char *value = strchr(part, ':');
        *value++ = '\0';
        int index = hm_parameter_find(work->workload, part);
        assert_true(index >= 0);
        if (hm_parameter_parse(&work->workload->parameters[index], value,
                               &work->context.parameters[index], &error) != HM_OK)
            fail_msg("%s: %s", name, error.message);
    }
}

/* Sets the work up on an allocator. */
static inline void raw_open(raw_work *work, const char *name, const hm_allocator *allocator,
                            unsigned threads, uint64_t seed)
{
    raw_parse(work, name);
    if (work->workload->validate(work->context.parameters, &work->errors[0]) != HM_OK)
        fail_msg("%s: %s", name, work->errors[0].message);
    work->context.allocator = allocator;
    work->context.threads = threads;
    work->context.seed = seed;
    work->context.error = work->errors;
    work->state = work->workload->setup(&work->context);
}

typedef struct raw_share {
    raw_work *work;
    const hm_phase *phase;
    unsigned thread;
    uint64_t iterations;
    bool done;
} raw_share;

static inline void *raw_run_share(void *opaque)
{
    raw_share *share = opaque;
    share->done = share->phase->step(share->work->state, share->thread, share->iterations);
    return NULL;
}

/* Runs a phase on all threads at once; true too where the work has none of this role. */
static inline bool raw_phase(raw_work *work, hm_phase_role role, uint64_t iterations)
{
    bool done = true;
    for (int index = 0; index < HM_MAX_PHASES && work->workload->phases[index].step; index++) {
        raw_share shares[8];
        pthread_t threads[8];
        if (work->workload->phases[index].role != role)
            continue;
        for (unsigned thread = 0; thread < work->context.threads; thread++) {
            shares[thread] =
                (raw_share){work, &work->workload->phases[index], thread, iterations, false};
            if (thread > 0)
                assert_int_equal(
                    pthread_create(&threads[thread], NULL, raw_run_share, &shares[thread]), 0);
        }
        raw_run_share(&shares[0]);
        for (unsigned thread = 1; thread < work->context.threads; thread++)
            pthread_join(threads[thread], NULL);
        for (unsigned thread = 0; thread < work->context.threads; thread++)
            done = done && shares[thread].done;
    }
    return done;
}

static inline bool raw_steady(raw_work *work, uint64_t iterations)
{
    return raw_phase(work, HM_PHASE_RESTORE, 1) && raw_phase(work, HM_PHASE_STEADY, iterations);
}

static inline const char *raw_reason(const raw_work *work)
{
    for (int thread = 0; thread < 8; thread++) {
        if (work->errors[thread].status != HM_OK)
            return work->errors[thread].message;
    }
    return "";
}

static inline void raw_demand(const raw_work *work, bool done)
{
    if (!done)
        fail_msg("%s: %s", work->workload->name, raw_reason(work));
}

static inline void raw_close(raw_work *work)
{
    if (work->state != NULL)
        work->workload->teardown(work->state);
    work->state = NULL;
}

/* A whole run; `*checksum` where it succeeds. */
static inline bool raw_run(raw_work *work, uint64_t iterations, uint64_t *checksum)
{
    uint64_t most = work->workload->most_iterations == NULL
                        ? 0
                        : work->workload->most_iterations(work->context.parameters);
    bool done = work->state != NULL && raw_phase(work, HM_PHASE_BUILD, 1);
    for (uint64_t left = iterations; done && left > 0;) {
        uint64_t now = most != 0 && most < left ? most : left;
        done = raw_steady(work, now);
        left -= now;
    }
    return done && raw_phase(work, HM_PHASE_RELEASE, 1) &&
           work->workload->check(work->state, checksum);
}

#endif
