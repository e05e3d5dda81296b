/**
 * This module is what the environment may tell the pool, so that a policy can be measured against
 * another without another build, and a run's record, which has the environment, says which it was.
 *
 * Words: an *event* is a run of pages taken from or returned to an arena, or as much work as
 * HM_POOL_EVENTS_OF_WORK says; the pool reads no clock.
 *
 * Invariant: options are read once, at the first need of memory; a value that is not understood
 * gives a line on stderr and the default.
 */
#ifndef HM_ALLOCATORS_POOL_OPTIONS_H
#define HM_ALLOCATORS_POOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define HM_POOL_RETAIN_VARIABLE     "HEAPMARK_POOL_RETAIN"
#define HM_POOL_HUGE_PAGES_VARIABLE "HEAPMARK_POOL_HUGE_PAGES"
#define HM_POOL_REUSE_VARIABLE      "HEAPMARK_POOL_REUSE"

enum { HM_POOL_RETAIN_DEFAULT = 4096, HM_POOL_RETAIN_MAX = 1000000000 };

/** Who gets pages of 2 MiB (backing.h). */
typedef enum hm_pool_huge_pages {
    HM_POOL_HUGE_PAGES_AUTO, /**< where much is mapped already, so that little more is resident */
    HM_POOL_HUGE_PAGES_ON,   /**< everything large enough */
    HM_POOL_HUGE_PAGES_OFF
} hm_pool_huge_pages;

typedef struct hm_pool_options {
    uint64_t
        retain_events; /**< how long an arena without a run taken stays mapped; 0: not at all */
    hm_pool_huge_pages huge_pages;
    bool oldest_first; /**< of the cached blocks, those freed first are handed out first */
} hm_pool_options;

/** The options. The pool's lock is held. */
const hm_pool_options *hm_pool_options_get(void);

#endif
