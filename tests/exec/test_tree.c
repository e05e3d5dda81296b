/* Tests of bench/exec/tree.h: the tree is found, its peak is kept, long runs are thinned. */
#include "cmocka_all.h"

#include "bench/exec/tree.h"
#include "bench/measure/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_BYTES = 8 << 20 };

/** A child that touches CHILD_BYTES, has a child of its own, says so, and waits to be killed. */
static pid_t start_family(int *ready)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        void *memory = mmap(NULL, CHILD_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        pid_t grandchild = memory == MAP_FAILED ? -1 : fork();
        if (grandchild != 0 && write(ends[1], &grandchild, sizeof grandchild) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], ready, sizeof *ready), sizeof *ready);
    HM_UNUSED(byte);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void descendants_are_seen_and_killed(void **state)
{
    hm_exec_tree tree;
    int grandchild;
    HM_UNUSED(state);
    hm_exec_tree_open(&tree);
    assert_int_equal(hm_exec_tree_look(&tree, hm_clock_wall_ns()), 0);
    pid_t child = start_family(&grandchild);
    int64_t sum = hm_exec_tree_look(&tree, hm_clock_wall_ns());
    assert_true(sum >= 2 * (int64_t)CHILD_BYTES);
    assert_int_equal(tree.live_count, 2);
    assert_int_equal(tree.most_processes, 2);
    assert_true(tree.largest_peak_bytes >= CHILD_BYTES && tree.largest_peak_bytes < sum);
    /* A forked child is of the same image as its parent. */
#ifdef HM_VALGRIND /* which gives the program an auxiliary vector that the kernel does not know */
    const uint64_t image = tree.seen[0].image;
#else
    const uint64_t image = getauxval(AT_RANDOM);
#endif
    for (size_t index = 0; index < tree.seen_count; index++)
        assert_int_equal(tree.seen[index].image, image);
    assert_int_equal(hm_exec_tree_kill(&tree), 2);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (kill((pid_t)grandchild, 0) == 0 && waitpid(-1, NULL, WNOHANG) >= 0)
        usleep(1000);
    hm_exec_tree_look(&tree, hm_clock_wall_ns());
    assert_int_equal(tree.peak_rss_bytes, sum);
    hm_exec_tree_clear(&tree);
}

static void long_runs_are_thinned_and_keep_their_peaks(void **state)
{
    hm_exec_tree tree;
    int64_t highest = 0;
    HM_UNUSED(state);
    hm_exec_tree_open(&tree);
    const uint64_t looks = 5 * HM_EXEC_MOST_POINTS + 3;
    for (uint64_t look = 0; look < looks; look++)
        hm_exec_tree_add_point(&tree, look, look == 7777 ? 1000 : (int64_t)(look % 10));
    assert_int_equal(tree.looks, looks);
    assert_true(tree.look_count <= HM_EXEC_MOST_POINTS);
    assert_true(tree.look_count > HM_EXEC_MOST_POINTS / 2);
    assert_int_equal(tree.look_every, 8);
    for (size_t index = 0; index < tree.look_count; index++) {
        assert_int_equal(tree.look_ns[index], index * tree.look_every);
        highest = tree.look_rss_bytes[index] > highest ? tree.look_rss_bytes[index] : highest;
        if (tree.look_rss_bytes[index] == 1000)
            assert_int_equal(tree.look_ns[index], 7777 / 8 * 8);
    }
    assert_int_equal(highest, 1000);
    hm_exec_tree_clear(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descendants_are_seen_and_killed),
        cmocka_unit_test(long_runs_are_thinned_and_keep_their_peaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
