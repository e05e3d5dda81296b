"""This module lays the two sides' outcomes of the same programs side by side.
"""


class Difference:
    """A program whose outcome differs."""

    def __init__(self, index, program, side, other, outcomes):
        self.index = index
        self.program = program
        self.side, self.other = side, other
        self.outcomes = outcomes

    def show(self):
        """The program and both outcomes, the lines that differ marked."""
        left, right = self.outcomes
        lines = ["# what %s and %s make of this program differs" % (self.side.name, self.other.name)]
        lines += self.program + [""]
        for number in range(max(len(left), len(right))):
            ours = left[number] if number < len(left) else "(nothing)"
            theirs = right[number] if number < len(right) else "(nothing)"
            if ours == theirs:
                lines.append("#   " + ours)
            else:
                lines.append("# ! %s (%s)" % (ours, self.side.name))
                lines.append("# ! %s (%s)" % (theirs, self.other.name))
        return "\n".join(lines) + "\n"


def differing(left, right):
    """Whether two outcomes differ; a skipped program never does."""
    return left is not None and right is not None and left != right


def topic(left, right):
    """What the first line that differs is about: its query, or how the program ended."""
    pairs = list(zip(left, right)) + [(line, "") for line in (left[len(right):] or right[len(left):])]
    for ours, theirs in pairs:
        if ours != theirs:
            words = (ours or theirs).split()
            return words[1] if words[0].endswith(":") and words[0][:-1].isdigit() else "end"
    return None


def run_and_compare(side, other, programs, first_index):
    """The Differences among the programs."""
    found = []
    for number, pair in enumerate(zip(side.outcomes(programs), other.outcomes(programs))):
        if differing(*pair):
            found.append(Difference(first_index + number, programs[number], side, other, pair))
    return found


def confirmed(differences):
    """Those that differ alone too: a program that leaves something behind can make those after it in the
    file differ. Where none does, all."""
    alone = []
    for difference in differences:
        alone += run_and_compare(difference.side, difference.other, [difference.program],
                                 difference.index)
    return alone or differences


def still_differs(side, other, wanted):
    """For shrink: which of many programs differ in the wanted topic."""
    def differ(programs):
        return [differing(*pair) and topic(*pair) == wanted
                for pair in zip(side.outcomes(programs), other.outcomes(programs))]
    return differ
