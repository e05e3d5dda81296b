/**
 * This module is what allocators of known families offer beyond libc's names: version, statistics,
 * purge, sized free. So a library by path gets as much of it as the one from the package.
 *
 * Each function looks for its family's functions in `library` and adds what it finds to the
 * allocator; false: the library is not of that family.
 */
#ifndef HM_ALLOCATORS_NATIVE_H
#define HM_ALLOCATORS_NATIVE_H

#include "allocators/backend.h"
#include "allocators/loader.h"

bool hm_native_jemalloc(const hm_library *library, hm_allocator *allocator);
bool hm_native_mimalloc(const hm_library *library, hm_allocator *allocator);
bool hm_native_tcmalloc(const hm_library *library, hm_allocator *allocator);
bool hm_native_pool(const hm_library *library, hm_allocator *allocator);

/** Asks the families in turn; where none knows the library, C23's free_sized is looked for. */
void hm_native_any(const hm_library *library, hm_allocator *allocator);

/** Locates, opens, binds and extends the back end's packaged library: the whole of a bind. */
hm_status hm_native_bind_package(const hm_backend *backend, hm_allocator *allocator,
                                 bool (*extend)(const hm_library *, hm_allocator *),
                                 hm_error *error);

/** HM_UNAVAILABLE, with the package to install. */
hm_status hm_native_absent(const hm_backend *backend, hm_error *error);

/** A file that the build made: beside the running executable, else in the build folder. */
bool hm_native_own_file(const char *name, char *path, size_t size);

/** All back ends, defined one a file. */
#define HM_BACKEND(identifier) extern const hm_backend hm_backend_##identifier;
#include "allocators/registry.def"
#undef HM_BACKEND

#endif
