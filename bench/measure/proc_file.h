/**
 * This module is how small files of /proc and /sys are read, so that every reader treats absence,
 * short reads and line ends alike and none of them allocates.
 */
#ifndef HM_MEASURE_PROC_FILE_H
#define HM_MEASURE_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Reads what `descriptor` has from its start, NUL-terminated; false: unreadable or empty. */
bool hm_proc_read_descriptor(int descriptor, char *text, size_t size);

/** Reads the start of the file `path`, NUL-terminated; false: absent, unreadable or empty. */
bool hm_proc_read_file(const char *path, char *text, size_t size);

/** hm_proc_read_file up to the first line end. */
bool hm_proc_read_line(const char *path, char *text, size_t size);

/**
 * Finds the line that begins with `key` and stores the first number after it, times 1024 where the
 * line says kB. False: no such line.
 */
bool hm_proc_find_number(const char *text, const char *key, uint64_t *value);

#endif
