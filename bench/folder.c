#include "bench/folder.h"

#include "bench/strings.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_OF_A_SECOND = 1000 };

static hm_status fail(hm_error *error, const char *path, const char *what)
{
    return hm_error_set(error, HM_IO_ERROR, "%.300s cannot be %s: %s", path, what, strerror(errno));
}

char *hm_folder_name(const char *out, const char *profile)
{
    char moment[32];
    struct tm parts;
    time_t now = time(NULL);
    if (out)
        return hm_copy(out);
    gmtime_r(&now, &parts);
    strftime(moment, sizeof moment, "%Y-%m-%dT%H-%M-%S", &parts);
    char *name = hm_format("results/%s-%s", moment, profile);
    /* Runs of one second, or of a clock that was put back. */
    for (unsigned number = 2; access(name, F_OK) == 0 && number < MOST_OF_A_SECOND; number++) {
        free(name);
        name = hm_format("results/%s-%s-%u", moment, profile, number);
    }
    return name;
}

/** The nearest folder of `path` that exists must be one that can be written. */
static hm_status check_parents(const char *path, hm_error *error)
{
    char *copy = hm_copy(path);
    char *parent = dirname(copy);
    struct stat file;
    hm_status status = HM_OK;
    while (stat(parent, &file) != 0 && errno == ENOENT && strcmp(parent, "/") != 0)
        parent = dirname(parent);
    if (stat(parent, &file) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR, "--out: %.200s: %s", parent, strerror(errno));
    else if (!S_ISDIR(file.st_mode))
        status = hm_error_set(error, HM_USAGE_ERROR, "--out: %.200s is not a folder", parent);
    else if (access(parent, W_OK | X_OK) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--out: %.200s cannot be written to: %s; choose another folder",
                              parent, strerror(errno));
    free(copy);
    return status;
}

/**
 * Whether a run lies there. A journal without a sample and without an environment is what is left
 * of a driver that was killed before it began.
 */
static bool holds_run(const char *path)
{
    struct stat file;
    char *environment = hm_format("%s/environment.json", path);
    char *journal = hm_format("%s/journal.jsonl", path);
    bool holds = access(environment, F_OK) == 0 || (stat(journal, &file) == 0 && file.st_size > 0);
    free(environment);
    free(journal);
    return holds;
}

hm_status hm_folder_check_new(const char *path, hm_error *error)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return errno == ENOENT ? check_parents(path, error)
                               : hm_error_set(error, HM_USAGE_ERROR, "--out: %.200s: %s", path,
                                              strerror(errno));
    if (!S_ISDIR(file.st_mode))
        return hm_error_set(error, HM_USAGE_ERROR, "--out: %.200s is not a folder", path);
    if (access(path, W_OK | X_OK) != 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--out: %.200s cannot be written to: %s; choose another folder", path,
                            strerror(errno));
    if (holds_run(path))
        return hm_error_set(
            error, HM_USAGE_ERROR,
            "--out: %.200s holds a run already; choose another folder (`heapmark run --resume` "
            "goes on with a stopped run)",
            path);
    return HM_OK;
}

hm_status hm_folder_make(const char *path, hm_error *error)
{
    char *partial = hm_copy(path);
    hm_status status = HM_OK;
    for (char *slash = partial + 1; status == HM_OK; slash++) {
        slash = strchr(slash, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            status = fail(error, partial, "made");
        if (!slash)
            break;
        *slash = '/';
    }
    free(partial);
    return status;
}

char *hm_folder_run_name(const char *path)
{
    char real[PATH_MAX];
    char *copy = hm_copy(realpath(path, real) ? real : path);
    char *name = hm_copy(basename(copy));
    free(copy);
    return name;
}

static bool sync_folder(const char *folder)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool synced = fsync(descriptor) == 0 || errno == EINVAL;
    close(descriptor);
    return synced;
}

hm_status hm_folder_write(const char *folder, const char *name, const json_t *document,
                          size_t flags, hm_error *error)
{
    char *path = hm_format("%s/%s", folder, name);
    char *fresh = hm_format("%s/.%s.new", folder, name);
    hm_status status = HM_OK;
    /* What is there is left by a driver that was killed, or a link that leads elsewhere. */
    unlink(fresh);
    int descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file || json_dumpf(document, file, flags) != 0 || fputc('\n', file) == EOF ||
        fflush(file) != 0 || fsync(fileno(file)) != 0)
        status = fail(error, path, "written");
    if (file && fclose(file) != 0 && status == HM_OK)
        status = fail(error, path, "written");
    if (status == HM_OK && (rename(fresh, path) != 0 || !sync_folder(folder)))
        status = fail(error, path, "put in place");
    if (status != HM_OK && descriptor >= 0)
        unlink(fresh);
    free(fresh);
    free(path);
    return status;
}

int hm_folder_open(const char *path)
{
    struct stat file;
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 || (fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode)))
        return descriptor;
    close(descriptor);
    errno = EINVAL;
    return -1;
}

hm_status hm_folder_point_latest(const char *path, hm_error *error)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return fail(error, path, "found");
    char *name = strrchr(real, '/');
    *name++ = '\0';
    const char *parent = strrchr(real, '/');
    if (!parent || strcmp(parent, "/results") != 0)
        return HM_OK;
    char *link = hm_format("%s/latest", real);
    char *fresh = hm_format("%s/.latest.new", real);
    struct stat file;
    hm_status status = HM_OK;
    if (lstat(link, &file) == 0 && !S_ISLNK(file.st_mode)) {
        errno = EEXIST;
        status = fail(error, link, "pointed at the run");
    } else {
        unlink(fresh);
        if (symlink(name, fresh) != 0 || rename(fresh, link) != 0)
            status = fail(error, link, "pointed at the run");
    }
    free(fresh);
    free(link);
    return status;
}
