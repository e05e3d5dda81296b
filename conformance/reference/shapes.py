"""This module is what may follow a word of a program: operands, names, numbers, queries, whole statements,
each by the letter of its shape.

Words: a *context* says which body a statement stands in: `main`, `finalizer`, `callback` or
`on-collection`. A *shape* is a row of letters, each for what follows a word (values.EXPRESSIONS,
statements.STATEMENTS, queries.QUERIES).
"""
import re
import sys

from . import queries, statements, values
from .words import TextError, is_name, read_operand

ERRORS = ("TypeError", "ValueError", "IndexError", "KeyError", "AttributeError", "NameError",
          "ReferenceError", "RuntimeError")
_CONSTANTS = {"None": None, "True": True, "False": False}
RESERVED = frozenset(
    list(statements.STATEMENTS) + list(values.EXPRESSIONS) + list(queries.QUERIES)
    + list(_CONSTANTS) + ["class", "finalizer", "callback", "generator", "program", "requires",
                          "self", "ref", "in", "end", "finally", "yield", "itself"])
_ORDINAL = re.compile(r"'([0-9]+)\Z")
_INFO = {"$generation": "generation", "$collected": "collected",
         "$uncollectable": "uncollectable"}


class Shapes:
    """Reads what follows words, for a program; a Parser adds statements and definitions."""

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

    def check_name(self, word):
        """Refuses what can hold no object."""
        if not is_name(word):
            raise self.wrong("`%s` is no name" % word, "a letter or _, then letters, digits and _")
        if word in RESERVED:
            raise self.wrong("`%s` is a word of the language" % word, "another name")
        if word in self.program.definitions:
            raise self.wrong("`%s` is a %s" % (word, self.program.definitions[word][0]),
                             "a name of its own for each thing")

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

    def inner_block(self, words, usage):
        """The block of `times`, `for` and `scope`."""
        if words:
            raise self.wrong("`%s` is too much" % words[0], usage)
        return self.block(usage)

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


PARTS = {"o": Shapes.one_operand, "O": Shapes.optional_operand, "*": Shapes.all_operands,
         "p": Shapes.pairs, "c": Shapes.countable, "n": Shapes.number, "m": Shapes.fixed_number,
         "N": Shapes.generation_or_full, "M": Shapes.optional_generation,
         "g": Shapes.generation, "3": Shapes.three_numbers, "P": Shapes.deletions,
         "C": Shapes.made_class, "G": Shapes.started, "i": Shapes.itself, "L": Shapes.label,
         "d": Shapes.debug_flags, "w": Shapes.note_parts, "r": Shapes.raw_words,
         "q": Shapes.query, "B": Shapes.inner_block,
         "v": Shapes.member, "e": Shapes.expectation, "f": Shapes.failing, "t": Shapes.tried}
