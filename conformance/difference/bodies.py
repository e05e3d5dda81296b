"""This module is the definitions of a random program: classes with finalizers, callbacks, generators, gc
callbacks.

A program always ends: finalizers make only objects of later classes, callbacks those without finalizers.
"""
from .model import ATTRIBUTES, KEPT_NAMES, OBJECT_NAMES, WEAK_NAMES, ClassShape


def define_all(model):
    """Writes the definitions."""
    model.add("class P")
    model.classes["P"] = ClassShape("P", ATTRIBUTES, False, False, False, False)
    if model.with_chain:
        # What fails where a deallocation is deep would keep its frames, and so objects, for longer.
        model.add("class K" + (" slots x" if model.chance(0.3) else ""))
        model.add("finalizer K")
        model.add("  note end of $self")
        model.add("end")
        model.add("callback ck")
        model.add("  note end of link of $ref")
        model.add("end")
    for name in "ABC"[:model.random.randint(1, 3)]:
        define_class(model, name)
    for name in ("cb", "cc")[:model.random.randint(1, 2)]:
        define_callback(model, name)
    if model.chance(0.5):
        define_generator(model, "gen")
    for shape in reversed(list(model.classes.values())):  # before the finalizers that make this class
        if shape.finalizer:
            define_finalizer(model, shape)
    if model.chance(0.15):
        define_on_collection(model)


def define_class(model, name):
    """A class; its finalizer is written later, when all other names are known."""
    attributes, strong = ATTRIBUTES, False
    words = ["class", name]
    if model.chance(0.25):
        attributes = ATTRIBUTES[:model.random.randint(1, 3)]
        words += ["slots"] + attributes
        strong = model.chance(0.2)
        if strong:
            words.append("strong")
    finalizer = model.chance(0.7)
    legacy = finalizer and model.chance(0.15)
    if legacy:
        words.append("legacy")
    model.add(" ".join(words))
    model.classes[name] = ClassShape(name, attributes, "slots" in words, strong, legacy, finalizer)


def define_finalizer(model, shape):
    model.add("finalizer " + shape.name)
    model.add("  note fin $self")
    makers = LEGACY_STEPS if shape.legacy else FINALIZER_STEPS
    for _ in range(model.random.choice((0, 0, 1, 1, 2, 3))):
        model.add("  " + model.one(makers)(model, shape))
    model.add("end")


def define_callback(model, name):
    model.add("callback " + name)
    model.add("  note %s $ref" % name)
    for _ in range(model.random.choice((0, 0, 1, 1, 2))):
        model.add("  " + model.one(CALLBACK_STEPS)(model, None))
    model.add("end")
    model.callbacks.append(name)


def define_generator(model, name):
    parameters = ["p", "q"][:model.random.randint(1, 2)]
    model.add("generator %s %s" % (name, " ".join(parameters)))
    own = list(parameters)
    for _ in range(model.random.randint(1, 4)):
        model.add("  " + generator_step(model, own))
    model.add("  yield " + model.one(own))
    if model.chance(0.6):
        model.add("finally")
        model.add("  note finally")
        if model.chance(0.3):
            model.add("  o = new P")
        elif model.chance(0.4):
            model.add("  note $%s" % model.one(own))
    model.add("end")
    model.generators[name] = len(parameters)


def generator_step(model, own):
    choice = model.random.randrange(7)
    if choice == 0:
        return "yield " + model.one(own)
    if choice == 1:
        return "note in $%s" % model.one(own)
    if choice == 2:
        return "del " + model.one(own)
    if choice == 3:
        return "%s = None" % model.one(own)
    local = model.one(("o", "t"))
    makers = ("list", "tuple", "cell", "dict 'r'", "new P")
    maker = model.one(makers)
    line = "%s = %s" % (local, maker if maker == "new P" else maker + " " + model.one(own))
    if local not in own:
        own.append(local)
    return line


def define_on_collection(model):
    model.add("on-collection")
    model.add("  note $phase $generation $collected $uncollectable")
    if model.chance(0.3):
        model.add("  " + model.one((make_object, drop_name, look, nested_collect))(model, None))
    model.add("end")


# Steps of bodies. Each gives one line.

def resurrect(model, _shape):
    return "%s = self" % model.one(KEPT_NAMES)


def resurrect_into(model, _shape):
    name = model.one(OBJECT_NAMES)
    return model.one(("try append %s self" % name, "try %s.x = self" % name,
                      "try %s['r'] = self" % name, "try %s.content = self" % name))


def cut_own(model, shape):
    attribute = model.one(shape.attributes)
    return model.one(("try self.%s = None", "try del self.%s")) % attribute


def point_elsewhere(model, shape):
    return "try self.%s = %s" % (model.one(shape.attributes), model.one(OBJECT_NAMES))


def cut_neighbour(model, shape):
    return "try del self.%s.%s" % (model.one(shape.attributes), model.one(ATTRIBUTES))


def make_object(model, _shape):
    name = model.one(OBJECT_NAMES + KEPT_NAMES)
    maker = model.one(("new P", "list", "list " + model.one(OBJECT_NAMES),
                       "tuple " + model.one(OBJECT_NAMES), "cell " + model.one(OBJECT_NAMES),
                       "dict 'r' " + model.one(OBJECT_NAMES),
                       "weakref " + model.one(OBJECT_NAMES)))
    return "try %s = %s" % (model.place(name), maker)


def make_later(model, shape):
    """An object with a finalizer: of a class whose name comes after this one's, so that it ends."""
    later = sorted(name for name in model.classes if shape.name < name != "P") or ["P"]
    name = model.one(OBJECT_NAMES + KEPT_NAMES)
    return "try %s = new %s" % (model.place(name), model.one(later))


def watch(model, shape):
    target = model.one(("self", model.one(OBJECT_NAMES), "self." + model.one(shape.attributes)))
    return "try %s = %s %s %s" % (model.place(model.one(WEAK_NAMES)), model.one(("weakref", "proxy")),
                                  target, model.one(model.callbacks))


def use(model, _shape):
    """Something that may run other bodies."""
    return model.one(("try n = next %s", "try close %s", "try n = pop %s", "try n = deref %s",
                      "try detach %s")) % model.one(OBJECT_NAMES + WEAK_NAMES)


def call(model, _shape):
    return "try call %s 5" % model.one(OBJECT_NAMES + WEAK_NAMES)


def make_inside(model, shape):
    return "try self.%s = %s" % (model.one(shape.attributes), model.one(("list self", "new P")))


def drop_name(model, _shape):
    return "try del " + model.one(OBJECT_NAMES + KEPT_NAMES + WEAK_NAMES)


def clear_name(model, shape):
    if model.with_vars:
        return drop_name(model, shape)
    return "try clear " + model.one(OBJECT_NAMES)


def nested_collect(model, _shape):
    return model.one(("print collect", "collect", "print collect 0", "collect 1"))


def fail(_model, _shape):
    return "raise oops"


def look(model, _shape):
    weak = model.one(WEAK_NAMES)
    return model.one(("try print dead " + weak, "try print value " + weak,
                      "try print weakrefs " + model.one(OBJECT_NAMES),
                      "try print tracked " + model.one(OBJECT_NAMES),
                      "try print finalized " + model.one(OBJECT_NAMES),
                      "try print length " + model.one(OBJECT_NAMES)))


def look_at_self(model, shape):
    return model.one(("print finalized self", "print tracked self", "print type self",
                      "try note had $self." + model.one(shape.attributes)))


def weak_to_self(model, _shape):
    return "try %s = weakref self" % model.place(model.one(WEAK_NAMES))


def deref_own(model, _shape):
    return "try %s = deref ref" % model.one(KEPT_NAMES)


def keep_ref(model, _shape):
    return model.one(("try %s = ref" % model.one(WEAK_NAMES),
                      "try append %s ref" % model.one(OBJECT_NAMES), "try print dead ref"))


def note_self(_model, _shape):
    return "try note self $self"


FINALIZER_STEPS = (make_later, watch, use, call, resurrect, resurrect, resurrect_into, cut_own,
                   point_elsewhere, cut_neighbour, make_object, make_inside, drop_name, drop_name,
                   clear_name, nested_collect, fail, look, look_at_self, weak_to_self)
LEGACY_STEPS = (cut_own, look, look_at_self, fail, make_object, resurrect)
CALLBACK_STEPS = (use, make_object, drop_name, clear_name, nested_collect, fail, look, deref_own, keep_ref,
                  note_self)
