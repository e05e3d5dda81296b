/* `heapmark compare`: two runs, or back ends or collectors within one, on every metric. */
#include "bench/plot_front.h"

enum { KEY_BY = 0x2000, KEY_BASELINE, KEY_METRIC, KEY_FILTER, KEY_FORMAT };

int hm_main_compare(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"by", KEY_BY, "AXIS", 0, "Within one run: along backend or collector", 0},
        {"baseline", KEY_BASELINE, "LABEL", 0,
         "With --by: what the others are set against (default: the run's baseline; none)", 0},
        {"metric", KEY_METRIC, "METRIC", 0,
         "Only this metric; may be repeated (default: all that are better one way)", 0},
        {"filter", KEY_FILTER, "REGEX", 0, "Only cells whose name matches (Python's re)", 0},
        {"format", KEY_FORMAT, "FORMAT", 0, "text (default) or json", 0},
        {0}};
    static const hm_plot_front front = {
        .options = options,
        .args_doc = "BASE NEW\nDIR --by=AXIS",
        .doc = "Compares the cells of two runs, or those of one run along an axis, on every "
               "metric: ratio, simultaneous 95 % interval, verdict.\v"
               "Exit codes: 0 done; 2 usage, or runs that cannot be compared; 6 reading or writing "
               "failed.",
        .least_folders = 1,
        .most_folders = 2,
        .which = "which runs? name two folders, or one with --by=backend or --by=collector"};
    return hm_plot_front_main(&front, "compare", argc, argv);
}
