/*
 * This module is mremap for the programs of the valgrind build, so that memcheck knows the pages
 * that a move adds behind a mapping.
 *
 * valgrind 3.19 moves the mapping in its list of segments first and then reads the rights of the
 * added pages at the old one's place in that list (MREMAP_FIXED alone; elsewhere it has kept them).
 * What stands there by then is often a gap, and memcheck reports every access to the added pages of
 * what its own list calls readable and writable.
 *
 * Invariant: what this mremap adds is as the kernel gives it, readable, writable and zero; it is
 * added to such mappings alone.
 */
#include "base/system_memory.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...)
{
    void *wanted = NULL;
    if ((flags & MREMAP_FIXED) != 0) {
        va_list rest;
        va_start(rest, flags);
        wanted = va_arg(rest, void *);
        va_end(rest);
    }
    long moved = syscall(SYS_mremap, address, old_bytes, new_bytes, flags, wanted);
    if (moved == -1)
        return MAP_FAILED;
    size_t kept = hm_system_round_up(old_bytes), all = hm_system_round_up(new_bytes);
    if (all > kept)
        (void)VALGRIND_MAKE_MEM_DEFINED((char *)moved + kept, all - kept);
    return (void *)moved;
}
