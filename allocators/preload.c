/**
 * This module is the back end `preload`: the allocator that LD_PRELOAD made the whole process's,
 * as a service would run it, so that what a user would preload can be measured as it would be used.
 *
 * Everything in the process is served by it, the harness's own blocks too: compare its memory only
 * after subtracting a null run, and its times only within the linkage `preload`.
 */
#include "allocators/native.h"

#include <stdio.h>

static hm_status bind_preload(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static hm_library library;
    hm_error cause = {.status = HM_OK};
    hm_status status = hm_library_open_global(&library, spec->label, spec->path, error);
    if (status != HM_OK)
        return status;
    status = hm_library_bind(&library, allocator, &cause);
    if (status != HM_OK)
        return hm_error_set(error, status, "%.400s; was LD_PRELOAD set to it before exec?",
                            cause.message);
    hm_native_any(&library, allocator);
    return HM_OK;
}

const hm_backend hm_backend_preload = {
    .name = "preload",
    .brief = "any allocator as the process's own malloc: preload:PATH[;env=K=V]",
    .linkage = HM_LINKAGE_PRELOAD,
    .takes_path = true,
    .bind = bind_preload,
};
