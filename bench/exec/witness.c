/**
 * This module is libheapmark_witness.so, preloaded before the allocator into the user's program, so
 * that each process tells which file its malloc comes from and no sample has to be believed.
 *
 * Its constructor writes one record to the file named by HEAPMARK_WITNESS and is done: nothing of
 * it runs afterwards. A record is five texts, each ended by a NUL: the process's number; the
 * address of the kernel's random bytes on its stack (AT_RANDOM), which no two started programs
 * share and a forked child keeps; the process's short name; its executable; the file that defines
 * malloc. bench/exec/testimony.h reads them.
 *
 * Invariant: it allocates nothing, keeps no descriptor, changes no state of the program but errno,
 * which it puts back, and says nothing where the variable is missing or the file cannot be opened.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NUMBER_BYTES = 24, NAME_BYTES = 17, ROOM = 2 * PATH_MAX + 2 * NUMBER_BYTES + NAME_BYTES };

/** A record being put together on the stack. */
struct record {
    char text[ROOM];
    size_t used;
};

static void add(struct record *record, const char *text)
{
    size_t length = strnlen(text, PATH_MAX - 1);
    if (record->used + length + 1 > sizeof record->text)
        return;
    memcpy(record->text + record->used, text, length);
    record->text[record->used + length] = '\0';
    record->used += length + 1;
}

/* Not snprintf: some C libraries' allocate. */
static void add_number(struct record *record, uint64_t number)
{
    char digits[NUMBER_BYTES];
    char *digit = digits + sizeof digits - 1;
    *digit = '\0';
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(record, digit);
}

/** The shared object that holds `function`; its symbol there goes to `*symbol`. */
static const char *file_of(void *function, const ElfW(Sym) * *symbol)
{
    Dl_info found;
    void *entry = NULL;
    *symbol = NULL;
    if (function == NULL || dladdr1(function, &found, &entry, RTLD_DL_SYMENT) == 0)
        return NULL;
    *symbol = entry;
    return found.dli_fname;
}

/**
 * The file that defines malloc for this process, "?" where it cannot be told. An executable that
 * is linked to a fixed address has an entry of its own for malloc that only leads on (its symbol is
 * undefined there): then the next in the linker's order is what it leads to, and the witness, which
 * is preloaded before the allocator, asks for the one behind itself.
 */
static const char *file_of_malloc(const char *executable)
{
    const ElfW(Sym) * symbol;
    const char *file = file_of(dlsym(RTLD_DEFAULT, "malloc"), &symbol);
    if (symbol != NULL && symbol->st_shndx == SHN_UNDEF)
        file = file_of(dlsym(RTLD_NEXT, "malloc"), &symbol);
    if (file == NULL)
        return "?";
    /* The executable's own symbols are told by argv[0], which need not be a path. */
    return file[0] == '/' ? file : executable;
}

static void write_record(const char *path)
{
    struct record record;
    char executable[PATH_MAX];
    char name[NAME_BYTES] = "";
    record.used = 0;
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[length > 0 ? length : 0] = '\0';
    prctl(PR_GET_NAME, name, 0, 0, 0);
    add_number(&record, (uint64_t)getpid());
    add_number(&record, (uint64_t)getauxval(AT_RANDOM));
    add(&record, name);
    add(&record, executable);
    add(&record, file_of_malloc(executable));
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0)
        return;
    /* One write to the end of a file: records of several processes do not mix. */
    ssize_t written = write(descriptor, record.text, record.used);
    (void)written; /* a record that is missing is no proof: the driver says so */
    close(descriptor);
}

__attribute__((constructor)) static void testify(void)
{
    int kept = errno;
    const char *path = getenv("HEAPMARK_WITNESS");
    if (path != NULL && path[0] != '\0')
        write_record(path);
    errno = kept;
}
