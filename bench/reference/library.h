/**
 * This module is the one entry of libheapmark_reference.so, which holds the sample's code for
 * processes of another runtime.
 */
#ifndef HM_BENCH_REFERENCE_LIBRARY_H
#define HM_BENCH_REFERENCE_LIBRARY_H

#include "bench/runtime_host.h"

/** `heapmark sample` in this process; argv[0] is "heapmark sample". Returns the exit code. */
HM_EXPORT int hm_reference_main(const hm_runtime_host *host, int argc, char **argv);

#endif
