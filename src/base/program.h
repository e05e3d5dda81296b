/**
 * This module is the running program's file and how a program is started close to its libraries, so
 * that a call from one to the other is not what a processor finds hard.
 *
 * Words: the *loader* is the dynamic linker that a program names as its interpreter. Started by the
 * kernel, a program lies far from its libraries (some 40 TiB), and a processor may predict a call
 * over 4 GiB or more later than one nearby. Started as an argument of the loader it lies among
 * them.
 */
#ifndef HM_BASE_PROGRAM_H
#define HM_BASE_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

/** The file of the running program, also where the loader was started with it; false: unknown. */
bool hm_program_file(char path[PATH_MAX]);

/** Whether this process was started by the loader with the program as its argument. */
bool hm_program_is_near(void);

/**
 * The loader that can start the program in file `path`: false where there is none, as for a script,
 * for a program that lies at a fixed address, and in a build with a sanitizer, which wants its own
 * order of memory.
 */
bool hm_program_loader(const char *path, char loader[PATH_MAX]);

/** Whether the program in file `path` lies at a fixed address, low in memory. */
bool hm_program_is_fixed(const char *path);

#endif
