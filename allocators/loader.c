#include "allocators/loader.h"

#include "base/attributes.h"
#include "base/program.h"

#include <dlfcn.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ISO C has no conversion from an object to a function pointer; POSIX has their sizes equal. */
static void store_function(void *slot, void *function)
{
    memcpy(slot, &function, sizeof function);
}

static void *load_function(const void *slot)
{
    void *function;
    memcpy(&function, slot, sizeof function);
    return function;
}

static bool resolve(const char *path, char resolved[PATH_MAX])
{
    return path != NULL && path[0] != '\0' && realpath(path, resolved) != NULL;
}

/* For the executable dladdr may give the name it was called by, which need not be a path. */
static bool address_origin(const void *address, char path[PATH_MAX])
{
    Dl_info info;
    void *extra = NULL;
    if (dladdr1(address, &info, &extra, RTLD_DL_LINKMAP) == 0)
        return false;
    const struct link_map *map = extra;
    bool executable = map != NULL && map->l_name != NULL && map->l_name[0] == '\0';
    return executable ? hm_program_file(path) : resolve(info.dli_fname, path);
}

bool hm_library_origin(const void *function_slot, char path[PATH_MAX])
{
    return address_origin(load_function(function_slot), path);
}

/* ---- opening ---- */

static hm_status open_handle(hm_library *library, const char *path, int flags, hm_error *error)
{
    struct link_map *map = NULL;
    library->handle = dlopen(path, flags);
    if (library->handle == NULL)
        return hm_error_set(error, HM_UNAVAILABLE, "%s: cannot be loaded: %s", library->label,
                            dlerror());
    if (dlinfo(library->handle, RTLD_DI_LINKMAP, &map) != 0 || !resolve(map->l_name, library->path))
        return hm_error_set(error, HM_UNAVAILABLE, "%s: the loader does not tell its file",
                            library->label);
    return HM_OK;
}

hm_status hm_library_open(hm_library *library, const char *label, const char *path, hm_error *error)
{
    library->label = label;
    library->prefix = "";
    return open_handle(library, path, RTLD_NOW | RTLD_LOCAL, error);
}

hm_status hm_library_open_libc(hm_library *library, hm_error *error)
{
    library->label = "system";
    library->prefix = "";
    return open_handle(library, LIBC_SO, RTLD_NOW | RTLD_NOLOAD, error);
}

hm_status hm_library_open_global(hm_library *library, const char *label, const char *path,
                                 hm_error *error)
{
    library->label = label;
    library->prefix = "";
    library->handle = RTLD_DEFAULT;
    if (!resolve(path, library->path))
        return hm_error_set(error, HM_UNAVAILABLE, "%s: %s is not there", label, path);
    return HM_OK;
}

/* ---- finding ---- */

static bool is_own(const hm_library *library, const void *function)
{
    char origin[PATH_MAX];
    return address_origin(function, origin) && strcmp(origin, library->path) == 0;
}

bool hm_library_find(const hm_library *library, const char *name, void *slot)
{
    void *function = dlsym(library->handle, name);
    bool own = function != NULL && is_own(library, function);
    store_function(slot, own ? function : NULL);
    return own;
}

static bool find_prefixed(const hm_library *library, const char *name, void *slot)
{
    char full_name[128];
    snprintf(full_name, sizeof full_name, "%s%s", library->prefix, name);
    return hm_library_find(library, full_name, slot);
}

static hm_status refuse(const hm_library *library, const char *name, hm_error *error)
{
    char full_name[128], origin[PATH_MAX] = "an unknown file";
    snprintf(full_name, sizeof full_name, "%s%s", library->prefix, name);
    void *function = dlsym(library->handle, full_name);
    if (function == NULL)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "%s: %.160s has no %s; an allocator's library must", library->label,
                            library->path, full_name);
    address_origin(function, origin);
    return hm_error_set(error, HM_WRONG_RESULT, "%s: %s comes from %.160s, not from %.160s",
                        library->label, full_name, origin, library->path);
}

hm_status hm_library_bind(const hm_library *library, hm_allocator *allocator, hm_error *error)
{
    static char origin[PATH_MAX];
    if (!find_prefixed(library, "malloc", &allocator->malloc))
        return refuse(library, "malloc", error);
    if (!find_prefixed(library, "free", &allocator->free))
        return refuse(library, "free", error);
    if (!find_prefixed(library, "realloc", &allocator->realloc))
        return refuse(library, "realloc", error);
    if (!find_prefixed(library, "calloc", &allocator->calloc))
        return refuse(library, "calloc", error);
    allocator->capabilities |= HM_ALLOCATOR_THREADS;
    if (find_prefixed(library, "aligned_alloc", &allocator->aligned_alloc))
        allocator->capabilities |= HM_ALLOCATOR_ALIGNED;
    if (find_prefixed(library, "malloc_usable_size", &allocator->usable_size))
        allocator->capabilities |= HM_ALLOCATOR_USABLE_SIZE;
    snprintf(origin, sizeof origin, "%s", library->path);
    allocator->origin = origin;
    return HM_OK;
}
