/**
 * This module is system calls that fail, so that a test can let one call of a program fail that
 * never fails by itself: preloaded, with HEAPMARK_FAIL=NAME:NUMBER:ERRNO, the NUMBER-th call of
 * NAME from main on fails with ERRNO, once. Where it did, the file HEAPMARK_FAIL_TOLD names is
 * there afterwards.
 *
 * A child that was forked counts on from where its parent was; a program that is started is left
 * alone.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLACED __attribute__((visibility("default")))

static char name_to_fail[32];
static long number_to_fail, error_to_give;
static const char *told;
static bool armed;
static atomic_long calls;

static void read_request(void)
{
    const char *request = getenv("HEAPMARK_FAIL");
    const char *colon = request ? strchr(request, ':') : NULL;
    char *rest;
    if (!colon || (size_t)(colon - request) >= sizeof name_to_fail)
        return;
    memcpy(name_to_fail, request, (size_t)(colon - request));
    number_to_fail = strtol(colon + 1, &rest, 10);
    error_to_give = *rest == ':' ? strtol(rest + 1, NULL, 10) : EIO;
    told = getenv("HEAPMARK_FAIL_TOLD");
    armed = told != NULL;
    unsetenv("HEAPMARK_FAIL"); /* the programs that this one starts are left alone */
}

/** Whether this call is the one. */
static bool fails(const char *name)
{
    if (!armed || strcmp(name, name_to_fail) != 0 ||
        atomic_fetch_add(&calls, 1) + 1 != number_to_fail)
        return false;
    long file = syscall(SYS_open, told, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file >= 0)
        syscall(SYS_close, file);
    errno = (int)error_to_give;
    return true;
}

/** Puts the function that is replaced into `next`, a pointer to a function. */
static void find(void *next, const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    memcpy(next, &function, sizeof function);
}

/* What the compiler's runtime does before main is none of the program's calls. */
static int (*program_main)(int, char **, char **);

static int start(int count, char **arguments, char **environment)
{
    read_request();
    return program_main(count, arguments, environment);
}

typedef int start_of_libc(int (*)(int, char **, char **), int, char **, void (*)(void),
                          void (*)(void), void (*)(void), void *);
start_of_libc __libc_start_main;

REPLACED int __libc_start_main(int (*main)(int, char **, char **), int count, char **arguments,
                               void (*init)(void), void (*fini)(void), void (*end)(void),
                               void *stack)
{
    start_of_libc *next;
    find(&next, "__libc_start_main");
    program_main = main;
    return next(start, count, arguments, init, fini, end, stack);
}

/* CALL(type, what a failure returns, name, parameters, arguments): one that can be made to fail. */
#define CALL(type, failure, name, parameters, arguments)                                           \
    REPLACED type name parameters                                                                  \
    {                                                                                              \
        static type(*next) parameters;                                                             \
        if (!next)                                                                                 \
            find(&next, #name);                                                                    \
        if (fails(#name))                                                                          \
            return failure;                                                                        \
        return next arguments;                                                                     \
    }

CALL(int, -1, access, (const char *path, int mode), (path, mode))
CALL(int, -1, chmod, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, dup2, (int from, int to), (from, to))
CALL(int, -1, fdatasync, (int file), (file))
CALL(int, -1, flock, (int file, int operation), (file, operation))
CALL(pid_t, -1, fork, (void), ())
CALL(int, -1, fstat, (int file, struct stat *found), (file, found))
CALL(int, -1, fsync, (int file), (file))
CALL(int, -1, ftruncate, (int file, off_t bytes), (file, bytes))
CALL(int, -1, lstat, (const char *path, struct stat *found), (path, found))
CALL(int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, nanosleep, (const struct timespec *time, struct timespec *left), (time, left))
CALL(int, -1, pipe, (int ends[2]), (ends))
CALL(int, -1, pipe2, (int ends[2], int flags), (ends, flags))
CALL(int, -1, prlimit,
     (pid_t process, enum __rlimit_resource resource, const struct rlimit *set, struct rlimit *get),
     (process, resource, set, get))
CALL(int, -1, rename, (const char *from, const char *to), (from, to))
CALL(int, -1, sched_getaffinity, (pid_t process, size_t bytes, cpu_set_t *set),
     (process, bytes, set))
CALL(int, -1, sched_setaffinity, (pid_t process, size_t bytes, const cpu_set_t *set),
     (process, bytes, set))
CALL(int, -1, stat, (const char *path, struct stat *found), (path, found))
CALL(int, -1, statvfs, (const char *path, struct statvfs *found), (path, found))
CALL(int, -1, symlink, (const char *to, const char *path), (to, path))
CALL(ssize_t, -1, pread, (int file, void *bytes, size_t count, off_t offset),
     (file, bytes, count, offset))
CALL(ssize_t, -1, read, (int file, void *bytes, size_t count), (file, bytes, count))
CALL(ssize_t, -1, readlink, (const char *path, char *bytes, size_t count), (path, bytes, count))
CALL(ssize_t, -1, write, (int file, const void *bytes, size_t count), (file, bytes, count))
CALL(pid_t, -1, wait4, (pid_t process, int *status, int flags, struct rusage *usage),
     (process, status, flags, usage))
CALL(pid_t, -1, waitpid, (pid_t process, int *status, int flags), (process, status, flags))
CALL(int, -1, ppoll,
     (struct pollfd * files, nfds_t count, const struct timespec *time, const sigset_t *mask),
     (files, count, time, mask))
CALL(int, (int)error_to_give, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*begin)(void *), void *argument),
     (thread, attributes, begin, argument))
CALL(int, EOF, fflush, (FILE * file), (file))
CALL(void *, MAP_FAILED, mmap,
     (void *place, size_t bytes, int protection, int flags, int file, off_t offset),
     (place, bytes, protection, flags, file, offset))
CALL(FILE *, NULL, fdopen, (int file, const char *mode), (file, mode))
CALL(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
CALL(FILE *, NULL, open_memstream, (char **text, size_t *bytes), (text, bytes))
CALL(DIR *, NULL, opendir, (const char *path), (path))
CALL(char *, NULL, mkdtemp, (char *pattern), (pattern))
CALL(char *, NULL, realpath, (const char *path, char *found), (path, found))

/* A file that cannot be closed is closed all the same, as Linux does it. */
REPLACED int fclose(FILE *file)
{
    static int (*next)(FILE *);
    if (!next)
        find(&next, "fclose");
    bool failing = fails("fclose");
    int error = errno;
    int closed = next(file);
    if (!failing)
        return closed;
    errno = error;
    return EOF;
}

REPLACED int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (fails("open"))
        return -1;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
