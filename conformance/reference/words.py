"""This module is the words of a program text, so that the parser sees lists of words and operands and
no characters.

Words: a *word* is what stands between blanks; a quote at its beginning or after `[` opens a text,
which may hold blanks. An *operand* is read into its base and its accessors, as text.
"""
import re

_WORD = re.compile(r"#.*|'[^']*'(?:\['[^']*'|[^\s#])*|(?:\['[^']*'|[^\s#])+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BASE = re.compile(r"'(?P<text>[^'\\]*)'|(?P<float>-?[0-9]+\.[0-9]+)|(?P<int>-?[0-9]+)"
                   r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_ACCESSOR = re.compile(r"\.(?P<attribute>[A-Za-z_][A-Za-z0-9_]*)"
                       r"|\[(?:(?P<int>-?[0-9]+)|'(?P<text>[^'\\]*)'|(?P<name>[A-Za-z_][A-Za-z0-9_]*))\]")


class TextError(Exception):
    """A text that is no program: what is wrong, and what was expected."""

    def __init__(self, line, wrong, expected):
        super().__init__("%s; expected %s" % (wrong, expected))
        self.line = line


def split(line):
    """The words of a line, its comment left out."""
    words = _WORD.findall(line)
    if words and words[-1].startswith("#"):
        words.pop()
    return words


def is_name(word):
    """Whether the word is written as names are."""
    return _NAME.match(word) is not None


def read_operand(word):
    """The operand as (kind, text, accessors), kind `name`, `int`, `float` or `text`, each accessor
    (kind, text) with `attribute` for a dot; None where the word is none."""
    base = _BASE.match(word)
    if base is None:
        return None
    accessors = []
    position = base.end()
    while position < len(word):
        accessor = _ACCESSOR.match(word, position)
        if accessor is None:
            return None
        accessors.append((accessor.lastgroup, accessor.group(accessor.lastgroup)))
        position = accessor.end()
    if accessors and base.lastgroup != "name":
        return None
    return base.lastgroup, base.group(base.lastgroup), accessors
