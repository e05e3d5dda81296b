"""This module is the parser: a file's text becomes programs, and nothing that can be wrong about the
text is left to find.

Words: a *context* says which body a statement stands in: `main`, `finalizer`, `callback`,
`on-collection` or `generator`. A *shape* is a row of letters, each for what follows a word
(values.EXPRESSIONS, statements.STATEMENTS, queries.QUERIES).
"""
import re
import sys

from . import generators, machine, native, queries, statements, values
from .words import TextError, is_name, read_operand, split

ERRORS = ("TypeError", "ValueError", "IndexError", "KeyError", "AttributeError", "NameError",
          "ReferenceError", "RuntimeError")
_CONSTANTS = {"None": None, "True": True, "False": False}
RESERVED = frozenset(
    list(statements.STATEMENTS) + list(values.EXPRESSIONS) + list(queries.QUERIES)
    + list(_CONSTANTS) + ["class", "finalizer", "callback", "generator", "program", "requires",
                          "self", "ref", "in", "end", "finally", "yield", "itself"])
_VERSION = re.compile(r"([0-9]+)\.([0-9]+)(?:\.([0-9]+))?\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ORDINAL = re.compile(r"'([0-9]+)\Z")
_DEEPEST_BLOCK = 100
_INFO = {"$generation": "generation", "$collected": "collected",
         "$uncollectable": "uncollectable"}
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


class Parser:
    """Reads one program from (line number, words) pairs."""

    def __init__(self, program, lines):
        self.program = program
        self.lines = lines
        self.position = 0
        self.line = program.line
        self.context = "main"
        self.depth = 0
        self.used_classes = set()

    def wrong(self, wrong, expected):
        """A TextError of the line at work."""
        return TextError(self.line, wrong, expected)

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

    def inner_block(self, words, usage):
        """The block of `times`, `for` and `scope`."""
        if words:
            raise self.wrong("`%s` is too much" % words[0], usage)
        return self.block(usage)

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

    def place(self, word):
        """(`name`, slot, None), (`attribute`, base operand, name) or (`item`, base, key operand)."""
        read = read_operand(word)
        if read is None or read[0] != "name":
            raise self.wrong("`%s` is no place" % word, "a name, an attribute or an item")
        if not read[2]:
            self.check_name(word)
            return "name", self.program.slot(word), None
        operand = self.operand(word)
        return ("attribute" if operand[0] is values.attribute_operand else "item",
                operand[1], operand[2])

    def check_name(self, word):
        """Refuses what can hold no object."""
        if not is_name(word):
            raise self.wrong("`%s` is no name" % word, "a letter or _, then letters, digits and _")
        if word in RESERVED:
            raise self.wrong("`%s` is a word of the language" % word, "another name")
        if word in self.program.definitions:
            raise self.wrong("`%s` is a %s" % (word, self.program.definitions[word][0]),
                             "a name of its own for each thing")

    # What follows a word

    def parts(self, shape, words, usage):
        """The parsed rest of a line, as a tuple; with `B`, of its block too."""
        found = []
        words = list(words)
        for letter in shape:
            part = PARTS[letter](self, words, usage)
            if letter in "vef":
                found.extend(part)
            else:
                found.append(part)
        if words:
            raise self.wrong("`%s` is too much" % words[0], usage)
        return tuple(found)

    def take(self, words, usage):
        if not words:
            raise self.wrong("something is missing", usage)
        return words.pop(0)

    def one_operand(self, words, usage):
        return self.operand(self.take(words, usage))

    def optional_operand(self, words, _usage):
        return self.operand(words.pop(0)) if words else None

    def all_operands(self, words, _usage):
        found = tuple(self.operand(word) for word in words)
        words.clear()
        return found

    def pairs(self, words, usage):
        if len(words) % 2:
            raise self.wrong("a key without its value", usage)
        return self.all_operands(words, usage)

    def countable(self, words, usage):
        word = self.take(words, usage)
        if word in ("self", "ref"):
            raise self.wrong("the count of `%s` is the interpreter's affair" % word,
                             "the count of an object by another name")
        return self.operand(word)

    def number(self, words, usage):
        word = self.take(words, usage)
        if not word.isdigit():
            raise self.wrong("`%s` is no number from 0 up" % word, usage)
        return int(word)

    def integer(self, words, usage):
        word = self.take(words, usage)
        try:
            return int(word)
        except ValueError:
            raise self.wrong("`%s` is no generation" % word, usage) from None

    def optional_generation(self, words, usage):
        return self.integer(words, usage) if words else None

    def generation_or_full(self, words, usage):
        return self.integer(words, usage) if words else 2

    def generation(self, words, usage):
        word = self.take(words, usage)
        if word not in ("0", "1", "2"):
            raise self.wrong("`%s` is no generation" % word, "0, 1 or 2")
        return int(word)

    def three_numbers(self, words, usage):
        found = [self.number(words, usage)]
        while words:
            found.append(self.number(words, usage))
        if len(found) > 3:
            raise self.wrong("more than three numbers", usage)
        return tuple(found)

    def deletions(self, words, usage):
        found = []
        for word in words or [self.take(words, usage)]:
            kind, base, last = self.place(word)
            if kind == "name":
                found.append((statements.delete_name, base))
            elif kind == "attribute":
                found.append((statements.delete_attribute_of, base, last))
            else:
                found.append((statements.delete_item, base, last))
        words.clear()
        return tuple(found)

    def defined(self, kind, words, usage):
        word = self.take(words, usage)
        definition = self.program.definitions.get(word)
        if definition is None or definition[0] != kind:
            raise self.wrong("`%s` is no %s" % (word, kind), "a %s defined above" % kind)
        return word, definition[1]

    def made_class(self, words, usage):
        word, cls = self.defined("class", words, usage)
        self.used_classes.add(word)
        return values.fixed_operand, cls

    def started(self, words, usage):
        return values.fixed_operand, self.defined("generator", words, usage)[1]

    def itself(self, words, _usage):
        with_itself = words[:1] == ["itself"]
        if with_itself:
            words.pop(0)
        values.frame_maker(len(words), with_itself)
        return values.fixed_operand, with_itself

    def fixed_number(self, words, usage):
        return values.fixed_operand, self.number(words, usage)

    def label(self, words, usage):
        word = self.take(words, usage)
        if _ORDINAL.search(word) and int(_ORDINAL.search(word).group(1)) < 2:
            raise self.wrong("`%s` is no label" % word, "a, or a'2 for the second object, and so on")
        return word

    def debug_flags(self, words, usage):
        flags = 0
        for word in words or [self.take(words, usage)]:
            if word not in statements.DEBUG_FLAGS:
                raise self.wrong("`%s` is no debug flag" % word, usage)
            flags |= statements.DEBUG_FLAGS[word]
        words.clear()
        return flags

    def note_parts(self, words, usage):
        found = []
        for word in words or [self.take(words, usage)]:
            if not word.startswith("$"):
                found.append(word)
            elif self.context == "on-collection" and word == "$phase":
                found.append((statements.phase_operand,))
            elif self.context == "on-collection" and word in _INFO:
                found.append((statements.info_operand, _INFO[word]))
            else:
                found.append(self.operand(word[1:]))
        words.clear()
        return tuple(found)

    def raw_words(self, words, usage):
        text = " ".join(words or [self.take(words, usage)])
        words.clear()
        return text

    def query(self, words, usage):
        if not words or words[0] not in queries.QUERIES:
            raise self.wrong("`%s` is no query" % (words[0] if words else ""), usage)
        shape, ask, query_usage = queries.QUERIES[words[0]]
        found = (ask,) + self.parts(shape, words[1:], query_usage)
        words.clear()
        return found

    def expectation(self, words, usage):
        if "==" not in words:
            raise self.wrong("no value to expect", usage)
        middle = words.index("==")
        text, value = " ".join(words[:middle]), " ".join(words[middle + 1:])
        query = self.query(words[:middle], usage)
        words.clear()
        if not value:
            raise self.wrong("no value to expect", usage)
        return text, query, value

    def inner(self, words, usage):
        """The statement of `fails` and `try`."""
        if not words:
            raise self.wrong("no statement", usage)
        form = statements.STATEMENTS.get(words[0])
        if form is not None and words[1:2] != ["="] and form[0][-1:] in ("B", "f", "t"):
            raise self.wrong("`%s` after `fails` or `try`" % words[0],
                             "a statement without a block")
        found = self.statement(words)
        text = " ".join(words)
        words.clear()
        return found, text

    def failing(self, words, usage):
        error = self.take(words, usage)
        if error not in ERRORS:
            raise self.wrong("`%s` is no error" % error, ", ".join(ERRORS))
        found, text = self.inner(words, usage)
        return error, found, text

    def tried(self, words, usage):
        return self.inner(words, usage)[0]

    def member(self, words, usage):
        name = self.take(words, usage)
        self.check_name(name)
        if self.take(words, usage) != "in":
            raise self.wrong("no `in`", usage)
        return self.program.slot(name), self.one_operand(words, usage)

    # Operands and expressions

    def operand(self, word):
        """What evaluates the operand."""
        read = read_operand(word)
        if read is None:
            raise self.wrong("`%s` is no operand" % word,
                             "a name, a number, 'a text', and accessors .x or [key] after a name")
        kind, text, accessors = read
        found = self.base(kind, text)
        for accessor, key in accessors:
            if accessor == "attribute":
                found = (values.attribute_operand, found, sys.intern(key))
            else:
                found = (values.item_operand, found, self.base(accessor, key))
        return found

    def base(self, kind, text):
        if kind == "int":
            if not -2 ** 63 <= int(text) < 2 ** 63:
                raise self.wrong("`%s` is too large" % text, "a number of 64 bits")
            return values.int_operand, text
        if kind == "float":
            return values.float_operand, text
        if kind == "text":
            return values.fixed_operand, self.program.text(text)
        if text in _CONSTANTS:
            return values.fixed_operand, _CONSTANTS[text]
        if text == "garbage":
            return (values.garbage_operand,)
        if text == "self" and self.context in ("finalizer", "callback"):
            return (values.self_operand,)
        if text == "ref" and self.context == "callback":
            return (values.ref_operand,)
        definition = self.program.definitions.get(text)
        if definition is not None and definition[0] != "generator":
            return values.fixed_operand, definition[1]
        self.check_name(text)
        return values.name_operand, self.program.slot(text)

    def expression(self, words):
        form = values.EXPRESSIONS.get(words[0])
        if form is None:
            if len(words) > 1:
                raise self.wrong("no expression begins with `%s`" % words[0],
                                 "an operand, or an expression's word")
            return values.operand_expression, self.operand(words[0])
        builder, makes, operands = self.build(form, words)
        return values.built_expression, builder, operands, makes

    def build(self, form, words):
        """An expression's builder, whether it makes an object, and its operands."""
        shape, builder, makes, usage = form
        shape = {"n": "m", "no": "mo"}.get(shape, shape)
        operands = []
        for letter, part in zip(shape, self.parts(shape, words[1:], usage)):
            if letter in "*p":
                operands.extend(part)
            elif part is not None:
                operands.append(part)
        return builder, makes, tuple(operands)

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
            raise TypeError("%s() takes 1 or 2 arguments" % name)
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

PARTS = {"o": Parser.one_operand, "O": Parser.optional_operand, "*": Parser.all_operands,
         "p": Parser.pairs, "c": Parser.countable, "n": Parser.number, "m": Parser.fixed_number,
         "N": Parser.generation_or_full, "M": Parser.optional_generation,
         "g": Parser.generation, "3": Parser.three_numbers, "P": Parser.deletions,
         "C": Parser.made_class, "G": Parser.started, "i": Parser.itself, "L": Parser.label,
         "d": Parser.debug_flags, "w": Parser.note_parts, "r": Parser.raw_words,
         "q": Parser.query, "B": Parser.inner_block,
         "v": Parser.member, "e": Parser.expectation, "f": Parser.failing, "t": Parser.tried}


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
