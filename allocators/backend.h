/**
 * This module is the list of back ends and the way from a name or a spec to a bound hm_allocator,
 * so that a new allocator is one file and one registry line, and one from a .so no line at all.
 *
 * Words: a *spec* is what the user writes, `[LABEL=]NAME[;env=K=V]…`,
 * `[LABEL=]so:PATH[;prefix=P][;env=K=V]…` or `[LABEL=]preload:PATH[;env=K=V]…`. To *probe* is to
 * look whether the library is there without loading it; to *bind* is to load it and prove where its
 * functions come from.
 *
 * Invariant: one foreign allocator is bound per process, at most once, and never unloaded.
 */
#ifndef HM_ALLOCATORS_BACKEND_H
#define HM_ALLOCATORS_BACKEND_H

#include "allocators/allocator.h"

typedef struct hm_backend_spec hm_backend_spec;

/** A registry entry; see allocators/registry.def for the list. */
typedef struct hm_backend {
    const char *name;
    const char *brief;   /**< one line for `heapmark list` and the report */
    const char *package; /**< Debian package that brings the library, NULL: none needed */
    const char *library; /**< soname looked for, NULL: none */
    hm_linkage linkage;
    bool ranked;     /**< takes part in "which back end won" */
    bool takes_path; /**< so: and preload: */
    /** NULL-terminated NAME=VALUE settings that must be in the environment before exec. */
    const char *const *environment;
    /** Finds the library; NULL: `library` is looked up where the dynamic linker would. */
    hm_status (*locate)(char *path, size_t size, hm_error *error);
    hm_status (*bind)(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error);
    /** Finds the program that runs its samples; NULL: heapmark itself. */
    hm_status (*locate_program)(char *path, size_t size, hm_error *error);
} hm_backend;

enum { HM_BACKEND_MAX_SETTINGS = 16 };

/** A parsed spec. Filled by hm_backend_parse; freed by hm_backend_spec_clear. */
struct hm_backend_spec {
    const hm_backend *backend;
    char *label;                             /**< what it is called in cells and reports */
    char *path;                              /**< so:, preload: absolute path; else NULL */
    char *prefix;                            /**< symbol prefix of so: ("je_"), else "" */
    char *settings[HM_BACKEND_MAX_SETTINGS]; /**< the user's NAME=VALUE, NULL-terminated */
    char *text;                              /**< the spec as the user wrote it */
};

/** All back ends in display order; `*count` receives how many. */
const hm_backend *const *hm_backends(size_t *count);

/** The back end called `name`, or NULL. */
const hm_backend *hm_backend_find(const char *name);

/**
 * The back ends of another runtime (CPython's), which only its own process can bind; they are not
 * among hm_backends. NULL-terminated.
 */
const hm_backend *const *hm_backends_of_runtime(void);

/** The one of them called `name`, or NULL. */
const hm_backend *hm_backend_find_of_runtime(const char *name);

/** How such a process binds them. */
typedef hm_status (*hm_backend_binder)(const hm_backend_spec *spec, hm_allocator *allocator,
                                       hm_error *error);

/** Says that this is such a process: what hm_backend_bind calls for them from here on. */
void hm_backend_offer_runtime(hm_backend_binder bind);

/**
 * Parses `text` into `spec`. HM_USAGE_ERROR with a one-line message: an unknown name (the message
 * lists the known ones), an unknown setting, a file that does not exist or is not readable, or a
 * label with a character other than letters, digits, '.', '_', '+' and '-'.
 */
hm_status hm_backend_parse(const char *text, hm_backend_spec *spec, hm_error *error);

/** Whether the spec is a name alone, so that the label in a cell's name is all of it. */
bool hm_backend_label_says_all(const hm_backend_spec *spec);

/** Frees what hm_backend_parse allocated; the struct itself is the caller's. */
void hm_backend_spec_clear(hm_backend_spec *spec);

/**
 * Whether the back end's library can be found on this machine, without loading it. On success
 * `path` (of `size` bytes) receives the file found, "" where none is needed. HM_UNAVAILABLE with a
 * message that names the library and the package to install.
 */
hm_status hm_backend_probe(const hm_backend_spec *spec, char *path, size_t size, hm_error *error);

/**
 * Binds the back end in this process: loads it, finds its functions and proves their origin with
 * dladdr. On success `*allocator` is complete. HM_UNAVAILABLE: the library cannot be loaded or
 * lacks a function; HM_WRONG_RESULT: a function comes from another file than the one asked for;
 * HM_USAGE_ERROR: bound a second time. The environment must already be what
 * hm_backend_environment() says.
 */
hm_status hm_backend_bind(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error);

/**
 * The file that must be executed to run a sample of this back end: `path` (of `size` bytes)
 * receives it, "" where heapmark itself does. HM_UNAVAILABLE: it is not there.
 */
hm_status hm_backend_program(const hm_backend_spec *spec, char *path, size_t size, hm_error *error);

/** The program of linkage inline tells how the pool that is compiled into it is bound. */
void hm_backend_offer_inline_pool(void (*fill)(hm_allocator *allocator));

/**
 * Calls `visit` with each NAME=VALUE that must be in the environment before exec for this spec:
 * what every sample has (the static-TLS tunable), the back end's own, LD_PRELOAD where the linkage
 * is preload, and last the user's settings.
 */
void hm_backend_environment(const hm_backend_spec *spec,
                            void (*visit)(void *context, const char *setting), void *context);

/**
 * True for variables that change an allocator's behaviour (MALLOC_CONF, MIMALLOC_*, TCMALLOC_*,
 * GLIBC_TUNABLES, MALLOC_*, LD_PRELOAD, LD_LIBRARY_PATH, …): scrubbed from a sample's environment
 * unless hm_backend_environment() brings them back.
 */
bool hm_backend_scrubs(const char *variable_name);

#endif
