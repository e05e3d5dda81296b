/* `heapmark export`: a run in another program's format. */
#include "bench/plot_front.h"

enum { KEY_FORMAT = 0x2000, KEY_OUT };

int hm_main_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"format", KEY_FORMAT, "FORMAT", 0,
         "csv (a row a sample), markdown (a table for a pull request), bmf (Bencher Metric Format) "
         "or junit (XML, a test case a cell)",
         0},
        {"out", KEY_OUT, "FILE", 0, "Write this file instead of printing", 0},
        {0}};
    static const hm_plot_front front = {
        .options = options,
        .args_doc = "DIR",
        .doc = "Prints the run in DIR in another program's format.\v"
               "Exit codes: 0 done; 2 usage, or no run; 6 reading or writing failed.",
        .least_folders = 1,
        .most_folders = 1,
        .which = "which run? name its folder, such as results/latest"};
    return hm_plot_front_main(&front, "export", argc, argv);
}
