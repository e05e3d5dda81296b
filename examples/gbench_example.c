/**
 * This example is a benchmark program in C: how fast malloc and free are for blocks of several
 * sizes, and how memcpy grows with its length. It takes Google Benchmark's flags; try
 * `gbench_example --benchmark_filter=copy --benchmark_format=json`, or --help.
 */
#include "bench/gbench.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 };

/** A batch of blocks is taken, then given back; a batch, so that the loop costs next to nothing. */
static void allocate(hm_gbench_state *state, void *user_data)
{
    void *blocks[BATCH];
    size_t size = (size_t)hm_gbench_argument(state, 0);
    (void)user_data;
    while (hm_gbench_keep_running_batch(state, BATCH)) {
        for (int index = 0; index < BATCH; index++) {
            blocks[index] = malloc(size);
            hm_gbench_do_not_optimize_pointer(blocks[index]);
        }
        for (int index = 0; index < BATCH; index++)
            free(blocks[index]);
    }
    hm_gbench_set_items_processed(state, hm_gbench_iterations(state));
}

/** What every run of `copy` works on; setup makes it, teardown frees it. */
typedef struct copy_buffers {
    char *from;
    char *to;
} copy_buffers;

static void make_buffers(hm_gbench_state *state, void *user_data)
{
    copy_buffers *buffers = user_data;
    size_t length = (size_t)hm_gbench_argument(state, 0);
    buffers->from = calloc(length, 1);
    buffers->to = calloc(length, 1);
    if (buffers->from == NULL || buffers->to == NULL)
        hm_gbench_skip_with_error(state, "no memory for the buffers");
}

static void free_buffers(hm_gbench_state *state, void *user_data)
{
    copy_buffers *buffers = user_data;
    (void)state;
    free(buffers->from);
    free(buffers->to);
    *buffers = (copy_buffers){NULL, NULL};
}

static void copy(hm_gbench_state *state, void *user_data)
{
    copy_buffers *buffers = user_data;
    int64_t length = hm_gbench_argument(state, 0);
    HM_GBENCH_LOOP(state)
    {
        memcpy(buffers->to, buffers->from, (size_t)length);
        hm_gbench_do_not_optimize_pointer(buffers->to);
        hm_gbench_clobber_memory();
    }
    hm_gbench_set_bytes_processed(state, hm_gbench_iterations(state) * length);
    hm_gbench_set_complexity_n(state, length);
}

static bool register_benchmarks(copy_buffers *buffers)
{
    hm_gbench_benchmark *allocation = hm_gbench_register("allocate", allocate, NULL);
    hm_gbench_benchmark *copying = hm_gbench_register("copy", copy, buffers);
    return hm_gbench_arg_name(allocation, "size") && hm_gbench_range(allocation, 16, 4096) &&
           hm_gbench_thread_range(allocation, 1, 2) && hm_gbench_range(copying, 1024, 1 << 20) &&
           hm_gbench_setup(copying, make_buffers, buffers) &&
           hm_gbench_teardown(copying, free_buffers, buffers) &&
           hm_gbench_complexity(copying, HM_GBENCH_COMPLEXITY_N) &&
           hm_gbench_add_context("google_benchmark", hm_gbench_library_version());
}

int main(int argument_count, char **arguments)
{
    copy_buffers buffers = {NULL, NULL};
    hm_gbench_start start = hm_gbench_initialize(&argument_count, arguments);
    if (start == HM_GBENCH_START_HELP_SHOWN)
        return 0;
    if (start == HM_GBENCH_START_READY && hm_gbench_report_unrecognized(argument_count, arguments))
        return 2;
    size_t count = 0;
    bool done = start == HM_GBENCH_START_READY && register_benchmarks(&buffers) &&
                hm_gbench_run(NULL, NULL, 0, &count) && count > 0;
    if (!done)
        fprintf(stderr, "gbench_example: %s\n", hm_gbench_error());
    hm_gbench_shutdown();
    return done ? 0 : 2;
}
