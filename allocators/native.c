#include "allocators/native.h"

#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hm_native_any(const hm_library *library, hm_allocator *allocator)
{
    if (hm_native_jemalloc(library, allocator) || hm_native_mimalloc(library, allocator) ||
        hm_native_tcmalloc(library, allocator) || hm_native_pool(library, allocator))
        return;
    if (hm_library_find(library, "free_sized", &allocator->free_sized))
        allocator->capabilities |= HM_ALLOCATOR_SIZED_FREE;
}

hm_status hm_native_absent(const hm_backend *backend, hm_error *error)
{
    return hm_error_set(error, HM_UNAVAILABLE, "%s: %s is not installed; install the package %s",
                        backend->name, backend->library, backend->package);
}

hm_status hm_native_bind_package(const hm_backend *backend, hm_allocator *allocator,
                                 bool (*extend)(const hm_library *, hm_allocator *),
                                 hm_error *error)
{
    static hm_library library;
    char path[PATH_MAX];
    if (!hm_library_locate(backend->library, path, sizeof path))
        return hm_native_absent(backend, error);
    hm_status status = hm_library_open(&library, backend->name, path, error);
    if (status == HM_OK)
        status = hm_library_bind(&library, allocator, error);
    if (status == HM_OK && !extend(&library, allocator))
        status = hm_error_set(error, HM_WRONG_RESULT, "%s: %.200s is not a library of %s",
                              backend->name, path, backend->name);
    return status;
}

static bool beside_executable(const char *name, char *path, size_t size)
{
    char executable[PATH_MAX];
    if (!hm_program_file(executable))
        return false;
    char *slash = strrchr(executable, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    int length = snprintf(path, size, "%s/%s", executable, name);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

bool hm_native_own_file(const char *name, char *path, size_t size)
{
    if (beside_executable(name, path, size))
        return true;
    int length = snprintf(path, size, "%s/%s", HM_POOL_BUILD_DIR, name);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}
