/**
 * This module is a fuzz target's main where there is no libFuzzer: runs it once on every file
 * named, and on every file of every folder named, so that each build of each compiler proves that
 * no finding has come back.
 *
 * Each input is announced before it runs: the last one named is the one that failed. The last line
 * says how many ran; a run of none is an error.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 20 };

static size_t replayed;

static void replay_file(const char *path)
{
    static uint8_t buffer[MOST_BYTES];
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        fprintf(stderr, "replay: %s cannot be read\n", path);
        exit(6);
    }
    size_t size = fread(buffer, 1, sizeof buffer, stream);
    fclose(stream);
    printf("%s\n", path);
    fflush(stdout);
    /* A copy of the very size, so that a sanitizer sees a read beyond the end. */
    uint8_t *data = malloc(size + (size == 0));
    HM_CHECK(data != NULL);
    memcpy(data, buffer, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int index = 0; index < count; index++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[index]->d_name);
        replay_file(file);
        free(entries[index]);
    }
    if (count >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    for (int index = 1; index < argc; index++) {
        struct stat status;
        if (stat(argv[index], &status) != 0)
            continue; /* no finding so far: no folder */
        if (S_ISDIR(status.st_mode))
            replay_folder(argv[index]);
        else
            replay_file(argv[index]);
    }
    printf("%zu inputs replayed\n", replayed);
    if (replayed > 0)
        return 0;
    fprintf(stderr, "usage: %s FILE-OR-FOLDER...: none of those named is there\n", argv[0]);
    return 2;
}
