#include "bench/reference_python.h"

#include "base/program.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* What a python is asked. Flags come from sysconfig. Where that describes another build than the
   one that runs (Debian: the shared library's, and the program is linked without it), the program's
   layout tells whether a profile ordered it: it tears the functions of one source file apart. */
static const char describing[] =
    "import sys, json, os, sysconfig, subprocess\n"
    "if sys.implementation.name != 'cpython': sys.exit('it is ' + sys.implementation.name)\n"
    "var = sysconfig.get_config_var\n"
    "args = var('CONFIG_ARGS') or ''\n"
    "flags = ' '.join(str(var(n) or '') for n in ('PY_CORE_CFLAGS', 'PY_CORE_LDFLAGS'))\n"
    "pgo = '--enable-optimizations' in args or '-fprofile-use' in flags\n"
    "lto = '--with-lto' in args and '--with-lto=no' not in args or '-flto' in flags\n"
    "source = 'sysconfig'\n"
    "maps = open('/proc/self/maps').read()\n"
    "if var('Py_ENABLE_SHARED') and 'libpython' not in maps:\n"
    "    source, spread = 'layout', 0\n"
    "    try:\n"
    "        import ctypes\n"
    "        api = ctypes.PyDLL(None)\n"
    "        at = lambda n: ctypes.cast(getattr(api, n), ctypes.c_void_p).value\n"
    "        for hot, cold in (('PyLong_FromLong', 'PyLong_AsVoidPtr'),\n"
    "                          ('PyFloat_FromDouble', 'PyFloat_GetInfo'),\n"
    "                          ('PyBytes_FromStringAndSize', 'PyBytes_ConcatAndDel'),\n"
    "                          ('PyObject_GetAttr', 'PyObject_ASCII')):\n"
    "            spread += abs(at(hot) - at(cold)) > 300000\n"
    "    except Exception:\n"
    "        pass\n"
    "    release = open('/etc/os-release').read() if os.path.exists('/etc/os-release') else ''\n"
    "    pgo = spread >= 3\n"
    "    lto = pgo and 'debian' in release and sys.executable.startswith('/usr/bin/')\n"
    "def has(name):\n"
    "    env = {'PYTHONMALLOC': name}\n"
    "    return subprocess.run([sys.executable, '-s', '-S', '-c', ''], env=env,\n"
    "                          stdout=-3, stderr=-3).returncode == 0\n"
    "print(json.dumps({\n"
    "    'runtime': 'cpython-' + sys.version.split()[0], 'path': os.path.abspath(sys.executable),\n"
    "    'version': sys.version.split()[0],\n"
    "    'optimized': '+'.join(['pgo'] * bool(pgo) + ['lto'] * bool(lto)) or 'none',\n"
    "    'optimized_source': source,\n"
    "    'config_args': args or None, 'flags': flags.strip() or None,\n"
    "    'compiler': sys.version.split('[')[-1].rstrip(']'),\n"
    "    'debug': bool(var('Py_DEBUG')), 'free_threaded': bool(var('Py_GIL_DISABLED')),\n"
    "    'allocators': [n for n in ('pymalloc', 'malloc', 'mimalloc') if has(n)],\n"
    "    'include': sysconfig.get_path('include')}))\n";

char *hm_reference_program(const char *text)
{
    char folder[PATH_MAX];
    if (strchr(text, '/') != NULL) {
        if (access(text, X_OK) != 0)
            return NULL;
        if (text[0] == '/' || getcwd(folder, sizeof folder) == NULL)
            return hm_copy(text);
        return hm_format("%s/%s", folder, text);
    }
    hm_strings folders = {0};
    char *found = NULL;
    hm_strings_split(&folders, getenv("PATH") != NULL ? getenv("PATH") : "/usr/bin:/bin", ':');
    for (size_t index = 0; index < folders.count && found == NULL; index++) {
        char *path = hm_format("%s/%s", folders.items[index], text);
        if (path[0] == '/' && access(path, X_OK) == 0)
            found = hm_copy(path);
        free(path);
    }
    hm_strings_clear(&folders);
    return found;
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

static uint64_t add_file(uint64_t hash, const char *path)
{
    struct stat file = {0};
    stat(path, &file);
    char *identity = hm_format("%s %lld %lld.%ld", path, (long long)file.st_size,
                               (long long)file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
    hash = add_text(hash, identity);
    free(identity);
    return hash;
}

/** The folder of what was made for the python; a new text. */
static char *cache_folder(const char *path)
{
    char library[PATH_MAX] = "", real[PATH_MAX] = "";
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    uint64_t hash = add_text(0xcbf29ce484222325u, describing);
    hm_reference_library(path, library, sizeof library);
    hash = add_file(add_text(hash, path), realpath(path, real) == NULL ? path : real);
    hash = add_file(hash, library);
    if (cache != NULL && cache[0] == '/')
        return hm_format("%s/heapmark/reference-%016llx", cache, (unsigned long long)hash);
    if (home != NULL && home[0] == '/')
        return hm_format("%s/.cache/heapmark/reference-%016llx", home, (unsigned long long)hash);
    return hm_format("/tmp/heapmark-%u/reference-%016llx", (unsigned)geteuid(),
                     (unsigned long long)hash);
}

/** Whether nobody else can have put there what is loaded from there: what is not there is private.
 */
static bool is_private(const char *folder)
{
    struct stat file;
    if (lstat(folder, &file) != 0)
        return errno == ENOENT;
    return S_ISDIR(file.st_mode) && file.st_uid == geteuid() &&
           (file.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/** Code is loaded from the cache: the folder and the one above it must be this user's own. */
static hm_status check_private(const char *folder, hm_error *error)
{
    char *above = hm_copy(folder);
    *strrchr(above, '/') = '\0';
    const char *strange = !is_private(above) ? above : !is_private(folder) ? folder : NULL;
    hm_status status = HM_OK;
    if (strange != NULL)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--reference: %.300s is not yours alone, and code is loaded from "
                              "there; remove it, or set XDG_CACHE_HOME",
                              strange);
    free(above);
    return status;
}

static hm_status describe(hm_reference_python *python, const char *text, hm_error *error)
{
    hm_strings arguments = {0};
    const char *const fixed[] = {python->path, "-I", "-S", "-c", describing};
    char *output = NULL;
    hm_error why = {0};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(&arguments, fixed[index]);
    hm_status status = hm_reference_run(&arguments, &output, &why);
    python->described = status == HM_OK ? json_loads(output, 0, NULL) : NULL;
    if (!json_is_string(json_object_get(python->described, "runtime")))
        status =
            hm_error_set(error, HM_USAGE_ERROR,
                         "--reference: '%.160s' is not a CPython: %.250s; name a python3, such "
                         "as /usr/bin/python3",
                         text, status == HM_OK ? "it prints something else" : why.message);
    else if (json_is_true(json_object_get(python->described, "free_threaded")))
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--reference: '%.160s' is a free-threaded build, which has no "
                              "pymalloc; name one with the lock",
                              text);
    hm_strings_clear(&arguments);
    free(output);
    return status;
}

/** Takes what was made before; false: it is not there whole. */
static bool take_cached(hm_reference_python *python)
{
    char *extension = hm_format("%s/heapmark_reference.so", python->folder);
    char *told = hm_format("%s/python.json", python->folder);
    if (access(extension, R_OK) == 0)
        python->described = json_load_file(told, 0, NULL);
    free(extension);
    free(told);
    return json_is_string(json_object_get(python->described, "runtime"));
}

/** Makes the folder with all above it. */
static hm_status make_folder(const char *path, hm_error *error)
{
    char *copy = hm_copy(path);
    hm_status status = HM_OK;
    for (char *slash = copy + 1; status == HM_OK && slash != NULL; slash++) {
        slash = strchr(slash, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            status =
                hm_error_set(error, HM_IO_ERROR, "--reference: %.300s: %s", copy, strerror(errno));
        if (slash == NULL)
            break;
        *slash = '/';
    }
    free(copy);
    return status;
}

static hm_status make(hm_reference_python *python, const char *text, hm_error *error)
{
    hm_error why = {0};
    json_decref(python->described);
    hm_status status = describe(python, text, error);
    if (status == HM_OK)
        status = make_folder(python->folder, error);
    if (status != HM_OK)
        return status;
    if (hm_reference_build(python->described, python->folder, &why) != HM_OK)
        return hm_error_set(error, HM_UNAVAILABLE, "--reference: %.480s", why.message);
    char *told = hm_format("%s/python.json", python->folder);
    char *partial = hm_format("%s.%d", told, (int)getpid());
    if (json_dump_file(python->described, partial, JSON_INDENT(1)) != 0 ||
        rename(partial, told) != 0)
        status = hm_error_set(error, HM_IO_ERROR, "--reference: %.300s cannot be written", told);
    free(partial);
    free(told);
    return status;
}

static hm_status find(const char *text, hm_reference_python *python, hm_error *error)
{
    *python = (hm_reference_python){.path = hm_reference_program(text)};
    if (python->path == NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--reference: '%.200s' is not a program; name a python3 on PATH or by "
                            "its path",
                            text);
    python->folder = cache_folder(python->path);
    return check_private(python->folder, error);
}

hm_status hm_reference_describe(const char *text, hm_reference_python *python, hm_error *error)
{
    hm_status status = find(text, python, error);
    if (status == HM_OK && !take_cached(python)) {
        json_decref(python->described);
        status = describe(python, text, error);
    }
    return status;
}

hm_status hm_reference_prepare(const char *text, hm_reference_python *python, hm_error *error)
{
    hm_status status = find(text, python, error);
    if (status == HM_OK && !take_cached(python))
        status = make(python, text, error);
    if (status == HM_OK)
        python->label = hm_copy(json_string_value(json_object_get(python->described, "runtime")));
    return status;
}

void hm_reference_clear(hm_reference_python *python)
{
    free(python->path);
    free(python->folder);
    free(python->label);
    json_decref(python->described);
    *python = (hm_reference_python){0};
}

bool hm_reference_has(const hm_reference_python *python, const hm_backend *backend)
{
    size_t index;
    const json_t *name;
    json_array_foreach(json_object_get(python->described, "allocators"), index, name)
    {
        if (strcmp(json_string_value(name), backend->name + strlen("cpython-")) == 0)
            return true;
    }
    return false;
}

/** The arguments of the python: its own, then those of `heapmark sample` but --reference. */
static void make_arguments(const hm_reference_python *python, int argc, char **argv,
                           hm_strings *arguments)
{
    char loader[PATH_MAX];
    if (hm_program_loader(python->path, loader))
        hm_strings_add(arguments, loader);
    const char *const fixed[] = {
        python->path,
        "-s",
        "-S",
        "-c",
        "import sys; sys.path[:] = [sys.argv[1]]; import heapmark_reference as r; "
        "sys.exit(r.main(sys.argv[2:]))",
        python->folder};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(arguments, fixed[index]);
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--reference") == 0)
            index++;
        else if (strncmp(argv[index], "--reference=", strlen("--reference=")) != 0)
            hm_strings_add(arguments, argv[index]);
    }
}

/** What this process has, but for what changes allocators or pythons. */
static void make_environment(const hm_backend_spec *backend, hm_strings *environment)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        char *name = hm_format("%.*s", (int)strcspn(*variable, "="), *variable);
        if (!hm_backend_scrubs(name) && strncmp(name, "PYTHON", strlen("PYTHON")) != 0)
            hm_strings_add(environment, *variable);
        free(name);
    }
    hm_backend_environment(backend, hm_strings_set_variable, environment);
}

hm_status hm_reference_become(const char *text, const char *runtime, const hm_backend_spec *backend,
                              int argc, char **argv, hm_error *error)
{
    hm_reference_python python;
    hm_strings arguments = {0}, environment = {0};
    hm_status status = hm_reference_prepare(text, &python, error);
    if (status == HM_OK && strcmp(python.label, runtime) != 0)
        status = hm_error_set(error, HM_USAGE_ERROR,
                              "--reference: '%.200s' is %s and the cell is of runtime %s", text,
                              python.label, runtime);
    if (status == HM_OK) {
        make_arguments(&python, argc, argv, &arguments);
        make_environment(backend, &environment);
        /* The first is the loader, which puts the python near its libraries, or the python. */
        execve(arguments.items[0], arguments.items, environment.items);
        status = hm_error_set(error, HM_UNAVAILABLE, "--reference: %.300s: %s", python.path,
                              strerror(errno));
    }
    hm_strings_clear(&arguments);
    hm_strings_clear(&environment);
    hm_reference_clear(&python);
    return status;
}
