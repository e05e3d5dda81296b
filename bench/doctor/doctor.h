/**
 * This module is what on this machine endangers the figures: a list of checks, each of which looks
 * at one thing and says whether it is well, what it is, and what would improve it.
 *
 * Words: a *view* is what is looked at: the files below a root folder ("" is the machine itself)
 * and a few questions that no file answers, so that every check can be shown a machine in any
 * state.
 *
 * Invariant: a check never guesses: what it cannot read it cannot tell.
 */
#ifndef HM_BENCH_DOCTOR_DOCTOR_H
#define HM_BENCH_DOCTOR_DOCTOR_H

#include "base/attributes.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum hm_doctor_verdict {
    HM_DOCTOR_OK,
    HM_DOCTOR_WARN,
    HM_DOCTOR_CANNOT_TELL
} hm_doctor_verdict;

/** What a check found. */
typedef struct hm_doctor_finding {
    hm_doctor_verdict verdict;
    char value[256];
    char remedy[512]; /**< a command or what to do; "" where nothing is needed or known */
} hm_doctor_finding;

/** What is looked at. */
typedef struct hm_doctor_view {
    const char *root;
    char *const *environment; /**< NAME=VALUE, NULL-terminated */
    const char *folder;       /**< where results are going to lie */
    void (*pause)(void);      /**< between two readings of the CPU's counts */
    /** Whether the CPU's cycles can be counted; NULL: it cannot be tried (another root). */
    bool (*count_cycles)(void);
    /** Finds the library of the back end called `name` into `path`; false: it is not here. */
    bool (*find_library)(const struct hm_doctor_view *view, const char *name, char *path,
                         size_t size);
    /** The Python that draws reports, "" where there is none. */
    void (*find_python)(char *path, size_t size);
    /**
     * The real pythons that runs can be compared with: the runtimes that can be (", " between
     * them) into `found`, and into `missing` why another cannot; "" where there is none. NULL: it
     * cannot be tried (another root).
     */
    void (*find_references)(char *found, size_t found_size, char *missing, size_t missing_size);
    /** Bytes free where `folder` is or will be; negative: unknown. */
    int64_t (*free_bytes)(const char *folder);
} hm_doctor_view;

/** An entry of checks.def. */
typedef struct hm_doctor_check {
    const char *name;
    const char *title;
    const char *why;
    void (*look)(const hm_doctor_view *view, hm_doctor_finding *finding);
} hm_doctor_check;

/** All checks; `*count` receives how many. */
const hm_doctor_check *hm_doctor_checks(size_t *count);

/** The check called `name`, or NULL. */
const hm_doctor_check *hm_doctor_find(const char *name);

/** "ok", "warn" or "cannot tell". */
const char *hm_doctor_verdict_name(hm_doctor_verdict verdict);

/** The view of this machine, or of the files below `root` where it is not "". */
hm_doctor_view hm_doctor_view_of(const char *root);

/* ---- for checks ---- */

/** Stores a verdict with its value. */
void hm_doctor_say(hm_doctor_finding *finding, hm_doctor_verdict verdict, const char *format, ...)
    HM_PRINTF(3, 4);

/** Stores what would improve it. */
void hm_doctor_advise(hm_doctor_finding *finding, const char *format, ...) HM_PRINTF(2, 3);

/** Reads the first line of a file below the view's root; false: absent, unreadable or empty. */
bool hm_doctor_line(const hm_doctor_view *view, const char *path, char *text, size_t size);

/** Reads the start of a file below the view's root. */
bool hm_doctor_text(const hm_doctor_view *view, const char *path, char *text, size_t size);

/** Whether there is something below the view's root. */
bool hm_doctor_there(const hm_doctor_view *view, const char *path);

#define HM_DOCTOR_CHECK(name, title, why)                                                          \
    void hm_doctor_look_##name(const hm_doctor_view *view, hm_doctor_finding *finding);
#include "bench/doctor/checks.def"
#undef HM_DOCTOR_CHECK

#endif
