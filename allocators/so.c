/**
 * This module is the back end `so`: any allocator from a shared library, by its path, so that an
 * allocator can be measured beside the others without a line of code.
 *
 * TCMALLOC_SKIP_SBRK is set because a tcmalloc opened by dlopen would fight with libc over the
 * program break; it means nothing to other libraries.
 */
#include "allocators/native.h"

static hm_status bind_so(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static hm_library library;
    hm_status status = hm_library_open(&library, spec->label, spec->path, error);
    if (status != HM_OK)
        return status;
    library.prefix = spec->prefix;
    status = hm_library_bind(&library, allocator, error);
    if (status == HM_OK)
        hm_native_any(&library, allocator);
    return status;
}

static const char *const environment[] = {"TCMALLOC_SKIP_SBRK=1", NULL};

const hm_backend hm_backend_so = {
    .name = "so",
    .brief = "any allocator from a shared library: so:PATH[;prefix=P][;env=K=V]",
    .linkage = HM_LINKAGE_SO,
    .ranked = true,
    .takes_path = true,
    .environment = environment,
    .bind = bind_so,
};
