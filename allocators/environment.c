/**
 * This module is what a sample's environment says to allocators, so that each runs as its spec
 * says and not as the user's shell happens to be set up.
 *
 * The static-TLS tunable is there for every back end, although only some need it (jemalloc's
 * thread-local data is larger than what glibc keeps free), so that the environment is the same.
 */
#include "allocators/backend.h"
#include "base/attributes.h"

#include <stdio.h>
#include <string.h>

#define TUNABLES   "GLIBC_TUNABLES="
#define STATIC_TLS "glibc.rtld.optional_static_tls=16384"
#define PRELOAD    "LD_PRELOAD="

typedef void (*visitor)(void *context, const char *setting);

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* A user's tunables are added to ours: without ours, jemalloc does not load. */
static void visit_setting(const char *setting, visitor visit, void *context)
{
    char merged[4096];
    if (!begins(setting, TUNABLES)) {
        visit(context, setting);
        return;
    }
    snprintf(merged, sizeof merged, TUNABLES STATIC_TLS ":%s", setting + strlen(TUNABLES));
    visit(context, merged);
}

void hm_backend_environment(const hm_backend_spec *spec,
                            void (*visit)(void *context, const char *setting), void *context)
{
    char preload[4096];
    visit(context, TUNABLES STATIC_TLS);
    const char *const *own = spec->backend->environment;
    for (; own != NULL && *own != NULL; own++)
        visit(context, *own);
    if (spec->backend->linkage == HM_LINKAGE_PRELOAD) {
        snprintf(preload, sizeof preload, PRELOAD "%s", spec->path);
        visit(context, preload);
    }
    for (size_t index = 0; index < HM_BACKEND_MAX_SETTINGS && spec->settings[index] != NULL;
         index++)
        visit_setting(spec->settings[index], visit, context);
}

bool hm_backend_scrubs(const char *variable_name)
{
    static const char *const beginnings[] = {
        "MALLOC_",   "MIMALLOC_", "mimalloc_", "TCMALLOC_", "HEAP_PROFILE_", "HEAPPROFILE",
        "HEAPCHECK", "SNMALLOC_", "RPMALLOC_", "HOARD_",    "TBB_MALLOC_",   "MEMKIND_",
    };
    static const char *const names[] = {
        "GLIBC_TUNABLES",       "LD_PRELOAD",
        "LD_LIBRARY_PATH",      "LD_AUDIT",
        "LD_BIND_NOW",          "LD_HWCAP_MASK",
        "LD_DYNAMIC_WEAK",      "PERFTOOLS_VERBOSE",
        "PYTHONMALLOC",         "JEMALLOC_CONF",
        "JE_MALLOC_CONF",       "_RJEM_MALLOC_CONF",
        "HEAPMARK_POOL_RETAIN", "HEAPMARK_POOL_HUGE_PAGES",
        "HEAPMARK_POOL_REUSE",
    };
    for (size_t index = 0; index < HM_COUNT_OF(beginnings); index++) {
        if (begins(variable_name, beginnings[index]))
            return true;
    }
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        if (strcmp(variable_name, names[index]) == 0)
            return true;
    }
    return false;
}
