/* `heapmark explain METRIC`: one metric in words. */
#include "bench/command.h"
#include "bench/exit_code.h"
#include "bench/metrics.h"
#include "bench/strings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct explain_options {
    hm_command command;
    const char *name;
} explain_options;

static error_t parse_explain(int key, char *value, struct argp_state *state)
{
    explain_options *options = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (options->name)
            return hm_command_extra(&options->command, value);
        options->name = value;
        return 0;
    case ARGP_KEY_END:
        if (options->name || options->command.finished)
            return 0;
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "which metric? `heapmark list metrics` names them");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/** The names that have the most in common with `wanted`: all where none has anything. */
static void name_them(const char *wanted, hm_error *error)
{
    hm_strings near = {0};
    char list[320];
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const char *name = hm_metric_table[index].name;
        if (strstr(name, wanted) || strncmp(name, wanted, 3) == 0)
            hm_strings_add(&near, name);
    }
    hm_strings_join(&near, list, sizeof list);
    hm_error_set(error, HM_USAGE_ERROR, "no metric '%.60s'%s%s; `heapmark list metrics` names all",
                 wanted, near.count ? "; near it are " : "", list);
    hm_strings_clear(&near);
}

static void print_metric(const hm_metric *metric)
{
    hm_strings kinds = {0};
    char list[64];
    hm_strings_split(&kinds, metric->kinds, ',');
    printf("%s\n  %s.\n  Unit: %s. ", metric->name, metric->brief, metric->unit);
    if (strcmp(metric->direction, "none") == 0)
        printf("Neither way is better. ");
    else
        printf("%s is better. ", strcmp(metric->direction, "lower") == 0 ? "Lower" : "Higher");
    printf("Measured in samples of %s.\n", hm_strings_join(&kinds, list, sizeof list));
    hm_strings_clear(&kinds);
}

int hm_main_explain(int argc, char **argv)
{
    static const struct argp argp = {.parser = parse_explain,
                                     .args_doc = "METRIC",
                                     .doc = "Says what a metric is, its unit and which way is "
                                            "better."};
    explain_options options = {0};
    if (hm_command_parse(&options.command, &argp, argc, argv) != HM_OK)
        return hm_command_fail(argv[0], &options.command.error);
    if (options.command.finished)
        return hm_command_end(argv[0]);
    const hm_metric *metric = hm_metric_find(options.name);
    if (!metric) {
        name_them(options.name, &options.command.error);
        return hm_command_fail(argv[0], &options.command.error);
    }
    print_metric(metric);
    return hm_command_end(argv[0]);
}
