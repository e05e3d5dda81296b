#include "bench/measure/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hm_proc_read_descriptor(int descriptor, char *text, size_t size)
{
    size_t filled = 0;
    while (filled < size - 1) {
        ssize_t got = pread(descriptor, text + filled, size - 1 - filled, (off_t)filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        filled += (size_t)got;
    }
    text[filled] = '\0';
    return filled > 0;
}

bool hm_proc_read_file(const char *path, char *text, size_t size)
{
    text[0] = '\0';
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool read = hm_proc_read_descriptor(descriptor, text, size);
    close(descriptor);
    return read;
}

bool hm_proc_read_line(const char *path, char *text, size_t size)
{
    if (!hm_proc_read_file(path, text, size))
        return false;
    text[strcspn(text, "\n")] = '\0';
    return text[0] != '\0';
}

static const char *find_line(const char *text, const char *key)
{
    size_t length = strlen(key);
    while (text != NULL && *text != '\0') {
        if (strncmp(text, key, length) == 0)
            return text + length;
        text = strchr(text, '\n');
        if (text != NULL)
            text++;
    }
    return NULL;
}

bool hm_proc_find_number(const char *text, const char *key, uint64_t *value)
{
    const char *rest = find_line(text, key);
    if (rest == NULL)
        return false;
    rest += strspn(rest, ": \t");
    if (*rest < '0' || *rest > '9')
        return false;
    char *end;
    *value = strtoull(rest, &end, 10);
    if (strncmp(end, " kB", 3) == 0)
        *value *= 1024;
    return true;
}
