#include "bench/exec/program.h"

#include "bench/strings.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MOST_STEPS = 8, FIRST_LINE_BYTES = 256 };

/* ---- files ---- */

/** A file's contents in memory; `bytes` 0: it cannot be read. */
typedef struct contents {
    const unsigned char *start;
    size_t bytes;
} contents;

static contents open_contents(const char *path)
{
    contents found = {0};
    struct stat file;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return found;
    if (fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) && file.st_size > 0) {
        void *start = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (start != MAP_FAILED)
            found = (contents){.start = start, .bytes = (size_t)file.st_size};
    }
    close(descriptor);
    return found;
}

static void close_contents(contents *found)
{
    if (found->bytes > 0)
        munmap((void *)(uintptr_t)found->start, found->bytes);
}

static bool is_elf(const contents *file)
{
    return file->bytes >= sizeof(Elf64_Ehdr) && memcmp(file->start, ELFMAG, SELFMAG) == 0;
}

bool hm_exec_is_python(const char *path)
{
    contents file = open_contents(path);
    bool python = is_elf(&file) &&
                  (memmem(file.start, file.bytes, "\0Py_BytesMain", sizeof "\0Py_BytesMain") ||
                   memmem(file.start, file.bytes, "\0Py_Main", sizeof "\0Py_Main"));
    close_contents(&file);
    return python;
}

/** Whether the program asks for a dynamic linker. `file` is a 64-bit ELF file of this machine. */
static bool has_interpreter(const contents *file)
{
    Elf64_Ehdr header;
    memcpy(&header, file->start, sizeof header);
    for (unsigned index = 0; index < header.e_phnum; index++) {
        Elf64_Phdr part;
        size_t at = header.e_phoff + (size_t)index * header.e_phentsize;
        if (header.e_phentsize < sizeof part || at > file->bytes - sizeof part)
            return false;
        memcpy(&part, file->start + at, sizeof part);
        if (part.p_type == PT_INTERP)
            return true;
    }
    return false;
}

const char *hm_exec_why_unreachable(const char *path)
{
    struct stat status;
    const char *why = NULL;
    contents file = open_contents(path);
    if (is_elf(&file) && file.start[EI_CLASS] != ELFCLASS64)
        why = "is a 32-bit program: a 64-bit library cannot be preloaded into it";
    else if (is_elf(&file) && !has_interpreter(&file))
        why = "is statically linked: a preloaded library does not reach it";
    else if (stat(path, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0 &&
             (status.st_uid != getuid() || status.st_gid != getgid()))
        why = "changes its user or group (setuid): the dynamic linker drops what is preloaded";
    else if (getxattr(path, "security.capability", NULL, 0) > 0 && getuid() != 0)
        why = "has file capabilities: the dynamic linker drops what is preloaded";
    close_contents(&file);
    return why;
}

/* ---- from a name to what runs ---- */

static bool can_execute(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return false;
    if (S_ISDIR(file.st_mode))
        errno = EISDIR;
    else if (!S_ISREG(file.st_mode))
        errno = EACCES;
    else
        return access(path, X_OK) == 0;
    return false;
}

/** As execvp looks; a new text, NULL with errno. An empty folder of PATH is the current one. */
static char *find_on_path(const char *name)
{
    const char *folders = getenv("PATH");
    int failure = ENOENT;
    hm_strings list = {0};
    char *found = NULL;
    if (strchr(name, '/'))
        return can_execute(name) ? hm_copy(name) : NULL;
    hm_strings_split(&list, folders && *folders ? folders : "/bin:/usr/bin", ':');
    for (size_t index = 0; index < list.count && !found; index++) {
        found = hm_format("%s/%s", *list.items[index] ? list.items[index] : ".", name);
        if (can_execute(found))
            break;
        failure = errno == EACCES ? EACCES : failure;
        free(found);
        found = NULL;
    }
    hm_strings_clear(&list);
    errno = failure;
    return *name ? found : NULL;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/** Drops `env`'s options and settings from words[*index] on; false: they cannot be followed. */
static bool skip_settings(const hm_strings *words, size_t *index)
{
    for (; *index < words->count; ++*index) {
        const char *word = words->items[*index];
        if (strcmp(word, "-u") == 0 || strcmp(word, "--unset") == 0)
            ++*index;
        else if (strcmp(word, "-C") == 0 || strcmp(word, "--chdir") == 0)
            return false;
        else if (*word != '-' && !strchr(word, '='))
            return true;
    }
    return false;
}

/** The words of a script's first line, "#!" left out; false: it is none. */
static bool read_first_line(const char *path, hm_strings *words)
{
    contents file = open_contents(path);
    bool script = file.bytes > 2 && memcmp(file.start, "#!", 2) == 0;
    if (script) {
        size_t room = file.bytes < FIRST_LINE_BYTES ? file.bytes : FIRST_LINE_BYTES;
        char *line = hm_format("%.*s", (int)(room - 2), (const char *)file.start + 2);
        line[strcspn(line, "\r\n")] = '\0';
        char *rest = NULL;
        for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
            hm_strings_add(words, word);
        free(line);
    }
    close_contents(&file);
    return script && words->count > 0;
}

/** Replaces `path` and `words` (its arguments) by what they start; false: it is the end. */
static bool follow(char **path, hm_strings *words)
{
    hm_strings next = {0};
    size_t index = 0;
    char *found = NULL;
    if (read_first_line(*path, &next)) {
        found = find_on_path(next.items[0]);
        hm_strings_add(&next, *path); /* the interpreter gets the script, then its arguments */
        for (size_t word = 0; word < words->count; word++)
            hm_strings_add(&next, words->items[word]);
        index = 1;
    } else if (strcmp(last_part(*path), "env") == 0 && skip_settings(words, &index)) {
        found = find_on_path(words->items[index]);
        for (; index < words->count; index++)
            hm_strings_add(&next, words->items[index]);
        index = 1;
    }
    if (found) {
        free(*path);
        *path = found;
        hm_strings_clear(words);
        for (; index < next.count; index++)
            hm_strings_add(words, next.items[index]);
    }
    hm_strings_clear(&next);
    return found != NULL;
}

/** Whether Python's options before its script say that PYTHON… variables are not read. */
static bool ignores_environment(const hm_strings *words)
{
    for (size_t index = 0; index < words->count; index++) {
        const char *word = words->items[index];
        if (*word != '-' || word[1] == '\0' || word[1] == '-')
            return false;
        for (const char *letter = word + 1; *letter; letter++) {
            if (*letter == 'E' || *letter == 'I')
                return true;
            if (*letter == 'c' || *letter == 'm')
                return false;
            if (*letter == 'W' || *letter == 'X') {
                index += letter[1] == '\0';
                break;
            }
        }
    }
    return false;
}

hm_status hm_exec_program_find(hm_exec_program *program, char *const *arguments, hm_error *error)
{
    char real[PATH_MAX];
    hm_strings words = {0};
    *program = (hm_exec_program){.path = find_on_path(arguments[0])};
    if (!program->path)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "the command '%.200s' cannot be executed: %s; write a program on PATH "
                            "or its path after --",
                            arguments[0], strerror(errno));
    char *last = hm_copy(program->path);
    for (char *const *word = arguments + 1; *word; word++)
        hm_strings_add(&words, *word);
    for (int step = 0; step < MOST_STEPS && follow(&last, &words); step++)
        continue;
    program->executable = hm_copy(realpath(last, real) ? real : last);
    program->is_python = hm_exec_is_python(program->executable);
    program->python_ignores_environment = program->is_python && ignores_environment(&words);
    free(last);
    hm_strings_clear(&words);
    return HM_OK;
}

void hm_exec_program_clear(hm_exec_program *program)
{
    free(program->path);
    free(program->executable);
    *program = (hm_exec_program){0};
}
