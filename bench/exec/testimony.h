/**
 * This module is what the witnesses of one sample wrote (bench/exec/witness.c), so that a sample is
 * valid only where its processes themselves said where their malloc comes from.
 *
 * Words: an *image* is a program as one exec put it into memory; it is known by the address of its
 * AT_RANDOM bytes, which a forked child keeps and the next exec draws anew. To *testify* is to have
 * a record in the file.
 */
#ifndef HM_BENCH_EXEC_TESTIMONY_H
#define HM_BENCH_EXEC_TESTIMONY_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** One image's word. Texts are owned by the testimony. */
typedef struct hm_exec_word {
    pid_t pid;
    uint64_t image;
    char *name; /**< the process's short name */
    char *executable;
    char *malloc_file;
} hm_exec_word;

typedef struct hm_exec_testimony {
    hm_exec_word *words;
    size_t count;
} hm_exec_testimony;

/** The file witnesses write to: made once, emptied before each sample. */
typedef struct hm_exec_witness {
    char *library; /**< libheapmark_witness.so */
    char *folder;
    char *file;
} hm_exec_witness;

/** Finds the library and makes the file. HM_UNAVAILABLE: it is not built; HM_IO_ERROR. */
hm_status hm_exec_witness_open(hm_exec_witness *witness, hm_error *error);

/** Removes the file. */
void hm_exec_witness_close(hm_exec_witness *witness);

/** Empties the file. */
hm_status hm_exec_witness_empty(const hm_exec_witness *witness, hm_error *error);

/** Reads what was written since; a record that is not whole is left out. The caller clears it. */
hm_status hm_exec_testimony_read(hm_exec_testimony *testimony, const hm_exec_witness *witness,
                                 hm_error *error);

/** Reads the records in `bytes` bytes of `text`. */
void hm_exec_testimony_parse(hm_exec_testimony *testimony, const char *text, size_t bytes);

/** The last word of process `pid`; NULL: it said nothing. */
const hm_exec_word *hm_exec_testimony_last(const hm_exec_testimony *testimony, pid_t pid);

/** The word of `image`; NULL: it said nothing. */
const hm_exec_word *hm_exec_testimony_of(const hm_exec_testimony *testimony, uint64_t image);

/** Frees what the testimony owns. */
void hm_exec_testimony_clear(hm_exec_testimony *testimony);

#endif
