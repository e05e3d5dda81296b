#include "bench/journal.h"

#include "bench/folder.h"
#include "bench/strings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

hm_status hm_journal_open(hm_journal *journal, const char *folder, hm_error *error)
{
    *journal = (hm_journal){.path = hm_format("%s/journal.jsonl", folder)};
    struct stat file;
    journal->descriptor = open(
        journal->path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (journal->descriptor < 0 ? errno == ELOOP
                                : fstat(journal->descriptor, &file) == 0 && !S_ISREG(file.st_mode))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%s is not a file of its own but a link or a device, which is not "
                            "written to; start a new run",
                            journal->path);
    if (journal->descriptor < 0)
        return hm_error_set(error, HM_IO_ERROR, "%s cannot be opened: %s", journal->path,
                            strerror(errno));
    if (flock(journal->descriptor, LOCK_EX | LOCK_NB) != 0)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "another heapmark is writing %s; wait for it or choose another --out",
                            journal->path);
    return HM_OK;
}

void hm_journal_close(hm_journal *journal)
{
    if (journal->path && journal->descriptor >= 0)
        close(journal->descriptor);
    free(journal->path);
    *journal = (hm_journal){.descriptor = -1};
}

/** Whether the open file is the one that the folder has. */
static hm_status check_place(const hm_journal *journal, hm_error *error)
{
    struct stat open_file;
    struct stat named;
    if (fstat(journal->descriptor, &open_file) != 0)
        return hm_error_set(error, HM_IO_ERROR, "%s: %s", journal->path, strerror(errno));
    if (stat(journal->path, &named) == 0 && named.st_ino == open_file.st_ino &&
        named.st_dev == open_file.st_dev)
        return HM_OK;
    return hm_error_set(error, HM_IO_ERROR,
                        "%.300s was removed, moved or replaced while the run was writing it; where "
                        "it is still there, `heapmark run --resume` goes on with it",
                        journal->path);
}

hm_status hm_journal_append(hm_journal *journal, const json_t *record, hm_error *error)
{
    char *line = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (!line)
        return hm_error_set(error, HM_NO_MEMORY, "no memory for a record");
    size_t bytes = strlen(line) + 1;
    line[bytes - 1] = '\n';
    ssize_t written = write(journal->descriptor, line, bytes);
    hm_status status = HM_OK;
    if (written < 0 || (size_t)written != bytes)
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be written: %s", journal->path,
                              written < 0 ? strerror(errno) : "no space left on device");
    else if (fdatasync(journal->descriptor) != 0 && errno != EINVAL)
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be synced: %s", journal->path,
                              strerror(errno));
    free(line);
    return status == HM_OK ? check_place(journal, error) : status;
}

/** The whole file and its size; a new text. NULL: unreadable, errno says why. */
static char *read_whole(int descriptor, size_t *bytes)
{
    struct stat file;
    if (fstat(descriptor, &file) != 0)
        return NULL;
    size_t room = (size_t)file.st_size;
    char *text = malloc(room + 1); /* may be a hostile size: no reason to end the command */
    *bytes = 0;
    if (!text)
        return NULL;
    while (*bytes < room) {
        ssize_t part = pread(descriptor, text + *bytes, room - *bytes, (off_t)*bytes);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0) {
            free(text);
            return NULL;
        }
        if (part == 0)
            break;
        *bytes += (size_t)part;
    }
    text[*bytes] = '\0';
    return text;
}

hm_status hm_journal_mend(hm_journal *journal, hm_error *error)
{
    size_t bytes;
    char *text = read_whole(journal->descriptor, &bytes);
    if (!text)
        return hm_error_set(error, HM_IO_ERROR, "%s cannot be read: %s", journal->path,
                            strerror(errno));
    size_t sound = bytes;
    while (sound > 0 && text[sound - 1] != '\n')
        sound--;
    free(text);
    if (sound == bytes || ftruncate(journal->descriptor, (off_t)sound) == 0)
        return HM_OK;
    return hm_error_set(error, HM_IO_ERROR, "%s cannot be mended: %s", journal->path,
                        strerror(errno));
}

static hm_status visit_line(const char *path, const char *text, size_t bytes, size_t line,
                            hm_journal_visitor visit, void *context, hm_error *error)
{
    json_error_t wrong = {0};
    json_t *record = json_loadb(text, bytes, 0, &wrong);
    const char *what = json_string_value(json_object_get(record, "record"));
    hm_status status = HM_OK;
    if (!what || strcmp(what, "sample") != 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "%s:%zu: not a sample's record%s%s: the file is damaged; remove that "
                              "line or start a new run",
                              path, line, record ? "" : ": ", record ? "" : wrong.text);
    else
        status = visit(context, record, line, error);
    json_decref(record);
    return status;
}

hm_status hm_journal_read(const char *folder, hm_journal_visitor visit, void *context,
                          hm_error *error)
{
    char *path = hm_format("%s/journal.jsonl", folder);
    int descriptor = hm_folder_open(path);
    size_t bytes = 0;
    char *text = descriptor < 0 ? NULL : read_whole(descriptor, &bytes);
    hm_status status = HM_OK;
    if (!text)
        status = hm_error_set(error, HM_IO_ERROR, "%s cannot be read: %s", path, strerror(errno));
    size_t line = 1;
    for (size_t start = 0; status == HM_OK && start < bytes; line++) {
        const char *end = memchr(text + start, '\n', bytes - start);
        if (!end)
            break;
        size_t length = (size_t)(end - text) - start;
        status = visit_line(path, text + start, length, line, visit, context, error);
        start += length + 1;
    }
    if (descriptor >= 0)
        close(descriptor);
    free(text);
    free(path);
    return status;
}
