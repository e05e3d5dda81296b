#include "allocators/native.h"
#include "base/attributes.h"

#include <stdio.h>
#include <string.h>

static const hm_backend *const backends[] = {
#define HM_BACKEND(identifier) &hm_backend_##identifier,
#include "allocators/registry.def"
#undef HM_BACKEND
};

const hm_backend *const *hm_backends(size_t *count)
{
    *count = HM_COUNT_OF(backends);
    return backends;
}

const hm_backend *hm_backend_find(const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(backends); index++) {
        if (strcmp(backends[index]->name, name) == 0)
            return backends[index];
    }
    return NULL;
}

const char *hm_linkage_name(hm_linkage linkage)
{
    switch (linkage) {
    case HM_LINKAGE_SO:
        return "so";
    case HM_LINKAGE_INLINE:
        return "inline";
    case HM_LINKAGE_PRELOAD:
        return "preload";
    case HM_LINKAGE_STATIC:
        return "static";
    case HM_LINKAGE_RUNTIME:
        return "runtime";
    }
    return "unknown";
}

hm_status hm_backend_probe(const hm_backend_spec *spec, char *path, size_t size, hm_error *error)
{
    const hm_backend *backend = spec->backend;
    path[0] = '\0';
    if (spec->path != NULL)
        return snprintf(path, size, "%s", spec->path) < (int)size
                   ? HM_OK
                   : hm_error_set(error, HM_UNAVAILABLE, "%s: its path is too long", spec->label);
    if (backend->locate != NULL)
        return backend->locate(path, size, error);
    if (backend->library == NULL || hm_library_locate(backend->library, path, size))
        return HM_OK;
    return hm_native_absent(backend, error);
}

hm_status hm_backend_program(const hm_backend_spec *spec, char *path, size_t size, hm_error *error)
{
    path[0] = '\0';
    return spec->backend->locate_program == NULL ? HM_OK
                                                 : spec->backend->locate_program(path, size, error);
}

/* What is compiled into the suite proves its origin too: it is the executable. */
static hm_status prove_static(hm_allocator *allocator, hm_error *error)
{
    static char origin[PATH_MAX];
    if (allocator->linkage != HM_LINKAGE_STATIC && allocator->linkage != HM_LINKAGE_INLINE)
        return HM_OK;
    if (!hm_library_origin(&allocator->malloc, origin))
        return hm_error_set(error, HM_WRONG_RESULT, "%s: the origin of malloc is unknown",
                            allocator->name);
    allocator->origin = origin;
    return HM_OK;
}

hm_status hm_backend_bind(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    static bool bound;
    static char name[256];
    if (bound)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%s: this process has bound %s already; a process binds one back end",
                            spec->label, name);
    bound = true;
    snprintf(name, sizeof name, "%s", spec->label);
    *allocator = (hm_allocator){.name = name, .version = "", .linkage = spec->backend->linkage};
    hm_status status = spec->backend->bind(spec, allocator, error);
    if (status == HM_OK)
        status = prove_static(allocator, error);
    if (status == HM_OK)
        status = hm_library_try(allocator, error);
    return status;
}
