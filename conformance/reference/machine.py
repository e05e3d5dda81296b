"""This module is the state of the running program: what its names hold, the labels of its objects, its
log and output, and how bodies run, so that all words of the language share one place.

Words: a *slot* is where a name's object is, by the name's number. *Own* objects are those with a
label. A *body* is the statements of a finalizer or callback.

Labels are kept by address, and never hold an object: an address is an own object's if the type
agrees. A later object at the address overwrites the entry, and `forget` drops it where something
that is not the program's took the place of a dead object.
"""
import gc
import re
import sys
import types
import weakref

from . import native

MISSING = type("MISSING", (), {"__slots__": ()})()
PROXIES = (weakref.ProxyType, weakref.CallableProxyType)
ATOMS = (int, float, str, bool, type(None))
TYPE_NAMES = {weakref.ref: "weakref", weakref.ProxyType: "weakproxy",
              weakref.CallableProxyType: "weakcallableproxy"}


_OWN_NAME = re.compile("'own_([A-Za-z0-9_]+)'")


class Stop(BaseException):
    """An expectation failed: the program ends."""


slots = native.untracked_list()
born = []  # when each slot came to hold something
names = []  # the text of each slot's name
label_of, type_of, order_of, label_counts = {}, {}, {}, {}
dict_of = {}  # address of an instance: that of the dict `vars` gave
log = []
output = []
classes = set()  # of the program
callbacks = {}  # id of a callback's function: its name

running = False
stopped = None  # the message of a failed expectation
line = 0  # of the statement at work
clock = 0
fresh = False  # whether weakref, proxy or vars made its object
has_frozen = False
stats_base = [0] * 9
thresholds = gc.get_threshold()


def fill(slot, value):
    """Puts the value where the name of this number is; what was there is dropped after."""
    global clock
    if slots[slot] is MISSING:
        clock += 1
        born[slot] = clock
    slots[slot] = value


def drop(slot):
    """The name holds nothing any more."""
    if slots[slot] is MISSING:
        raise NameError("name '%s' is not defined" % names[slot])
    slots[slot] = MISSING


def label(value, place):
    """Gives a new object its label."""
    global clock
    number = label_counts.get(place, 0) + 1
    label_counts[place] = number
    address = id(value)
    dict_of.pop(address, None)
    clock += 1
    label_of[address] = place if number == 1 else "%s'%d" % (place, number)
    type_of[address] = type(value)
    order_of[address] = clock


def forget(value):
    """What is at this address is none of the program's."""
    address = id(value)
    label_of.pop(address, None)
    type_of.pop(address, None)


def is_own(value):
    """Whether the object has a label."""
    return type_of.get(id(value)) is type(value)


def kind(value):
    """The value's type; of a proxy that of the object it stands for."""
    found = type(value)
    return value.__class__ if found in PROXIES else found


def type_name(found):
    """The name of a type as programs see it."""
    return TYPE_NAMES.get(found) or found.__name__


def describe(value):
    """The description of a value."""
    found = type(value)
    if found in ATOMS:
        return repr(value)
    if found is tuple and not value:
        return "()"
    if type_of.get(id(value)) is found:
        return label_of[id(value)]
    if found is type:
        return value.__name__
    if found is types.FunctionType and id(value) in callbacks:
        return callbacks[id(value)]
    return "<%s>" % type_name(found)


def no_attribute(value, name):
    """The AttributeError of a value that has none of this name."""
    return AttributeError("'%s' object has no attribute '%s'" % (type_name(kind(value)), name))


def error_name(error_type):
    """An error's name; Python's own kinds of NameError are NameError."""
    return "NameError" if issubclass(error_type, NameError) else error_type.__name__


def run_block(block, self_value, ref_value):
    """Runs statements in order."""
    global line
    for statement in block:
        line = statement[1]
        statement[0](statement, self_value, ref_value)
        if stopped is not None:
            raise Stop


def run_body(block, self_value, ref_value):
    """Runs a body; afterwards the interrupted statement is the one at work again."""
    global line
    if not running:
        return
    interrupted = line
    run_block(block, self_value, ref_value)
    line = interrupted


def stop(message):
    """Ends the program, from within bodies too."""
    global stopped, running
    if stopped is None:
        stopped = message
    running = False
    raise Stop


def unraisable(error_type, error):
    """Adds an error that nobody can be told of to the log."""
    if not running or error_type is Stop:
        return
    log.append("unraisable " + error_text(error_type, error))


def error_text(error_type, error):
    """`ERROR: MESSAGE`. Python's message where a generator's name holds nothing is that of any name."""
    message = str(error)
    if issubclass(error_type, UnboundLocalError):
        message = "name '%s' is not defined" % _OWN_NAME.search(message).group(1)
    return "%s: %s" % (error_name(error_type), message)


def _unraisable_hook(told):
    unraisable(told.exc_type, told.exc_value)


def _exit_hook(error_type, error, _traceback):
    unraisable(error_type, error)


def install():
    """Sends what nobody can be told of to the log, and keeps finalize objects where the collector does not
    look."""
    weakref.finalize._registry = native.Registry()
    weakref.finalize(legacy, len).detach()  # the first one registers with atexit, which keeps a method
    sys.unraisablehook = _unraisable_hook
    sys.excepthook = _exit_hook


def run_legacy(instance):
    """The body of a legacy finalizer."""
    try:
        run_body(type(instance)._heapmark_legacy, instance, MISSING)
    except BaseException as error:
        unraisable(type(error), error)


legacy = native.legacy_finalizer(run_legacy)
permanent = None  # native.PermanentGeneration, from when the first program begins


def stats_now():
    """gc.get_stats() as nine numbers."""
    found = []
    for generation in gc.get_stats():
        found.extend((generation["collections"], generation["collected"],
                      generation["uncollectable"]))
    return found


def begin(program):
    """Makes everything ready for a program, with all that is there frozen."""
    global running, stopped, line, clock, has_frozen, permanent
    if permanent is None:
        permanent = native.PermanentGeneration()
    names[:] = program.names
    slots[:] = [MISSING] * len(names)
    born[:] = [0] * len(names)
    classes.clear()
    classes.update(program.classes)
    callbacks.clear()
    for function in program.callbacks:
        callbacks[id(function)] = function.__name__
    stopped, line, clock, has_frozen = None, 0, 0, False
    gc.disable()
    gc.collect()
    gc.freeze()
    for cls in program.classes:
        native.make_youngest(cls)
    stats_base[:] = stats_now()
    running = True


def finish(program):
    """Drops all that the program left, without calling anything."""
    global running
    running = False
    gc.disable()
    gc.set_debug(0)
    gc.set_threshold(*thresholds)
    del gc.callbacks[:]
    for cls in program.classes:
        program.reset_class(cls)
    slots[:] = []
    weakref.finalize._shutdown = False
    for pending in list(weakref.finalize._registry):
        pending.detach()
    gc.garbage.clear()
    if has_frozen:
        gc.unfreeze()
    gc.collect()
    gc.garbage.clear()
    log.clear()
    for table in (label_of, type_of, order_of, label_counts, dict_of):
        table.clear()
