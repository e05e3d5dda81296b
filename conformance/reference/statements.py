"""This module is the statements: one function each, given the statement and what `self` and `ref` are.

A statement is a tuple: its function, its line of the file, then what the parser made of the rest.
Where a statement works on objects, they are in local variables until it ends, no longer.
"""
import gc
import types
import weakref

from . import machine
from .machine import MISSING, kind, no_attribute
from .values import delete_attribute, forget_members, set_attribute

WEAK_CONTAINERS = (weakref.WeakValueDictionary, weakref.WeakKeyDictionary, weakref.WeakSet)
_CLEARABLE = (list, dict, set) + WEAK_CONTAINERS
_STORABLE = (list, dict, weakref.WeakValueDictionary, weakref.WeakKeyDictionary)
_CALLABLE = (types.FunctionType, types.MethodType, weakref.finalize, weakref.ref)
DEBUG_FLAGS = {"none": 0, "stats": gc.DEBUG_STATS, "collectable": gc.DEBUG_COLLECTABLE,
               "uncollectable": gc.DEBUG_UNCOLLECTABLE, "saveall": gc.DEBUG_SAVEALL,
               "leak": gc.DEBUG_LEAK}


def store_name(statement, self_value, ref_value):
    """(…, expression, place, slot)"""
    expression = statement[2]
    value = expression[0](expression, statement[3], self_value, ref_value)
    machine.fill(statement[4], value)


def store_attribute(statement, self_value, ref_value):
    """(…, expression, place, base operand, name)"""
    expression, base = statement[2], statement[4]
    value = expression[0](expression, statement[3], self_value, ref_value)
    target = base[0](base, self_value, ref_value)
    set_attribute(target, statement[5], value)


def store_item(statement, self_value, ref_value):
    """(…, expression, place, base operand, key operand)"""
    expression, base, key = statement[2], statement[4], statement[5]
    value = expression[0](expression, statement[3], self_value, ref_value)
    target = base[0](base, self_value, ref_value)
    at = key[0](key, self_value, ref_value)
    found = kind(target)
    if found not in _STORABLE:
        raise TypeError("'%s' object does not support item assignment" % machine.type_name(found))
    target[at] = value
    if found in WEAK_CONTAINERS:
        forget_members(target)


def delete_places(statement, self_value, ref_value):
    """(…, deletions): each a tuple as a statement, one after the other."""
    for deletion in statement[2]:
        deletion[0](deletion, self_value, ref_value)


def delete_name(deletion, _self, _ref):
    machine.drop(deletion[1])


def delete_attribute_of(deletion, self_value, ref_value):
    base = deletion[1]
    delete_attribute(base[0](base, self_value, ref_value), deletion[2])


def delete_item(deletion, self_value, ref_value):
    base, key = deletion[1], deletion[2]
    target = base[0](base, self_value, ref_value)
    at = key[0](key, self_value, ref_value)
    if kind(target) not in _STORABLE:
        raise TypeError("'%s' object doesn't support item deletion"
                        % machine.type_name(kind(target)))
    del target[at]


def _operand(statement, position, self_value, ref_value):
    operand = statement[position]
    return operand[0](operand, self_value, ref_value)


def run_append(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    value = _operand(statement, 3, self_value, ref_value)
    if kind(target) is not list:
        raise no_attribute(target, "append")
    target.append(value)


def run_add(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    value = _operand(statement, 3, self_value, ref_value)
    if kind(target) is weakref.WeakSet:
        target.add(value)
        forget_members(target)
    elif kind(target) is set:
        target.add(value)
    else:
        raise no_attribute(target, "add")


def run_discard(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    value = _operand(statement, 3, self_value, ref_value)
    if kind(target) not in (set, weakref.WeakSet):
        raise no_attribute(target, "discard")
    target.discard(value)


def run_clear(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    if kind(target) in _CLEARABLE:
        target.clear()
    elif kind(target) is types.CellType:
        del target.cell_contents
    else:
        raise no_attribute(target, "clear")


def run_close(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    if kind(target) is not types.GeneratorType:
        raise no_attribute(target, "close")
    target.close()


def run_call(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    operands = statement[3]
    if len(operands) == 1:  # without a container for what a body may look at
        first = operands[0][0](operands[0], self_value, ref_value)
        _callable(target)(first)
    elif len(operands) == 2:
        first = operands[0][0](operands[0], self_value, ref_value)
        second = operands[1][0](operands[1], self_value, ref_value)
        _callable(target)(first, second)
    else:
        values = []
        for operand in operands:
            values.append(operand[0](operand, self_value, ref_value))
        _callable(target)(*values)


def _callable(target):
    if kind(target) not in _CALLABLE:
        raise TypeError("'%s' object is not callable" % machine.type_name(kind(target)))
    return target


def run_detach(statement, self_value, ref_value):
    target = _operand(statement, 2, self_value, ref_value)
    if kind(target) is not weakref.finalize:
        raise no_attribute(target, "detach")
    target.detach()


def run_exit(_statement, _self, _ref):
    weakref.finalize._dirty = True
    weakref.finalize._exitfunc()


def run_collect(statement, _self, _ref):
    gc.collect(statement[2])


def run_enable(_statement, _self, _ref):
    gc.enable()


def run_disable(_statement, _self, _ref):
    gc.disable()


def run_threshold(statement, _self, _ref):
    gc.set_threshold(*statement[2])


def run_debug(statement, _self, _ref):
    gc.set_debug(statement[2])


def run_freeze(_statement, _self, _ref):
    machine.has_frozen = True
    gc.freeze()


def run_unfreeze(_statement, _self, _ref):
    machine.has_frozen = True  # what was frozen before the program is no longer either
    machine.permanent.unfreeze()


def run_times(statement, self_value, ref_value):
    """(…, count, block)"""
    for _ in range(statement[2]):
        machine.run_block(statement[3], self_value, ref_value)


def run_for(statement, self_value, ref_value):
    """(…, slot, operand, block)"""
    slot = statement[2]
    container = _operand(statement, 3, self_value, ref_value)
    if kind(container) not in WEAK_CONTAINERS:
        raise TypeError("'%s' object is not a weak container" % machine.type_name(kind(container)))
    members = iter(container)
    machine.forget(members)
    for member in members:
        machine.fill(slot, member)
        del member
        machine.run_block(statement[4], self_value, ref_value)
    if machine.slots[slot] is not MISSING:
        machine.drop(slot)


def run_scope(statement, self_value, ref_value):
    """(…, block). The names' numbers are kept in strings, which the collector does not know."""
    before = "".join("-" if value is MISSING else "+" for value in machine.slots)
    try:
        machine.run_block(statement[2], self_value, ref_value)
    finally:
        if machine.running:
            for character in _made_since(before):
                if machine.slots[ord(character)] is not MISSING:
                    machine.drop(ord(character))


def _made_since(before):
    born = machine.born
    made = []
    for slot, mark in enumerate(before):
        if mark == "-" and machine.slots[slot] is not MISSING:
            made.append(slot)
    made.sort(key=born.__getitem__)
    return "".join(map(chr, made))


def compose_note(parts, self_value, ref_value):
    """The text of a note: words and operands."""
    text = []
    for part in parts:
        if type(part) is str:
            text.append(part)
        else:
            value = part[0](part, self_value, ref_value)
            text.append(value if type(value) is Word else machine.describe(value))
    return " ".join(text)


def run_note(statement, self_value, ref_value):
    machine.log.append(compose_note(statement[2], self_value, ref_value))


def phase_operand(_operand_, self_value, _ref):
    """What a gc callback is told of the phase."""
    return Word(self_value)


def info_operand(operand, _self, ref_value):
    """(…, key): a number a gc callback is told."""
    return ref_value[operand[1]]


class Word(str):
    """A text that a note shows without quotes."""

    __slots__ = ()


def run_raise(statement, _self, _ref):
    raise RuntimeError(statement[2])


def run_print(statement, self_value, ref_value):
    """(…, line of the program, text, query)"""
    query = statement[4]
    value = query[0](query, self_value, ref_value)
    machine.output.append("%d: %s = %s" % (statement[2], statement[3], value))


def run_expect(statement, self_value, ref_value):
    """(…, text, query, value)"""
    query = statement[3]
    value = query[0](query, self_value, ref_value)
    shown = " ".join(value.split())
    if shown != statement[4]:
        machine.stop("expected %s, got %s: %s" % (statement[4], shown, statement[2]))


def run_fails(statement, self_value, ref_value):
    """(…, error, statement, text)"""
    inner = statement[3]
    got = "no error"
    try:
        inner[0](inner, self_value, ref_value)
    except Exception as error:
        got = machine.error_name(type(error))
    if got != statement[2]:
        machine.stop("expected %s, got %s: %s" % (statement[2], got, statement[4]))


def run_try(statement, self_value, ref_value):
    """(…, statement)"""
    inner = statement[2]
    failed = None
    try:
        inner[0](inner, self_value, ref_value)
    except Exception as error:
        failed = machine.error_name(type(error))
    if failed is not None:
        machine.log.append("error " + failed)


def install_callback(statement, _self, _ref):
    """(…, function): the gc callback that `on-collection` defines."""
    gc.callbacks.append(statement[2])


def define_nothing(_statement, _self, _ref):
    """A definition that was made with the program."""


# Each statement: what follows its word, its function, how it is written. Letters as in
# values.EXPRESSIONS, and: P places, N a generation or none, 3 one to three numbers, v NAME in OPERAND,
# w words of a note, r words, d debug flags, q a query, e QUERY == VALUE, f ERROR STATEMENT,
# t STATEMENT, B a block follows.
STATEMENTS = {
    "del": ("P", delete_places, "del PLACE..."),
    "append": ("oo", run_append, "append LIST OPERAND"),
    "add": ("oo", run_add, "add SET OPERAND"),
    "discard": ("oo", run_discard, "discard SET OPERAND"),
    "clear": ("o", run_clear, "clear OPERAND"),
    "close": ("o", run_close, "close GENERATOR"),
    "call": ("o*", run_call, "call CALLABLE OPERAND..."),
    "detach": ("o", run_detach, "detach FINALIZE"),
    "run-exit": ("", run_exit, "run-exit"),
    "collect": ("N", run_collect, "collect [GENERATION]"),
    "enable": ("", run_enable, "enable"),
    "disable": ("", run_disable, "disable"),
    "threshold": ("3", run_threshold, "threshold A [B [C]]"),
    "debug": ("d", run_debug,
              "debug WORD... (none, stats, collectable, uncollectable, saveall, leak)"),
    "freeze": ("", run_freeze, "freeze"),
    "unfreeze": ("", run_unfreeze, "unfreeze"),
    "times": ("nB", run_times, "times N"),
    "for": ("vB", run_for, "for NAME in WEAK"),
    "scope": ("B", run_scope, "scope"),
    "note": ("w", run_note, "note WORD..."),
    "raise": ("r", run_raise, "raise WORD..."),
    "print": ("q", run_print, "print QUERY"),
    "expect": ("e", run_expect, "expect QUERY == VALUE"),
    "fails": ("f", run_fails, "fails ERROR STATEMENT"),
    "try": ("t", run_try, "try STATEMENT"),
}
