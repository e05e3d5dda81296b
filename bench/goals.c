/* `heapmark goals`: whether the suite's own allocator and runtime reach what they are held to. */
#include "bench/exit_code.h"
#include "bench/plot_front.h"

enum { KEY_NEWEST = 0x2000, KEY_FILTER, KEY_FORMAT };

/* How the package tells a goal that is not met: 1 is how a Python ends that failed. */
enum { TOLD_NOT_MET = 10 };

int hm_main_goals(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"newest-mimalloc", KEY_NEWEST, "LABEL", 0,
         "The back end that is the newest mimalloc, measured by its path "
         "(--backend LABEL=so:PATH;prefix=mi_)",
         0},
        {"filter", KEY_FILTER, "REGEX", 0, "Only goals whose name matches (Python's re)", 0},
        {"format", KEY_FORMAT, "FORMAT", 0, "text (default), json or markdown", 0},
        {0}};
    static const hm_plot_front front = {
        .options = options,
        .args_doc = "DIR...",
        .doc =
            "Judges the goals on the cells of the runs DIR: ratio, 95 % interval, met or not. "
            "Every ratio is of two cells of one run.\v"
            "Exit codes: 0 every goal is met; 1 one is not; 2 usage, or a folder that is no run; "
            "3 none is missed, but not all were measured; 6 reading or writing failed.",
        .least_folders = 1,
        .most_folders = 64,
        .which = "which run? name the folders of one or more"};
    int code = hm_plot_front_main(&front, "goals", argc, argv);
    return code == TOLD_NOT_MET ? HM_EXIT_REGRESSION : code;
}
