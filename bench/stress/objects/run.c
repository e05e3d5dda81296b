#include "bench/stress/objects/run.h"

#include "bench/stress/account.h"
#include "bench/stress/alone.h"
#include "bench/stress/crash.h"
#include "bench/stress/forked.h"
#include "bench/stress/objects/world.h"

#include <pthread.h>
#include <unistd.h>

typedef struct object_run {
    const hm_stress_calls *calls;
    hm_objects_setting setting;
    unsigned patience_s;
} object_run;

static void count_step(hm_objects_world *world, uint64_t done)
{
    atomic_store_explicit(&world->record->progress[world->thread].operations, done,
                          memory_order_relaxed);
}

/* All heaps have ended: the allocator must have everything back. */
static void compare(const object_run *run, bool exact)
{
    static const hm_stress_account nothing;
    hm_stress_enter(run->setting.record, 0, HM_STRESS_IN_PURGE);
    if (run->calls->purge != NULL)
        run->calls->purge();
    hm_stress_account_compare(&nothing, run->calls, exact, run->setting.record, 0);
}

/* ---- on one thread at a time ---- */

typedef struct lone_heap {
    const object_run *run;
    hm_objects_world *world;
    hm_stress_source source;
    uint64_t done, share;
    bool child;
} lone_heap;

/* The thread sanitizer ends a forked child that starts threads; in one that was forked among
 * threads the locks of a sanitizer's allocator may never be free again. */
#ifdef HM_SANITIZED
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void run_share(lone_heap *alone);

static void *run_thread(void *argument)
{
    lone_heap *alone = argument;
    hm_objects_now = alone->world;
    run_share(alone);
    return NULL;
}

static void on_new_thread(lone_heap *alone, uint64_t count)
{
    hm_objects_world *world = alone->world;
    uint64_t share = alone->share;
    pthread_t thread;
    hm_stress_enter(world->record, world->thread, HM_STRESS_IN_THREAD);
    alone->share = count;
    if (pthread_create(&thread, NULL, run_thread, alone) != 0)
        hm_stress_machine_refuses("a thread");
    pthread_join(thread, NULL);
    alone->share = share;
    atomic_fetch_add_explicit(&world->record->threads, 1, memory_order_relaxed);
}

/* The child does what the parent is about to do, then ends the heap. */
static void in_a_child(lone_heap *alone, uint64_t count)
{
    hm_objects_world *world = alone->world;
    if (alone->child)
        return;
    hm_stress_enter(world->record, world->thread, HM_STRESS_IN_FORK);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        hm_stress_forked_child(parent);
        atomic_store(&world->record->in_a_child, true);
        alone->child = true;
        alone->share = count;
        run_share(alone);
        hm_objects_heap_end(world);
        _exit(0);
    }
    hm_stress_await_child(world->record, world->thread, child, alone->run->patience_s);
    atomic_store(&world->record->in_a_child, false);
}

static void run_share(lone_heap *alone)
{
    hm_stress_source *source = &alone->source;
    while (source->left > 0 && alone->share > 0) {
        source->left--;
        alone->share--;
        hm_stress_operation operation =
            source->list != NULL ? *source->list++ : hm_objects_generate(&source->generator);
        hm_objects_step step = hm_objects_unpack(&operation);
        count_step(alone->world, ++alone->done);
        if (step.kind == HM_OBJECTS_THREAD && alone->child && SANITIZED)
            continue;
        if (step.kind == HM_OBJECTS_THREAD)
            on_new_thread(alone, step.count);
        else if (step.kind == HM_OBJECTS_FORK)
            in_a_child(alone, step.count);
        else
            hm_objects_do(alone->world, &step);
    }
}

static void run_alone(const object_run *run, const hm_stress_task *task,
                      const hm_stress_operation *list)
{
    lone_heap alone = {
        .run = run, .source = {.list = list, .left = task->operations}, .share = task->operations};
    hm_stress_generator_start(&alone.source.generator, task->seed, false);
    alone.world = hm_objects_world_new(&run->setting, 0, task->seed);
    run_share(&alone);
    hm_objects_heap_end(alone.world);
    hm_objects_world_free(alone.world);
    compare(run, true);
}

/* ---- on several ---- */

typedef struct heap_worker {
    const object_run *run;
    hm_objects_world *world;
    hm_stress_generator generator;
    uint64_t seed, done, operations;
    unsigned number;
    pthread_t thread, before;
    bool left_one; /* a thread that is not joined yet */
    pthread_barrier_t *end;
} heap_worker;

static void *live(void *argument);

static void succeed(heap_worker *worker)
{
    pthread_t thread;
    if (worker->left_one)
        pthread_join(worker->before, NULL);
    worker->before = pthread_self();
    worker->left_one = true;
    atomic_fetch_add_explicit(&worker->world->record->threads, 1, memory_order_relaxed);
    if (pthread_create(&thread, NULL, live, worker) != 0)
        hm_stress_machine_refuses("a thread");
}

/* The child has this thread alone, and this heap. */
static void worker_in_a_child(heap_worker *worker, uint64_t count)
{
    hm_objects_world *world = worker->world;
    hm_stress_enter(world->record, world->thread, HM_STRESS_IN_FORK);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        hm_stress_forked_child(parent);
        for (; count > 0; count--) {
            count_step(world, ++worker->done);
            hm_stress_operation operation = hm_objects_generate(&worker->generator);
            hm_objects_step step = hm_objects_unpack(&operation);
            if (step.kind < HM_OBJECTS_THREAD)
                hm_objects_do(world, &step);
        }
        hm_objects_heap_end(world);
        _exit(0);
    }
    hm_stress_await_child(world->record, world->thread, child, worker->run->patience_s);
}

static void finish(heap_worker *worker)
{
    hm_stress_record *record = worker->run->setting.record;
    if (worker->left_one)
        pthread_join(worker->before, NULL);
    hm_objects_heap_end(worker->world);
    hm_objects_world_free(worker->world);
    hm_stress_enter(record, worker->number, HM_STRESS_IN_NOTHING);
    worker->thread = pthread_self();
    pthread_barrier_wait(worker->end);
}

static void *live(void *argument)
{
    heap_worker *worker = argument;
    hm_stress_crash_is_of(worker->number);
    if (worker->world == NULL)
        worker->world = hm_objects_world_new(&worker->run->setting, worker->number, worker->seed);
    hm_objects_now = worker->world;
    while (worker->done < worker->operations) {
        hm_stress_operation operation = hm_objects_generate(&worker->generator);
        hm_objects_step step = hm_objects_unpack(&operation);
        count_step(worker->world, ++worker->done);
        if (step.kind == HM_OBJECTS_FORK && worker->run->calls->forks_among_threads && !SANITIZED)
            worker_in_a_child(worker, step.count);
        else if (step.kind < HM_OBJECTS_THREAD)
            hm_objects_do(worker->world, &step);
        if (step.kind == HM_OBJECTS_THREAD) {
            succeed(worker);
            return NULL;
        }
    }
    finish(worker);
    return NULL;
}

static void run_crew(const object_run *run, const hm_stress_task *task)
{
    static heap_worker workers[HM_STRESS_THREADS_MAX];
    static pthread_barrier_t end;
    pthread_barrier_init(&end, NULL, task->threads + 1);
    for (unsigned index = 0; index < task->threads; index++) {
        uint64_t seed = task->seed + index;
        pthread_t thread;
        workers[index] = (heap_worker){.run = run,
                                       .seed = hm_splitmix64(&seed),
                                       .operations = task->operations / task->threads,
                                       .number = index,
                                       .end = &end};
        hm_stress_generator_start(&workers[index].generator, workers[index].seed, true);
        if (pthread_create(&thread, NULL, live, &workers[index]) != 0)
            hm_stress_machine_refuses("a thread");
    }
    pthread_barrier_wait(&end);
    for (unsigned index = 0; index < task->threads; index++)
        pthread_join(workers[index].thread, NULL);
    compare(run, true);
}

void hm_objects_here(const hm_stress_task *task, const hm_stress_operation *list,
                     const hm_stress_calls *calls, const hm_allocator *allocator,
                     hm_stress_record *record)
{
    hm_allocator ledger = hm_objects_ledger_decorate(allocator);
    object_run run = {.calls = calls,
                      .setting = {.allocator = &ledger, .record = record},
                      .patience_s = task->patience_s > 3 ? task->patience_s / 2 : 1};
    hm_error error = {0};
    hm_stress_crash_watch(record);
    hm_stress_crash_explain(hm_objects_explain);
    if (hm_collector_parse(task->collector, &run.setting.collector, &error) != HM_OK)
        hm_stress_record_defect(record, 0, HM_STRESS_UNBOUND, "%s", error.message);
    hm_stress_trial_start(calls, record);
    if (task->threads == 1)
        run_alone(&run, task, task->has_list ? list : NULL);
    else
        run_crew(&run, task);
    atomic_store(&record->stage, HM_STRESS_LEAVING);
}
