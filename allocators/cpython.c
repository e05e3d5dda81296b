/**
 * This module is CPython's allocators as back ends, so that its object allocator is measured by the
 * same loops as any other: PyObject_Malloc and its like, with PYTHONMALLOC choosing what is behind
 * them. Only a python's own process can bind them (bench/reference/extension.c offers how).
 */
#include "allocators/backend.h"
#include "base/attributes.h"

#include <string.h>

static hm_backend_binder offered;

void hm_backend_offer_runtime(hm_backend_binder bind)
{
    offered = bind;
}

static hm_status bind(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    if (offered != NULL)
        return offered(spec, allocator, error);
    return hm_error_set(error, HM_UNAVAILABLE,
                        "%s: only a python3 has it; give one by --reference PYTHON", spec->label);
}

/* Hashes of str are the same from sample to sample. */
#define CPYTHON(identifier, allocator, words)                                                      \
    static const char *const environment_##identifier[] = {"PYTHONMALLOC=" allocator,              \
                                                           "PYTHONHASHSEED=1", NULL};              \
    static const hm_backend cpython_##identifier = {                                               \
        .name = "cpython-" allocator,                                                              \
        .brief = words,                                                                            \
        .linkage = HM_LINKAGE_RUNTIME,                                                             \
        .environment = environment_##identifier,                                                   \
        .bind = bind,                                                                              \
    };

CPYTHON(pymalloc, "pymalloc", "CPython's own: small objects in pools of 16 KiB, larger from libc")
CPYTHON(malloc, "malloc", "libc's malloc under CPython's object allocator")
CPYTHON(mimalloc, "mimalloc", "the mimalloc that CPython 3.13 and later bring")

static const hm_backend *const backends[] = {&cpython_pymalloc, &cpython_malloc, &cpython_mimalloc,
                                             NULL};

const hm_backend *const *hm_backends_of_runtime(void)
{
    return backends;
}

const hm_backend *hm_backend_find_of_runtime(const char *name)
{
    for (size_t index = 0; backends[index] != NULL; index++) {
        if (strcmp(backends[index]->name, name) == 0)
            return backends[index];
    }
    return NULL;
}
