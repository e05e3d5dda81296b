/**
 * This module is the heapmark command: it hands over to a sub-command. The files of the command:
 *
 *     main.c            this map, the table of sub-commands
 *     command.[ch]      what the sub-commands share: options, one-line errors   exit_code.h  exits
 *     strings.[ch]      lists of texts
 *
 *     list.c            heapmark list       what can be asked for
 *     explain.c         heapmark explain    one metric in words
 *     report.c          heapmark report     hands over to plot/       plot_run.c  finds its Python
 *     run.c             heapmark run        from the command line to a run's folder
 *     sample_main.c     heapmark sample     one sample in this process (sample*.c, cell.c)
 *     compare.c         heapmark compare    two runs, or cells within one
 *     check.c           heapmark check      a gate for pipelines
 *     goals.c           heapmark goals     is what was aimed at reached?
 *     export.c          heapmark export     other programs' formats
 *     merge.c           heapmark merge      shards become one run   plot_front.[ch]  shared by
 * these timeline/main.c   heapmark timeline   memory over time and by line (timeline/)
 *     conform/main.c    heapmark conform    object-graph programs (conform/)
 *     exec/main.c       heapmark exec       the user's own program under each allocator (exec/)
 *     doctor.c          heapmark doctor     what endangers the figures (doctor/)
 *     stress/main.c     heapmark stress     random programs against a shadow model (stress/)
 *
 *     options.[ch]      the options of run        options_json.c  the same in environment.json
 *     profile.[ch]      named choices             profiles.def    the list of them
 *     backend_set.[ch]  the back ends of a run, absent ones too
 *     plan.[ch]         which samples in which order (plan_works.c, plan_json.c)
 *     disturbance.[ch]  when a sample is measured again
 *     driver.[ch]       the loop                  driver_prepare.c  probes and calibration
 *     process.[ch]      watches one sample's process                process_start.c  starts it
 *     record.[ch]       a sample's record, completed and judged
 *     journal.[ch]      journal.jsonl             folder.[ch]     the run's folder
 *     environment.[ch]  environment.json          build_info.c    what heapmark was built from
 *     progress.[ch]     what is said on stderr
 *     results.h         made from a run: export_benchmarks.c, table.c (result_list.[ch] reads)
 *
 *     cell.[ch], metrics.[ch], metrics.def   shared by samples and driver
 *     measure/          clocks, /proc, the machine           gbench.[h,cc]   Google Benchmark in C
 */
#include "bench/command.h"
#include "bench/exit_code.h"
#include "bench/sample.h"
#include "bench/strings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const hm_subcommand subcommands[] = {
    {"list", "what can be measured, with what, and what is measured of it", hm_main_list},
    {"explain", "one metric in words", hm_main_explain},
    {"run", "measure cells and leave a run's folder", hm_main_run},
    {"sample", "one sample by its cell's name, in this process", hm_sample_main},
    {"report", "write a run's report", hm_main_report},
    {"compare", "compare two runs, or back ends or collectors within one", hm_main_compare},
    {"check", "tell whether a run is proven worse than its base", hm_main_check},
    {"goals", "tell which goals the pool and the runtime reach", hm_main_goals},
    {"export", "print a run in another program's format", hm_main_export},
    {"merge", "join the shards of a run", hm_main_merge},
    {"timeline", "a workload's memory over time, and the lines that asked for it",
     hm_main_timeline},
    {"conform", "run object-graph programs and check what they expect", hm_main_conform},
    {"exec", "your own program under each allocator, by preload", hm_main_exec},
    {"doctor", "what on this machine endangers the figures, and what to do", hm_main_doctor},
    {"stress", "random programs that find the defects of allocators and collectors",
     hm_main_stress},
};

static void print_help(FILE *stream)
{
    fprintf(stream, "Usage: heapmark COMMAND [OPTION...]\n"
                    "Which allocator and which cycle collector serve a reference-counted object "
                    "runtime best.\n\n");
    for (size_t index = 0; index < HM_COUNT_OF(subcommands); index++)
        fprintf(stream, "  %-10s %s\n", subcommands[index].name, subcommands[index].brief);
    fprintf(stream, "\n`heapmark COMMAND --help` lists a command's options; --version prints the "
                    "version.\n");
}

static int refuse(const char *what, const char *word)
{
    hm_strings names = {0};
    char list[256];
    hm_error error = {0};
    for (size_t index = 0; index < HM_COUNT_OF(subcommands); index++)
        hm_strings_add(&names, subcommands[index].name);
    hm_error_set(&error, HM_USAGE_ERROR, "%s%s%s%s; commands are %s", what, *word ? " '" : "", word,
                 *word ? "'" : "", hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return hm_command_fail("heapmark", &error);
}

static int run_subcommand(const hm_subcommand *subcommand, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "heapmark %s", subcommand->name);
    argv[1] = name;
    return subcommand->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    hm_command_fill_streams();
    if (argc < 2)
        return refuse("which command?", "");
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return hm_command_end("heapmark");
    }
    if (strcmp(word, "--version") == 0) {
        printf("heapmark %s\n", hm_version());
        return hm_command_end("heapmark");
    }
    for (size_t index = 0; index < HM_COUNT_OF(subcommands); index++) {
        if (strcmp(subcommands[index].name, word) == 0)
            return run_subcommand(&subcommands[index], argc, argv);
    }
    return refuse(word[0] == '-' ? "unknown option" : "unknown command", word);
}
