#include "bench/plot_front.h"

#include "bench/exit_code.h"
#include "bench/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct argp_option *find_option(const hm_plot_front *front, int key)
{
    for (const struct argp_option *option = front->options; option->name; option++) {
        if (option->key == key)
            return option;
    }
    return NULL;
}

static error_t take_option(hm_plot_request *request, int key, const char *value)
{
    const struct argp_option *option = find_option(request->front, key);
    if (!option)
        return ARGP_ERR_UNKNOWN;
    char *text =
        value ? hm_format("--%s=%s", option->name, value) : hm_format("--%s", option->name);
    hm_strings_add(&request->options, text);
    free(text);
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    hm_plot_request *request = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (request->folders.count == request->front->most_folders)
            return hm_command_extra(&request->command, value);
        hm_strings_add(&request->folders, value);
        return 0;
    case ARGP_KEY_END:
        if (request->command.finished || request->folders.count >= request->front->least_folders)
            return 0;
        hm_error_set(&request->command.error, HM_USAGE_ERROR, "%s", request->front->which);
        return EINVAL;
    default:
        return take_option(request, key, value);
    }
}

hm_status hm_plot_request_parse(hm_plot_request *request, const hm_plot_front *front, int argc,
                                char **argv)
{
    const struct argp argp = {
        .options = front->options, .parser = parse, .args_doc = front->args_doc, .doc = front->doc};
    *request = (hm_plot_request){.front = front};
    return hm_command_parse(&request->command, &argp, argc, argv);
}

void hm_plot_request_clear(hm_plot_request *request)
{
    hm_strings_clear(&request->options);
    hm_strings_clear(&request->folders);
}

hm_status hm_plot_check_folder(const char *folder, hm_error *error)
{
    struct stat file;
    char *name = hm_format("%s/environment.json", folder);
    hm_status status = HM_OK;
    if (stat(folder, &file) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR, "%.300s: %s", folder, strerror(errno));
    else if (!S_ISDIR(file.st_mode) || access(name, R_OK) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "%.300s is not a run's folder: it has no environment.json", folder);
    free(name);
    return status;
}

hm_status hm_plot_call(const hm_strings *arguments, int *code, hm_error *error)
{
    hm_status status = hm_plot_run(arguments, code, error);
    if (status == HM_OK && *code == 1)
        status = hm_error_set(error, HM_IO_ERROR,
                              "the package heapmark_plot failed; its own words stand above");
    return status;
}

hm_status hm_plot_hand_over(const hm_plot_request *request, const char *word,
                            const hm_strings *folders, int *code, hm_error *error)
{
    hm_strings arguments = {0};
    hm_strings_add(&arguments, word);
    for (size_t index = 0; index < request->options.count; index++)
        hm_strings_add(&arguments, request->options.items[index]);
    hm_strings_add(&arguments, "--"); /* a folder's name may begin with a dash */
    for (size_t index = 0; index < folders->count; index++)
        hm_strings_add(&arguments, folders->items[index]);
    hm_status status = hm_plot_call(&arguments, code, error);
    hm_strings_clear(&arguments);
    return status;
}

int hm_plot_front_main(const hm_plot_front *front, const char *word, int argc, char **argv)
{
    hm_plot_request request;
    int code = HM_EXIT_OK;
    hm_status status = hm_plot_request_parse(&request, front, argc, argv);
    for (size_t index = 0; index < request.folders.count && status == HM_OK; index++) {
        if (!request.command.finished)
            status = hm_plot_check_folder(request.folders.items[index], &request.command.error);
    }
    if (status == HM_OK && request.command.finished)
        code = hm_command_end(argv[0]);
    else if (status == HM_OK)
        status = hm_plot_hand_over(&request, word, &request.folders, &code, &request.command.error);
    if (status != HM_OK)
        code = hm_command_fail(argv[0], &request.command.error);
    hm_plot_request_clear(&request);
    return code;
}
