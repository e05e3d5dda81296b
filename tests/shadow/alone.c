#include "alone.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct lone_run {
    shadow_model *model;
    shadow_source source;
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
    alone->share = count;
    alone->depth++;
    if (pthread_create(&thread, NULL, run_thread, alone) != 0)
        exit(3);
    pthread_join(thread, NULL);
    alone->depth--;
    alone->share = share;
    alone->threads_ended = true;
    atomic_fetch_add_explicit(&alone->model->record->threads, 1, memory_order_relaxed);
}

static void compare(lone_run *alone, bool purge)
{
    const shadow_calls *calls = alone->model->calls;
    if (purge && calls->purge != NULL)
        calls->purge();
    bool exact = alone->depth == 0 && !alone->threads_lost && (purge || !alone->threads_ended);
    shadow_account_compare(&alone->model->account, calls, exact, alone->model->record,
                           alone->model->thread);
}

static void finish(lone_run *alone)
{
    shadow_model_drain(alone->model);
    compare(alone, true);
}

void shadow_await_child(shadow_model *model, int child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(3);
    if (WIFSIGNALED(status))
        shadow_record_defect(model->record, model->thread, "a forked child was ended by signal %d",
                             WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        _exit(WEXITSTATUS(status));
    atomic_fetch_add_explicit(&model->record->forks, 1, memory_order_relaxed);
}

/* The child does what the parent is about to do, from a copy of everything. */
static void in_a_child(lone_run *alone, uint64_t count)
{
    if (alone->child)
        return;
    pid_t child = fork();
    if (child == 0) {
        alarm(alone->patience_s);
        alone->child = true;
        alone->threads_lost = alone->depth != 0;
        alone->depth = 0;
        alone->share = count;
        run_share(alone);
        finish(alone);
        _exit(0);
    }
    shadow_await_child(alone->model, child);
}

static void run_one(lone_run *alone, const shadow_operation *operation)
{
    switch (operation->full) {
    case SHADOW_THREAD:
        on_new_thread(alone, operation->count);
        break;
    case SHADOW_FORK:
        in_a_child(alone, operation->count);
        break;
    case SHADOW_PURGE:
        if (alone->model->calls->purge != NULL)
            alone->model->calls->purge();
        break;
    case SHADOW_ACCOUNT:
        compare(alone, (operation->bytes & 1) != 0);
        break;
    default:
        shadow_model_do(alone->model, operation);
        break;
    }
}

static void run_share(lone_run *alone)
{
    shadow_source *source = &alone->source;
    _Atomic(uint64_t) *progress = &alone->model->record->progress[0].operations;
    while (source->left > 0 && alone->share > 0) {
        source->left--;
        alone->share--;
        shadow_operation operation =
            source->list != NULL ? *source->list++ : shadow_generator_next(&source->generator);
        atomic_store_explicit(progress, ++alone->done, memory_order_relaxed);
        run_one(alone, &operation);
    }
}

void shadow_alone_run(shadow_model *model, shadow_source source, unsigned patience_s)
{
    lone_run alone = {
        .model = model, .source = source, .share = source.left, .patience_s = patience_s};
    run_share(&alone);
    finish(&alone);
}
