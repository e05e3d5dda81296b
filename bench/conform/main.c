/**
 * This module is `heapmark conform`, the command around the interpreter: files in, the programs'
 * output out, and an exit code.
 */
#include "allocators/backend.h"
#include "allocators/decorators.h"
#include "bench/command.h"
#include "bench/conform/draw.h"
#include "bench/conform/machine.h"
#include "bench/conform/parser.h"
#include "bench/conform/watch.h"
#include "bench/exit_code.h"
#include "bench/sample_state.h"
#include "bench/strings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BACKEND = 0x2000, KEY_COLLECTOR, KEY_GRAPH };

static const struct argp_option options[] = {
    {"backend", KEY_BACKEND, "NAME-OR-SPEC", 0, "The back end the heap is in (system)", 0},
    {"collector", KEY_COLLECTOR, "SPEC", 0, "The collector (generational)", 0},
    {"graph", KEY_GRAPH, "FILE", 0,
     "Draw the objects at the end of the last program into FILE, which ends in .svg or .dot", 0},
    {0},
};

typedef struct conform_options {
    hm_command command; /* first: hm_command_parse */
    const char *backend;
    const char *collector;
    const char *graph; /* NULL: no picture */
    hm_strings files;
} conform_options;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    conform_options *given = state->input;
    switch (key) {
    case KEY_BACKEND:
        given->backend = argument;
        return 0;
    case KEY_COLLECTOR:
        given->collector = argument;
        return 0;
    case KEY_GRAPH:
        given->graph = argument;
        if (hm_conform_can_draw(argument))
            return 0;
        hm_error_set(&given->command.error, HM_USAGE_ERROR,
                     "--graph: '%.100s' is not a file that ends in .svg or .dot", argument);
        return EINVAL;
    case ARGP_KEY_ARG:
        hm_strings_add(&given->files, argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static hm_status parse(conform_options *given, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FILE...",
        .doc = "Runs object-graph programs: objects made, linked and dropped, and what became of "
               "them."
               "\vThe language is described in docs/conform.md; conformance/conform.py runs the "
               "same files on a real CPython. Exit: 0 all is as expected, 2 a text is no program, "
               "5 a program failed, 6 a file cannot be read."};
    *given = (conform_options){.backend = "system", .collector = "generational"};
    if (hm_command_parse(&given->command, &argp, argc, argv) != HM_OK)
        return HM_USAGE_ERROR;
    if (given->command.finished || given->files.count > 0)
        return HM_OK;
    return hm_error_set(&given->command.error, HM_USAGE_ERROR,
                        "which file? give one or more; see '%s --help'", argv[0]);
}

/* The whole file, of any kind: a pipe too. */
static hm_status read_file(const char *path, hm_conform_text *text, hm_error *error)
{
    char part[16384];
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return hm_error_set(error, HM_IO_ERROR, "%s cannot be read: %s", path, strerror(errno));
    for (size_t length = 1; length > 0;) {
        length = fread(part, 1, sizeof part, stream);
        hm_conform_text_add(text, part, length);
    }
    int failed = ferror(stream) ? errno : 0;
    fclose(stream);
    if (failed != 0)
        hm_error_set(error, HM_IO_ERROR, "%s cannot be read: %s", path, strerror(failed));
    return failed != 0 ? HM_IO_ERROR : HM_OK;
}

/* What all files share. */
typedef struct conform_run {
    hm_conform_machine machine;
    const conform_options *given;
    hm_error drawn; /* how the picture went */
} conform_run;

static void draw(hm_conform_machine *machine, void *context)
{
    conform_run *run = context;
    hm_conform_draw(machine, run->given->graph, &run->drawn);
}

static int run_programs(conform_run *run, const hm_conform_file *file, bool last_file)
{
    int code = HM_EXIT_OK;
    for (const hm_conform_program *program = file->first; program != NULL;
         program = program->next) {
        bool last = last_file && program->next == NULL;
        run->machine.at_end = last && run->given->graph != NULL ? draw : NULL;
        if (program->name != NULL)
            printf("program %s\n", program->name);
        if (!hm_conform_run_program(&run->machine, program))
            code = HM_EXIT_FAILED;
    }
    return code;
}

static int run_file(conform_run *run, const char *path, bool last)
{
    hm_conform_text text = {0};
    hm_conform_file file = {0};
    hm_error error = {0};
    int code;
    if (read_file(path, &text, &error) != HM_OK) {
        code = hm_command_fail(run->given->command.name, &error);
    } else if (hm_conform_parse(&file, path, hm_conform_text_get(&text), text.length, &error) !=
               HM_OK) {
        char *message = hm_plain_line(error.message);
        fflush(stdout);
        fprintf(stderr, "%s\n", message);
        free(message);
        code = HM_EXIT_USAGE;
    } else {
        run->machine.path = path;
        code = run_programs(run, &file, last);
    }
    hm_conform_arena_clear(&file.arena);
    hm_conform_text_clear(&text);
    return code;
}

static int run_files(const hm_allocator *bound, const hm_collector_spec *collector,
                     const conform_options *given)
{
    hm_allocator counted, watched;
    hm_count_decorate(bound, &counted);
    hm_conform_watch_decorate(&counted, &watched);
    conform_run run = {.machine = {.allocator = &watched, .collector = collector}, .given = given};
    run.machine.context = &run;
    int code = HM_EXIT_OK;
    for (size_t index = 0; index < given->files.count; index++)
        code = hm_exit_worse(
            code, run_file(&run, given->files.items[index], index + 1 == given->files.count));
    if (run.drawn.status != HM_OK)
        code = hm_exit_worse(code, hm_command_fail(given->command.name, &run.drawn));
    hm_conform_machine_clear(&run.machine);
    return code;
}

static int run(conform_options *given, hm_backend_spec *backend, int argc, char **argv)
{
    hm_error *error = &given->command.error;
    hm_collector_spec collector;
    hm_allocator bound;
    if (hm_collector_parse(given->collector, &collector, error) != HM_OK ||
        hm_backend_parse(given->backend, backend, error) != HM_OK ||
        hm_sample_enter_environment(backend, argc, argv, error) != HM_OK ||
        hm_backend_bind(backend, &bound, error) != HM_OK)
        return hm_command_fail(argv[0], error);
    return run_files(&bound, &collector, given);
}

int hm_main_conform(int argc, char **argv)
{
    conform_options given;
    hm_backend_spec backend = {0};
    int code = HM_EXIT_OK;
    if (parse(&given, argc, argv) != HM_OK)
        code = hm_command_fail(argv[0], &given.command.error);
    else if (!given.command.finished)
        code = run(&given, &backend, argc, argv);
    hm_backend_spec_clear(&backend);
    hm_strings_clear(&given.files);
    return hm_exit_worse(code, hm_command_end(argv[0]));
}
