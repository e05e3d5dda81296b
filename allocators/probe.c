/**
 * This module is what is tried of a library before it is trusted: where it lies, before loading
 * it, and whether its functions hang together, after binding them.
 *
 * A library opened with RTLD_LOCAL sees libc's malloc before its own wherever its own functions
 * call each other through the dynamic linker. dladdr cannot show that; libc's account can.
 */
#include "allocators/loader.h"
#include "base/attributes.h"

#include <dlfcn.h>
#include <gnu/lib-names.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRY_BLOCKS = 64, TRY_BYTES = 4000, TRY_ALIGNED = 8, ALIGNMENT = 16 };

/* ---- before loading ---- */

static bool try_folder(const char *folder, const char *file_name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%s", folder, file_name);
    return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

/* libc lies in the folder of the machine's architecture, whatever the distribution calls it. */
static bool libc_folder(char folder[PATH_MAX])
{
    void *libc = dlopen(LIBC_SO, RTLD_NOW | RTLD_NOLOAD);
    void *(*function)(size_t) = NULL;
    void *symbol = libc != NULL ? dlsym(libc, "malloc") : NULL;
    memcpy(&function, &symbol, sizeof symbol);
    if (symbol == NULL || !hm_library_origin(&function, folder))
        return false;
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

bool hm_library_locate(const char *file_name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/local/lib", "/lib64", "/usr/lib64", "/lib",
                                          "/usr/lib"};
    char folder[PATH_MAX];
    if (try_folder(folders[0], file_name, path, size))
        return true;
    if (libc_folder(folder) && try_folder(folder, file_name, path, size))
        return true;
    for (size_t index = 1; index < HM_COUNT_OF(folders); index++) {
        if (try_folder(folders[index], file_name, path, size))
            return true;
    }
    path[0] = '\0';
    return false;
}

/* ---- after binding ---- */

#ifdef HM_SANITIZED
static uint64_t libc_allocated_bytes(void)
{
    return 0;
}
#else
static uint64_t libc_allocated_bytes(void)
{
    struct mallinfo2 (*account)(void) = NULL;
    void *libc = dlopen(LIBC_SO, RTLD_NOW | RTLD_NOLOAD);
    void *symbol = libc != NULL ? dlsym(libc, "mallinfo2") : NULL;
    memcpy(&account, &symbol, sizeof symbol);
    if (symbol == NULL)
        return 0;
    struct mallinfo2 info = account();
    return (uint64_t)info.uordblks + info.hblkhd;
}
#endif

/* One way to get a block of TRY_BYTES. */
typedef void *(*make_function)(const hm_allocator *allocator);

static void *by_malloc(const hm_allocator *allocator)
{
    return allocator->malloc(TRY_BYTES);
}

static void *by_calloc(const hm_allocator *allocator)
{
    return allocator->calloc(TRY_BYTES / 8, 8);
}

static void *by_realloc(const hm_allocator *allocator)
{
    void *block = allocator->malloc(ALIGNMENT);
    return block == NULL ? NULL : allocator->realloc(block, TRY_BYTES);
}

static void *by_aligned_alloc(const hm_allocator *allocator)
{
    return allocator->aligned_alloc(64, 4096);
}

static const char *examine(unsigned char *block, bool zeroed)
{
    if (block == NULL)
        return "returned NULL";
    if ((uintptr_t)block % ALIGNMENT != 0)
        return "returned a block not aligned to 16 bytes";
    for (size_t index = 0; zeroed && index < TRY_BYTES; index++) {
        if (block[index] != 0)
            return "returned a block that is not zero";
    }
    memset(block, 0xa5, TRY_BYTES);
    return NULL;
}

static hm_status try_function(const hm_allocator *allocator, const char *name, make_function make,
                              hm_error *error)
{
    void *blocks[TRY_BLOCKS];
    const char *defect = NULL;
    uint64_t before = libc_allocated_bytes();
    unsigned count = 0;
    while (defect == NULL && count < TRY_BLOCKS) {
        blocks[count] = make(allocator);
        defect = examine(blocks[count], make == by_calloc);
        count += blocks[count] != NULL;
    }
    uint64_t after = libc_allocated_bytes();
    bool foreign = allocator->linkage != HM_LINKAGE_STATIC &&
                   allocator->linkage != HM_LINKAGE_RUNTIME &&
                   strstr(allocator->origin, "/" LIBC_SO) == NULL;
    if (defect == NULL && foreign && after >= before + TRY_BLOCKS * TRY_BYTES / 2)
        defect = "takes its memory from libc's malloc: the library does not call its own";
    /* Blocks of a broken allocator are not given back to it: that may crash. */
    while (defect == NULL && count > 0)
        allocator->free(blocks[--count]);
    return defect == NULL
               ? HM_OK
               : hm_error_set(error, HM_WRONG_RESULT, "%s: %s %s", allocator->name, name, defect);
}

/* A block's size equal to its alignment is where a rounding that is meant to align shows that it
   does not. */
static bool aligned_alloc_aligns(const hm_allocator *allocator)
{
    bool aligns = true;
    for (size_t alignment = 32; alignment <= 4096; alignment *= 2) {
        void *blocks[TRY_ALIGNED];
        for (unsigned index = 0; index < TRY_ALIGNED; index++) {
            blocks[index] = allocator->aligned_alloc(alignment, alignment);
            aligns = aligns && blocks[index] != NULL && (uintptr_t)blocks[index] % alignment == 0;
        }
        for (unsigned index = 0; index < TRY_ALIGNED; index++)
            allocator->free(blocks[index]);
    }
    return aligns;
}

hm_status hm_library_try(hm_allocator *allocator, hm_error *error)
{
    hm_status status = try_function(allocator, "malloc", by_malloc, error);
    if (status == HM_OK)
        status = try_function(allocator, "calloc", by_calloc, error);
    if (status == HM_OK)
        status = try_function(allocator, "realloc", by_realloc, error);
    if (status == HM_OK && allocator->aligned_alloc != NULL)
        status = try_function(allocator, "aligned_alloc", by_aligned_alloc, error);
    if (status == HM_OK && allocator->aligned_alloc != NULL && !aligned_alloc_aligns(allocator)) {
        allocator->aligned_alloc = NULL;
        allocator->capabilities &= ~(uint32_t)HM_ALLOCATOR_ALIGNED;
    }
    return status;
}
