"""This module is what a Python program cannot reach without ctypes, so that the rest is plain Python:
taking an object out of the collector's books, cutting a frame from its caller, legacy finalizers
(C's tp_del), and looking through the permanent generation.

It knows the layout of CPython's objects from 3.8 on, on 64-bit machines with the usual build (no
free threading, no Py_TRACE_REFS), and checks what it can when it is loaded.
"""
import ctypes
import gc
import sys

_POINTER = ctypes.sizeof(ctypes.c_void_p)
_HEAD = 2 * _POINTER  # the collector's head before an object
_TP_DEL, _TP_FINALIZE = 376, 392  # in PyTypeObject
_FRAME_BACK = 16 if sys.version_info >= (3, 11) else 24
_Count = ctypes.c_uint32 if sys.version_info >= (3, 12) else ctypes.c_ssize_t

_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes = [ctypes.py_object]
_untrack.restype = None
_track = ctypes.pythonapi.PyObject_GC_Track
_track.argtypes = [ctypes.py_object]
_track.restype = None
_release = ctypes.pythonapi.Py_DecRef
_release.argtypes = [ctypes.c_void_p]
_release.restype = None


def untracked_list():
    """A new list that the collector never sees: what it holds counts as held from outside."""
    made = []
    _untrack(made)
    return made


def dict_address(instance):
    """The address of the dict an instance of a class without slots keeps its attributes in or shows them
    with; 0: it has none yet. (Before 3.11 there is no telling.)"""
    if sys.version_info < (3, 11):
        return 0
    address = ctypes.c_size_t.from_address(id(instance) - _HEAD - _POINTER).value
    return 0 if address & 1 else address


class Registry:
    """A mapping for weakref.finalize that the collector never sees. (CPython's is a dict that enters the
    youngest generation with the first finalize object and changes the order of others' finalizers.)"""

    def __init__(self):
        self._keys = untracked_list()
        self._infos = untracked_list()

    def _find(self, key):
        for index, known in enumerate(self._keys):
            if known is key:
                return index
        return -1

    def __len__(self):
        return len(self._keys)

    def __contains__(self, key):
        return self._find(key) >= 0

    def __getitem__(self, key):
        return self._infos[self._find(key)]

    def __setitem__(self, key, info):
        self._keys.append(key)
        self._infos.append(info)

    def __iter__(self):
        return iter(self._keys)

    def get(self, key, default=None):
        index = self._find(key)
        return default if index < 0 else self._infos[index]

    def pop(self, key, default=None):
        index = self._find(key)
        if index < 0:
            return default
        info = self._infos.pop(index)
        del self._keys[index]
        return info

    def items(self):
        return zip(self._keys, self._infos)


def untrack_containers(kept):
    """Takes all lists, tuples, dicts and sets but those kept out of the collector's books, so that a
    program that unfreezes gets few objects that are not its own. (Of other types, some must be tracked
    when they die.)"""
    addresses = set(map(id, kept))
    for value in gc.get_objects():
        if type(value) in (tuple, list, dict, set) and id(value) not in addresses:
            _untrack(value)


def class_dict(cls):
    """The dict a class keeps its attributes in."""
    return gc.get_referents(cls.__dict__)[0]


def make_youngest(cls):
    """Puts a class where it would be if it had been made now: its dict after it, and where the dict
    holds anything that is tracked."""
    for part in (cls, class_dict(cls)):
        if gc.is_tracked(part):
            _untrack(part)
            _track(part)


def cut_from_caller(frame):
    """Makes f_back of the frame of a finished call None."""
    field = ctypes.c_void_p.from_address(id(frame) + _FRAME_BACK)
    back = field.value
    if back:
        field.value = 0
        _release(back)


def legacy_finalizer(run):
    """A C function for set_legacy_finalizer that calls `run` with the dying object, which may store
    it somewhere. The caller keeps it alive."""

    def finalize(address):
        count = _Count.from_address(address)
        count.value = 1  # alive again while the body runs
        instance = ctypes.cast(address, ctypes.py_object).value
        run(instance)
        del instance
        count.value = count.value - 1  # 0: it dies, by whoever called

    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(finalize)


def set_legacy_finalizer(cls, function):
    """Puts a legacy_finalizer into the class's tp_del; None takes it out."""
    address = ctypes.cast(function, ctypes.c_void_p).value if function is not None else 0
    ctypes.c_void_p.from_address(id(cls) + _TP_DEL).value = address


def _next(address):
    return ctypes.c_size_t.from_address(address - _HEAD).value + _HEAD


class PermanentGeneration:
    """Looks at frozen objects. Made once, right before all objects are frozen."""

    def __init__(self):
        self._anchor = [None]
        gc.collect()
        known = set()
        known.update(map(id, gc.get_objects()))
        gc.freeze()
        address = _next(id(self._anchor))
        while address in known:
            address = _next(address)
        self._list_head = address

    def unfreeze(self):
        """gc.unfreeze, but gc.garbage stays: as the oldest object of all, it must not come after those it
        refers to."""
        _untrack(gc.garbage)
        gc.unfreeze()
        self._insert(id(gc.garbage))

    def _insert(self, address):
        node, head = address - _HEAD, self._list_head - _HEAD
        following = ctypes.c_size_t.from_address(head).value
        for place, link in ((node, following), (node + _POINTER, head), (head, node),
                            (following + _POINTER, node)):
            ctypes.c_size_t.from_address(place).value = link

    def count(self, types):
        """How many of the objects at the addresses in `types` (address: type) are frozen."""
        if gc.get_freeze_count() == 0:
            return 0
        found = 0
        address = _next(self._list_head)
        while address != self._list_head:
            kind = types.get(address)
            if kind is not None:
                found += ctypes.c_size_t.from_address(address + _POINTER).value == id(kind)
            address = _next(address)
        return found


def check():
    """None, or why this Python cannot be used."""
    if sys.implementation.name != "cpython" or sys.version_info < (3, 8):
        return "this is not CPython 3.8 or later"
    if _POINTER != 8 or sys.byteorder != "little":
        return "this machine is not a 64-bit little-endian one"
    if hasattr(sys, "gettotalrefcount") or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return "a debug or free-threaded build of Python counts otherwise"

    class Probe:
        def __del__(self):
            pass

    def slot(offset):
        return ctypes.c_void_p.from_address(id(Probe) + offset).value

    if slot(_TP_DEL) is not None or slot(_TP_FINALIZE) is None:
        return "its PyTypeObject has another layout"
    return None
