"""This module is the queries: one function each, given the query and what `self` and `ref` are; each
gives the value's text.

What looks at objects (`objects`, `alive`, …) takes the collector's list first and makes its own
containers after, so that it never sees itself.
"""
import gc
import sys
import weakref

from . import machine
from .machine import MISSING, describe, kind, no_attribute

_SIZED = (list, tuple, dict, set, str, weakref.WeakValueDictionary, weakref.WeakKeyDictionary,
          weakref.WeakSet)
_KEYED = (dict, weakref.WeakValueDictionary, weakref.WeakKeyDictionary)
_SETS = (set, weakref.WeakSet)


def _operand(query, position, self_value, ref_value):
    operand = query[position]
    return operand[0](operand, self_value, ref_value)


def _joined(texts):
    return " ".join(texts) if texts else "(none)"


def _own_labels(objects):
    """The labels of the program's own among the objects, in the order they were given."""
    found = {}
    by_address = dict(zip(map(id, objects), objects))
    for address in by_address.keys() & machine.type_of.keys():
        if machine.type_of[address] is type(by_address[address]):
            found[machine.order_of[address]] = machine.label_of[address]
    return _joined([found[order] for order in sorted(found)])


def ask_collect(query, _self, _ref):
    return str(gc.collect(query[1]))


def ask_refcount(query, self_value, ref_value):
    operand = query[1]
    return str(sys.getrefcount(operand[0](operand, self_value, ref_value)))


def ask_size(query, self_value, ref_value):
    return str(sys.getsizeof(_operand(query, 1, self_value, ref_value)))


def ask_type(query, self_value, ref_value):
    return machine.type_name(type(_operand(query, 1, self_value, ref_value)))


def ask_value(query, self_value, ref_value):
    return describe(_operand(query, 1, self_value, ref_value))


def ask_same(query, self_value, ref_value):
    return str(_operand(query, 1, self_value, ref_value)
               is _operand(query, 2, self_value, ref_value))


def ask_equal(query, self_value, ref_value):
    return str(bool(_operand(query, 1, self_value, ref_value)
                    == _operand(query, 2, self_value, ref_value)))


def ask_length(query, self_value, ref_value):
    value = _operand(query, 1, self_value, ref_value)
    if kind(value) not in _SIZED:
        raise TypeError("object of type '%s' has no len()" % machine.type_name(kind(value)))
    return str(len(value))


def ask_contains(query, self_value, ref_value):
    value = _operand(query, 1, self_value, ref_value)
    key = _operand(query, 2, self_value, ref_value)
    if kind(value) not in _SIZED:
        raise TypeError("argument of type '%s' is not iterable" % machine.type_name(kind(value)))
    return str(key in value)


def ask_keys(query, self_value, ref_value):
    value = _operand(query, 1, self_value, ref_value)
    texts = []
    if kind(value) in _KEYED:
        for key in value.keys():
            texts.append(describe(key))
    elif kind(value) in _SETS:
        for key in value:
            texts.append(describe(key))
        texts.sort()
    else:
        raise no_attribute(value, "keys")
    return _joined(texts)


def ask_tracked(query, self_value, ref_value):
    return str(gc.is_tracked(_operand(query, 1, self_value, ref_value)))


def ask_finalized(query, self_value, ref_value):
    return str(gc.is_finalized(_operand(query, 1, self_value, ref_value)))


def ask_alive(query, _self, _ref):
    """(…, label). References are followed from own objects only, and through weak containers."""
    tracked = gc.get_objects()
    waiting = [value for value in machine.slots if value is not MISSING]
    waiting.extend(gc.garbage)
    by_address = dict(zip(map(id, tracked), tracked))
    for address in by_address.keys() & machine.type_of.keys():
        waiting.append(by_address[address])
    reached = set()
    while waiting:
        value = waiting.pop()
        if id(value) in reached or machine.type_of.get(id(value)) is not type(value):
            continue
        if machine.label_of[id(value)] == query[1]:
            return "True"
        reached.add(id(value))
        if type(value) is weakref.WeakValueDictionary:
            waiting.extend(value.data)
        elif type(value) is weakref.WeakKeyDictionary:
            waiting.extend(value.data.values())
        else:
            waiting.extend(gc.get_referents(value))
            if type(value) in machine.classes:
                waiting.extend(_hidden_attributes(value))
    return "False"


def _hidden_attributes(instance):
    """What an instance holds in a dict that no `vars` asked for: CPython's own affair."""
    found = []
    for referent in gc.get_referents(instance):
        if type(referent) is dict and not machine.is_own(referent):
            found.extend(referent.values())
    return found


def ask_dead(query, self_value, ref_value):
    value = _operand(query, 1, self_value, ref_value)
    if type(value) is weakref.ref:
        return str(value() is None)
    if type(value) not in machine.PROXIES:
        raise TypeError("'%s' object is not a weakref" % machine.type_name(type(value)))
    try:
        value.__class__
    except ReferenceError:
        return "True"
    return "False"


def ask_weakrefs(query, self_value, ref_value):
    return str(weakref.getweakrefcount(_operand(query, 1, self_value, ref_value)))


def ask_pending(query, self_value, ref_value):
    value = _operand(query, 1, self_value, ref_value)
    if kind(value) is not weakref.finalize:
        raise no_attribute(value, "alive")
    return str(value.alive)


def ask_objects(query, _self, _ref):
    return _own_labels(gc.get_objects() if query[1] is None else gc.get_objects(query[1]))


def ask_referents(query, self_value, ref_value):
    return _own_labels(gc.get_referents(_operand(query, 1, self_value, ref_value)))


def ask_referrers(query, self_value, ref_value):
    return _own_labels(gc.get_referrers(_operand(query, 1, self_value, ref_value)))


def ask_garbage(_query, _self, _ref):
    return _joined([describe(value) for value in gc.garbage])


def ask_stats(query, _self, _ref):
    now = machine.stats_now()
    first = 3 * query[1]
    return " ".join(str(now[index] - machine.stats_base[index])
                    for index in range(first, first + 3))


def ask_count(query, _self, _ref):
    return str(gc.get_count()[query[1]])


def ask_threshold(_query, _self, _ref):
    return " ".join(map(str, gc.get_threshold()))


def ask_enabled(_query, _self, _ref):
    return str(gc.isenabled())


def ask_debug(_query, _self, _ref):
    return str(gc.get_debug())


def ask_frozen(_query, _self, _ref):
    return str(machine.permanent.count(machine.type_of) if machine.has_frozen else 0)


def ask_log(_query, _self, _ref):
    text = "; ".join(machine.log)
    machine.log.clear()
    return text or "(empty)"


# Each query: what follows its word, its function, how it is written. Letters as in
# values.EXPRESSIONS and statements.STATEMENTS, and: c an operand whose count can be asked,
# M a generation or none (all), g a generation, L a label.
QUERIES = {
    "collect": ("N", ask_collect, "collect [GENERATION]"),
    "refcount": ("c", ask_refcount, "refcount OPERAND"),
    "size": ("o", ask_size, "size OPERAND"),
    "type": ("o", ask_type, "type OPERAND"),
    "value": ("o", ask_value, "value OPERAND"),
    "same": ("oo", ask_same, "same A B"),
    "equal": ("oo", ask_equal, "equal A B"),
    "length": ("o", ask_length, "length OPERAND"),
    "contains": ("oo", ask_contains, "contains OPERAND KEY"),
    "keys": ("o", ask_keys, "keys OPERAND"),
    "tracked": ("o", ask_tracked, "tracked OPERAND"),
    "finalized": ("o", ask_finalized, "finalized OPERAND"),
    "alive": ("L", ask_alive, "alive LABEL"),
    "dead": ("o", ask_dead, "dead WEAKREF"),
    "weakrefs": ("o", ask_weakrefs, "weakrefs OPERAND"),
    "pending": ("o", ask_pending, "pending FINALIZE"),
    "objects": ("M", ask_objects, "objects [GENERATION]"),
    "referents": ("o", ask_referents, "referents OPERAND"),
    "referrers": ("o", ask_referrers, "referrers OPERAND"),
    "garbage": ("", ask_garbage, "garbage"),
    "stats": ("g", ask_stats, "stats GENERATION"),
    "count": ("g", ask_count, "count GENERATION"),
    "threshold": ("", ask_threshold, "threshold"),
    "enabled": ("", ask_enabled, "enabled"),
    "debug": ("", ask_debug, "debug"),
    "frozen": ("", ask_frozen, "frozen"),
    "log": ("", ask_log, "log"),
}
