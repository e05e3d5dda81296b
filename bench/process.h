/**
 * This module is one sample's process: started with a clean environment, watched from outside and
 * ended, so that whatever a foreign allocator does, the driver goes on and nothing is left behind.
 *
 * The child leads a process group of its own and dies with the driver. Its standard output and
 * error are kept only for their last words; its record comes through a pipe of its own.
 */
#ifndef HM_BENCH_PROCESS_H
#define HM_BENCH_PROCESS_H

#include "allocators/backend.h"
#include "bench/account_page.h"
#include "bench/quiet.h"
#include "bench/strings.h"

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

enum { HM_LAST_WORDS_BYTES = 256, HM_RECORD_FD = 3, HM_ACCOUNT_FD = 4 };

/** What to start and how to watch it. */
typedef struct hm_process_request {
    const char *program;         /**< the file to execute; NULL: this one */
    const hm_strings *arguments; /**< from argv[0] on */
    const hm_backend_spec *backend;
    unsigned padding_bytes; /**< length of HEAPMARK_PADDING: shifts the stack */
    double timeout_seconds;
    int64_t memory_limit_bytes;
    double look_seconds; /**< between two looks at its resident memory */
    const hm_account_page
        *account; /**< given to it as HM_ACCOUNT_FD, read at each look; NULL: not */
    /** Called at every look, with the time since the start; NULL: not. */
    void (*on_look)(void *context);
    void *context;
} hm_process_request;

typedef enum hm_process_end {
    HM_PROCESS_EXITED,
    HM_PROCESS_KILLED,     /**< by a signal that was not ours */
    HM_PROCESS_TIMED_OUT,  /**< by us */
    HM_PROCESS_TOO_LARGE,  /**< by us */
    HM_PROCESS_INTERRUPTED /**< by us, because the driver was told to stop */
} hm_process_end;

/** What was seen from outside. Lists are owned: hm_process_clear. */
typedef struct hm_process_result {
    hm_process_end end;
    int code; /**< exit code or signal */
    char *record;
    size_t record_bytes;
    char last_words[HM_LAST_WORDS_BYTES]; /**< the last line it wrote; "" */
    uint64_t started_ns;                  /**< monotonic */
    uint64_t duration_ns;
    uint64_t cpu_ns;
    int64_t largest_rss_bytes; /**< at the looks */
    uint64_t *look_ns;         /**< monotonic times of the looks */
    int64_t *look_rss_bytes;
    int64_t *look_requested_bytes; /**< Q; -1: not known */
    size_t look_count;
    hm_quiet_shares shares; /**< what others did while it ran */
} hm_process_result;

/**
 * From here on SIGINT, SIGTERM and SIGHUP do not end the driver but the sample in hand; they are
 * blocked but where the driver waits. Call once, before the first hm_process_run.
 */
void hm_process_catch_signals(void);

/** The signal that asked the driver to stop; 0: none did. */
int hm_process_stop_signal(void);

/**
 * Starts the process, watches it to its end. HM_IO_ERROR: it could not be started; otherwise the
 * result says how it ended, which may be badly.
 */
hm_status hm_process_run(const hm_process_request *request, hm_process_result *result,
                         hm_error *error);

/** Frees what the result owns. */
void hm_process_clear(hm_process_result *result);

/** Writes in plain words what went wrong, "" where it ended with code 0 or 3; returns `text`. */
const char *hm_process_describe(const hm_process_request *request, const hm_process_result *result,
                                char *text, size_t size);

/* process_start.c */

/** The ends of the pipes the driver keeps. */
typedef struct hm_process_pipes {
    pid_t pid;
    int record;
    int output;
} hm_process_pipes;

/** Starts the child. HM_IO_ERROR: nothing is left behind. */
hm_status hm_process_start(const hm_process_request *request, hm_process_pipes *pipes,
                           hm_error *error);

#endif
