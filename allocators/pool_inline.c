/**
 * This module is the back end `pool-inline`: our pool compiled into a program of its own together
 * with the runtime and the workloads, so that a run shows what the call through a table costs.
 *
 * Its rows stand beside those of `pool` and are ranked with none. The memory it uses is the pool's,
 * and what counts or times calls cannot stand between: it has time samples alone.
 */
#include "allocators/native.h"

#include <stddef.h>

#define INLINE_PROGRAM "heapmark-inline"

static void (*inline_pool)(hm_allocator *allocator);

void hm_backend_offer_inline_pool(void (*fill)(hm_allocator *allocator))
{
    inline_pool = fill;
}

static hm_status locate_program(char *path, size_t size, hm_error *error)
{
    if (hm_native_own_file(INLINE_PROGRAM, path, size))
        return HM_OK;
    return hm_error_set(error, HM_UNAVAILABLE,
                        "pool-inline: " INLINE_PROGRAM " is not beside the executable; build the "
                        "target of that name");
}

static hm_status bind_inline(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    if (inline_pool == NULL)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%s: the pool is compiled into " INLINE_PROGRAM ", not into this "
                            "program",
                            spec->label);
    inline_pool(allocator);
    return HM_OK;
}

const hm_backend hm_backend_pool_inline = {
    .name = "pool-inline",
    .brief = "The pool compiled into runtime and workloads: what a call through a table costs",
    .linkage = HM_LINKAGE_INLINE,
    .locate = locate_program,
    .bind = bind_inline,
    .locate_program = locate_program,
};
