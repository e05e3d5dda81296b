/* Checks of what is installed and set: allocators, environment, the report's Python, the disk. */
#include "bench/doctor/doctor.h"

#include "allocators/backend.h"
#include "base/quantity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_BYTES = 512 };

static const int64_t little_disk_bytes = INT64_C(1) << 30;

/** The version dpkg knows of `package`, "" where it knows none. */
static void find_version(const hm_doctor_view *view, const char *package, char *version,
                         size_t size)
{
    char path[4096], line[STATUS_BYTES], wanted[128];
    bool here = false;
    version[0] = '\0';
    snprintf(path, sizeof path, "%s/var/lib/dpkg/status", view->root);
    snprintf(wanted, sizeof wanted, "Package: %s\n", package);
    FILE *file = fopen(path, "re");
    while (file && version[0] == '\0' && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Package: ", 9) == 0)
            here = strcmp(line, wanted) == 0;
        else if (here && strncmp(line, "Version: ", 9) == 0)
            snprintf(version, size, "%.*s", (int)strcspn(line + 9, "\n"), line + 9);
    }
    if (file)
        fclose(file);
}

static void look_backend(const hm_doctor_view *view, const char *name, hm_doctor_finding *finding)
{
    char path[4096] = "", version[64] = "";
    const hm_backend *backend = hm_backend_find(name);
    const char *package = backend ? backend->package : NULL;
    if (view->find_library(view, name, path, sizeof path)) {
        if (package)
            find_version(view, package, version, sizeof version);
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s%s%.200s", version, *version ? ", " : "", path);
    } else if (package) {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s is not here", backend->library);
        hm_doctor_advise(finding, "sudo apt-get install %s", package);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s is not here", backend ? backend->library : name);
        hm_doctor_advise(finding, "build the target heapmark_pool, or name the file in "
                                  "HEAPMARK_POOL_PATH");
    }
}

void hm_doctor_look_jemalloc(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    look_backend(view, "jemalloc", finding);
}

void hm_doctor_look_mimalloc(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    look_backend(view, "mimalloc", finding);
}

void hm_doctor_look_tcmalloc(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    look_backend(view, "tcmalloc", finding);
}

void hm_doctor_look_pool(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    look_backend(view, "pool", finding);
}

void hm_doctor_look_environment(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char names[200] = "";
    size_t used = 0;
    for (char *const *variable = view->environment; *variable; variable++) {
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*variable, "="), *variable);
        if (hm_backend_scrubs(name) && used < sizeof names)
            used +=
                (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", name);
    }
    if (used == 0) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "nothing in it changes allocators");
        return;
    }
    hm_doctor_say(finding, HM_DOCTOR_WARN, "%s", names);
    hm_doctor_advise(finding, "unset %s", names);
}

void hm_doctor_look_plot_python(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char path[256] = "";
    view->find_python(path, sizeof path);
    if (*path) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%.250s", path);
        return;
    }
    hm_doctor_say(finding, HM_DOCTOR_WARN, "no Python here has all packages");
    hm_doctor_advise(finding,
                     "sudo apt-get install python3-matplotlib python3-seaborn python3-pandas "
                     "python3-scipy python3-statsmodels python3-jinja2 python3-jsonschema, or name "
                     "another Python in HEAPMARK_PYTHON");
}

void hm_doctor_look_reference(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char found[200] = "", missing[512] = "";
    if (view->find_references == NULL) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "only the machine itself can tell");
        return;
    }
    view->find_references(found, sizeof found, missing, sizeof missing);
    if (*found) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s", found);
        return;
    }
    hm_doctor_say(finding, HM_DOCTOR_WARN, "%.240s", *missing ? missing : "no python3 is here");
    hm_doctor_advise(finding, "sudo apt-get install python3-dev gcc; `heapmark list references` "
                              "shows all that are here");
}

void hm_doctor_look_disk(const hm_doctor_view *view, hm_doctor_finding *finding)
{
    char amount[32];
    int64_t bytes = view->free_bytes(view->folder);
    hm_format_bytes((double)bytes, amount, sizeof amount);
    if (bytes < 0) {
        hm_doctor_say(finding, HM_DOCTOR_CANNOT_TELL, "the disk of %.100s does not tell",
                      view->folder);
    } else if (bytes >= little_disk_bytes) {
        hm_doctor_say(finding, HM_DOCTOR_OK, "%s for %.100s", amount, view->folder);
    } else {
        hm_doctor_say(finding, HM_DOCTOR_WARN, "%s for %.100s", amount, view->folder);
        hm_doctor_advise(finding, "make room, or name a folder on another disk by --out");
    }
}
