#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256];
static pid_t owner;

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    HM_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

char *fuzz_line(char **rest)
{
    char *line = *rest;
    if (line == NULL)
        return NULL;
    char *end = strchr(line, '\n');
    if (end != NULL)
        *end++ = '\0';
    *rest = end;
    return line;
}

void fuzz_check_refusal(hm_status status, const hm_error *error)
{
    if (status == HM_OK)
        return;
    HM_CHECK(error->status == status);
    HM_CHECK(error->message[0] != '\0');
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* A process forked off must not take the folder with it. */
static void remove_folder(void)
{
    if (getpid() == owner)
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (folder[0] != '\0')
        return folder;
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/heapmark-fuzz-XXXXXX",
             temporary != NULL && *temporary != '\0' ? temporary : "/tmp");
    HM_CHECK(mkdtemp(folder) != NULL);
    owner = getpid();
    HM_CHECK(atexit(remove_folder) == 0);
    return folder;
}

void fuzz_write(const char *name, const void *data, size_t size)
{
    static int descriptor = -1;
    static const char *written;
    if (descriptor < 0) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
        HM_CHECK(descriptor >= 0);
        written = name;
    }
    HM_CHECK(strcmp(name, written) == 0);
    HM_CHECK(pwrite(descriptor, data, size, 0) == (ssize_t)size);
    HM_CHECK(ftruncate(descriptor, (off_t)size) == 0);
}
