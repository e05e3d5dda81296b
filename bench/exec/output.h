/**
 * This module is what the command writes, kept only as far as it is needed: a hash of standard
 * output, so that runs that came to different results are told, and the last words of standard
 * error, which say why a run failed.
 *
 * A pipe is emptied at looks and not at each write, so that the watcher takes no CPU time beside
 * the command; where much is written the watcher waits for it (hm_exec_output_is_busy).
 */
#ifndef HM_BENCH_EXEC_OUTPUT_H
#define HM_BENCH_EXEC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HM_EXEC_LINE_BYTES = 256, HM_EXEC_PIPE_BYTES = 1 << 20 };

typedef struct hm_exec_output {
    void *hash; /**< the hash so far; NULL: standard output is not read */
    uint64_t bytes;
    uint64_t last_drained; /**< bytes at the last emptying */
} hm_exec_output;

/** The last line, and the first complaint of the dynamic linker. */
typedef struct hm_exec_words {
    char last[HM_EXEC_LINE_BYTES];
    char loader[HM_EXEC_LINE_BYTES];
    bool line_ended;
} hm_exec_words;

/** Begins a hash. */
void hm_exec_output_open(hm_exec_output *output);

/** Frees it. */
void hm_exec_output_clear(hm_exec_output *output);

/** Takes what the pipe holds; closes it and stores -1 at its end. */
void hm_exec_output_drain(hm_exec_output *output, int *descriptor);

/** Whether so much came at the last emptying that the pipe may run full before the next look. */
bool hm_exec_output_is_busy(const hm_exec_output *output);

/** The hash (XXH3, 64 bits) of all that came. */
uint64_t hm_exec_output_hash(const hm_exec_output *output);

/** Takes what the pipe of standard error holds; closes it and stores -1 at its end. */
void hm_exec_words_drain(hm_exec_words *words, int *descriptor);

/** Adds `bytes` bytes of text. */
void hm_exec_words_add(hm_exec_words *words, const char *text, size_t bytes);

#endif
