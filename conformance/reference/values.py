"""This module is what operands and expressions give, so that statements, queries and generators'
bodies get their objects the same way.

An operand is a tuple whose first member is a function: it takes the operand, and what `self` and
`ref` are. An expression's first member takes the expression, the place its object will be stored to,
and the same two. A builder takes a list of values and gives the expression's object.
"""
import gc
import sys
import types
import weakref

from . import machine, native
from .machine import MISSING, kind, no_attribute

_INDEXED = (list, tuple, dict, weakref.WeakValueDictionary, weakref.WeakKeyDictionary)


def name_operand(operand, _self, _ref):
    """(…, slot): what a name holds."""
    value = machine.slots[operand[1]]
    if value is MISSING:
        raise NameError("name '%s' is not defined" % machine.names[operand[1]])
    return value


def int_operand(operand, _self, _ref):
    """(…, text): an int."""
    return int(operand[1])


def float_operand(operand, _self, _ref):
    """(…, text): a float."""
    return float(operand[1])


def fixed_operand(operand, _self, _ref):
    """(…, object): always this object."""
    return operand[1]


def garbage_operand(_operand, _self, _ref):
    """gc.garbage."""
    return gc.garbage


def self_operand(_operand, self_value, _ref):
    """`self`, in a body that has one."""
    if self_value is MISSING:
        raise NameError("name 'self' is not defined")
    return self_value


def ref_operand(_operand, _self, ref_value):
    """`ref`."""
    return ref_value


def attribute_operand(operand, self_value, ref_value):
    """(…, base, name)."""
    base = operand[1]
    return get_attribute(base[0](base, self_value, ref_value), operand[2])


def item_operand(operand, self_value, ref_value):
    """(…, base, key operand)."""
    base, key = operand[1], operand[2]
    return get_item(base[0](base, self_value, ref_value), key[0](key, self_value, ref_value))


def evaluate(operand):
    """An operand's object, outside bodies: for generators."""
    return operand[0](operand, MISSING, MISSING)


def get_attribute(value, name):
    """The attribute as the language has it."""
    found = kind(value)
    if found in machine.classes or found is type:
        return _unbound(value, name, getattr(value, name))
    if name == "content" and found is types.CellType:
        return value.cell_contents
    if name == "globals" and found is types.FunctionType and id(value) not in machine.callbacks:
        return value.__globals__
    if name == "self" and found is types.MethodType:
        return value.__self__
    raise no_attribute(value, name)


def _unbound(value, name, found):
    """The attribute as it is stored: a function that the class holds is not bound (a bound one would be
    a new method each time)."""
    if type(found) is types.MethodType and getattr(value, name) is not found:
        return found.__func__
    return found


def set_attribute(value, name, new):
    """Stores an attribute; of a cell its content."""
    found = kind(value)
    if found in machine.classes or found is type:
        setattr(value, name, new)
        if type(value) in machine.classes and not hasattr(type(value), "__slots__"):
            _forget_hidden_dict(value)
    elif name == "content" and found is types.CellType:
        value.cell_contents = new
    else:
        raise no_attribute(value, name)


def _forget_hidden_dict(instance):
    """Where CPython has just put the instance's attributes into a dict that no `vars` asked for, what was
    at its address is gone."""
    address = native.dict_address(instance)
    if address and machine.dict_of.get(id(instance)) != address:
        machine.label_of.pop(address, None)
        machine.type_of.pop(address, None)


def delete_attribute(value, name):
    """Drops an attribute; of a cell its content."""
    found = kind(value)
    if found in machine.classes or found is type:
        delattr(value, name)
    elif name == "content" and found is types.CellType:
        del value.cell_contents
    else:
        raise no_attribute(value, name)


def get_item(value, key):
    """The item at an index or with a key."""
    if kind(value) not in _INDEXED:
        raise TypeError("'%s' object is not subscriptable" % machine.type_name(kind(value)))
    return value[key]


def operand_expression(expression, _place, self_value, ref_value):
    """(…, operand): no new object."""
    operand = expression[1]
    return operand[0](operand, self_value, ref_value)


def built_expression(expression, place, self_value, ref_value):
    """(…, builder, operands, makes): the builder's object, labelled if it is a new one."""
    values = []
    for operand in expression[2]:
        values.append(operand[0](operand, self_value, ref_value))
    value = expression[1](values)
    if expression[3]:
        labelled(expression[1], value, place)
    return value


def labelled(builder, value, place):
    """The value, with its label if the builder made it."""
    if builder in SHARING:
        if not machine.fresh:
            return value
    elif builder is build_tuple and not value:
        return value
    machine.label(value, place)
    return value


def build_list(values):
    return values[:]


def build_tuple(values):
    return tuple(values)


def build_set(values):
    made = set()
    for value in values:
        made.add(value)
    return made


def build_dict(values):
    made = {}
    for index in range(0, len(values), 2):
        made[values[index]] = values[index + 1]
    return made


def build_repeat(values):
    return [values[1]] * values[0]


def build_range(values):
    return list(range(values[0]))


def build_grow(values):
    made = []
    for number in range(values[0]):
        made.append(number)
    return made


def build_new(values):
    return values[0]()


def build_cell(values):
    return types.CellType(values[0]) if values else types.CellType()


def _nothing(_any=None):
    pass


def build_function(values):
    if type(values[0]) is not dict:
        raise TypeError("function() takes a dict, not '%s'" % machine.type_name(type(values[0])))
    made = types.FunctionType(_nothing.__code__, values[0], "function", _nothing.__defaults__)
    made.__module__ = made.__doc__ = ""  # so that it does not refer to None
    return made


def build_method(values):
    if type(values[0]) is not types.FunctionType:
        raise TypeError("first argument must be callable")
    return types.MethodType(values[0], values[1])


def _weak(maker, values):
    before = weakref.getweakrefcount(values[0])
    made = maker(*values)
    machine.fresh = weakref.getweakrefcount(values[0]) != before
    return made


def build_weakref(values):
    return _weak(weakref.ref, values)


def build_proxy(values):
    return _weak(weakref.proxy, values)


def build_finalize(values):
    made = weakref.finalize(*values)
    info = weakref.finalize._registry[made]
    machine.forget(info.args)
    machine.forget(info.weakref)
    return made


def build_weak_values(_values):
    return _forget_inside(weakref.WeakValueDictionary())


def build_weak_keys(_values):
    return _forget_inside(weakref.WeakKeyDictionary())


def build_weak_set(_values):
    return _forget_inside(weakref.WeakSet())


def _forget_inside(container):
    remove = container._remove
    for part in (container.data, container._iterating, remove, remove.__defaults__):
        machine.forget(part)
    machine.forget(getattr(container, "_pending_removals", None))
    for part in remove.__defaults__:
        machine.forget(part)
    return container


def forget_members(container):
    """After something was put into a weak container: its weak references are not the program's."""
    if kind(container) is weakref.WeakValueDictionary:
        for part in container.data.values():
            machine.forget(part)
    else:
        for part in container.data:
            machine.forget(part)


def build_start(values):
    return values[0](*values[1:])


_frame_makers = {}


def build_frame(values):
    made = frame_maker(len(values) - 1, values[0])(*values[1:])
    native.cut_from_caller(made)
    return made


def frame_maker(count, itself):
    """The function whose call's frame has so many locals; made before programs run."""
    maker = _frame_makers.get((count, itself))
    if maker is None:
        text = "def frame(%s):\n %s getframe()\n%s" % (
            ", ".join("local%d" % index for index in range(count)),
            "itself =" if itself else "return", " return itself\n" if itself else "")
        space = {"getframe": sys._getframe, "__builtins__": {}}
        exec(text, space)
        maker = _frame_makers[count, itself] = space["frame"]
    return maker


def build_next(values):
    if kind(values[0]) is not types.GeneratorType:
        raise TypeError("'%s' object is not an iterator" % machine.type_name(kind(values[0])))
    return next(values[0], None)


def build_deref(values):
    if type(values[0]) is not weakref.ref:
        raise TypeError("'%s' object is not a weakref" % machine.type_name(type(values[0])))
    return values[0]()


def build_vars(values):
    value = values[0]
    if kind(value) not in machine.classes:
        raise TypeError("vars() argument must have __dict__ attribute")
    if type(value) in machine.PROXIES:
        value = value.__repr__.__self__
    made = vars(value)
    machine.fresh = machine.dict_of.get(id(value)) != id(made)
    machine.dict_of[id(value)] = id(made)
    return made


def build_pop(values):
    if kind(values[0]) is not list:
        raise no_attribute(values[0], "pop")
    return values[0].pop()


SHARING = (build_weakref, build_proxy, build_vars)

# Each expression: what follows its word, its builder, whether it makes an object, how it is written.
# o an operand, O one or none, * any number, p pairs, n a number from 0 up, C a class, G a generator,
# i `itself` or nothing.
EXPRESSIONS = {
    "list": ("*", build_list, True, "list OPERAND..."),
    "tuple": ("*", build_tuple, True, "tuple OPERAND..."),
    "set": ("*", build_set, True, "set OPERAND..."),
    "dict": ("p", build_dict, True, "dict [KEY OPERAND]..."),
    "repeat": ("no", build_repeat, True, "repeat N OPERAND"),
    "range": ("n", build_range, True, "range N"),
    "grow": ("n", build_grow, True, "grow N"),
    "new": ("C", build_new, True, "new CLASS"),
    "cell": ("O", build_cell, True, "cell [OPERAND]"),
    "function": ("o", build_function, True, "function DICT"),
    "method": ("oo", build_method, True, "method CALLABLE OPERAND"),
    "weakref": ("oO", build_weakref, True, "weakref OPERAND [CALLABLE]"),
    "proxy": ("oO", build_proxy, True, "proxy OPERAND [CALLABLE]"),
    "finalize": ("oo*", build_finalize, True, "finalize OPERAND CALLABLE OPERAND..."),
    "weak-values": ("", build_weak_values, True, "weak-values"),
    "weak-keys": ("", build_weak_keys, True, "weak-keys"),
    "weak-set": ("", build_weak_set, True, "weak-set"),
    "start": ("G*", build_start, True, "start GENERATOR OPERAND..."),
    "frame": ("i*", build_frame, True, "frame [itself] OPERAND..."),
    "next": ("o", build_next, False, "next GENERATOR"),
    "deref": ("o", build_deref, False, "deref WEAKREF"),
    "vars": ("o", build_vars, True, "vars INSTANCE"),
    "pop": ("o", build_pop, False, "pop LIST"),
}
