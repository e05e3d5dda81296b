#include "allocators/pool/backing.h"

#include "allocators/pool/options.h"
#include "allocators/pool/window.h"

#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

_Static_assert((size_t)HM_POOL_BACKING_BYTES == HM_POOL_ARENA_BYTES, "an arena is one large page");

static bool ask(void *base, size_t bytes)
{
    return madvise(base, bytes, MADV_HUGEPAGE) == 0;
}

bool hm_pool_back_arena(void *base, unsigned arenas)
{
    switch (hm_pool_options_get()->huge_pages) {
    case HM_POOL_HUGE_PAGES_OFF:
        return false;
    case HM_POOL_HUGE_PAGES_ON:
        return ask(base, HM_POOL_ARENA_BYTES);
    case HM_POOL_HUGE_PAGES_AUTO:
        break;
    }
    return arenas >= HM_POOL_SMALL_ARENAS && ask(base, HM_POOL_ARENA_BYTES);
}

void hm_pool_back_huge(void *base, size_t old_bytes, size_t bytes)
{
    size_t least = old_bytes == 0 ? HM_POOL_BACKED_HUGE_BYTES : HM_POOL_BACKED_GROWN_BYTES;
    if (hm_pool_options_get()->huge_pages == HM_POOL_HUGE_PAGES_OFF)
        return;
    if (hm_pool_options_get()->huge_pages == HM_POOL_HUGE_PAGES_ON)
        least = HM_POOL_BACKING_BYTES;
    if (bytes > old_bytes && bytes >= least)
        (void)ask(base, bytes);
}

bool hm_pool_collapse_arena(void *base)
{
    return madvise(base, HM_POOL_ARENA_BYTES, MADV_COLLAPSE) == 0;
}
