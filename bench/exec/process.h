/**
 * This module is one run of the user's command: started, watched with its whole tree of processes
 * and ended, so that whatever it does, nothing of it is left behind and nothing of heapmark's own
 * size or time is in its figures.
 *
 * Words: the *command* is the process that was started; the *tree* is all that descends from it. A
 * descendant that outlives the command is waited for, and ended at the timeout.
 *
 * Sources of the figures: wall time from before fork to the command's end (a pidfd wakes the
 * watcher); CPU time, faults and switches from wait4's account of the command and of each orphan,
 * which holds those of all their waited-for children; memory from looks (bench/exec/tree.h), and
 * ru_maxrss where it exceeds `floor_rss_bytes`: before exec the child's peak is a part of
 * heapmark's own size, and the kernel keeps it.
 */
#ifndef HM_BENCH_EXEC_PROCESS_H
#define HM_BENCH_EXEC_PROCESS_H

#include "bench/exec/output.h"
#include "bench/exec/tree.h"
#include "bench/process.h"

/** What to run and how to watch it. */
typedef struct hm_exec_request {
    const char *path; /**< the file to execute */
    char *const *arguments;
    const hm_strings *environment;
    const char *input;  /**< standard input */
    bool ignore_output; /**< standard output goes to /dev/null */
    double timeout_seconds;
    int64_t memory_limit_bytes; /**< of the sum over the tree */
    double look_seconds;
    void (*on_look)(void *context);
    void *context;
} hm_exec_request;

/** What was seen. Owned parts: hm_exec_result_clear. */
typedef struct hm_exec_result {
    hm_process_end end;
    int code; /**< exit code or signal */
    pid_t pid;
    char name[HM_EXEC_NAME_BYTES]; /**< the command's short name when it had ended */
    uint64_t started_ns;           /**< monotonic */
    uint64_t wall_ns;
    uint64_t outlived_ns; /**< how much longer its last descendant ran */
    uint64_t user_ns;
    uint64_t system_ns;
    uint64_t minor_page_faults;
    uint64_t major_page_faults;
    uint64_t voluntary_context_switches;
    uint64_t involuntary_context_switches;
    int64_t largest_maxrss_bytes; /**< the largest ru_maxrss of what was waited for */
    int64_t floor_rss_bytes;      /**< what of it may be heapmark's own */
    int64_t last_sum_bytes;       /**< the tree's memory when it was ended for its size */
    hm_exec_output output;        /**< standard output */
    hm_exec_words words;          /**< standard error */
    hm_exec_tree tree;
} hm_exec_result;

/** Makes orphans of the tree children of this process. Call once. */
hm_status hm_exec_become_subreaper(hm_error *error);

/**
 * Runs the command to its end. HM_USAGE_ERROR: it cannot be executed; HM_IO_ERROR: it could not be
 * started for another reason; otherwise the result says how it ended, which may be badly.
 */
hm_status hm_exec_run(const hm_exec_request *request, hm_exec_result *result, hm_error *error);

/** Frees what the result owns. */
void hm_exec_result_clear(hm_exec_result *result);

/**
 * The largest peak of one process, exact where it stood at a look. Negative: unknown, because the
 * run was over before two looks and its peak is no larger than what heapmark's own may be.
 */
int64_t hm_exec_largest_peak(const hm_exec_result *result);

/** The peak of the tree: the largest sum at a look, at least the largest process's; or unknown. */
int64_t hm_exec_tree_peak(const hm_exec_result *result);

/* start.c */

/** What the watcher keeps of a command that was started. */
typedef struct hm_exec_child {
    pid_t pid;
    int pidfd;
    int output; /**< the pipe's end; -1: none */
    int errors;
} hm_exec_child;

/** Starts the command and fills the result's start and floor. On failure nothing is left behind. */
hm_status hm_exec_start(const hm_exec_request *request, hm_exec_child *child,
                        hm_exec_result *result, hm_error *error);

#endif
