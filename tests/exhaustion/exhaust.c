/**
 * This module is a program that uses up an address space for real: it binds a back end, limits the
 * process to what it has mapped and so many MiB more, and asks until it gets NULL; so that a test
 * can see in a process of its own what an allocator, and an object heap on it, make of that.
 *
 *     exhaust --environment SPEC     the settings the back end needs, one a line
 *     exhaust SPEC blocks|objects MIB
 *
 * It prints what it found, one `key=value` a line. Exit codes: 0 all is well, 1 a check failed
 * (`defect=` says which), otherwise 10 + the hm_status of the bind.
 */
#include "exhaust.h"
#include "allocators/backend.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t limit_bytes;

void exhaust_defect(const char *format, ...)
{
    va_list arguments;
    exhaust_limit(false);
    va_start(arguments, format);
    printf("defect=");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
    _exit(1);
}

/* Without the C library's streams, which allocate. */
static size_t mapped_bytes(void)
{
    char text[64] = "";
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, text, sizeof text - 1) <= 0)
        exhaust_defect("/proc/self/statm cannot be read");
    close(file);
    return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

void exhaust_limit(bool on)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = on ? limit_bytes : limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

static void print_setting(void *context, const char *setting)
{
    (void)context;
    printf("%s\n", setting);
}

static int use(const hm_backend_spec *spec, const char *what, unsigned long mebibytes)
{
    static hm_allocator allocator;
    hm_error error = {.status = HM_OK};
    hm_status status = hm_backend_bind(spec, &allocator, &error);
    if (status != HM_OK) {
        printf("error=%s\n", error.message);
        return 10 + (int)status;
    }
    bool blocks = strcmp(what, "blocks") == 0;
    if (blocks)
        exhaust_blocks_begin(&allocator);
    else
        exhaust_objects_begin(&allocator);
    limit_bytes = mapped_bytes() + (mebibytes << 20);
    exhaust_limit(true);
    if (blocks)
        exhaust_blocks(&allocator);
    else
        exhaust_objects(&allocator);
    exhaust_limit(false);
    printf("ok=1\n");
    return 0;
}

int main(int argc, char **argv)
{
    hm_backend_spec spec;
    hm_error error = {.status = HM_OK};
    bool asks = argc == 3 && strcmp(argv[1], "--environment") == 0;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (!asks && argc != 4)
        return 2;
    if (hm_backend_parse(argv[asks ? 2 : 1], &spec, &error) != HM_OK) {
        printf("error=%s\n", error.message);
        return 10 + (int)error.status;
    }
    if (!asks)
        return use(&spec, argv[2], strtoul(argv[3], NULL, 10));
    hm_backend_environment(&spec, print_setting, NULL);
    return 0;
}
