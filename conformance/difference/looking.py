"""This module is what random programs look at: after single steps, and at everything at their end.
"""
from .model import KEPT_NAMES, OBJECT_NAMES, WEAK_CONTAINERS, WEAK_NAMES


def collect(model):
    generation = model.one(("", "", "", " 0", " 0", " 1", " 2"))
    model.add("print collect" + generation)
    model.add("print log")
    if model.chance(0.3):
        model.add("print objects" + model.one(("", " 0", " 1", " 2")))
    if model.chance(0.2):
        model.add("print stats %d" % model.random.randrange(3))


def look(model):
    name = model.one(list(model.kinds) or ["a"])
    kind = model.kinds.get(name)
    if kind in WEAK_CONTAINERS:
        model.add("print length " + name)
        return
    if countable(model, name, kind) and model.chance(0.4):
        model.add("try print refcount " + name)
        return
    if model.chance(0.15):
        other = model.one(list(model.kinds) or ["b"])
        query = "contains" if kind in ("dict", "set") else "same"
        model.add("try print %s %s %s" % (query, name, other))
        return
    model.add("try print " + model.one(
        ("tracked ", "finalized ", "value ", "referents ", "referrers ", "weakrefs ", "type ", "length ",
         "keys ")) + name)


def countable(model, name, kind):
    """Whether a name surely holds no text, number or None, whose counts are the interpreter's affair.
    (Callbacks put what they are given into other names.)"""
    return name in OBJECT_NAMES and kind not in (None, "any") and name not in model.lost


def finish(model):
    """Looks at everything, drops everything, and looks again."""
    model.add("print log")
    model.add("print collect")
    model.add("print log")
    for name, kind in model.kinds.items():
        look_at(model, name, kind)
    for name in KEPT_NAMES:
        model.add("try print value " + name)
        model.add("try print finalized " + name)
    for name in WEAK_NAMES:
        model.add("try print dead " + name)
    for place in model.random.sample(model.places, min(len(model.places), 15)):
        model.add("print alive " + place)
    look_at_all(model)
    names = OBJECT_NAMES + KEPT_NAMES + WEAK_NAMES + ["n", "o", "t", "s", "q", "r", "bound"]
    model.random.shuffle(names)
    for name in names:
        model.add("try del " + name)
    model.add("print log")
    model.add("print collect")
    look_at_all(model)


def look_at(model, name, kind):
    if kind in WEAK_CONTAINERS:
        model.add("print keys " + name)
        return
    if countable(model, name, kind):
        model.add("try print refcount " + name)
    for query in ("value", "tracked", "referents", "referrers", "length"):
        if query == "value" or model.chance(0.6):
            model.add("try print %s %s" % (query, name))
    if kind in model.classes or kind == "set":
        model.add("try print weakrefs " + name)


def look_at_all(model):
    model.add("print log")
    for query in ("objects 0", "objects 1", "objects 2", "garbage", "stats 0", "stats 1", "stats 2",
                  "count 1", "count 2", "frozen"):
        model.add("print " + query)
