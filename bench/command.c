#include "bench/command.h"

#include "base/utf8.h"
#include "bench/exit_code.h"
#include "bench/strings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_HELP = 0x1000, KEY_USAGE, KEY_VERSION };

static const struct argp_option common_options[] = {
    {"help", KEY_HELP, NULL, 0, "Print this help", -1},
    {"usage", KEY_USAGE, NULL, 0, "Print a short usage line", -1},
    {"version", KEY_VERSION, NULL, 0, "Print the version", -1},
    {0},
};

const char *hm_version(void)
{
    return HM_VERSION;
}

static const struct argp_option *find_option(const struct argp *argp, const char *name,
                                             size_t length)
{
    for (const struct argp_option *option = argp->options; option && (option->name || option->doc);
         option++) {
        if (option->name && strlen(option->name) == length &&
            strncmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

/** Says what getopt did not like: it has stepped over the word already. */
static void describe_bad_option(hm_command *command, const struct argp_state *state)
{
    const struct argp *argp = state->root_argp->children[0].argp;
    const char *word = state->next > 0 ? state->argv[state->next - 1] : "";
    size_t length = strcspn(word, "=");
    const struct argp_option *option =
        strncmp(word, "--", 2) == 0 ? find_option(argp, word + 2, length - 2) : NULL;
    if (option && option->arg && word[length] == '\0')
        hm_error_set(&command->error, HM_USAGE_ERROR, "option %s needs a value: %s=%s", word, word,
                     option->arg);
    else if (option)
        hm_error_set(&command->error, HM_USAGE_ERROR, "option --%s takes no value", option->name);
    else
        hm_error_set(&command->error, HM_USAGE_ERROR,
                     "unknown option '%s'; '%s --help' lists the options", word, command->name);
}

static error_t parse_common(int key, char *argument, struct argp_state *state)
{
    hm_command *command = state->input;
    HM_UNUSED(argument);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = command;
        return 0;
    case ARGP_KEY_ERROR:
        if (command->error.status == HM_OK)
            describe_bad_option(command, state);
        return 0;
    case KEY_HELP:
        argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP, (char *)command->name);
        break;
    case KEY_USAGE:
        argp_help(state->root_argp, stdout, ARGP_HELP_USAGE, (char *)command->name);
        break;
    case KEY_VERSION:
        printf("heapmark %s\n", hm_version());
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    command->finished = true;
    state->next = state->argc;
    return 0;
}

/* What is asked for is written into JSON, which holds UTF-8 only. Words after "--" are a command's.
 */
static hm_status check_words(hm_command *command, int argc, char **argv)
{
    for (int index = 1; index < argc && strcmp(argv[index], "--") != 0; index++) {
        if (!hm_utf8_is_valid(argv[index], strlen(argv[index])))
            return hm_error_set(&command->error, HM_USAGE_ERROR,
                                "argument %d, '%.200s', is not UTF-8; use names that are", index,
                                argv[index]);
    }
    return HM_OK;
}

hm_status hm_command_parse(hm_command *command, const struct argp *argp, int argc, char **argv)
{
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    /* The child's arguments and texts are printed as if they were the whole's. */
    const struct argp whole = {
        .options = common_options, .parser = parse_common, .children = children};
    command->name = argv[0];
    if (check_words(command, argc, argv) != HM_OK)
        return HM_USAGE_ERROR;
    error_t failed =
        argp_parse(&whole, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, command);
    return failed == 0 || command->finished ? HM_OK : command->error.status;
}

void hm_command_fill_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* The lowest number that is free is this one. Open the wrong way round, so that what is
           read or written still fails. */
        int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != stream)
            _exit(HM_EXIT_OUTPUT);
    }
}

int hm_command_fail(const char *name, const hm_error *error)
{
    char *message = hm_plain_line(error->message);
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", name, message);
    free(message);
    return hm_exit_of(error->status);
}

int hm_command_end(const char *name)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return HM_EXIT_OK;
    fprintf(stderr, "%s: standard output cannot be written: %s\n", name, strerror(errno));
    return HM_EXIT_OUTPUT;
}

error_t hm_command_extra(hm_command *command, const char *argument)
{
    hm_error_set(&command->error, HM_USAGE_ERROR, "unexpected argument '%s'; see '%s --help'",
                 argument, command->name);
    return EINVAL;
}
