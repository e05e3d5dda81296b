"""This module is the parser: a file's text becomes programs, and nothing that can be wrong about the
text is left to find.
"""
import re

from . import generators, machine, native, statements, values
from .shapes import Shapes
from .words import TextError, is_name, read_operand, split

_VERSION = re.compile(r"([0-9]+)\.([0-9]+)(?:\.([0-9]+))?\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DEEPEST_BLOCK = 100
_BASELINE = ("__dict__", "__weakref__", "__doc__", "__module__", "__slots__", "__del__",
             "_heapmark_legacy")


class Program:
    """A parsed program. `name` is None for what stands before any `program` line."""

    def __init__(self, name, line):
        self.name, self.line = name, line
        self.block = []
        self.names = []
        self.slot_of = {}
        self.classes = []
        self.callbacks = []
        self.definitions = {}  # name: (kind, object, …)
        self.requires = None
        self.texts = {}

    def slot(self, name):
        """The number of a name."""
        slot = self.slot_of.get(name)
        if slot is None:
            slot = self.slot_of[name] = len(self.names)
            self.names.append(name)
        return slot

    def text(self, text):
        """The one str object of this text."""
        return self.texts.setdefault(text, text)

    @staticmethod
    def reset_class(cls):
        """Takes from a class what a program stored in it, and its legacy finalizer."""
        native.set_legacy_finalizer(cls, None)
        if "__slots__" not in vars(cls) or len(vars(cls)) > len(_BASELINE):
            for name in list(vars(cls)):
                if name not in _BASELINE and name not in vars(cls).get("__slots__", ()):
                    delattr(cls, name)


class Parser(Shapes):
    """Reads one program from (line number, words) pairs."""

    def next_line(self):
        """The words of the next line; None at the end."""
        if self.position == len(self.lines):
            return None
        self.line, words = self.lines[self.position]
        self.position += 1
        return words

    def parse(self):
        """Reads the whole program."""
        while True:
            words = self.next_line()
            if words is None:
                self.program.block = tuple(self.program.block)
                return
            if words[0] in DEFINITIONS and not (len(words) > 1 and words[1] == "="):
                statement = DEFINITIONS[words[0]](self, words)
            else:
                statement = self.statement(words)
            if statement is not None:
                self.program.block.append(statement)

    def block(self, opener):
        """The statements up to `end`."""
        opened = self.line
        if self.depth == _DEEPEST_BLOCK:
            raise self.wrong("blocks lie too deep", "at most %d in one another" % _DEEPEST_BLOCK)
        self.depth += 1
        found = []
        while True:
            words = self.next_line()
            if words is None:
                raise TextError(opened, "`%s` has no end" % opener, "a line `end` after its block")
            if words == ["end"]:
                self.depth -= 1
                return tuple(found)
            found.append(self.statement(words))

    # Statements

    def statement(self, words):
        """One statement, and its block."""
        if len(words) > 1 and words[1] == "=":
            return self.store(words)
        form = statements.STATEMENTS.get(words[0])
        if form is None:
            if words[0] in DEFINITIONS:
                raise self.wrong("`%s` inside a block" % words[0],
                                 "definitions at the top level of the program")
            raise self.wrong("no statement begins with `%s`" % words[0],
                             "PLACE = EXPRESSION, `end`, or a statement's word")
        shape, run, usage = form
        line = self.line
        parts = self.parts(shape, words[1:], usage)
        if run is statements.run_print:
            parts = (line - self.program.line + 1, " ".join(words[1:]), parts[0])
        return (run, line) + parts

    def store(self, words):
        if len(words) < 3:
            raise self.wrong("nothing to store", "PLACE = EXPRESSION")
        expression = self.expression(words[2:])
        kind, base, last = self.place(words[0])
        if kind == "name":
            return (statements.store_name, self.line, expression, words[0], base)
        run = statements.store_attribute if kind == "attribute" else statements.store_item
        return (run, self.line, expression, words[0], base, last)

    # Definitions

    def define(self, words, kind):
        if len(words) < 2:
            raise self.wrong("a %s without a name" % kind, "%s NAME" % kind)
        self.check_name(words[1])
        if words[1] in self.program.slot_of:
            raise self.wrong("`%s` is used above" % words[1], "definitions before their use")
        return words[1]

    def define_class(self, words):
        name = self.define(words, "class")
        rest = words[2:]
        legacy = rest[-1:] == ["legacy"]
        rest = rest[:-1] if legacy else rest
        strong = rest[-1:] == ["strong"]
        rest = rest[:-1] if strong else rest
        if rest and rest[0] != "slots" or strong and not rest:
            raise self.wrong("`%s` makes no class" % " ".join(words[2:]),
                             "class NAME [slots NAME...] [strong] [legacy]")
        space = {"__module__": "program"}
        if rest:
            for slot in rest[1:]:
                if not is_name(slot):
                    raise self.wrong("`%s` is no name" % slot, "slots NAME...")
            space["__slots__"] = tuple(rest[1:]) + (() if strong else ("__weakref__",))
        cls = type(name, (object,), space)
        self.program.classes.append(cls)
        self.program.definitions[name] = ("class", cls, legacy)

    def define_finalizer(self, words):
        if len(words) != 2:
            raise self.wrong("no class", "finalizer CLASS")
        name, cls = self.defined("class", words[1:], "finalizer CLASS")
        if name in self.used_classes:
            raise self.wrong("`%s` has instances" % name, "its finalizer before the first `new`")
        if hasattr(cls, "__del__") or hasattr(cls, "_heapmark_legacy"):
            raise self.wrong("`%s` has a finalizer" % name, "one finalizer a class")
        block = self.body("finalizer", words[0])
        if self.program.definitions[name][2]:
            cls._heapmark_legacy = block
            native.set_legacy_finalizer(cls, machine.legacy)
            return

        def finalizer(self):
            machine.run_body(block, self, machine.MISSING)

        cls.__del__ = finalizer

    def body(self, context, opener):
        self.context = context
        block = self.block(opener)
        self.context = "main"
        return block

    def define_callback(self, words):
        name = self.define(words, "callback")
        if len(words) > 2:
            raise self.wrong("`%s` is too much" % words[2], "callback NAME")
        block = []
        function = make_callback(name, block)
        self.program.callbacks.append(function)
        self.program.definitions[name] = ("callback", function)
        block.extend(self.body("callback", words[0]))

    def define_on_collection(self, words):
        if len(words) > 1:
            raise self.wrong("`%s` is too much" % words[1], "on-collection")
        line = self.line
        block = self.body("on-collection", words[0])

        def told(phase, info):
            machine.run_body(block, phase, info)

        return statements.install_callback, line, told

    def define_generator(self, words):
        name = self.define(words, "generator")
        for position, parameter in enumerate(words[2:], 2):
            self.check_name(parameter)
            if parameter in words[2:position]:
                raise self.wrong("`%s` stands twice" % parameter, "a name for each parameter")
        opened = self.line
        lines = []
        while True:
            line = self.next_line()
            if line is None:
                raise TextError(opened, "`generator` has no end", "a line `end` after its body")
            if line == ["end"]:
                break
            lines.append((self.line, line))
        own = set(words[2:])
        own.update(line[0] for _, line in lines if line[1:2] == ["="])
        body = generators.Body(name, words[2:], own, opened)
        for self.line, line in lines:
            body.line = self.line
            self.generator_statement(body, line)
        self.program.definitions[name] = ("generator", body.function())

    def generator_statement(self, body, words):
        word = words[0]
        if words[1:2] == ["="] and len(words) > 2:
            self.check_name(word)
            self.generator_store(body, words)
        elif word == "yield" and len(words) == 2 and body.part == "body":
            body.add_yield(self.source(body, words[1]))
        elif word == "del" and len(words) > 1:
            for name in words[1:]:
                self.check_name(name)
                body.add_delete(name, 0 if name in body.own else self.program.slot(name))
        elif word == "note" and len(words) > 1:
            body.add_note([(self.source(body, part[1:]),) if part.startswith("$") else part
                           for part in words[1:]])
        elif words == ["finally"] and body.part == "body":
            body.part = "finally"
        else:
            raise self.wrong("`%s` in a generator" % " ".join(words),
                             "yield OPERAND, NAME = EXPRESSION, del NAME, note WORD..., `finally`")

    def generator_store(self, body, words):
        form = values.EXPRESSIONS.get(words[2])
        if form is None:
            if len(words) > 3:
                raise self.wrong("no expression begins with `%s`" % words[2],
                                 "an operand, or an expression's word")
            body.add_store(words[0], None, False, [self.source(body, words[2])])
            return
        builder, makes, operands = self.build(form, words[2:])
        rest = [word for word in words[3:] if word != "itself" or builder is not values.build_frame]
        fixed = len(operands) - len(rest)  # those that are no words of their own
        sources = []
        for index, operand in enumerate(operands):
            read = read_operand(rest[index - fixed]) if index >= fixed else None
            if read is None or operand[0] is values.fixed_operand:
                sources.append("evaluate(%s)" % body.constant(operand))
            else:
                sources.append(body.operand(read, operand))
        body.add_store(words[0], builder, makes, sources)

    def source(self, body, word):
        return body.operand(read_operand(word), self.operand(word))


def make_callback(name, block):
    """A callback's function."""

    def callback(first=machine.MISSING, second=machine.MISSING, *more):
        if first is machine.MISSING or more:
            raise TypeError("%s() takes 2 arguments, not %d" % (name, len(more) + 2 if more else 0))
        if second is machine.MISSING:
            machine.run_body(block, machine.MISSING, first)
        else:
            machine.run_body(block, first, second)

    callback.__name__ = callback.__qualname__ = name
    return callback


def require(parser, words):
    """`requires VERSION`"""
    version = _VERSION.match(words[1]) if len(words) == 2 else None
    if version is None:
        raise parser.wrong("no version", "requires 3.12")
    parser.program.requires = tuple(int(part) for part in version.groups() if part is not None)


DEFINITIONS = {"class": Parser.define_class, "finalizer": Parser.define_finalizer,
               "callback": Parser.define_callback, "generator": Parser.define_generator,
               "on-collection": Parser.define_on_collection, "requires": require}


def parse(text):
    """All programs of a file's text. Fails with TextError."""
    programs = []
    lines = []
    current = Program(None, 1)

    def close():
        if lines or current.name is not None:
            Parser(current, lines).parse()
            programs.append(current)

    for number, line in enumerate(text.split("\n"), 1):
        if _CONTROL.search(line):
            raise TextError(number, "a control character", "UTF-8 text")
        words = split(line)
        if not words:
            continue
        if words[0] == "program" and words[1:2] != ["="]:
            close()
            if len(words) != 2:
                raise TextError(number, "a program without one name", "program NAME")
            current, lines = Program(words[1], number), []
        else:
            lines.append((number, words))
    close()
    return programs
