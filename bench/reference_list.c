/* The pythons that are here: on PATH, and what pyenv has installed. See reference_python.h. */
#include "bench/reference_python.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Whether the file's name is python3, or python3 with a minor version. */
static bool is_named_so(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    if (strncmp(name, "python3", strlen("python3")) != 0)
        return false;
    name += strlen("python3");
    if (*name == '.' && isdigit((unsigned char)name[1]))
        name += 1 + strspn(name + 1, "0123456789");
    return *name == '\0';
}

/** A script that stands in for a python (pyenv has such) starts one that is found by itself. */
static bool is_script(const char *path)
{
    char start[2] = "";
    FILE *file = fopen(path, "re");
    bool script = file != NULL && fread(start, 1, 2, file) == 2 && memcmp(start, "#!", 2) == 0;
    if (file != NULL)
        fclose(file);
    return script;
}

/** Adds what the pattern finds; `files` has the files themselves, so that each is added once. */
static void add_matching(const char *pattern, hm_strings *paths, hm_strings *files)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t index = 0; index < found.gl_pathc; index++) {
        char real[PATH_MAX];
        const char *path = found.gl_pathv[index];
        if (!is_named_so(path) || access(path, X_OK) != 0 || realpath(path, real) == NULL ||
            hm_strings_contain(files, real) || is_script(real))
            continue;
        hm_strings_add(files, real);
        hm_strings_add(paths, path);
    }
    globfree(&found);
}

void hm_reference_find_all(hm_strings *paths)
{
    hm_strings files = {0}, folders = {0};
    const char *path = getenv("PATH"), *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
    hm_strings_split(&folders, path != NULL ? path : "/usr/bin:/bin", ':');
    for (size_t index = 0; index < folders.count; index++) {
        char *pattern = hm_format("%s/python3*", folders.items[index]);
        if (pattern[0] == '/')
            add_matching(pattern, paths, &files);
        free(pattern);
    }
    char *pattern = root != NULL && root[0] == '/'
                        ? hm_format("%s/versions/*/bin/python3", root)
                        : hm_format("%s/.pyenv/versions/*/bin/python3", home != NULL ? home : "");
    add_matching(pattern, paths, &files);
    free(pattern);
    hm_strings_clear(&folders);
    hm_strings_clear(&files);
}

/** "cpython-3.11.2; optimised: pgo+lto (sysconfig); PYTHONMALLOC: pymalloc, malloc"; a new text. */
static char *brief_of(const json_t *described)
{
    char list[64];
    size_t index;
    const json_t *name;
    hm_strings allocators = {0};
    json_array_foreach(json_object_get(described, "allocators"), index, name)
    {
        hm_strings_add(&allocators, json_string_value(name));
    }
    char *brief = hm_format("%s; optimised: %s (%s); PYTHONMALLOC: %s",
                            json_string_value(json_object_get(described, "runtime")),
                            json_string_value(json_object_get(described, "optimized")),
                            json_string_value(json_object_get(described, "optimized_source")),
                            hm_strings_join(&allocators, list, sizeof list));
    hm_strings_clear(&allocators);
    return brief;
}

static json_t *reference_to_json(const char *path)
{
    hm_reference_python python;
    hm_error why = {0};
    json_t *entry = json_pack("{s:s}", "name", path);
    hm_status status = hm_reference_describe(path, &python, &why);
    if (status == HM_OK) {
        char *brief = brief_of(python.described);
        json_object_set_new(entry, "brief", json_string(brief));
        json_object_update(entry, python.described);
        free(brief);
        status = hm_reference_can_build(python.described, &why);
    } else {
        json_object_set_new(entry, "brief", json_string("not a python that can be a reference"));
    }
    static const char option[] = "--reference: ";
    bool told = strncmp(why.message, option, strlen(option)) == 0;
    const char *reason = why.message + (told ? strlen(option) : 0);
    json_object_set_new(entry, "available", json_boolean(status == HM_OK));
    json_object_set_new(entry, "reason", status == HM_OK ? json_null() : json_string(reason));
    hm_reference_clear(&python);
    return entry;
}

json_t *hm_references_to_json(void)
{
    hm_strings paths = {0};
    json_t *array = json_array();
    hm_reference_find_all(&paths);
    for (size_t index = 0; index < paths.count; index++)
        json_array_append_new(array, reference_to_json(paths.items[index]));
    hm_strings_clear(&paths);
    return array;
}
