#include "bench/exec/testimony.h"

#include "bench/strings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WITNESS_LIBRARY "libheapmark_witness.so"

enum { FIELDS = 5 };

/** The library: where HEAPMARK_WITNESS_PATH says, beside the executable, where it was built. */
static char *find_library(void)
{
    char executable[PATH_MAX];
    const char *asked = getenv("HEAPMARK_WITNESS_PATH");
    if (asked && *asked)
        return hm_copy(asked);
    if (realpath("/proc/self/exe", executable)) {
        *strrchr(executable, '/') = '\0';
        char *beside = hm_format("%s/" WITNESS_LIBRARY, executable);
        if (access(beside, R_OK) == 0)
            return beside;
        free(beside);
    }
    return hm_copy(HM_WITNESS_BUILD_DIR "/" WITNESS_LIBRARY);
}

hm_status hm_exec_witness_open(hm_exec_witness *witness, hm_error *error)
{
    const char *temporary = getenv("TMPDIR");
    *witness = (hm_exec_witness){.library = find_library()};
    if (access(witness->library, R_OK) != 0)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%.300s is not there: without it nothing proves which allocator serves "
                            "a program; build the target heapmark_witness or name the file in "
                            "HEAPMARK_WITNESS_PATH",
                            witness->library);
    if (strpbrk(witness->library, " :"))
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%.300s: LD_PRELOAD cannot take a path with a space or a colon; name a "
                            "copy elsewhere in HEAPMARK_WITNESS_PATH",
                            witness->library);
    witness->folder =
        hm_format("%s/heapmark-exec-XXXXXX", temporary && *temporary == '/' ? temporary : "/tmp");
    if (!mkdtemp(witness->folder)) {
        hm_error_set(error, HM_IO_ERROR, "%.300s cannot be made: %s", witness->folder,
                     strerror(errno));
        free(witness->folder);
        witness->folder = NULL;
        return error->status;
    }
    witness->file = hm_format("%s/witness", witness->folder);
    int descriptor = open(witness->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    /* A program may change its user: its processes must still be able to write here. */
    if (descriptor < 0 || fchmod(descriptor, 0622) != 0 || chmod(witness->folder, 0711) != 0)
        hm_error_set(error, HM_IO_ERROR, "%.300s cannot be made: %s", witness->file,
                     strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return error->status;
}

void hm_exec_witness_close(hm_exec_witness *witness)
{
    if (witness->file)
        unlink(witness->file);
    if (witness->folder)
        rmdir(witness->folder);
    free(witness->library);
    free(witness->folder);
    free(witness->file);
    *witness = (hm_exec_witness){0};
}

hm_status hm_exec_witness_empty(const hm_exec_witness *witness, hm_error *error)
{
    if (truncate(witness->file, 0) == 0)
        return HM_OK;
    return hm_error_set(error, HM_IO_ERROR, "%.300s cannot be emptied: %s", witness->file,
                        strerror(errno));
}

void hm_exec_testimony_parse(hm_exec_testimony *testimony, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    while (text < end) {
        const char *fields[FIELDS];
        for (int field = 0; field < FIELDS; field++) {
            const char *stop = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;
            if (!stop)
                return;
            fields[field] = text;
            text = stop + 1;
        }
        testimony->words =
            hm_grow(testimony->words, testimony->count + 1, sizeof *testimony->words);
        testimony->words[testimony->count++] =
            (hm_exec_word){.pid = (pid_t)strtol(fields[0], NULL, 10),
                           .image = strtoull(fields[1], NULL, 10),
                           .name = hm_copy(fields[2]),
                           .executable = hm_copy(fields[3]),
                           .malloc_file = hm_copy(fields[4])};
    }
}

hm_status hm_exec_testimony_read(hm_exec_testimony *testimony, const hm_exec_witness *witness,
                                 hm_error *error)
{
    struct stat file;
    size_t filled = 0;
    ssize_t part = 1;
    *testimony = (hm_exec_testimony){0};
    int descriptor = open(witness->file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &file) != 0) {
        hm_error_set(error, HM_IO_ERROR, "%.300s cannot be read: %s", witness->file,
                     strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return error->status;
    }
    char *text = hm_grow(NULL, (size_t)file.st_size + 1, 1);
    while (part > 0 && filled < (size_t)file.st_size) {
        part = pread(descriptor, text + filled, (size_t)file.st_size - filled, (off_t)filled);
        filled += part > 0 ? (size_t)part : 0;
    }
    close(descriptor);
    hm_exec_testimony_parse(testimony, text, filled);
    free(text);
    return HM_OK;
}

const hm_exec_word *hm_exec_testimony_last(const hm_exec_testimony *testimony, pid_t pid)
{
    for (size_t index = testimony->count; index-- > 0;) {
        if (testimony->words[index].pid == pid)
            return &testimony->words[index];
    }
    return NULL;
}

const hm_exec_word *hm_exec_testimony_of(const hm_exec_testimony *testimony, uint64_t image)
{
    for (size_t index = 0; index < testimony->count; index++) {
        if (testimony->words[index].image == image)
            return &testimony->words[index];
    }
    return NULL;
}

void hm_exec_testimony_clear(hm_exec_testimony *testimony)
{
    for (size_t index = 0; index < testimony->count; index++) {
        free(testimony->words[index].name);
        free(testimony->words[index].executable);
        free(testimony->words[index].malloc_file);
    }
    free(testimony->words);
    *testimony = (hm_exec_testimony){0};
}
