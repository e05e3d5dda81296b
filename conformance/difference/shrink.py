"""This module makes a program that shows a difference as small as it gets: parts are left out as long as
what is left is a program and the two sides still differ.

Many candidates are tried in one file, so that a shrink takes seconds.
"""
import re

from reference import parser
from reference.words import TextError

_STORE = re.compile(r"(?:try )?(\w+) = ")
OPENERS = ("finalizer", "callback", "generator", "on-collection", "times", "for", "scope")


def is_program(lines):
    """Whether the text can be run."""
    try:
        parser.parse("program p\n" + "\n".join(lines) + "\n")
    except TextError:
        return False
    return True


def shrink(program, differ):
    """The smallest program found. `differ` takes programs and gives for each whether it shows the
    difference."""
    best = program
    while True:
        smaller = one_round(best, differ)
        if len(smaller) == len(best) and smaller == best:
            return best
        best = smaller


def one_round(best, differ):
    """Leaves out parts, large ones first, then whole blocks and single lines, then words."""
    size = len(best) // 2
    while size >= 1:
        best = without_parts(best, size, differ)
        size //= 2
    best = first_that_differs(best, without_blocks(best), differ)
    best = first_that_differs(best, unwrapped(best), differ)
    if len(best) <= 40:
        best = first_that_differs(best, merged(best), differ)
    return first_that_differs(best, without_words(best), differ)


def without_parts(best, size, differ):
    """Leaves out runs of `size` lines as long as that helps."""
    start = 0
    while start < len(best):
        starts = range(start, len(best), size)
        candidates = [best[:begin] + best[begin + size:] for begin in starts]
        chosen = first_of(candidates, differ)
        if chosen is None:
            return best
        start = starts[chosen]
        best = candidates[chosen]
    return best


def first_of(candidates, differ, at_once=60):
    """The index of the first candidate that is a program and differs, or None."""
    valid = [index for index, candidate in enumerate(candidates)
             if candidate and is_program(candidate)]
    for begin in range(0, len(valid), at_once):
        indices = valid[begin:begin + at_once]
        for index, differs in zip(indices, differ([candidates[index] for index in indices])):
            if differs:
                return index
    return None


def first_that_differs(best, candidates, differ):
    chosen = first_of(candidates, differ)
    return best if chosen is None else candidates[chosen]


def block_ends(lines):
    """{line of the opener: line of its `end`}"""
    ends, open_blocks = {}, []
    for number, line in enumerate(lines):
        word = line.split()[0]
        if word in OPENERS:
            open_blocks.append(number)
        elif line.strip() == "end" and open_blocks:
            ends[open_blocks.pop()] = number
    return ends


def without_blocks(lines):
    """Each block left out; each block's opener and end left out."""
    found = []
    for begin, end in block_ends(lines).items():
        found.append(lines[:begin] + lines[end + 1:])
        found.append(lines[:begin] + lines[begin + 1:end] + lines[end + 1:])
    return found


def unwrapped(lines):
    """Without each `try`, and each pair of lines left out."""
    found = []
    for number, line in enumerate(lines):
        if line.startswith("try "):  # not in bodies: what fails there is told in words of its own
            found.append(lines[:number] + [line.replace("try ", "", 1)] + lines[number + 1:])
    if len(lines) <= 24:
        for first in range(len(lines)):
            for second in range(first + 1, len(lines)):
                found.append(lines[:first] + lines[first + 1:second] + lines[second + 1:])
    return found


def merged(lines):
    """Each `NAME = …` left out, another name used in its place."""
    names = {}
    for number, line in enumerate(lines):
        match = _STORE.match(line)
        if match:
            names.setdefault(match.group(1), number)
    found = []
    for name, number in names.items():
        word = re.compile(r"(?<![\w'.])%s(?![\w'])" % name)
        for other in names:
            if other != name:
                found.append([word.sub(other, line) for line in lines[:number] + lines[number + 1:]])
    return found


def without_words(lines):
    """Each word left out."""
    found = []
    for number, line in enumerate(lines):
        words = line.split()
        for index in range(1, len(words)):
            if words[index - 1] == "=":
                continue  # `x = new C` must not become `x = C`
            shorter = " ".join(words[:index] + words[index + 1:])
            found.append(lines[:number] + [shorter] + lines[number + 1:])
    return found
