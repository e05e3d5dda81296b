/** A benchmark in a project of its own: two sizes, read back in the process. */
#include "bench/gbench.h"

#include <string.h>

static void sum(hm_gbench_state *state, void *user_data)
{
    const int *numbers = user_data;
    while (hm_gbench_keep_running(state)) {
        int total = 0;
        for (int64_t index = 0; index < hm_gbench_argument(state, 0); index++)
            total += numbers[index];
        hm_gbench_do_not_optimize(total);
    }
}

static void look(const hm_gbench_result *result, void *iterations)
{
    if (strcmp(result->arguments, "8") == 0 && result->error_message == NULL)
        *(int64_t *)iterations = result->iterations;
}

int main(void)
{
    int numbers[16] = {0};
    int64_t iterations = 0;
    size_t count = 0;
    hm_gbench_benchmark *benchmark = hm_gbench_register("sum", sum, numbers);
    hm_gbench_arg(benchmark, 8);
    hm_gbench_arg(benchmark, 16);
    hm_gbench_set_iterations(benchmark, 100);
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_function(look, &iterations);
    bool done = hm_gbench_run("", &reporter, 1, &count);
    hm_gbench_reporter_destroy(reporter);
    printf("other_project: %zu benchmarks, sum/8 ran %lld iterations\n", count,
           (long long)iterations);
    return done ? 0 : 1;
}
