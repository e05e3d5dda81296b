/* The view of this machine, and of a folder that holds another one's files. */
#include "bench/doctor/doctor.h"

#include "allocators/backend.h"
#include "bench/measure/clock.h"
#include "bench/measure/machine.h"
#include "bench/reference_python.h"
#include "bench/results.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

extern char **environ;

static const uint64_t pause_ns = 300000000;

static void pause_a_little(void)
{
    hm_clock_sleep_until(hm_clock_wall_ns() + pause_ns);
}

static bool count_cycles(void)
{
    hm_machine machine = {0};
    hm_machine_read_cpu(&machine);
    return machine.hardware_counters;
}

static bool find_library(const hm_doctor_view *view, const char *name, char *path, size_t size)
{
    hm_backend_spec spec = {0};
    HM_UNUSED(view);
    bool found = hm_backend_parse(name, &spec, NULL) == HM_OK &&
                 hm_backend_probe(&spec, path, size, NULL) == HM_OK;
    hm_backend_spec_clear(&spec);
    return found;
}

/** The library below the view's root, where the dynamic linker would look for it. */
static bool find_below_root(const hm_doctor_view *view, const char *name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/local/lib", "/usr/lib/x86_64-linux-gnu",
                                          "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"};
    const hm_backend *backend = hm_backend_find(name);
    for (size_t index = 0; backend && index < HM_COUNT_OF(folders); index++) {
        snprintf(path, size, "%s/%s", folders[index], backend->library);
        if (hm_doctor_there(view, path))
            return true;
    }
    return false;
}

static void find_python(char *path, size_t size)
{
    const char *python = hm_plot_python();
    snprintf(path, size, "%s", python ? python : "");
}

static void find_references(char *found, size_t found_size, char *missing, size_t missing_size)
{
    size_t index;
    const json_t *entry;
    hm_strings names = {0};
    json_t *references = hm_references_to_json();
    found[0] = missing[0] = '\0';
    json_array_foreach(references, index, entry)
    {
        if (json_is_true(json_object_get(entry, "available")))
            hm_strings_add(&names, json_string_value(json_object_get(entry, "runtime")));
        else if (*missing == '\0')
            snprintf(missing, missing_size, "%s",
                     json_string_value(json_object_get(entry, "reason")));
    }
    if (names.count > 0)
        hm_strings_join(&names, found, found_size);
    hm_strings_clear(&names);
    json_decref(references);
}

static int64_t free_bytes(const char *folder)
{
    char path[PATH_MAX];
    struct statvfs disk;
    snprintf(path, sizeof path, "%s", folder);
    char *parent = path;
    while (statvfs(parent, &disk) != 0) {
        if (strcmp(parent, "/") == 0 || strcmp(parent, ".") == 0)
            return -1;
        parent = dirname(parent);
    }
    return (int64_t)(disk.f_bavail * disk.f_frsize);
}

hm_doctor_view hm_doctor_view_of(const char *root)
{
    bool own = *root == '\0';
    return (hm_doctor_view){.root = root,
                            .environment = environ,
                            .folder = "results",
                            .pause = own ? pause_a_little : NULL,
                            .count_cycles = own ? count_cycles : NULL,
                            .find_library = own ? find_library : find_below_root,
                            .find_python = find_python,
                            .find_references = own ? find_references : NULL,
                            .free_bytes = free_bytes};
}
