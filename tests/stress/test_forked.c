/* A parent and its forked child: what counts is whether the child goes on, not how long it takes.
 */
#include "cmocka_all.h"

#include "base/attributes.h"
#include "bench/stress/forked.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 1, THREAD = 3, STEPS = 40 };

static const struct timespec STEP = {.tv_nsec = 40 * 1000 * 1000};

static void goes_on(hm_stress_record *record)
{
    for (unsigned step = 0; step < STEPS; step++) {
        hm_stress_checked(record, THREAD, 1);
        nanosleep(&STEP, NULL);
    }
    _exit(0);
}

static void stands_still(hm_stress_record *record)
{
    hm_stress_enter(record, THREAD, HM_STRESS_IN_FREE);
    for (;;)
        pause();
}

static void crashes(hm_stress_record *record)
{
    hm_stress_enter(record, THREAD, HM_STRESS_IN_MALLOC);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void tells_a_defect(hm_stress_record *record)
{
    hm_stress_record_defect(record, THREAD, HM_STRESS_OVERLAP, "seen in the child");
}

/* Has a process of its own wait for a child that does so; its exit code. */
static int await(hm_stress_record *record, void (*act)(hm_stress_record *))
{
    int status = 0;
    pid_t parent = fork();
    if (parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            act(record);
            _exit(0);
        }
        hm_stress_await_child(record, THREAD, child, PATIENCE_S);
        _exit(0);
    }
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_child_that_goes_on_may_take_longer_than_the_patience(void **state)
{
    HM_UNUSED(state);
    hm_stress_record *record = hm_stress_record_new();
    assert_true(STEPS * STEP.tv_nsec > PATIENCE_S * 1000000000L);
    assert_int_equal(await(record, goes_on), 0);
    assert_false(record->found);
    assert_int_equal(record->forks, 1);
    hm_stress_record_free(record);
}

static void expect(void (*act)(hm_stress_record *), hm_stress_defect kind, const char *words)
{
    hm_stress_record *record = hm_stress_record_new();
    assert_int_equal(await(record, act), HM_STRESS_EXIT_DEFECT);
    assert_true(record->found);
    assert_int_equal(record->kind, kind);
    assert_non_null(strstr(record->defect, words));
    assert_int_equal(record->forks, 0);
    hm_stress_record_free(record);
}

static void test_what_is_wrong_in_a_child_is_the_parents_defect(void **state)
{
    HM_UNUSED(state);
    expect(stands_still, HM_STRESS_CHILD_HANG, "did not go on; it was in free");
    expect(crashes, HM_STRESS_CHILD_CRASH, "ended by signal 11 in malloc");
    expect(tells_a_defect, HM_STRESS_OVERLAP, "seen in the child");
}

static void test_a_child_ends_with_its_parent(void **state)
{
    HM_UNUSED(state);
    int channel[2], status;
    char nothing;
    assert_int_equal(pipe(channel), 0);
    pid_t parent = fork();
    if (parent == 0) {
        pid_t own = getpid();
        if (fork() == 0) {
            hm_stress_forked_child(own);
            assert_int_equal(write(channel[1], "", 1), 1);
            for (;;)
                pause();
        }
        for (;;)
            pause();
    }
    close(channel[1]);
    assert_int_equal(read(channel[0], &nothing, 1), 1);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    /* Both held the other end: nobody does once both have ended. */
    assert_int_equal(read(channel[0], &nothing, 1), 0);
    close(channel[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_that_goes_on_may_take_longer_than_the_patience),
        cmocka_unit_test(test_a_child_ends_with_its_parent),
        cmocka_unit_test(test_what_is_wrong_in_a_child_is_the_parents_defect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
