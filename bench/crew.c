#include "bench/crew.h"

#include "bench/measure/clock.h"

#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps until woken, unless the word is no longer `seen`; may return for no reason. */
static void sleep_while(_Atomic uint32_t *word, uint32_t seen)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int threads)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

static void do_task(hm_crew *crew, unsigned thread)
{
    hm_crew_member *member = &crew->members[thread];
    member->succeeded = crew->task(crew->context, thread);
    member->ended_ns = hm_clock_wall_ns();
}

static void *work(void *opaque)
{
    hm_crew_member *member = opaque;
    hm_crew *crew = member->crew;
    unsigned thread = (unsigned)(member - crew->members);
    for (uint32_t done = 0;; done++) {
        while (atomic_load_explicit(&crew->tasks, memory_order_acquire) == done)
            sleep_while(&crew->tasks, done);
        if (crew->disbanding)
            return NULL;
        do_task(crew, thread);
        if (atomic_fetch_sub_explicit(&crew->busy, 1, memory_order_acq_rel) == 1)
            wake(&crew->busy, 1);
    }
}

/* Lets the workers go for the next task. */
static void release(hm_crew *crew)
{
    atomic_store_explicit(&crew->busy, crew->count - 1, memory_order_relaxed);
    crew->released_ns = hm_clock_wall_ns();
    atomic_fetch_add_explicit(&crew->tasks, 1, memory_order_release);
    wake(&crew->tasks, INT_MAX);
}

static void wait_for_workers(hm_crew *crew)
{
    uint32_t busy;
    while ((busy = atomic_load_explicit(&crew->busy, memory_order_acquire)) != 0)
        sleep_while(&crew->busy, busy);
}

static unsigned thread_count(const hm_crew *crew)
{
    return crew->count == 0 ? 1 : crew->count;
}

unsigned hm_crew_first_failure(const hm_crew *crew)
{
    unsigned thread = 0;
    while (thread < thread_count(crew) && crew->members[thread].succeeded)
        thread++;
    return thread;
}

bool hm_crew_run(hm_crew *crew, hm_crew_task task, void *context)
{
    if (thread_count(crew) == 1)
        return crew->members[0].succeeded = task(context, 0);
    crew->task = task;
    crew->context = context;
    release(crew);
    do_task(crew, 0);
    wait_for_workers(crew);
    return hm_crew_first_failure(crew) == crew->count;
}

/* A task for one thread, while the others have nothing to do. */
typedef struct turn {
    hm_crew_task task;
    void *context;
    unsigned thread;
} turn;

static bool take_turn(void *opaque, unsigned thread)
{
    const turn *own = opaque;
    return thread != own->thread || own->task(own->context, thread);
}

bool hm_crew_run_in_turn(hm_crew *crew, hm_crew_task task, void *context)
{
    turn own = {.task = task, .context = context};
    for (; own.thread < thread_count(crew); own.thread++) {
        if (!hm_crew_run(crew, take_turn, &own))
            return false;
    }
    return true;
}

bool hm_crew_span(const hm_crew *crew, uint64_t *released_ns, uint64_t *ended_ns)
{
    if (thread_count(crew) == 1)
        return false;
    *released_ns = *ended_ns = crew->released_ns;
    for (unsigned thread = 0; thread < crew->count; thread++) {
        if (crew->members[thread].ended_ns > *ended_ns)
            *ended_ns = crew->members[thread].ended_ns;
    }
    return true;
}

/* Chooses a processor for each thread; where there are too few, for none. */
static void choose_processors(hm_crew *crew, unsigned threads)
{
    crew->pinned = sched_getaffinity(0, sizeof crew->before, &crew->before) == 0 &&
                   (unsigned)CPU_COUNT(&crew->before) >= threads;
    int cpu = -1;
    for (unsigned thread = 0; thread < threads; thread++) {
        crew->members[thread] = (hm_crew_member){.crew = crew, .cpu = -1};
        if (!crew->pinned)
            continue;
        do
            cpu++;
        while (!CPU_ISSET((size_t)cpu, &crew->before));
        crew->members[thread].cpu = cpu;
    }
}

/* A worker starts where it is pinned, so that its first block comes from there too. */
static int start_worker(hm_crew *crew, unsigned thread)
{
    hm_crew_member *member = &crew->members[thread];
    pthread_attr_t attributes;
    int failure = pthread_attr_init(&attributes);
    if (failure != 0)
        return failure;
    if (crew->pinned) {
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET((size_t)member->cpu, &own);
        failure = pthread_attr_setaffinity_np(&attributes, sizeof own, &own);
    }
    if (failure == 0)
        failure = pthread_create(&member->handle, &attributes, work, member);
    pthread_attr_destroy(&attributes);
    return failure;
}

static bool pin_self(hm_crew *crew)
{
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET((size_t)crew->members[0].cpu, &own);
    return sched_setaffinity(0, sizeof own, &own) == 0;
}

hm_status hm_crew_make(hm_crew *crew, unsigned threads, hm_error *error)
{
    HM_CHECK(threads >= 1 && threads <= HM_MAX_THREADS);
    memset(crew, 0, sizeof *crew);
    crew->count = 1;
    if (threads == 1)
        return HM_OK;
    choose_processors(crew, threads);
    for (; crew->count < threads; crew->count++) {
        int failure = start_worker(crew, crew->count);
        if (failure == 0)
            continue;
        unsigned made = crew->count;
        hm_crew_disband(crew);
        return hm_error_set(error, HM_NO_MEMORY, "thread %u of %u could not be made: %s", made,
                            threads, strerror(failure));
    }
    if (!crew->pinned || pin_self(crew))
        return HM_OK;
    hm_crew_disband(crew);
    return hm_error_set(error, HM_RUNTIME_ERROR,
                        "the kernel lists processor %d but does not let a thread run on it alone",
                        crew->members[0].cpu);
}

void hm_crew_disband(hm_crew *crew)
{
    if (thread_count(crew) == 1)
        return;
    crew->disbanding = true;
    release(crew);
    for (unsigned thread = 1; thread < crew->count; thread++)
        pthread_join(crew->members[thread].handle, NULL);
    if (crew->pinned)
        sched_setaffinity(0, sizeof crew->before, &crew->before);
    memset(crew, 0, sizeof *crew);
}
