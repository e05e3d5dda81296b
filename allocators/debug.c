/**
 * This module is the back end `debug`: the debug decorator around libc's malloc, so that a
 * workload can be run with guards and planned failure by a back end's name alone.
 */
#include "allocators/decorators.h"
#include "allocators/native.h"

static hm_status bind_debug(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    hm_allocator system = *allocator;
    hm_status status = hm_backend_system.bind(spec, &system, error);
    if (status != HM_OK)
        return status;
    hm_debug_decorate(&system, allocator);
    allocator->linkage = HM_LINKAGE_STATIC;
    return HM_OK;
}

const hm_backend hm_backend_debug = {
    .name = "debug",
    .brief = "libc's malloc with guard bytes, fill patterns and planned failure",
    .linkage = HM_LINKAGE_STATIC,
    .bind = bind_debug,
};
