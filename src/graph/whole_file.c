#include "graph/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS = 100, ALL_MAY_READ = 0666 };

static hm_status fail(const char *path, int reason, hm_error *error)
{
    return hm_error_set(error, HM_IO_ERROR, "%.400s cannot be written: %s", path, strerror(reason));
}

hm_status hm_whole_file_open(hm_whole_file *file, const char *path, hm_error *error)
{
    file->path = path;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int length = snprintf(file->temporary, sizeof file->temporary, "%s.%ld-%d.tmp", path,
                              (long)getpid(), attempt);
        if (length < 0 || (size_t)length >= sizeof file->temporary)
            return fail(path, ENAMETOOLONG, error);
        file->descriptor =
            open(file->temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, ALL_MAY_READ);
        if (file->descriptor >= 0)
            return HM_OK;
        if (errno != EEXIST)
            break;
    }
    return fail(path, errno, error);
}

hm_status hm_whole_file_keep(hm_whole_file *file, hm_error *error)
{
    if (close(file->descriptor) == 0 && rename(file->temporary, file->path) == 0)
        return HM_OK;
    int reason = errno;
    unlink(file->temporary);
    return fail(file->path, reason, error);
}

void hm_whole_file_drop(hm_whole_file *file)
{
    close(file->descriptor);
    unlink(file->temporary);
}
