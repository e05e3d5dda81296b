/* `heapmark merge`: shards of one plan become one run. The package joins environment.json and
 * journal.jsonl in a folder of their own beside OUT; benchmarks.json is made there as for any run;
 * the whole folder is then renamed to OUT, which is so there with everything or not at all. */
#include "bench/environment.h"
#include "bench/exit_code.h"
#include "bench/plot_front.h"
#include "bench/results.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_DIFFERENT_MACHINES = 0x2000 };

/** `path` without slashes at its end; a new text. */
static char *trimmed(const char *path)
{
    char *copy = hm_copy(path);
    for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
        copy[length - 1] = '\0';
    return copy;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    size_t entries = 0;
    if (!folder)
        return false;
    while (readdir(folder))
        entries++;
    closedir(folder);
    return entries == 2; /* itself and its parent */
}

/** OUT must not be there, or be an empty folder, with a name of its own to be renamed to. */
static hm_status check_out(const char *out, hm_error *error)
{
    struct stat file;
    const char *name = last_part(out);
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "OUT '%.200s' has no name of its own; name a new folder", out);
    if (lstat(out, &file) != 0 && errno == ENOENT)
        return HM_OK;
    if (!S_ISDIR(file.st_mode) || !is_empty_folder(out))
        return hm_error_set(
            error, HM_USAGE_ERROR,
            "OUT %.200s is there and is no empty folder; OUT comes first, name a new "
            "folder",
            out);
    return HM_OK;
}

/** Makes a folder beside `out`; a new path, NULL with an error. */
static char *make_beside(const char *out, hm_error *error)
{
    char *path = hm_format("%s.merge-XXXXXX", out);
    if (mkdtemp(path) && chmod(path, 0755) == 0)
        return path;
    hm_error_set(error, HM_USAGE_ERROR, "OUT %.200s cannot be made: %s", out, strerror(errno));
    free(path);
    return NULL;
}

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char *name = hm_format("%s/%s", path, entry->d_name);
        unlink(name); /* fails on "." and "..", as it should */
        free(name);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

static hm_status write_benchmarks(const char *folder, hm_error *error)
{
    json_t *environment = hm_environment_read(folder, error);
    if (!environment)
        return HM_IO_ERROR;
    hm_status status = hm_benchmarks_write(folder, environment, error);
    json_decref(environment);
    return status;
}

/** Joins `folders` in `beside`, and renames it to `out`. `*code` is the package's exit code. */
static hm_status join(hm_plot_request *request, const char *out, const char *beside,
                      const hm_strings *folders, int *code)
{
    hm_error *error = &request->command.error;
    char *name = hm_format("--name=%s", last_part(out));
    hm_strings_add(&request->options, name);
    free(name);
    hm_status status = hm_plot_hand_over(request, "merge", folders, code, error);
    if (status != HM_OK || (*code != HM_EXIT_OK && *code != HM_EXIT_INVALID))
        return status;
    status = write_benchmarks(beside, error);
    /* An empty folder is replaced by rename itself. */
    if (status == HM_OK && rename(beside, out) != 0)
        status = hm_error_set(error, HM_IO_ERROR, "%.200s cannot be renamed to %.200s: %s", beside,
                              out, strerror(errno));
    return status;
}

static hm_status merge(hm_plot_request *request, int *code)
{
    hm_error *error = &request->command.error;
    hm_strings folders = {0};
    char *out = trimmed(request->folders.items[0]);
    char *beside = NULL;
    hm_status status = check_out(out, error);
    for (size_t index = 1; index < request->folders.count && status == HM_OK; index++)
        status = hm_plot_check_folder(request->folders.items[index], error);
    if (status == HM_OK && !(beside = make_beside(out, error)))
        status = HM_USAGE_ERROR;
    if (status == HM_OK) {
        hm_strings_add(&folders, beside);
        for (size_t index = 1; index < request->folders.count; index++)
            hm_strings_add(&folders, request->folders.items[index]);
        status = join(request, out, beside, &folders, code);
        remove_folder(beside); /* nothing is there any more where all went well */
    }
    hm_strings_clear(&folders);
    free(beside);
    free(out);
    return status;
}

int hm_main_merge(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"different-machines", KEY_DIFFERENT_MACHINES, NULL, 0,
         "Join shards of different machines; each work is still compared within one", 0},
        {0}};
    static const hm_plot_front front = {
        .options = options,
        .args_doc = "OUT DIR...",
        .doc =
            "Joins the shards DIR... of one plan (run --shard) into the run OUT.\v"
            "Exit codes: 0 the run is whole; 2 usage, or runs that are not shards of one plan; 3 "
            "joined, but a shard or a sample is missing; 6 reading or writing failed.",
        .least_folders = 2,
        .most_folders = 1000,
        .which = "which runs? name the new folder, then the shards to join into it"};
    hm_plot_request request;
    int code = HM_EXIT_OK;
    hm_status status = hm_plot_request_parse(&request, &front, argc, argv);
    if (status == HM_OK && request.command.finished)
        code = hm_command_end(argv[0]);
    else if (status == HM_OK)
        status = merge(&request, &code);
    if (status != HM_OK)
        code = hm_command_fail(argv[0], &request.command.error);
    hm_plot_request_clear(&request);
    return code;
}
