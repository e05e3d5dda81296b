#include "trace/native.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is used of libdw, each found by name in the opened library. */
#define HM_DWFL_FUNCTIONS(X)                                                                       \
    X(dwfl_begin)                                                                                  \
    X(dwfl_end)                                                                                    \
    X(dwfl_report_begin)                                                                           \
    X(dwfl_report_end)                                                                             \
    X(dwfl_linux_proc_report)                                                                      \
    X(dwfl_linux_proc_find_elf)                                                                    \
    X(dwfl_standard_find_debuginfo)                                                                \
    X(dwfl_addrmodule)                                                                             \
    X(dwfl_module_addrname)                                                                        \
    X(dwfl_module_info)                                                                            \
    X(dwfl_module_nextcu)                                                                          \
    X(dwarf_haspc)                                                                                 \
    X(dwarf_getsrc_die)                                                                            \
    X(dwarf_linesrc)                                                                               \
    X(dwarf_lineno)                                                                                \
    X(dwarf_getscopes)                                                                             \
    X(dwarf_tag)                                                                                   \
    X(dwarf_attr)                                                                                  \
    X(dwarf_formudata)                                                                             \
    X(dwarf_getsrcfiles)                                                                           \
    X(dwarf_filesrc)

#define HM_DWFL_POINTER(name) __typeof__(&name) name;
static struct {
    HM_DWFL_FUNCTIONS(HM_DWFL_POINTER)
} dw;

static int (*unwind)(void **addresses, int capacity);

/* ISO C has no conversion from an object pointer to a function's: POSIX's way is to copy it. */
static bool find(void *library, const char *name, void *function)
{
    *(void **)function = dlsym(library, name);
    return *(void **)function != NULL;
}

static hm_status missing(hm_error *error, const char *library, const char *package)
{
    return hm_error_set(error, HM_UNAVAILABLE,
                        "native tracebacks need %s, which cannot be opened: install Debian's %s",
                        library, package);
}

static bool find_dwfl(void *library)
{
    bool found = true;
#define HM_DWFL_FIND(name) found = found && find(library, #name, &dw.name);
    HM_DWFL_FUNCTIONS(HM_DWFL_FIND)
    return found;
}

hm_status hm_native_open(hm_error *error)
{
    if (unwind != NULL)
        return HM_OK;
    void *dwfl = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
    if (dwfl == NULL || !find_dwfl(dwfl))
        return missing(error, "libdw.so.1", "libdw1");
    void *unwinder = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (unwinder == NULL || !find(unwinder, "unw_backtrace", &unwind))
        return missing(error, "libunwind.so.8", "libunwind8");
    return HM_OK;
}

size_t hm_native_unwind(const void **addresses, size_t capacity)
{
    int count = unwind((void **)addresses, (int)capacity);
    return count < 0 ? 0 : (size_t)count;
}

static Dwfl *open_session(void)
{
    static const Dwfl_Callbacks unset;
    static char *debuginfo_path;
    static Dwfl_Callbacks callbacks;
    callbacks = unset;
    callbacks.find_elf = dw.dwfl_linux_proc_find_elf;
    callbacks.find_debuginfo = dw.dwfl_standard_find_debuginfo;
    callbacks.debuginfo_path = &debuginfo_path;
    Dwfl *dwfl = dw.dwfl_begin(&callbacks);
    if (dwfl == NULL)
        return NULL;
    dw.dwfl_report_begin(dwfl);
    if (dw.dwfl_linux_proc_report(dwfl, getpid()) == 0 && dw.dwfl_report_end(dwfl, NULL, NULL) == 0)
        return dwfl;
    dw.dwfl_end(dwfl);
    return NULL;
}

static bool read_number(Dwarf_Die *die, unsigned name, Dwarf_Word *number)
{
    Dwarf_Attribute attribute;
    return dw.dwarf_attr(die, name, &attribute) != NULL &&
           dw.dwarf_formudata(&attribute, number) == 0;
}

/* A twin of object/sites.h is compiled into its caller: the line meant is the one that calls it. */
static void leave_twin(Dwarf_Die *unit, Dwarf_Addr address, hm_trace_frame *frame)
{
    static const char twins[] = "object/sites.h";
    size_t length = strlen(frame->file), tail = sizeof twins - 1;
    Dwarf_Die *scopes = NULL;
    Dwarf_Files *files;
    Dwarf_Word file, line;
    if (length < tail || strcmp(frame->file + length - tail, twins) != 0)
        return;
    int count = dw.dwarf_getscopes(unit, address, &scopes), scope = 0;
    while (scope < count && dw.dwarf_tag(&scopes[scope]) != DW_TAG_inlined_subroutine)
        scope++;
    if (scope < count && read_number(&scopes[scope], DW_AT_call_file, &file) &&
        read_number(&scopes[scope], DW_AT_call_line, &line) &&
        dw.dwarf_getsrcfiles(unit, &files, NULL) == 0) {
        const char *source = dw.dwarf_filesrc(files, file, NULL, NULL);
        frame->file = source == NULL ? frame->file : source;
        frame->line = source == NULL ? frame->line : (unsigned)line;
    }
    free(scopes);
}

/* The line of an address. Units are tried one by one, because clang writes no index of them
 * (.debug_aranges), without which libdw's shorter ways find nothing. */
static void find_line(Dwfl_Module *module, Dwarf_Addr address, hm_trace_frame *frame)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = NULL;
    while ((unit = dw.dwfl_module_nextcu(module, unit, &bias)) != NULL) {
        if (dw.dwarf_haspc(unit, address - bias) <= 0)
            continue;
        Dwarf_Line *line = dw.dwarf_getsrc_die(unit, address - bias);
        const char *source = line == NULL ? NULL : dw.dwarf_linesrc(line, NULL, NULL);
        int number = 0;
        if (source != NULL && dw.dwarf_lineno(line, &number) == 0) {
            frame->file = source;
            frame->line = (unsigned)number;
            leave_twin(unit, address - bias, frame);
        }
        return;
    }
}

/* The words of one address, borrowed from the session. */
static hm_trace_frame describe(Dwfl *dwfl, Dwarf_Addr address)
{
    hm_trace_frame frame = {"<unknown>", "", 0};
    Dwfl_Module *module = dw.dwfl_addrmodule(dwfl, address);
    if (module == NULL)
        return frame;
    const char *file = NULL;
    const char *name = dw.dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &file, NULL);
    frame.file = file != NULL ? file : name;
    frame.function = dw.dwfl_module_addrname(module, address);
    find_line(module, address, &frame);
    return frame;
}

bool hm_native_resolve(hm_native_session **session, const void *address, hm_region *region,
                       hm_trace_frame *frame)
{
    if (*session == NULL)
        *session = (hm_native_session *)open_session();
    hm_trace_frame found = {"<unknown>", "", 0};
    /* A return address may be that of the next line: the call lies before it. */
    if (*session != NULL)
        found = describe((Dwfl *)*session, (Dwarf_Addr)(uintptr_t)address - 1);
    frame->file = hm_region_text(region, found.file);
    frame->function = hm_region_text(region, found.function);
    frame->line = found.line;
    return frame->file != NULL && frame->function != NULL;
}

void hm_native_close(hm_native_session *session)
{
    if (session != NULL)
        dw.dwfl_end((Dwfl *)session);
}
