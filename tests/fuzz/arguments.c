/* Command lines: a line of the input is an argument. The first byte of the first line says whose
 * they are: 'e' exec's, 't' timeline's, 's' stress's, else run's. Nothing is run. */
#include "bench/exec/options.h"
#include "bench/options.h"
#include "bench/stress/options.h"
#include "bench/timeline/options.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 64 };

static void check(const hm_command *command, hm_status status)
{
    fuzz_check_refusal(status, &command->error);
}

static void parse_run(int argc, char **argv)
{
    hm_run_options options;
    hm_status status = hm_run_options_parse(&options, argc, argv);
    check(&options.command, status);
    /* The digest of --size-data is known only when the file has been read. */
    if (status == HM_OK && !options.command.finished && options.size_data == NULL) {
        /* What is stored in environment.json is taken back by --resume. */
        hm_run_options again;
        char *words[] = {(char[]){"heapmark run"}, (char[]){"--resume"}, NULL};
        hm_error error = {0};
        json_t *stored = hm_run_options_to_json(&options);
        HM_CHECK(stored != NULL);
        HM_CHECK(hm_run_options_parse(&again, 2, words) == HM_OK);
        HM_CHECK(hm_run_options_resume(&again, stored, &error) == HM_OK || options.resume);
        hm_run_options_clear(&again);
        json_decref(stored);
    }
    hm_run_options_clear(&options);
}

static void parse_exec(int argc, char **argv)
{
    hm_exec_options options;
    hm_status status = hm_exec_options_parse(&options, argc, argv);
    check(&options.command, status);
    HM_CHECK(status != HM_OK || options.command.finished || options.program[0] != NULL);
    hm_exec_options_clear(&options);
}

static void parse_timeline(int argc, char **argv)
{
    hm_timeline_options options;
    check(&options.command, hm_timeline_options_parse(&options, argc, argv));
    hm_timeline_options_clear(&options);
}

static void parse_stress(int argc, char **argv)
{
    hm_stress_options options;
    check(&options.command, hm_stress_options_parse(&options, argc, argv));
    hm_stress_options_clear(&options);
}

/* --help prints. */
static FILE *mute(void)
{
    static FILE *nowhere;
    FILE *before = stdout;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    HM_CHECK(nowhere != NULL);
    stdout = nowhere;
    return before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *line;
    char *argv[MOST_ARGUMENTS + 1] = {0};
    int argc = 0;
    while (argc < MOST_ARGUMENTS && (line = fuzz_line(&rest)) != NULL)
        argv[argc++] = line;
    if (argc == 0)
        argv[argc++] = text + size;
    char whose = argv[0][0];
    argv[0] = whose == 'e' ? (char[]){"heapmark exec"} : (char[]){"heapmark run"};
    FILE *before = mute();
    if (whose == 'e')
        parse_exec(argc, argv);
    else if (whose == 't')
        parse_timeline(argc, argv);
    else if (whose == 's')
        parse_stress(argc, argv);
    else
        parse_run(argc, argv);
    stdout = before;
    free(text);
    return 0;
}
