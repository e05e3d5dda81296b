/* `heapmark check`: a gate for pipelines. Is a run proven not to be worse than its base? */
#include "bench/exit_code.h"
#include "bench/plot_front.h"

enum { KEY_BOUND = 0x2000, KEY_METRIC, KEY_FILTER };

/* How the package tells a regression: 1 is how a Python ends that failed. */
enum { TOLD_REGRESSION = 10 };

int hm_main_check(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"max-regression", KEY_BOUND, "PCT", 0,
         "The most that a figure may be worse, in percent (default 5)", 0},
        {"metric", KEY_METRIC, "METRIC", 0,
         "Check this metric; may be repeated (default ns_per_op and peak_rss_bytes)", 0},
        {"filter", KEY_FILTER, "REGEX", 0, "Only cells whose name matches (Python's re)", 0},
        {0}};
    static const hm_plot_front front = {
        .options = options,
        .args_doc = "BASE NEW",
        .doc = "Tells whether any cell of BASE is proven worse in NEW by more than a bound.\v"
               "Exit codes: 0 every figure is proven below the bound; 1 a regression is proven; 2 "
               "usage, or runs that cannot be compared; 4 too noisy to tell, or a cell is gone; 6 "
               "reading or writing failed.",
        .least_folders = 2,
        .most_folders = 2,
        .which = "which runs? name two folders: the base, then the new one"};
    int code = hm_plot_front_main(&front, "check", argc, argv);
    return code == TOLD_REGRESSION ? HM_EXIT_REGRESSION : code;
}
