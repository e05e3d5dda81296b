#include "crew.h"

#include "alone.h"
#include "model.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OPERATIONS_BETWEEN_MEETINGS = 250000 };

typedef struct shadow_crew shadow_crew;

typedef struct shadow_worker {
    shadow_crew *crew;
    shadow_model *model;
    shadow_generator generator;
    uint64_t done;
    pthread_t thread, before; /* the one it lives on, and the last one it left */
    bool left_one;            /* which is not joined yet */
} shadow_worker;

struct shadow_crew {
    const shadow_calls *calls;
    unsigned threads, patience_s;
    uint64_t operations; /* each */
    shadow_cell *cells;
    pthread_barrier_t meeting, end;
    shadow_worker workers[SHADOW_THREADS_MAX];
};

static void join_the_one_before(shadow_worker *worker)
{
    if (worker->left_one)
        pthread_join(worker->before, NULL);
    worker->left_one = false;
}

/* ---- meetings ---- */

static void compare(shadow_crew *crew)
{
    shadow_model *first = crew->workers[0].model;
    static shadow_account total;
    total = (shadow_account){0};
    for (unsigned index = 0; index < crew->threads; index++)
        shadow_account_merge(&total, &crew->workers[index].model->account);
    for (unsigned index = 0; index < SHADOW_CELLS; index++) {
        if (crew->cells[index].slot.block != NULL)
            shadow_account_add(&total, crew->cells[index].slot.usable, 1);
    }
    if (crew->calls->purge != NULL)
        crew->calls->purge();
    shadow_account_compare(&total, crew->calls, true, first->record, 0);
}

/* Reading the account empties a thread's caches, which gives blocks back to their owners; reading
   it again takes in what the others gave back. Then nothing is under way. */
static void meet(shadow_worker *worker)
{
    hm_allocator_stats stats;
    shadow_crew *crew = worker->crew;
    join_the_one_before(worker);
    for (unsigned round = 0; round < 2; round++) {
        pthread_barrier_wait(&crew->meeting);
        if (crew->calls->stats != NULL)
            crew->calls->stats(&stats);
    }
    pthread_barrier_wait(&crew->meeting);
    if (worker == &crew->workers[0])
        compare(crew);
    pthread_barrier_wait(&crew->meeting);
}

/* ---- a worker's life ---- */

/* A child has this thread alone; what the others were about is lost to it, what they handed to
   this one is not. */
static void in_a_child(shadow_worker *worker, uint64_t count)
{
    shadow_model *model = worker->model;
    pid_t child = fork();
    if (child == 0) {
        alarm(worker->crew->patience_s);
        model->cells = NULL;
        for (; count > 0; count--) {
            shadow_operation operation = shadow_generator_next(&worker->generator);
            if (operation.full < SHADOW_PURGE)
                shadow_model_do(model, &operation);
        }
        shadow_model_drain(model);
        _exit(0);
    }
    shadow_await_child(model, child);
}

static void *live(void *argument);

static void succeed(shadow_worker *worker)
{
    pthread_t thread;
    join_the_one_before(worker);
    worker->before = pthread_self();
    worker->left_one = true;
    if (pthread_create(&thread, NULL, live, worker) != 0)
        exit(3);
}

static void run_one(shadow_worker *worker, const shadow_operation *operation)
{
    const shadow_calls *calls = worker->crew->calls;
    hm_allocator_stats stats;
    if (operation->full == SHADOW_FORK)
        in_a_child(worker, operation->count);
    else if (operation->full == SHADOW_PURGE && calls->purge != NULL)
        calls->purge();
    else if (operation->full == SHADOW_ACCOUNT && calls->stats != NULL)
        calls->stats(&stats); /* while others run: any answer will do */
    else if (operation->full < SHADOW_PURGE || operation->full == SHADOW_IMPOSSIBLE)
        shadow_model_do(worker->model, operation);
}

static void finish(shadow_worker *worker)
{
    shadow_model_drain(worker->model);
    pthread_barrier_wait(&worker->crew->meeting);
    if (worker == &worker->crew->workers[0])
        shadow_model_drain_cells(worker->model);
    meet(worker);
    pthread_barrier_wait(&worker->crew->end);
}

static void *live(void *argument)
{
    shadow_worker *worker = argument;
    shadow_model *model = worker->model;
    worker->thread = pthread_self();
    while (worker->done < worker->crew->operations) {
        shadow_operation operation = shadow_generator_next(&worker->generator);
        worker->done++;
        atomic_store_explicit(&model->record->progress[model->thread].operations, worker->done,
                              memory_order_relaxed);
        run_one(worker, &operation);
        if (worker->done % OPERATIONS_BETWEEN_MEETINGS == 0)
            meet(worker);
        if (operation.full == SHADOW_THREAD) {
            atomic_fetch_add_explicit(&model->record->threads, 1, memory_order_relaxed);
            succeed(worker);
            return NULL;
        }
    }
    finish(worker);
    return NULL;
}

/* ---- the crew ---- */

static void start_worker(shadow_crew *crew, unsigned index, shadow_record *record, uint64_t seed)
{
    shadow_worker *worker = &crew->workers[index];
    uint64_t own_seed = seed + index;
    own_seed = hm_splitmix64(&own_seed);
    worker->crew = crew;
    worker->model = shadow_model_new(crew->calls, record, index, own_seed);
    worker->model->cells = crew->cells;
    worker->model->shared = true;
    shadow_generator_start(&worker->generator, own_seed, true);
}

static shadow_cell *new_cells(void)
{
    void *cells = mmap(NULL, SHADOW_CELLS * sizeof(shadow_cell), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (cells == MAP_FAILED)
        exit(3);
    return cells;
}

void shadow_crew_run(const shadow_calls *calls, shadow_record *record, unsigned threads,
                     uint64_t seed, uint64_t operations, unsigned patience_s)
{
    static shadow_crew crew;
    crew.calls = calls;
    crew.threads = threads;
    crew.patience_s = patience_s;
    crew.operations = operations / threads;
    crew.cells = new_cells();
    pthread_barrier_init(&crew.meeting, NULL, threads);
    pthread_barrier_init(&crew.end, NULL, threads + 1);
    for (unsigned index = 0; index < threads; index++)
        start_worker(&crew, index, record, seed);
    for (unsigned index = 0; index < threads; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, live, &crew.workers[index]) != 0)
            exit(3);
    }
    pthread_barrier_wait(&crew.end);
    for (unsigned index = 0; index < threads; index++)
        pthread_join(crew.workers[index].thread, NULL);
}
