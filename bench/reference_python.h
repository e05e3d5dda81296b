/**
 * This module is the pythons of `--reference`: which one is meant, what it says of itself and its
 * build, and the extension through which it runs samples, so that a run can measure real CPythons
 * beside heapmark's runtime.
 *
 * What a python says and the extension made for it are kept in a folder of the user's cache
 * (XDG_CACHE_HOME, else ~/.cache), whose name follows from the python's file and
 * libheapmark_reference.so: either changed, both are made anew.
 */
#ifndef HM_BENCH_REFERENCE_PYTHON_H
#define HM_BENCH_REFERENCE_PYTHON_H

#include "allocators/backend.h"
#include "bench/strings.h"

#include <jansson.h>

typedef struct hm_reference_python {
    char *path;        /**< absolute, as it was found: a virtual environment's stays one */
    char *folder;      /**< of the extension */
    char *label;       /**< "cpython-3.11.2" */
    json_t *described; /**< what it says of itself: environment.json's `references` entry */
} hm_reference_python;

/**
 * Finds the python (a name on PATH or a path), asks it about itself and builds its extension, each
 * where that was not done before. HM_USAGE_ERROR, HM_UNAVAILABLE: one line says what is wrong: no
 * such file, no python, not CPython, no headers (python3-dev), no C compiler. The caller clears
 * `python` in any case.
 */
hm_status hm_reference_prepare(const char *text, hm_reference_python *python, hm_error *error);

/**
 * Finds the python and asks it about itself; builds nothing. HM_USAGE_ERROR: it is none, one line
 * says why. The caller clears `python` in any case.
 */
hm_status hm_reference_describe(const char *text, hm_reference_python *python, hm_error *error);

void hm_reference_clear(hm_reference_python *python);

/** Whether this python has the allocator of the back end ("cpython-mimalloc": 3.13 and later). */
bool hm_reference_has(const hm_reference_python *python, const hm_backend *backend);

/**
 * Becomes `heapmark sample` with the same arguments in the python `text`, whose label must be
 * `runtime`, under the environment of `backend`; returns only where that failed.
 */
hm_status hm_reference_become(const char *text, const char *runtime, const hm_backend_spec *backend,
                              int argc, char **argv, hm_error *error);

/* reference_build.c */

/** Runs a program; what it prints (both streams) into a new text. HM_UNAVAILABLE: it cannot be
 * executed; HM_RUNTIME_ERROR: it failed, and the last line of `*output` is in the message. */
hm_status hm_reference_run(const hm_strings *arguments, char **output, hm_error *error);

/** Whether an extension can be compiled for a described python; HM_UNAVAILABLE: the line says what
 * is missing: its headers, the C compiler or libheapmark_reference.so. */
hm_status hm_reference_can_build(const json_t *described, hm_error *error);

/** Compiles the extension for a described python into `folder`. */
hm_status hm_reference_build(const json_t *described, const char *folder, hm_error *error);

/** The file of libheapmark_reference.so, or of the one that wants to lie low for a python at a
 * fixed address: beside the executable, or where it was built. */
bool hm_reference_library(const char *python, char *path, size_t size);

/** The program that `text` names, a path or a name on PATH; a new absolute path, NULL: none. */
char *hm_reference_program(const char *text);

/* reference_list.c */

/** Adds the pythons on PATH and those that pyenv has installed, each file once. */
void hm_reference_find_all(hm_strings *paths);

/** What `heapmark list references` shows: for each of them what it says of itself, whether an
 * extension can be built for it, and if not the reason; new. */
json_t *hm_references_to_json(void);

#endif
