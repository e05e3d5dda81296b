"""This module is what the generator believes of a program so far: which names there are and of what kind,
so that most statements make sense. It need not be right: what may fail stands after `try`.

Words: a *kind* is `list`, `dict`, `set`, `tuple`, `cell`, `function`, `method`, `weakref`, `proxy`,
`generator`, `frame`, `finalize`, `weak-values`, `weak-keys`, `weak-set`, a class's name, or `any` for what
is known at run time only.
"""

OBJECT_NAMES = "a b c d e f g h i j".split()
KEPT_NAMES = "k l m".split()
WEAK_NAMES = "u v w".split()
ATTRIBUTES = "x y z".split()
KEYS = ["'r'", "'s'"]
WEAK_CONTAINERS = ("weak-values", "weak-keys", "weak-set")
# Kinds a weak reference can be made to, and kinds that a dict or a set takes as keys.
REFERABLE = ("set", "function", "method", "generator")
HASHABLE = ("tuple", "function", "method", "generator", "frame", "weakref", "finalize")


class ClassShape:
    """A class of the program."""

    def __init__(self, name, attributes, slots, strong, legacy, finalizer):
        self.name = name
        self.attributes = attributes
        self.slots = slots
        self.strong = strong
        self.legacy = legacy
        self.finalizer = finalizer


class Model:
    """The program so far."""

    def __init__(self, random):
        self.random = random
        self.lines = []
        self.kinds = {}
        self.places = []
        self.classes = {}
        self.callbacks = []
        self.generators = {}  # name: number of parameters
        self.with_vars = False  # then nothing is cleared: CPython 3.13.0 frees too much
        self.needs = None  # the oldest CPython that agrees
        self.lost = set()  # names that may hold a number, a text or None whatever their kind

    def lose(self, name):
        """The name holds who knows what, and may go on to where a statement fails."""
        self.kinds[name] = "any"
        self.lost.add(name)

    def need(self, version):
        """The program does not hold on CPythons before this one."""
        if self.needs is None or self.needs < version:
            self.needs = version

    def chance(self, probability):
        return self.random.random() < probability

    def one(self, sequence):
        return sequence[self.random.randrange(len(sequence))]

    def add(self, line):
        self.lines.append(line)

    def place(self, place):
        """Remembers a place that an object is made for, and gives it back."""
        if place not in self.places:
            self.places.append(place)
        return place

    def names_of(self, *kinds):
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def instances(self):
        return [name for name, kind in self.kinds.items() if kind in self.classes]

    def plain_names(self):
        """All but weak containers, which stay where they are."""
        return [name for name, kind in self.kinds.items() if kind not in WEAK_CONTAINERS]

    def hashable(self):
        return [name for name, kind in self.kinds.items()
                if kind in HASHABLE or kind in self.classes]

    def referable(self):
        return [name for name, kind in self.kinds.items()
                if kind in REFERABLE or kind in self.classes]

    def fresh_name(self):
        """A name for a new object: most often one that holds nothing."""
        free = [name for name in OBJECT_NAMES if name not in self.kinds]
        if free and self.chance(0.8):
            return self.one(free)
        return self.one(OBJECT_NAMES)

    def attribute_of(self, name):
        shape = self.classes.get(self.kinds.get(name))
        if shape is not None and shape.attributes and self.chance(0.9):
            return self.one(shape.attributes)
        return self.one(ATTRIBUTES)

    def operand(self):
        """Something to store: most often a name."""
        names = self.plain_names()
        if not names or self.chance(0.12):
            return self.one(["None", "7", "'t'", "1.5", "1000"])
        name = self.one(names)
        kind = self.kinds[name]
        if self.chance(0.12):
            if kind == "list":
                return name + "[0]"
            if kind in self.classes:
                return "%s.%s" % (name, self.attribute_of(name))
            if kind == "cell":
                return name + ".content"
        return name

    def some(self, low, high):
        """Operands, `low` to `high` of them."""
        return [self.operand() for _ in range(self.random.randint(low, high))]

    def inner_place(self, name):
        """A place in the object of a name, or None."""
        kind = self.kinds.get(name)
        if kind in self.classes or kind in ("proxy", "any"):
            return "%s.%s" % (name, self.attribute_of(name))
        if kind == "list":
            return "%s[%d]" % (name, self.random.randrange(2))
        if kind == "dict":
            return "%s[%s]" % (name, self.key())
        if kind == "cell":
            return name + ".content"
        return None

    def key(self):
        hashable = self.hashable()
        if hashable and self.chance(0.25):
            return self.one(hashable)
        return self.one(KEYS)
