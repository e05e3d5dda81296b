/**
 * This module is pages of 2 MiB asked of the kernel, so that much memory takes few entries of the
 * processor's address cache, and one place says where they are worth what they hold too much.
 *
 * Words: memory is *backed* where the kernel gives it by such pages, which are resident as a whole
 * once a byte of them is touched; small pages that are there already are *collapsed* into one.
 *
 * Invariant: nothing is backed where the options say so, and a refusal of the kernel changes
 * nothing but speed. The pool's lock is held by every caller.
 */
#ifndef HM_ALLOCATORS_POOL_BACKING_H
#define HM_ALLOCATORS_POOL_BACKING_H

#include <stdbool.h>
#include <stddef.h>

enum {
    HM_POOL_BACKING_BYTES = 2 * 1024 * 1024,      /**< of one large page, and its alignment */
    HM_POOL_BACKED_HUGE_BYTES = 16 * 1024 * 1024, /**< `auto`: huge blocks from here on are backed;
                                                       a page that is hardly used is an eighth */
    HM_POOL_BACKED_GROWN_BYTES = 8 * 1024 * 1024, /**< those that have grown to this are too: what
                                                       grows is used but for its last part */
    HM_POOL_SMALL_ARENAS = 8,      /**< `auto`: while there are fewer, a new arena is not backed */
    HM_POOL_COLLAPSES_AN_ARENA = 2 /**< arenas of small pages collapsed for each that is backed */
};

/** Asks for pages of 2 MiB for a new arena, `arenas` being mapped; false: it gets small ones. */
bool hm_pool_back_arena(void *base, unsigned arenas);

/** The same for a huge block that has grown from `old_bytes`, 0: new. */
void hm_pool_back_huge(void *base, size_t old_bytes, size_t bytes);

/** Makes one page of an arena's small ones, which are all resident and keep what they hold; false:
    the kernel will not (before Linux 6.1 it cannot). */
bool hm_pool_collapse_arena(void *base);

#endif
