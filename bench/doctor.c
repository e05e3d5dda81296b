/* `heapmark doctor`: what on this machine endangers the figures, and what to do (doctor/). */
#include "bench/doctor/doctor.h"
#include "bench/command.h"
#include "bench/exit_code.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_FORMAT = 0x2000, KEY_ROOT };

typedef struct doctor_options {
    hm_command command;
    bool as_json;
    const char *root;
} doctor_options;

static error_t take_format(doctor_options *options, const char *value)
{
    options->as_json = strcmp(value, "json") == 0;
    if (options->as_json || strcmp(value, "text") == 0)
        return 0;
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--format: '%.200s' is not text or json",
                 value);
    return EINVAL;
}

static error_t take_root(doctor_options *options, const char *value)
{
    struct stat file;
    options->root = strcmp(value, "/") == 0 ? "" : value;
    if (stat(value, &file) == 0 && S_ISDIR(file.st_mode))
        return 0;
    hm_error_set(&options->command.error, HM_USAGE_ERROR,
                 "--root: '%.200s' is not a folder that holds proc and sys", value);
    return EINVAL;
}

static error_t parse_doctor(int key, char *value, struct argp_state *state)
{
    doctor_options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        return take_format(options, value);
    case KEY_ROOT:
        return take_root(options, value);
    case ARGP_KEY_ARG:
        return hm_command_extra(&options->command, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_text(const hm_doctor_check *check, const hm_doctor_finding *finding)
{
    printf("%-11s  %-22s  %s\n", hm_doctor_verdict_name(finding->verdict), check->title,
           finding->value);
    if (finding->verdict == HM_DOCTOR_OK)
        return;
    printf("%-11s  %-22s  why: %s\n", "", "", check->why);
    if (*finding->remedy)
        printf("%-11s  %-22s  do:  %s\n", "", "", finding->remedy);
}

static json_t *to_json(const hm_doctor_check *check, const hm_doctor_finding *finding)
{
    json_t *value = json_string(finding->value);
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "check", check->name, "title", check->title,
                     "verdict", hm_doctor_verdict_name(finding->verdict), "value",
                     value ? value : json_null(), "why", check->why, "remedy",
                     *finding->remedy ? json_string(finding->remedy) : json_null());
}

static int examine(const doctor_options *options)
{
    size_t count, counts[3] = {0};
    const hm_doctor_check *checks = hm_doctor_checks(&count);
    const hm_doctor_view view = hm_doctor_view_of(options->root);
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++) {
        hm_doctor_finding finding = {0};
        checks[index].look(&view, &finding);
        counts[finding.verdict]++;
        if (options->as_json)
            json_array_append_new(array, to_json(&checks[index], &finding));
        else
            print_text(&checks[index], &finding);
    }
    if (options->as_json) {
        json_t *document =
            json_pack("{s:s, s:i, s:i, s:i, s:o}", "heapmark", hm_version(), "ok",
                      (int)counts[HM_DOCTOR_OK], "warn", (int)counts[HM_DOCTOR_WARN], "cannot_tell",
                      (int)counts[HM_DOCTOR_CANNOT_TELL], "checks", json_incref(array));
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(document);
    } else {
        printf("\n%zu ok, %zu to see to, %zu that cannot be told\n", counts[HM_DOCTOR_OK],
               counts[HM_DOCTOR_WARN], counts[HM_DOCTOR_CANNOT_TELL]);
    }
    json_decref(array);
    return hm_command_end("heapmark doctor");
}

int hm_main_doctor(int argc, char **argv)
{
    static const struct argp_option choices[] = {
        {"format", KEY_FORMAT, "text|json", 0, "How to print it (default text)", 0},
        {"root", KEY_ROOT, "DIR", 0, "Look at the proc and sys below this folder instead", 0},
        {0}};
    static const struct argp argp = {
        .options = choices,
        .parser = parse_doctor,
        .doc = "Says what on this machine endangers the figures, and what to do about it."};
    doctor_options options = {.root = ""};
    if (hm_command_parse(&options.command, &argp, argc, argv) != HM_OK)
        return hm_command_fail(argv[0], &options.command.error);
    return options.command.finished ? hm_command_end(argv[0]) : examine(&options);
}
