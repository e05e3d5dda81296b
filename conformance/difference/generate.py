"""This module makes random programs with much of what is hard in a collector's life: cycles of all kinds
of containers, tuples and dicts that become tracked late, finalizers that bring objects back, weak
references inside and outside of garbage, suspended generators, legacy finalizers, frozen objects.

Left out, because CPython itself does not fix it: the order in a set of several objects (each set gets
one, and numbers), what `objects` shows in the middle of a collection, counts of what the interpreter shares
(ints, texts, None), and the weak containers' own inner objects (they stay in names).
"""
import random

from . import bodies
from .looking import collect, finish, look
from .model import ATTRIBUTES, KEPT_NAMES, KEYS, OBJECT_NAMES, WEAK_CONTAINERS, WEAK_NAMES, Model

DEFAULT_STEPS = (50, 100)
# What CPythons differ in (docs/conform.md, Versions of CPython); a program that uses it asks for the
# later one.
NEEDS_VARS = NEEDS_SIZES = "3.13"
NEEDS_GENERATOR = "3.12"


def program(seed, index, steps=DEFAULT_STEPS):
    """Program `index` of a seed: its lines, without a `program` line."""
    model = Model(random.Random("%s:%d" % (seed, index)))
    model.with_vars = model.chance(0.12)
    model.with_chain = model.chance(0.06)
    bodies.define_all(model)
    count = model.random.randint(*steps)
    moods = mood_weights(model)
    begin = len(model.lines)
    while len(model.lines) - begin < count:
        pick(model, moods)(model)
    finish(model)
    if model.needs is not None:
        model.lines.insert(0, "requires " + model.needs)
    return model.lines


def mood_weights(model):
    """The steps with their weights; rare features appear in some programs, and there more often."""
    weights = [(create, 14), (create_inside, 8), (link, 16), (drop, 12), (ring, 7), (weak, 9),
               (collect, 7), (look, 7), (use, 4)]
    for step, weight, probability in ((freeze, 3, 0.12), (saveall, 2, 0.15), (weak_container, 8, 0.25),
                                      (finalize, 5, 0.25), (use_generator, 8, 0.5),
                                      (block, 2, 0.3), (sizes, 1, 0.05), (garbage, 2, 0.15),
                                      (chain, 1, float(model.with_chain)),
                                      (instance_dict, 3, float(model.with_vars))):
        if model.chance(probability):
            weights.append((step, weight))
    total = 0
    summed = []
    for step, weight in weights:
        total += weight
        summed.append((total, step))
    return summed


def pick(model, summed):
    drawn = model.random.randrange(summed[-1][0])
    for limit, step in summed:
        if drawn < limit:
            return step
    raise AssertionError("no step for %d" % drawn)


# Making objects

def made(model, kind):
    """(expression, kind) that makes an object of a kind; None where what it needs is not there."""
    names = model.plain_names()
    if kind in ("list", "tuple"):
        operands = model.some(0, 3)  # the empty tuple is one that all share
        return " ".join([kind] + operands), kind if operands or kind == "list" else "any"
    if kind == "dict":
        words = [kind]
        for key in KEYS[:model.random.randint(0, 2)]:
            words += [key, model.operand()]
        return " ".join(words), kind
    if kind == "set":
        hashable = model.hashable()
        words = [kind] + ([model.one(hashable)] if hashable and model.chance(0.8) else [])
        return " ".join(words + (["5"] if model.chance(0.3) else [])), kind
    if kind == "cell":
        return " ".join([kind] + model.some(0, 1)), kind
    if kind == "function":
        dicts = model.names_of("dict")
        return ("function " + model.one(dicts), kind) if dicts else None
    if kind == "method":
        return ("method %s %s" % (model.one(model.callbacks), model.one(names)), kind) if names else None
    if kind == "generator":
        if not model.generators:
            return None
        name = model.one(sorted(model.generators))
        count = model.generators[name]
        model.need(NEEDS_GENERATOR)
        return " ".join(["start", name] + model.some(count, count)), kind
    if kind == "frame":
        return " ".join([kind] + (["itself"] if model.chance(0.3) else []) + model.some(0, 2)), kind
    if kind == "repeat":
        return "repeat %d %s" % (model.random.randint(1, 3), model.operand()), "list"
    cls = model.one(sorted(model.classes))
    return "new " + cls, cls


def random_expression(model):
    while True:
        kind = model.one(("list", "list", "tuple", "tuple", "dict", "dict", "set", "cell", "function",
                          "method", "generator", "frame", "repeat") + ("new",) * 9)
        found = made(model, kind)
        if found is not None:
            return found


def store(model, name, expression, kind):
    """NAME = EXPRESSION, and what the model learns of it."""
    model.add("try %s = %s" % (model.place(name), expression))
    model.kinds[name] = kind
    if kind == "any":
        model.lose(name)


def create(model):
    expression, kind = random_expression(model)
    store(model, model.fresh_name(), expression, kind)


def create_inside(model):
    """A new object right inside another."""
    names = model.plain_names()
    if not names:
        return
    place = model.inner_place(model.one(names))
    if place is not None:
        model.add("try %s = %s" % (model.place(place), random_expression(model)[0]))


def alias(model):
    names = model.plain_names()
    if names:
        source, target = model.one(names), model.fresh_name()
        model.add("try %s = %s" % (target, source))
        model.kinds[target] = model.kinds[source]
        if source in model.lost:
            model.lose(target)


# Linking and dropping

def link(model):
    names = model.plain_names()
    if not names:
        return
    name = model.one(names)
    if model.kinds[name] == "list" and model.chance(0.7):
        model.add("try append %s %s" % (name, model.operand()))
        return
    if model.kinds[name] == "set":
        model.add("try add %s %d" % (name, model.random.randrange(9)))
        return
    place = model.inner_place(name)
    if place is not None:
        if model.chance(0.1):
            place = "%s.%s" % (place, model.one(ATTRIBUTES))
        model.add("try %s = %s" % (place, model.operand()))
    elif model.chance(0.2):
        alias(model)
    elif model.chance(0.2):
        cls = model.one(sorted(model.classes))
        if not model.classes[cls].slots:  # else it would take the slot's place
            model.add("try %s.%s = %s" % (cls, model.one(ATTRIBUTES), model.operand()))


def drop(model):
    choice = model.random.random()
    names = list(model.kinds)
    if not names:
        return
    name = model.one(names)
    if choice < 0.55:
        model.add("try del " + name)
        del model.kinds[name]
    elif choice < 0.65 and model.kinds[name] not in WEAK_CONTAINERS:
        model.add("try %s = None" % name)
        model.lose(name)
    elif choice < 0.85:
        place = model.inner_place(name)
        if place is not None:
            model.add("try del " + place)
    elif model.kinds[name] == "list" and model.chance(0.5):
        target = model.one(OBJECT_NAMES)
        model.add("try %s = pop %s" % (target, name))
        model.lose(target)
    elif model.kinds[name] in ("list", "dict", "set", "cell") and not model.with_vars:
        model.add("try clear " + name)
    if model.chance(0.3):
        model.add("print log")


def ring(model):
    """A ring of objects of many kinds, perhaps with onlookers, and perhaps all its names dropped."""
    first = model.fresh_name()
    expression, kind = made(model, model.one(("list", "dict", "cell", "new", "new", "new")))
    store(model, first, expression, kind)
    members = [first]
    for _ in range(model.random.randint(0, 4)):
        name = model.fresh_name()
        if name in members:
            continue
        previous = members[-1]
        link_member(model, name, previous)
        members.append(name)
    place = model.inner_place(first)
    model.add("try append %s %s" % (first, members[-1]) if model.kinds[first] == "list"
              else "try %s = %s" % (place, members[-1]))
    for _ in range(model.random.choice((0, 0, 1, 2))):
        watch(model, model.one(members))
    if model.chance(0.8):
        kept = model.one(members) if model.chance(0.2) else None
        gone = [name for name in members if name != kept]
        if model.chance(0.5):
            model.random.shuffle(gone)
        for name in gone:
            model.kinds.pop(name, None)
        for name in gone if model.chance(0.5) else []:
            model.add("try del " + name)
        if gone and model.lines[-1] != "try del " + gone[-1]:
            model.add("try del " + " ".join(gone))
        if model.chance(0.4):
            collect(model)


def link_member(model, name, previous):
    """NAME = something that holds the previous member."""
    kind = model.one(("list", "tuple", "dict", "cell", "method", "function", "generator", "frame", "new",
                      "new", "new", "new", "weakref"))
    if kind == "dict":
        store(model, name, "dict 'r' " + previous, kind)
    elif kind == "method":
        store(model, name, "method %s %s" % (model.one(model.callbacks), previous), kind)
    elif kind == "function" and model.kinds[previous] == "dict":
        store(model, name, "function " + previous, kind)
    elif kind == "generator" and model.generators:
        generator = model.one(sorted(model.generators))
        model.need(NEEDS_GENERATOR)
        operands = [previous] * model.generators[generator]
        store(model, name, " ".join(["start", generator] + operands), kind)
        if model.chance(0.8):
            model.add("try %s = next %s" % (model.one(("b", "n")), name))
    elif kind == "weakref":
        others = model.referable()
        target = model.one(others) if others else previous
        store(model, name, "weakref %s %s" % (target, model.one(model.callbacks)), kind)
    elif kind in ("new", "function", "generator"):
        cls = model.one(sorted(model.classes))
        store(model, name, "new " + cls, cls)
        model.add("try %s.%s = %s" % (name, model.attribute_of(name), previous))
    else:
        store(model, name, "%s %s" % (kind, previous), kind)


# Weak references and what else looks on

def watch(model, target):
    """A weak reference, proxy or finalize object for the target, in a name or inside an object."""
    word = model.one(("weakref", "weakref", "weakref", "proxy"))
    expression = "%s %s" % (word, target)
    bound = None
    if model.chance(0.6):
        callee = model.one(model.callbacks)
        names = model.plain_names()
        if names and model.chance(0.25):
            bound = model.place("bound")
            model.add("try bound = method %s %s" % (callee, model.one(names)))
            callee = bound
        expression += " " + callee
    names = model.plain_names()
    place = model.inner_place(model.one(names)) if names and model.chance(0.3) else None
    if place is not None:
        model.add("try %s = %s" % (model.place(place), expression))
    else:
        store(model, model.one(WEAK_NAMES), expression, word)
    if bound is not None and model.chance(0.7):
        model.add("try del bound")


def weak(model):
    targets = model.referable()
    if not targets:
        return
    if model.chance(0.75):
        watch(model, model.one(targets))
        return
    name = model.one(WEAK_NAMES)
    choice = model.random.randrange(4)
    if choice == 0:
        target = model.one(OBJECT_NAMES)
        model.add("try %s = deref %s" % (target, name))
        model.lose(target)
    elif choice == 1:
        model.add("try print dead " + name)
    elif choice == 2:
        model.add("try print weakrefs " + model.one(targets))
    else:
        model.add("try del " + name)
        model.kinds.pop(name, None)


def finalize(model):
    finals = model.names_of("finalize")
    if finals and model.chance(0.5):
        name = model.one(finals)
        model.add(model.one(("try print pending %s", "try call %s", "try detach %s")) % name)
        if model.chance(0.3):
            model.add("run-exit")
            model.add("print log")
        return
    targets = model.referable()
    if targets:
        operands = [model.one(("3", "'t'", model.operand()))]
        operands += [model.operand()] if model.chance(0.2) else []
        store(model, model.one(WEAK_NAMES + ["n"]), " ".join(
            ["finalize", model.one(targets), model.one(model.callbacks)] + operands), "finalize")


def weak_container(model):
    containers = model.names_of(*WEAK_CONTAINERS)
    if not containers or model.chance(0.15):
        kind = model.one(WEAK_CONTAINERS)
        name = {"weak-values": "s", "weak-keys": "q", "weak-set": "r"}[kind]
        store(model, name, kind, kind)
        return
    name = model.one(containers)
    kind = model.kinds[name]
    targets = model.referable()
    if targets and model.chance(0.6):
        put_weakly(model, name, kind, model.one(targets))
        return
    choice = model.random.randrange(5)
    if choice == 0:
        model.add("try clear " + name)
    elif choice == 1 and kind != "weak-set":
        model.add("for o in " + name)
        model.add("  note each $o")
        if model.chance(0.4):
            model.add("  try del " + model.one(OBJECT_NAMES))
        model.add("end")
        model.add("print log")
    elif choice == 2:
        model.add("print keys " + name)
    elif choice == 3 and targets:
        key = model.one(KEYS) if kind == "weak-values" else model.one(targets)
        model.add("try %s" % ("discard %s %s" if kind == "weak-set" else "del %s[%s]") % (name, key))
    else:
        model.add("print length " + name)


def put_weakly(model, name, kind, target):
    if kind == "weak-values":
        model.add("try %s[%s] = %s" % (name, model.one(KEYS), target))
    elif kind == "weak-keys":
        model.add("try %s[%s] = %s" % (name, target, model.operand()))
    else:
        model.add("try add %s %s" % (name, target))


# What only some programs do

def use(model):
    """Calls something, or takes something out."""
    callables = model.names_of("method", "function") + model.callbacks
    choice = model.random.randrange(3)
    lists = model.names_of("list")
    if choice == 0:
        model.add("try call %s %s" % (model.one(callables), model.operand()))
    elif choice == 1 and lists:
        target = model.one(OBJECT_NAMES)
        model.add("try %s = pop %s" % (target, model.one(lists)))
        model.lose(target)
    else:
        target = model.one(OBJECT_NAMES)
        model.add("try %s = %s" % (target, model.one(KEPT_NAMES)))
        model.lose(target)


def use_generator(model):
    generators = model.names_of("generator")
    if not generators:
        found = made(model, "generator")
        if found is not None:
            store(model, model.fresh_name(), *found)
        return
    name = model.one(generators)
    choice = model.random.random()
    if choice < 0.7:
        target = model.one(("n", "n", model.one(OBJECT_NAMES)))
        model.add("try %s = next %s" % (target, name))
        model.lose(target)
    elif choice < 0.85:
        model.add("try close " + name)
    else:
        names = model.plain_names()
        place = model.inner_place(model.one(names))
        if place is not None:
            model.add("try %s = %s" % (place, name))


def freeze(model):
    model.add(model.one(("freeze", "unfreeze", "print frozen")))


def saveall(model):
    model.add(model.one(("debug saveall", "debug saveall", "debug none", "clear garbage")))
    model.add("print garbage")


def garbage(model):
    model.add(model.one(("try %s = garbage[0]" % model.one(KEPT_NAMES), "try del garbage[0]",
                         "clear garbage", "print garbage", "try garbage[0].x = None")))
    model.add("print log")


def instance_dict(model):
    instances = model.instances()
    if instances:
        model.need(NEEDS_VARS)
        store(model, model.fresh_name(), "vars " + model.one(instances), "dict")


def sizes(model):
    """Containers of numbers that grow and shrink, in names of their own."""
    model.need(NEEDS_SIZES)
    model.add("small = %s" % model.one(("list", "list 1", "list 1 2 3", "range 5", "grow 7",
                                        "repeat 3 1")))
    model.add("large = %s" % model.one(("dict", "dict 'r' 1", "dict 1 1 2 2", "set", "set 1 2 3")))
    grow = "large[%d] = 1" if model.lines[-1].startswith("large = dict") else "add large %d"
    for _ in range(model.random.randint(2, 8)):
        if model.chance(0.6):
            for _ in range(model.random.choice((1, 1, 2, 5))):
                model.add(model.one(("append small 1", "append small 1", "try o = pop small",
                                     "try del small[0]", "clear small")))
            model.add("print size small")
        else:
            for _ in range(model.random.choice((1, 2, 6))):
                model.add(grow % model.random.randrange(40))
            model.add("print size large")
    model.add("del small large")


def chain(model):
    """A chain of objects; where no finalizer can tell, one longer than deallocation nests.

    The runtime nests 50 deep, as CPython 3.11 and 3.12; 3.13 nests until its C stack is nearly used.
    """
    cls = model.one(("K", "K", "P"))
    model.add("o = None")
    model.add("chained = list")
    model.add("times %d" % model.random.randint(20, 70 if cls == "P" else 40))
    if model.chance(0.5):
        model.add("  t = new " + cls)
        model.add("  try t.x = o")
    else:
        model.add("  t = %s o" % model.one(("list", "tuple", "cell")))
    if model.chance(0.2):
        model.add("  try u = weakref t ck")
        model.add("  try append chained u")
    model.add("  o = t")
    model.add("end")
    if model.chance(0.5):
        model.add("t = list o")
        model.add("append t t")
    model.add("del t o")
    model.add("print log")
    collect(model)


def block(model):
    """Some steps in a loop or a scope."""
    model.add(model.one(("times 2", "times 3", "scope")))
    start = len(model.lines)
    for _ in range(model.random.randint(1, 4)):
        model.one((create, link, drop, create_inside))(model)
    model.lines[start:] = ["  " + line for line in model.lines[start:]]
    model.add("end")
