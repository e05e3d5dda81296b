/**
 * The calls of layer.h on CPython, through its C API. Include layer.h; Python.h must be found.
 *
 * Where the API has several ways, the quickest that any extension may use is taken: items of new
 * tuples and lists are stored with the macros, an instance is made by its class's tp_new, a
 * generator is resumed through tp_iternext.
 */
#ifndef HM_WORKLOADS_LAYER_CPYTHON_H
#define HM_WORKLOADS_LAYER_CPYTHON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "workloads/lanes.h"

typedef PyObject hm_layer_object;

/** A run of references, NULL at first. */
typedef struct hm_layer_slots {
    PyObject **at;
    size_t count;
    hm_table table;
} hm_layer_slots;

static HM_ALWAYS_INLINE void hm_layer_drop(hm_heap *heap, hm_layer_object *object)
{
    HM_UNUSED(heap);
    Py_DECREF(object);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_keep(hm_layer_object *object)
{
    Py_INCREF(object);
    return object;
}

/** Tells what the last call met while `doing`; returns false. */
static inline bool hm_layer_failed(hm_lane *lane, const char *doing)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *text = value == NULL ? NULL : PyObject_Str(value);
    const char *message = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    hm_lane_fail(lane, HM_RUNTIME_ERROR, "%s: %s: %.400s", doing,
                 type == NULL ? "no exception" : ((PyTypeObject *)type)->tp_name,
                 message == NULL ? "" : message);
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Clear();
    return false;
}

static inline bool hm_layer_slots_open(hm_lane *lane, hm_layer_slots *slots, size_t count)
{
    if (!hm_table_open(lane, &slots->table, count, sizeof *slots->at))
        return false;
    slots->at = slots->table.at;
    slots->count = count;
    return true;
}

static inline void hm_layer_slots_drop(hm_lane *lane, hm_layer_slots *slots)
{
    HM_UNUSED(lane);
    for (size_t index = 0; index < slots->count; index++)
        Py_CLEAR(slots->at[index]);
}

static inline void hm_layer_slots_close(hm_lane *lane, hm_layer_slots *slots)
{
    if (slots->at == NULL)
        return;
    hm_layer_slots_drop(lane, slots);
    hm_table_close(&slots->table);
    *slots = (hm_layer_slots){0};
}

/* Atoms. */

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_int(hm_heap *heap, int64_t value)
{
    HM_UNUSED(heap);
    return PyLong_FromLong((long)value);
}

static HM_ALWAYS_INLINE int64_t hm_layer_int_value(hm_layer_object *object)
{
    return PyLong_AsLong(object);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_float(hm_heap *heap, double value)
{
    HM_UNUSED(heap);
    return PyFloat_FromDouble(value);
}

static HM_ALWAYS_INLINE double hm_layer_float_value(hm_layer_object *object)
{
    return PyFloat_AS_DOUBLE(object);
}

/** A str of `length` ASCII characters that the caller writes to hm_layer_str_data. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_str(hm_heap *heap, size_t length)
{
    HM_UNUSED(heap);
    return PyUnicode_New((Py_ssize_t)length, 127);
}

static HM_ALWAYS_INLINE unsigned char *hm_layer_str_data(hm_layer_object *object)
{
    return PyUnicode_1BYTE_DATA(object);
}

/** A bytes object of `length` bytes that the caller writes to hm_layer_bytes_data. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_bytes(hm_heap *heap, size_t length)
{
    HM_UNUSED(heap);
    return PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
}

static HM_ALWAYS_INLINE unsigned char *hm_layer_bytes_data(hm_layer_object *object)
{
    return (unsigned char *)PyBytes_AS_STRING(object);
}

/* Containers. */

static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_tuple_of(hm_heap *heap, hm_layer_object *const *items, size_t count)
{
    HM_UNUSED(heap);
    hm_layer_object *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t index = 0; tuple != NULL && index < count; index++) {
        Py_INCREF(items[index]);
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)index, items[index]);
    }
    return tuple;
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_tuple_get(hm_layer_object *tuple, size_t index)
{
    return PyTuple_GET_ITEM(tuple, (Py_ssize_t)index);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list(hm_heap *heap)
{
    HM_UNUSED(heap);
    return PyList_New(0);
}

/** A list of `count` None. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list_sized(hm_heap *heap, size_t count)
{
    HM_UNUSED(heap);
    hm_layer_object *list = PyList_New((Py_ssize_t)count);
    for (size_t index = 0; list != NULL && index < count; index++) {
        Py_INCREF(Py_None);
        PyList_SET_ITEM(list, (Py_ssize_t)index, Py_None);
    }
    return list;
}

/** Stores `item` (stolen). */
static HM_ALWAYS_INLINE void hm_layer_list_set(hm_heap *heap, hm_layer_object *list, size_t index,
                                               hm_layer_object *item)
{
    HM_UNUSED(heap);
    hm_layer_object *old = PyList_GET_ITEM(list, (Py_ssize_t)index);
    PyList_SET_ITEM(list, (Py_ssize_t)index, item);
    Py_DECREF(old);
}

static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_list_of(hm_heap *heap, hm_layer_object *const *items, size_t count)
{
    HM_UNUSED(heap);
    hm_layer_object *list = PyList_New((Py_ssize_t)count);
    for (size_t index = 0; list != NULL && index < count; index++) {
        Py_INCREF(items[index]);
        PyList_SET_ITEM(list, (Py_ssize_t)index, items[index]);
    }
    return list;
}

static HM_ALWAYS_INLINE bool hm_layer_list_append(hm_heap *heap, hm_layer_object *list,
                                                  hm_layer_object *item)
{
    HM_UNUSED(heap);
    return PyList_Append(list, item) == 0;
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_list_get(hm_layer_object *list, size_t index)
{
    return PyList_GET_ITEM(list, (Py_ssize_t)index);
}

static HM_ALWAYS_INLINE size_t hm_layer_list_length(hm_layer_object *list)
{
    return (size_t)PyList_GET_SIZE(list);
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_dict(hm_heap *heap)
{
    HM_UNUSED(heap);
    return PyDict_New();
}

static HM_ALWAYS_INLINE bool hm_layer_dict_set(hm_heap *heap, hm_layer_object *dict,
                                               hm_layer_object *key, hm_layer_object *value)
{
    HM_UNUSED(heap);
    return PyDict_SetItem(dict, key, value) == 0;
}

static HM_ALWAYS_INLINE hm_layer_object *hm_layer_dict_get(hm_heap *heap, hm_layer_object *dict,
                                                           hm_layer_object *key)
{
    HM_UNUSED(heap);
    return PyDict_GetItemWithError(dict, key);
}

static HM_ALWAYS_INLINE bool hm_layer_dict_delete(hm_heap *heap, hm_layer_object *dict,
                                                  hm_layer_object *key)
{
    HM_UNUSED(heap);
    return PyDict_DelItem(dict, key) == 0;
}

static HM_ALWAYS_INLINE size_t hm_layer_dict_length(hm_layer_object *dict)
{
    return (size_t)PyDict_Size(dict);
}

/* Classes and instances. */

/** The str that attributes of this name are set and got by. */
static inline hm_layer_object *hm_layer_name(hm_heap *heap, const char *name)
{
    HM_UNUSED(heap);
    return PyUnicode_InternFromString(name);
}

static inline hm_layer_object *hm_layer_slot_tuple(const char *const *slot_names, size_t count)
{
    PyObject *slots = PyTuple_New((Py_ssize_t)count);
    for (size_t index = 0; slots != NULL && index < count; index++) {
        PyObject *name = PyUnicode_InternFromString(slot_names[index]);
        if (name == NULL)
            Py_CLEAR(slots);
        else
            PyTuple_SET_ITEM(slots, (Py_ssize_t)index, name);
    }
    return slots;
}

/** A class whose instances have `count` slots of these names, or (NULL) attributes of any name. */
static inline hm_layer_object *hm_layer_class(hm_heap *heap, const char *const *slot_names,
                                              size_t count)
{
    HM_UNUSED(heap);
    PyObject *attributes = PyDict_New(), *slots = NULL, *made = NULL;
    if (attributes != NULL && slot_names != NULL) {
        slots = hm_layer_slot_tuple(slot_names, count);
        if (slots == NULL || PyDict_SetItemString(attributes, "__slots__", slots) != 0)
            Py_CLEAR(attributes);
    }
    if (attributes != NULL)
        made = PyObject_CallFunction((PyObject *)&PyType_Type, "s()O", "Record", attributes);
    Py_XDECREF(slots);
    Py_XDECREF(attributes);
    return made;
}

/** Made as object.__new__ makes it: no __init__ is looked for, as heapmark looks for none. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_instance(hm_heap *heap,
                                                           hm_layer_object *class_object)
{
    static PyObject *no_arguments;
    HM_UNUSED(heap);
    if (no_arguments == NULL && (no_arguments = PyTuple_New(0)) == NULL)
        return NULL;
    PyTypeObject *type = (PyTypeObject *)class_object;
    return type->tp_new(type, no_arguments, NULL);
}

static HM_ALWAYS_INLINE bool hm_layer_attribute_set(hm_heap *heap, hm_layer_object *instance,
                                                    hm_layer_object *name, hm_layer_object *value)
{
    HM_UNUSED(heap);
    return PyObject_SetAttr(instance, name, value) == 0;
}

/** A new reference. */
static HM_ALWAYS_INLINE hm_layer_object *
hm_layer_attribute(hm_heap *heap, hm_layer_object *instance, hm_layer_object *name)
{
    HM_UNUSED(heap);
    return PyObject_GetAttr(instance, name);
}

/* A generator. */

/** A generator that yields `item` for ever: a Python function, which is what resumes it there. */
static inline hm_layer_object *hm_layer_repeater(hm_heap *heap, hm_layer_object *item)
{
    HM_UNUSED(heap);
    PyObject *names = PyDict_New(), *generator = NULL, *defined = NULL;
    if (names != NULL && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0)
        defined = PyRun_String("def repeat(item):\n    while True:\n        yield item\n",
                               Py_file_input, names, names);
    PyObject *repeat = defined == NULL ? NULL : PyDict_GetItemString(names, "repeat");
    if (repeat != NULL)
        generator = PyObject_CallFunctionObjArgs(repeat, item, NULL);
    Py_XDECREF(defined);
    Py_XDECREF(names);
    return generator;
}

/** Its next item, a new reference. */
static HM_ALWAYS_INLINE hm_layer_object *hm_layer_next(hm_heap *heap, hm_layer_object *generator)
{
    HM_UNUSED(heap);
    return Py_TYPE(generator)->tp_iternext(generator);
}

/* Collecting. */

/** Whether hm_layer_collect finds cycles. */
static inline bool hm_layer_can_collect(hm_heap *heap)
{
    HM_UNUSED(heap);
    return true;
}

/** Calls a function of the gc module; its result as a number, -1: it failed. */
static inline int64_t hm_layer_gc(const char *name)
{
    PyObject *module = PyImport_ImportModule("gc");
    PyObject *result = module == NULL ? NULL : PyObject_CallMethod(module, name, NULL);
    int64_t number = result == NULL ? -1 : PyLong_Check(result) ? PyLong_AsLong(result) : 0;
    Py_XDECREF(result);
    Py_XDECREF(module);
    return number;
}

/** Leaves everything that exists now, the interpreter's own, out of the collections to come. */
static inline bool hm_layer_set_apart(hm_heap *heap)
{
    HM_UNUSED(heap);
    return hm_layer_gc("collect") >= 0 && hm_layer_gc("freeze") >= 0;
}

/** A full collection; how many objects it found to be garbage, -1: it failed. */
static HM_ALWAYS_INLINE int64_t hm_layer_collect(hm_heap *heap)
{
    HM_UNUSED(heap);
    return hm_layer_gc("collect");
}

#endif
