/**
 * This module is the tree of processes that a sample's command makes, looked at from outside while
 * it runs, so that memory is that of the whole tree and no process escapes the proof.
 *
 * Words: a *look* reads every process of the tree once: its RSS (statm), its peak so far (VmHWM)
 * and its image (bench/exec/testimony.h). The *tree* is every descendant of this process: it is a
 * subreaper, so those whose parents ended are its children.
 *
 * What is exact: a VmHWM is right to a page while the memory that made it stands, and never
 * inherited over exec. The sum of RSS counts a shared page once for each process that maps it, so
 * it is an upper bound for trees of several processes. What lives between two looks is not seen.
 */
#ifndef HM_BENCH_EXEC_TREE_H
#define HM_BENCH_EXEC_TREE_H

#include "bench/measure/resident.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { HM_EXEC_NAME_BYTES = 32, HM_EXEC_MOST_POINTS = 4096 };

/** One image of one process as the looks saw it. */
typedef struct hm_exec_seen {
    pid_t pid;
    uint64_t image;   /**< 0: it could not be read (the process belongs to another user) */
    char *executable; /**< "" where it could not be read */
    char name[HM_EXEC_NAME_BYTES];
    int64_t peak_rss_bytes; /**< VmHWM at the last look */
    uint64_t first_ns;      /**< monotonic time of the first look */
    uint64_t last_ns;
} hm_exec_seen;

/** A process of the tree that was there at the last look. */
typedef struct hm_exec_live {
    pid_t pid;
    hm_resident resident;
    size_t seen; /**< index of its image */
    bool here;
} hm_exec_live;

typedef struct hm_exec_tree {
    pid_t self;
    pid_t *others; /**< processes that are not of the tree, sorted */
    size_t other_count;
    uint64_t last_process; /**< what the kernel numbered last when /proc was read */
    hm_exec_live *live;
    size_t live_count;
    hm_exec_seen *seen;
    size_t seen_count;
    uint64_t *look_ns; /**< monotonic; at most HM_EXEC_MOST_POINTS, then every second one goes */
    int64_t *look_rss_bytes; /**< the largest of the looks that a point stands for */
    size_t look_count;
    size_t look_every; /**< looks a point stands for */
    size_t looks;
    int64_t peak_rss_bytes;     /**< the largest sum at a look */
    int64_t largest_peak_bytes; /**< the largest VmHWM of any process */
    size_t most_processes;      /**< at one look */
} hm_exec_tree;

/** Starts with an empty tree. */
void hm_exec_tree_open(hm_exec_tree *tree);

/** Reads every process once; the sum of their RSS in bytes. */
int64_t hm_exec_tree_look(hm_exec_tree *tree, uint64_t now_ns);

/** Sends SIGKILL to every process of the tree there is now; how many. */
size_t hm_exec_tree_kill(hm_exec_tree *tree);

/** Frees what the tree owns. */
void hm_exec_tree_clear(hm_exec_tree *tree);

/** Adds a look of `rss_bytes` to the series, thinned where it is full. */
void hm_exec_tree_add_point(hm_exec_tree *tree, uint64_t now_ns, int64_t rss_bytes);

#endif
