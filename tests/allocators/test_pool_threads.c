/* The pool with several threads, dead threads and forked children. */
#include "cmocka_all.h"

#include "pool_table.h"
#include "shadow.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANDED = 50000 };

static char *handed[HANDED];

static void assert_pool_is_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, body, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static uint64_t allocated_bytes(void)
{
    hm_allocator_stats stats;
    hm_pool_stats(&stats);
    return stats.allocated_bytes;
}

static void *make_blocks(void *argument)
{
    HM_UNUSED(argument);
    for (unsigned index = 0; index < HANDED; index++) {
        handed[index] = hm_pool_malloc(16 + index % 400);
        memset(handed[index], (int)(index % 251), 16 + index % 400);
    }
    return NULL;
}

static void *free_blocks(void *argument)
{
    HM_UNUSED(argument);
    for (unsigned index = 0; index < HANDED; index++)
        hm_pool_free(handed[index]);
    return NULL;
}

static void test_another_thread_frees_and_the_owner_reuses(void **state)
{
    HM_UNUSED(state);
    make_blocks(NULL);
    unsigned arenas = hm_pool_count().arenas;
    run_thread(free_blocks, NULL);
    assert_pool_is_whole();
    make_blocks(NULL);
    assert_true(hm_pool_count().arenas <= arenas + 1);
    free_blocks(NULL);
    assert_int_equal(allocated_bytes(), 0);
    assert_pool_is_whole();
}

static void test_a_dead_threads_blocks_stay_and_can_be_freed(void **state)
{
    HM_UNUSED(state);
    run_thread(make_blocks, NULL);
    for (unsigned index = 0; index < HANDED; index++)
        assert_true(shadow_is_filled((unsigned char *)handed[index], (unsigned char)(index % 251),
                                     16 + index % 400));
    assert_true(hm_pool_count().abandoned_locals >= 1);
    free_blocks(NULL);
    hm_pool_purge(); /* the abandoned local pool's empty slabs too */
    assert_int_equal(allocated_bytes(), 0);
    assert_int_equal(hm_pool_count().arenas, 0);
    assert_pool_is_whole();
}

static void *allocate_a_little(void *argument)
{
    HM_UNUSED(argument);
    hm_pool_free(hm_pool_malloc(100));
    return NULL;
}

static void test_new_threads_adopt_what_dead_ones_left(void **state)
{
    HM_UNUSED(state);
    run_thread(allocate_a_little, NULL);
    hm_pool_census before = hm_pool_count();
    for (unsigned index = 0; index < 200; index++)
        run_thread(allocate_a_little, NULL);
    hm_pool_census after = hm_pool_count();
    assert_int_equal(after.abandoned_locals, before.abandoned_locals);
    assert_int_equal(after.owned_locals, before.owned_locals);
}

/* A dead thread's partial slabs serve the thread that adopts them: no new memory. */
static void test_adopted_slabs_are_used(void **state)
{
    HM_UNUSED(state);
    run_thread(make_blocks, NULL);
    unsigned arenas = hm_pool_count().arenas;
    free_blocks(NULL);
    run_thread(make_blocks, NULL);
    assert_true(hm_pool_count().arenas <= arenas + 1);
    free_blocks(NULL);
    hm_pool_purge();
    assert_int_equal(allocated_bytes(), 0);
}

/* ---- several at once ---- */

enum { WORKERS = 4, SLOTS = 4096, STEPS = 60000 };

static _Atomic(unsigned char *) slots[SLOTS];
static atomic_uint damaged;

/* Blocks wander between threads through the slots; the first byte tells the pattern, the second
   word the size. */
static void *exchange_blocks(void *argument)
{
    hm_random random;
    hm_random_seed(&random, (uint64_t)(uintptr_t)argument);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned char *block = NULL;
        if (hm_random_below(&random, 3) != 0) {
            uint32_t bytes = 8 + (uint32_t)hm_random_below(&random, 50) *
                                     (hm_random_below(&random, 100) == 0 ? 1000 : 10);
            unsigned char pattern = (unsigned char)hm_random_below(&random, 256);
            block = hm_pool_malloc(bytes);
            memset(block, pattern, bytes);
            memcpy(block, &bytes, sizeof bytes);
        }
        block = atomic_exchange(&slots[hm_random_below(&random, SLOTS)], block);
        if (block == NULL)
            continue;
        uint32_t bytes;
        memcpy(&bytes, block, sizeof bytes);
        if (!shadow_is_filled(block + 4, block[4], bytes - 4))
            atomic_fetch_add(&damaged, 1);
        hm_pool_free(block);
    }
    return NULL;
}

static void test_blocks_wander_between_threads(void **state)
{
    HM_UNUSED(state);
    pthread_t threads[WORKERS];
    uint64_t seed = shadow_seed("wander");
    for (unsigned index = 0; index < WORKERS; index++)
        assert_int_equal(pthread_create(&threads[index], NULL, exchange_blocks,
                                        (void *)(uintptr_t)(seed + index)),
                         0);
    for (unsigned index = 0; index < WORKERS; index++)
        pthread_join(threads[index], NULL);
    assert_int_equal(atomic_load(&damaged), 0);
    for (unsigned index = 0; index < SLOTS; index++)
        hm_pool_free(atomic_exchange(&slots[index], NULL));
    hm_pool_purge();
    assert_pool_is_whole();
    assert_int_equal(allocated_bytes(), 0);
}

/* ---- thread-specific data that frees and allocates at a thread's end ---- */

static pthread_key_t late_key;

static void late_destructor(void *block)
{
    hm_pool_free(block);
    hm_pool_free(hm_pool_malloc(64));
}

static void *leave_to_destructor(void *argument)
{
    HM_UNUSED(argument);
    pthread_setspecific(late_key, hm_pool_malloc(200));
    return NULL;
}

static void test_destructors_may_allocate_after_the_pool_let_go(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(pthread_key_create(&late_key, late_destructor), 0);
    unsigned owned = hm_pool_count().owned_locals;
    for (unsigned index = 0; index < 50; index++)
        run_thread(leave_to_destructor, NULL);
    assert_int_equal(hm_pool_count().owned_locals, owned);
    hm_pool_purge();
    assert_int_equal(allocated_bytes(), 0);
    assert_pool_is_whole();
}

/* libc frees a thread's last blocks after all destructors: a destructor that has run as often as
   it may stands for it. A local pool got then would be nobody's for good. */
static void last_destructor(void *block)
{
    static _Thread_local unsigned calls;
    if (++calls < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(late_key, block);
    else
        hm_pool_free(block);
}

static void test_a_last_free_takes_no_local_pool(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(pthread_key_create(&late_key, last_destructor), 0);
    unsigned owned = hm_pool_count().owned_locals;
    for (unsigned index = 0; index < 50; index++)
        run_thread(leave_to_destructor, NULL);
    assert_int_equal(hm_pool_count().owned_locals, owned);
    pthread_key_delete(late_key);
    hm_pool_purge();
    assert_int_equal(allocated_bytes(), 0);
    assert_pool_is_whole();
}

/* ---- fork ---- */

static atomic_bool stop;

static void *churn_until_stopped(void *argument)
{
    hm_random random;
    hm_random_seed(&random, (uint64_t)(uintptr_t)argument);
    char *live[64] = {NULL};
    while (!atomic_load(&stop)) {
        size_t index = (size_t)hm_random_below(&random, 64);
        hm_pool_free(live[index]);
        live[index] = hm_pool_malloc(hm_random_below(&random, 60000));
    }
    for (unsigned index = 0; index < 64; index++)
        hm_pool_free(live[index]);
    return NULL;
}

/* What a child does with the pool; returns its exit code. */
static int use_pool_in_child(char *inherited)
{
    static shadow model;
    if (!shadow_is_filled((unsigned char *)inherited, 9, 1000))
        return 2;
    hm_pool_free(inherited);
    shadow_start(&model, &pool_table, 1, 100000);
    for (unsigned step = 0; step < 3000; step++)
        shadow_step(&model);
    shadow_finish(&model);
    return model.defect == NULL ? 0 : 3;
}

static void test_children_forked_among_busy_threads_can_allocate(void **state)
{
    HM_UNUSED(state);
    pthread_t threads[2];
    atomic_store(&stop, false);
    for (unsigned index = 0; index < 2; index++)
        pthread_create(&threads[index], NULL, churn_until_stopped, (void *)(uintptr_t)(index + 1));
    for (unsigned round = 0; round < 20; round++) {
        char *inherited = hm_pool_malloc(1000);
        memset(inherited, 9, 1000);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            alarm(60); /* a deadlock ends as a signal, not as a hanging test */
            _exit(use_pool_in_child(inherited));
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        hm_pool_free(inherited);
    }
    atomic_store(&stop, true);
    for (unsigned index = 0; index < 2; index++)
        pthread_join(threads[index], NULL);
    assert_pool_is_whole();
}

static void test_a_child_retires_other_threads_local_pools(void **state)
{
    HM_UNUSED(state);
    pthread_t thread;
    atomic_store(&stop, false);
    pthread_create(&thread, NULL, churn_until_stopped, (void *)(uintptr_t)3);
    while (hm_pool_count().owned_locals < 2)
        sched_yield();
    hm_pool_census here = hm_pool_count();
    pid_t child = fork();
    if (child == 0) {
        hm_pool_census there = hm_pool_count();
        _exit(there.owned_locals == 1 && there.retired_locals == here.owned_locals - 1 &&
                      there.abandoned_locals == here.abandoned_locals
                  ? 0
                  : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_thread_frees_and_the_owner_reuses),
        cmocka_unit_test(test_a_dead_threads_blocks_stay_and_can_be_freed),
        cmocka_unit_test(test_new_threads_adopt_what_dead_ones_left),
        cmocka_unit_test(test_adopted_slabs_are_used),
        cmocka_unit_test(test_blocks_wander_between_threads),
        cmocka_unit_test(test_destructors_may_allocate_after_the_pool_let_go),
        cmocka_unit_test(test_a_last_free_takes_no_local_pool),
        cmocka_unit_test(test_a_child_retires_other_threads_local_pools),
        cmocka_unit_test(test_children_forked_among_busy_threads_can_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
