#include "bench/stress/crew.h"

#include "bench/stress/crash.h"
#include "bench/stress/forked.h"
#include "bench/stress/model.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OPERATIONS_BETWEEN_MEETINGS = 250000 };

typedef struct hm_stress_crew hm_stress_crew;

typedef struct hm_stress_worker {
    hm_stress_crew *crew;
    hm_stress_model *model;
    hm_stress_generator generator;
    uint64_t done;
    pthread_t thread, before; /* the one it lives on, and the last one it left */
    bool left_one;            /* which is not joined yet */
} hm_stress_worker;

struct hm_stress_crew {
    const hm_stress_calls *calls;
    unsigned threads, patience_s;
    uint64_t operations; /* each */
    hm_stress_cell *cells;
    pthread_barrier_t meeting, end;
    hm_stress_worker workers[HM_STRESS_THREADS_MAX];
};

static void join_the_one_before(hm_stress_worker *worker)
{
    if (worker->left_one)
        pthread_join(worker->before, NULL);
    worker->left_one = false;
}

/* ---- meetings ---- */

static void compare(hm_stress_crew *crew)
{
    hm_stress_model *first = crew->workers[0].model;
    static hm_stress_account total;
    total = (hm_stress_account){0};
    for (unsigned index = 0; index < crew->threads; index++)
        hm_stress_account_merge(&total, &crew->workers[index].model->account);
    for (unsigned index = 0; index < HM_STRESS_CELLS; index++) {
        if (crew->cells[index].slot.block != NULL)
            hm_stress_account_add(&total, crew->cells[index].slot.usable, 1);
    }
    hm_stress_enter(first->record, first->thread, HM_STRESS_IN_PURGE);
    if (crew->calls->purge != NULL)
        crew->calls->purge();
    hm_stress_account_compare(&total, crew->calls, true, first->record, 0);
}

/* Reading the account empties a thread's caches, which gives blocks back to their owners; reading
   it again takes in what the others gave back. Then nothing is under way. */
static void meet(hm_stress_worker *worker)
{
    hm_allocator_stats stats;
    hm_stress_crew *crew = worker->crew;
    join_the_one_before(worker);
    hm_stress_enter(worker->model->record, worker->model->thread, HM_STRESS_IN_NOTHING);
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
static void in_a_child(hm_stress_worker *worker, uint64_t count)
{
    hm_stress_model *model = worker->model;
    hm_stress_enter(model->record, model->thread, HM_STRESS_IN_FORK);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        hm_stress_forked_child(parent);
        model->cells = NULL;
        for (; count > 0; count--) {
            hm_stress_operation operation = hm_stress_generator_next(&worker->generator);
            if (operation.full < HM_STRESS_PURGE)
                hm_stress_model_do(model, &operation);
        }
        hm_stress_model_drain(model);
        _exit(0);
    }
    hm_stress_await_child(model->record, model->thread, child, worker->crew->patience_s);
}

static void *live(void *argument);

static void succeed(hm_stress_worker *worker)
{
    pthread_t thread;
    join_the_one_before(worker);
    worker->before = pthread_self();
    worker->left_one = true;
    if (pthread_create(&thread, NULL, live, worker) != 0)
        hm_stress_machine_refuses("a thread");
}

static void run_one(hm_stress_worker *worker, const hm_stress_operation *operation)
{
    const hm_stress_calls *calls = worker->crew->calls;
    hm_stress_model *model = worker->model;
    hm_allocator_stats stats;
    hm_stress_enter(model->record, model->thread,
                    operation->full == HM_STRESS_PURGE ? HM_STRESS_IN_PURGE : HM_STRESS_IN_STATS);
    if (operation->full == HM_STRESS_FORK && calls->forks_among_threads)
        in_a_child(worker, operation->count);
    else if (operation->full == HM_STRESS_PURGE && calls->purge != NULL)
        calls->purge();
    else if (operation->full == HM_STRESS_ACCOUNT && calls->stats != NULL)
        calls->stats(&stats); /* while others run: any answer will do */
    else if (operation->full < HM_STRESS_PURGE || operation->full == HM_STRESS_IMPOSSIBLE)
        hm_stress_model_do(worker->model, operation);
}

static void finish(hm_stress_worker *worker)
{
    hm_stress_model_drain(worker->model);
    hm_stress_enter(worker->model->record, worker->model->thread, HM_STRESS_IN_NOTHING);
    pthread_barrier_wait(&worker->crew->meeting);
    if (worker == &worker->crew->workers[0])
        hm_stress_model_drain_cells(worker->model);
    meet(worker);
    pthread_barrier_wait(&worker->crew->end);
}

static void *live(void *argument)
{
    hm_stress_worker *worker = argument;
    hm_stress_model *model = worker->model;
    worker->thread = pthread_self();
    hm_stress_crash_is_of(model->thread);
    while (worker->done < worker->crew->operations) {
        hm_stress_operation operation = hm_stress_generator_next(&worker->generator);
        worker->done++;
        atomic_store_explicit(&model->record->progress[model->thread].operations, worker->done,
                              memory_order_relaxed);
        run_one(worker, &operation);
        if (worker->done % OPERATIONS_BETWEEN_MEETINGS == 0)
            meet(worker);
        if (operation.full == HM_STRESS_THREAD) {
            atomic_fetch_add_explicit(&model->record->threads, 1, memory_order_relaxed);
            succeed(worker);
            return NULL;
        }
    }
    finish(worker);
    return NULL;
}

/* ---- the crew ---- */

static void start_worker(hm_stress_crew *crew, unsigned index, hm_stress_record *record,
                         uint64_t seed)
{
    hm_stress_worker *worker = &crew->workers[index];
    uint64_t own_seed = seed + index;
    own_seed = hm_splitmix64(&own_seed);
    worker->crew = crew;
    worker->model = hm_stress_model_new(crew->calls, record, index, own_seed);
    worker->model->cells = crew->cells;
    worker->model->shared = true;
    hm_stress_generator_start(&worker->generator, own_seed, true);
}

static hm_stress_cell *new_cells(void)
{
    void *cells = mmap(NULL, HM_STRESS_CELLS * sizeof(hm_stress_cell), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (cells == MAP_FAILED)
        hm_stress_machine_refuses("the cells of a crew");
    return cells;
}

void hm_stress_crew_run(const hm_stress_calls *calls, hm_stress_record *record, unsigned threads,
                        uint64_t seed, uint64_t operations, unsigned patience_s)
{
    static hm_stress_crew crew;
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
            hm_stress_machine_refuses("a thread");
    }
    pthread_barrier_wait(&crew.end);
    for (unsigned index = 0; index < threads; index++)
        pthread_join(crew.workers[index].thread, NULL);
}
