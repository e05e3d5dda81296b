/* Building the extension: the compiler's command line. See reference_python.h. */
#include "base/child.h"
#include "base/program.h"
#include "bench/reference_python.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIBRARY     "libheapmark_reference.so"
#define LOW_LIBRARY "libheapmark_reference_low.so"

/* Where the extension wants to lie beside the low library. */
#define LOW_PLACE "-Wl,-Ttext-segment=0x48000000"

static const char *const sources[] = {
    "bench/reference/extension.c",  "workloads/collect_graph.c", "workloads/dict_access.c",
    "workloads/generator_resume.c", "workloads/list_append.c",   "workloads/object_create.c",
};

static void read_all(int descriptor, char **output)
{
    size_t used = 0, room = 4096;
    ssize_t bytes;
    *output = hm_grow(NULL, room, 1);
    while ((bytes = read(descriptor, *output + used, room - used - 1)) != 0) {
        if (bytes < 0 && errno != EINTR)
            break;
        used += bytes > 0 ? (size_t)bytes : 0;
        if (room - used < 1024)
            *output = hm_grow(*output, room *= 2, 1);
    }
    (*output)[used] = '\0';
}

/** The first line with "rror", where compilers tell it; else the last. */
static const char *telling_line(char *output)
{
    char *told = output, *rest = output, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line != '\0')
            told = line;
        if (strstr(line, "rror") != NULL)
            break;
    }
    return told;
}

static void start(pid_t parent, const hm_strings *arguments, int output)
{
    hm_child_enter(parent, HM_CHILD_HELPER);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(arguments->items[0], arguments->items);
    _exit(errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 127 : 126);
}

hm_status hm_reference_run(const hm_strings *arguments, char **output, hm_error *error)
{
    int ends[2], status = 0;
    *output = NULL;
    if (pipe(ends) != 0)
        return hm_error_set(error, HM_IO_ERROR, "pipe: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        start(parent, arguments, ends[1]);
    close(ends[1]);
    if (child > 0)
        read_all(ends[0], output);
    close(ends[0]);
    if (child < 0)
        return hm_error_set(error, HM_IO_ERROR, "fork: %s", strerror(errno));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return HM_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return hm_error_set(error, HM_UNAVAILABLE, "%.200s cannot be executed",
                            arguments->items[0]);
    return hm_error_set(error, HM_RUNTIME_ERROR, "%.200s failed: %.250s", arguments->items[0],
                        telling_line(*output));
}

static bool in_folder(const char *folder, const char *name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%s", folder, name);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

bool hm_reference_library(const char *python, char *path, size_t size)
{
    const char *name = hm_program_is_fixed(python) ? LOW_LIBRARY : LIBRARY;
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length < 0 ? 0 : length] = '\0';
    char *slash = strrchr(own, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (in_folder(own, name, path, size))
            return true;
    }
    return in_folder(HM_REFERENCE_BUILD_DIR, name, path, size);
}

static void add_sources(hm_strings *arguments)
{
    for (size_t index = 0; index < HM_COUNT_OF(sources); index++) {
        char *path = hm_format("%s/%s", HM_SOURCE_DIR, sources[index]);
        hm_strings_add(arguments, path);
        free(path);
    }
}

static void add_compiler(hm_strings *arguments, const char *include)
{
    const char *compiler = getenv("CC");
    hm_strings_split(arguments, compiler != NULL && *compiler != '\0' ? compiler : "cc", ' ');
    hm_strings_split(arguments, HM_REFERENCE_FLAGS, ' ');
    hm_strings_split(arguments,
                     "-std=c11 -shared -fPIC -fvisibility=hidden -fno-omit-frame-pointer "
                     "-fno-builtin -D_GNU_SOURCE -DHM_LAYER_CPYTHON",
                     ' ');
    hm_strings_add(arguments, "-I" HM_SOURCE_DIR);
    hm_strings_add(arguments, "-I" HM_SOURCE_DIR "/src");
    hm_strings_add(arguments, "-isystem");
    hm_strings_add(arguments, include);
}

/** The command without an output file; `library` is linked with its folder as run path. */
static void make_command(hm_strings *arguments, const char *include, const char *library)
{
    add_compiler(arguments, include);
    add_sources(arguments);
    hm_strings_add(arguments, library);
    char *folder = hm_format("-Wl,-rpath,%.*s", (int)(strrchr(library, '/') - library), library);
    hm_strings_add(arguments, folder);
    free(folder);
    if (strstr(library, LOW_LIBRARY) != NULL)
        hm_strings_add(arguments, LOW_PLACE);
}

/** The C compiler's name; a new text. */
static char *compiler_name(void)
{
    hm_strings words = {0};
    const char *compiler = getenv("CC");
    hm_strings_split(&words, compiler != NULL && *compiler != '\0' ? compiler : "cc", ' ');
    char *name = hm_copy(words.items[0]);
    hm_strings_clear(&words);
    return name;
}

hm_status hm_reference_can_build(const json_t *described, hm_error *error)
{
    char library[PATH_MAX];
    const char *include = json_string_value(json_object_get(described, "include"));
    const char *path = json_string_value(json_object_get(described, "path"));
    char *header = hm_format("%s/Python.h", include);
    char *compiler = compiler_name(), *program = hm_reference_program(compiler);
    hm_status status = HM_OK;
    if (access(header, R_OK) != 0)
        status = hm_error_set(error, HM_UNAVAILABLE,
                              "%.200s: its headers are not there (%.200s/Python.h); install the "
                              "package python3-dev",
                              path, include);
    else if (program == NULL)
        status = hm_error_set(error, HM_UNAVAILABLE,
                              "the extension for %.160s needs a C compiler, and %.200s is not "
                              "there; install the package gcc, or name one in CC",
                              path, compiler);
    else if (!hm_reference_library(path, library, sizeof library))
        status = hm_error_set(error, HM_UNAVAILABLE,
                              LIBRARY " is not beside the executable; build the target "
                                      "heapmark_reference");
    free(program);
    free(compiler);
    free(header);
    return status;
}

hm_status hm_reference_build(const json_t *described, const char *folder, hm_error *error)
{
    char library[PATH_MAX];
    const char *include = json_string_value(json_object_get(described, "include"));
    const char *path = json_string_value(json_object_get(described, "path"));
    if (hm_reference_can_build(described, error) != HM_OK)
        return error->status;
    hm_reference_library(path, library, sizeof library);
    hm_strings arguments = {0};
    char *made = hm_format("%s/heapmark_reference.so", folder), *output = NULL;
    char *partial = hm_format("%s.%d", made, (int)getpid());
    make_command(&arguments, include, library);
    hm_strings_add(&arguments, "-o");
    hm_strings_add(&arguments, partial);
    hm_error why = {0};
    hm_status status = hm_reference_run(&arguments, &output, &why);
    if (status == HM_OK && rename(partial, made) != 0)
        status = hm_error_set(&why, HM_IO_ERROR, "%.200s: %s", made, strerror(errno));
    if (status != HM_OK) {
        unlink(partial);
        hm_error_set(error, HM_UNAVAILABLE,
                     "the extension for %.160s cannot be built with the C compiler: %.250s", path,
                     why.message);
    }
    hm_strings_clear(&arguments);
    free(output);
    free(partial);
    free(made);
    return status == HM_OK ? HM_OK : HM_UNAVAILABLE;
}
