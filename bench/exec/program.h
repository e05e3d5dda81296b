/**
 * This module is what is known of the user's command before it runs: the file that will be
 * executed, whether a preload can reach it, and whether it is a CPython, so that a command that is
 * not there costs nothing and a sample without proof gets its reason.
 *
 * A file is a CPython where it is an ELF file that holds the name Py_BytesMain or Py_Main: every
 * python3 defines or imports one of them, whatever it is called, and nothing is run to find out.
 * A script's `#!` line and the program `env` are followed to what they start.
 */
#ifndef HM_BENCH_EXEC_PROGRAM_H
#define HM_BENCH_EXEC_PROGRAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/** What is known of a command. Texts are owned: hm_exec_program_clear. */
typedef struct hm_exec_program {
    char *path;       /**< what execve gets */
    char *executable; /**< what runs in the end, as far as it can be followed; else `path` */
    bool is_python;
    bool python_ignores_environment; /**< it is started with -E or -I */
} hm_exec_program;

/**
 * Finds the command `arguments[0]`. HM_USAGE_ERROR: it does not exist or cannot be executed, in one
 * line.
 */
hm_status hm_exec_program_find(hm_exec_program *program, char *const *arguments, hm_error *error);

/** Frees what the program owns. */
void hm_exec_program_clear(hm_exec_program *program);

/** Whether the file is a CPython. */
bool hm_exec_is_python(const char *path);

/**
 * Why a preload cannot reach the file, as the end of a sentence that begins with its name; NULL
 * where nothing about the file says so.
 */
const char *hm_exec_why_unreachable(const char *path);

#endif
