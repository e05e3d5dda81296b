/* The running program's file, and other programs' loaders; see program.h. */
#include "base/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* A sanitizer wants its own order of memory. */
#ifdef HM_SANITIZED
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

/* The kernel tells the address of the interpreter it loaded; it loads none for a loader itself. */
bool hm_program_is_near(void)
{
    return getauxval(AT_BASE) == 0 && strchr(program_invocation_name, '/') != NULL;
}

bool hm_program_file(char path[PATH_MAX])
{
    if (hm_program_is_near() && realpath(program_invocation_name, path) != NULL)
        return true;
    return realpath("/proc/self/exe", path) != NULL;
}

/* Reads a 64-bit program's header; false: it is none, or of another machine. */
static bool read_header(int file, Elf64_Ehdr *header)
{
    return pread(file, header, sizeof *header, 0) == (ssize_t)sizeof *header &&
           memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_phentsize == sizeof(Elf64_Phdr);
}

static bool read_interpreter(int file, const Elf64_Ehdr *header, char loader[PATH_MAX])
{
    Elf64_Phdr segment;
    for (unsigned index = 0; index < header->e_phnum; index++) {
        off_t at = (off_t)(header->e_phoff + index * sizeof segment);
        if (pread(file, &segment, sizeof segment, at) != (ssize_t)sizeof segment)
            return false;
        if (segment.p_type == PT_INTERP)
            return segment.p_filesz > 1 && segment.p_filesz < PATH_MAX &&
                   pread(file, loader, segment.p_filesz, (off_t)segment.p_offset) ==
                       (ssize_t)segment.p_filesz &&
                   loader[segment.p_filesz - 1] == '\0';
    }
    return false;
}

/* What the program in a file is: ET_DYN, ET_EXEC; ET_NONE: no program. */
static unsigned type_of(const char *path, char loader[PATH_MAX])
{
    Elf64_Ehdr header;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ET_NONE;
    bool program = read_header(file, &header) && read_interpreter(file, &header, loader);
    close(file);
    return program ? header.e_type : ET_NONE;
}

bool hm_program_loader(const char *path, char loader[PATH_MAX])
{
    return !SANITIZED && type_of(path, loader) == ET_DYN && access(loader, X_OK) == 0;
}

bool hm_program_is_fixed(const char *path)
{
    char loader[PATH_MAX];
    return type_of(path, loader) == ET_EXEC;
}
