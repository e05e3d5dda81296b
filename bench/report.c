/* `heapmark report` and the summary a run ends with: both hand over to the plot package. */
#include "bench/exit_code.h"
#include "bench/options.h"
#include "bench/plot_front.h"
#include "bench/process.h"
#include "bench/progress.h"
#include "bench/results.h"

#include <stdlib.h>
#include <unistd.h>

enum { KEY_AGAINST = 0x2000 };

typedef struct report_options {
    hm_command command;
    const char *folder;
    const char *against;
} report_options;

static error_t parse_report(int key, char *value, struct argp_state *state)
{
    report_options *options = state->input;
    switch (key) {
    case KEY_AGAINST:
        options->against = value;
        return 0;
    case ARGP_KEY_ARG:
        if (options->folder)
            return hm_command_extra(&options->command, value);
        options->folder = value;
        return 0;
    case ARGP_KEY_END:
        if (options->folder || options->command.finished)
            return 0;
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "which run? name its folder, such as results/latest");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int report(const report_options *options)
{
    hm_error error = {0};
    hm_strings arguments = {0};
    int code = HM_EXIT_OK;
    hm_status status = hm_plot_check_folder(options->folder, &error);
    if (status == HM_OK && options->against)
        status = hm_plot_check_folder(options->against, &error);
    hm_strings_add(&arguments, "report");
    if (options->against) {
        char *against = hm_format("--against=%s", options->against);
        hm_strings_add(&arguments, against);
        free(against);
    }
    hm_strings_add(&arguments, "--"); /* a folder's name may begin with a dash */
    hm_strings_add(&arguments, options->folder);
    if (status == HM_OK)
        status = hm_plot_call(&arguments, &code, &error);
    hm_strings_clear(&arguments);
    return status == HM_OK ? code : hm_command_fail("heapmark report", &error);
}

int hm_main_report(int argc, char **argv)
{
    static const struct argp_option choices[] = {
        {"against", KEY_AGAINST, "BASE", 0, "Compare with the run in this folder", 0}, {0}};
    static const struct argp argp = {
        .options = choices,
        .parser = parse_report,
        .args_doc = "DIR",
        .doc = "Writes DIR/report.html and DIR/figures from the run in DIR.\v"
               "HEAPMARK_PYTHON names the Python to use, HEAPMARK_PLOT the folder that holds the "
               "package heapmark_plot."};
    report_options options = {0};
    if (hm_command_parse(&options.command, &argp, argc, argv) != HM_OK)
        return hm_command_fail(argv[0], &options.command.error);
    return options.command.finished ? hm_command_end(argv[0]) : report(&options);
}

int hm_summary_print(const char *folder, const char *baseline, hm_when color)
{
    hm_error error = {0};
    hm_strings arguments = {0};
    int code = HM_EXIT_OK;
    hm_strings_add(&arguments, "summary");
    hm_strings_add(&arguments, "--");
    hm_strings_add(&arguments, folder);
    if (!hm_when_holds(color, STDOUT_FILENO, true))
        setenv("NO_COLOR", "1", 1);
    hm_status status = hm_plot_run(&arguments, &code, &error);
    hm_strings_clear(&arguments);
    if (hm_process_stop_signal() != 0)
        return HM_EXIT_INTERRUPTED;
    if (status == HM_OK && code == 0)
        return HM_EXIT_OK;
    if (status == HM_OK)
        hm_error_set(&error, HM_IO_ERROR, "the summary ended with exit code %d", code);
    fprintf(stderr, "heapmark run: %s; this is the plain table\n", error.message);
    status = hm_table_print(folder, baseline, stdout, &error);
    return status == HM_OK ? HM_EXIT_OK : hm_command_fail("heapmark run", &error);
}
