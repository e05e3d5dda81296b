#include "bench/stress/alone.h"

#include "bench/stress/forked.h"
#include "bench/stress/manners.h"

#include <pthread.h>
#include <unistd.h>

typedef struct lone_run {
    hm_stress_model *model;
    hm_stress_source source;
    uint64_t done;
    uint64_t share; /* operations that the current thread may still do */
    unsigned patience_s;
    unsigned depth;     /* threads that wait for the current one */
    bool threads_ended; /* so blocks may wait with dead ones until a purge */
    bool threads_lost;  /* forked off another thread's side: its blocks wait for good */
    bool child;
} lone_run;

static void run_share(lone_run *alone);

static void *run_thread(void *argument)
{
    run_share(argument);
    return NULL;
}

static void on_new_thread(lone_run *alone, uint64_t count)
{
    uint64_t share = alone->share;
    pthread_t thread;
    hm_stress_enter(alone->model->record, alone->model->thread, HM_STRESS_IN_THREAD);
    alone->share = count;
    alone->depth++;
    if (pthread_create(&thread, NULL, run_thread, alone) != 0)
        hm_stress_machine_refuses("a thread");
    hm_stress_enter(alone->model->record, alone->model->thread, HM_STRESS_IN_THREAD);
    pthread_join(thread, NULL);
    alone->depth--;
    alone->share = share;
    alone->threads_ended = true;
    atomic_fetch_add_explicit(&alone->model->record->threads, 1, memory_order_relaxed);
}

static void compare(lone_run *alone, bool purge)
{
    const hm_stress_calls *calls = alone->model->calls;
    hm_stress_enter(alone->model->record, alone->model->thread, HM_STRESS_IN_PURGE);
    if (purge && calls->purge != NULL)
        calls->purge();
    bool exact = alone->depth == 0 && !alone->threads_lost && (purge || !alone->threads_ended);
    hm_stress_account_compare(&alone->model->account, calls, exact, alone->model->record,
                              alone->model->thread);
}

static void finish(lone_run *alone)
{
    hm_stress_model_drain(alone->model);
    compare(alone, true);
}

/* The child does what the parent is about to do, from a copy of everything. */
static void in_a_child(lone_run *alone, uint64_t count)
{
    if (alone->child)
        return;
    hm_stress_enter(alone->model->record, alone->model->thread, HM_STRESS_IN_FORK);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        hm_stress_forked_child(parent);
        atomic_store(&alone->model->record->in_a_child, true);
        alone->child = true;
        alone->threads_lost = alone->depth != 0;
        alone->depth = 0;
        alone->share = count;
        run_share(alone);
        finish(alone);
        _exit(0);
    }
    hm_stress_await_child(alone->model->record, alone->model->thread, child, alone->patience_s);
    atomic_store(&alone->model->record->in_a_child, false);
}

static void run_one(lone_run *alone, const hm_stress_operation *operation)
{
    switch (operation->full) {
    case HM_STRESS_THREAD:
        on_new_thread(alone, operation->count);
        break;
    case HM_STRESS_FORK:
        in_a_child(alone, operation->count);
        break;
    case HM_STRESS_PURGE:
        hm_stress_enter(alone->model->record, alone->model->thread, HM_STRESS_IN_PURGE);
        if (alone->model->calls->purge != NULL)
            alone->model->calls->purge();
        break;
    case HM_STRESS_ACCOUNT:
        compare(alone, (operation->bytes & 1) != 0);
        break;
    default:
        hm_stress_model_do(alone->model, operation);
        break;
    }
}

static void run_share(lone_run *alone)
{
    hm_stress_source *source = &alone->source;
    _Atomic(uint64_t) *progress = &alone->model->record->progress[0].operations;
    while (source->left > 0 && alone->share > 0) {
        source->left--;
        alone->share--;
        hm_stress_operation operation =
            source->list != NULL ? *source->list++ : hm_stress_generator_next(&source->generator);
        atomic_store_explicit(progress, ++alone->done, memory_order_relaxed);
        run_one(alone, &operation);
    }
}

void hm_stress_alone_run(hm_stress_model *model, hm_stress_source source, unsigned patience_s)
{
    lone_run alone = {
        .model = model, .source = source, .share = source.left, .patience_s = patience_s};
    hm_stress_manners(model);
    run_share(&alone);
    finish(&alone);
}
