/**
 * This module is the extension that a python loads to run a sample: CPython's side of the works
 * (compiled beside it, workloads/layer_cpython.h), its allocators, its collector's switch. All the
 * rest is libheapmark_reference.so.
 *
 * The allocator in force is proved, not taken from the environment: CPython names it, or, in builds
 * that do not, libc's is told by the raw domain having the same functions.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "allocators/loader.h"
#include "bench/reference/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define HM_REFERENCE_WORKLOAD(symbol) extern const hm_workload symbol;
#include "bench/reference/workloads.def"
#undef HM_REFERENCE_WORKLOAD

static const hm_workload *const workloads[] = {
#define HM_REFERENCE_WORKLOAD(symbol) &symbol,
#include "bench/reference/workloads.def"
#undef HM_REFERENCE_WORKLOAD
};

static char version[64];
static char label[80];
static char origin[PATH_MAX];

/** CPython's name of the allocator in force; "" where it tells none. */
static const char *allocator_in_force(void)
{
    const char *(*tell)(void) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "_PyMem_GetCurrentAllocatorName");
    memcpy(&tell, &symbol, sizeof symbol);
    const char *name = symbol == NULL ? NULL : tell();
    if (name != NULL)
        return name;
    PyMemAllocatorEx object, raw;
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &object);
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
    return object.malloc == raw.malloc ? "malloc" : "";
}

static hm_status bind(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    const char *wanted = spec->backend->name + strlen("cpython-");
    const char *found = allocator_in_force();
    if (strcmp(found, wanted) != 0)
        return hm_error_set(error, HM_WRONG_RESULT,
                            "%s: the allocator in force is %s: PYTHONMALLOC had no effect",
                            spec->label, *found == '\0' ? "one that cannot be told" : found);
    allocator->malloc = PyObject_Malloc;
    allocator->free = PyObject_Free;
    allocator->realloc = PyObject_Realloc;
    allocator->calloc = PyObject_Calloc;
    allocator->version = version;
    allocator->origin = origin;
    if (!hm_library_origin(&allocator->malloc, origin))
        return hm_error_set(error, HM_WRONG_RESULT, "%s: the origin of PyObject_Malloc is unknown",
                            spec->label);
    return HM_OK;
}

static bool set_thresholds(const hm_collector_spec *collector)
{
    const uint32_t *thresholds = collector->settings.thresholds;
    PyObject *module = PyImport_ImportModule("gc");
    PyObject *set = module == NULL
                        ? NULL
                        : PyObject_CallMethod(module, "set_threshold", "III", thresholds[0],
                                              thresholds[1], thresholds[2]);
    Py_XDECREF(module);
    Py_XDECREF(set);
    return set != NULL;
}

static bool set_collector(const hm_collector_spec *collector, hm_error *error)
{
    bool collects = strcmp(collector->collector->name, "generational") == 0;
    if (collects && !set_thresholds(collector)) {
        PyErr_Clear();
        hm_error_set(error, HM_RUNTIME_ERROR, "gc.set_threshold failed");
        return false;
    }
    if (collects)
        PyGC_Enable();
    else
        PyGC_Disable();
    return true;
}

static const hm_runtime_host host = {.label = label,
                                     .workloads = workloads,
                                     .workload_count = HM_COUNT_OF(workloads),
                                     .bind = bind,
                                     .set_collector = set_collector};

/** main(list of str): runs `heapmark sample` with these arguments; the exit code. */
static PyObject *run(PyObject *self, PyObject *list)
{
    static char name[] = "heapmark sample";
    HM_UNUSED(self);
    Py_ssize_t count = PyList_Check(list) ? PyList_GET_SIZE(list) : -1;
    if (count < 0)
        return PyErr_Format(PyExc_TypeError, "main() takes a list of str");
    char **arguments = PyMem_RawCalloc((size_t)count + 2, sizeof *arguments);
    if (arguments == NULL)
        return PyErr_NoMemory();
    arguments[0] = name;
    for (Py_ssize_t index = 0; index < count; index++) {
        const char *text = PyUnicode_AsUTF8(PyList_GET_ITEM(list, index));
        arguments[index + 1] = text == NULL ? NULL : strdup(text);
        if (arguments[index + 1] == NULL)
            return NULL;
    }
    /* The process ends with the sample: what the arguments took is never given back. */
    return PyLong_FromLong(hm_reference_main(&host, (int)count + 1, arguments));
}

static PyMethodDef methods[] = {{"main", run, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "heapmark_reference", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_heapmark_reference(void);
PyMODINIT_FUNC PyInit_heapmark_reference(void)
{
    const char *text = Py_GetVersion();
    snprintf(version, sizeof version, "%.*s", (int)strcspn(text, " "), text);
    snprintf(label, sizeof label, "cpython-%s", version);
    return PyModule_Create(&module);
}
