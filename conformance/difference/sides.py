"""This module runs files of many programs on one side (heapmark's runtime, or a CPython with conform.py)
and gives what became of each program, also where one of them kills the process or never ends.

Words: an *outcome* is the tuple of a program's output lines, with what went wrong as its last line; of a
skipped program None.
"""
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM_SECONDS = 20  # one program alone may take so long


class SideError(Exception):
    """A side that cannot be used at all."""


class Side:
    """A command that runs files of programs."""

    def __init__(self, name, command):
        self.name = name
        self.command = command

    def outcomes(self, programs):
        """The outcome of each program, in order."""
        found = []
        while len(found) < len(programs):
            rest = programs[len(found):]
            outcomes, complete = self._run(rest, PROGRAM_SECONDS + len(rest))
            if complete:
                return found + outcomes
            found += outcomes  # those before the one that ended the process
            found.append(self._alone(programs[len(found)]))
        return found

    def _alone(self, program):
        outcomes, complete = self._run([program], PROGRAM_SECONDS)
        return outcomes[0] if complete else ("the process ended: %s" % self.ending,)

    def _run(self, programs, seconds):
        """(outcomes, whether all came to their end). Without it, the outcomes that are certain."""
        with tempfile.TemporaryDirectory(prefix="heapmark-difference-") as folder:
            path = os.path.join(folder, "programs.conform")
            with open(path, "w", encoding="utf-8") as file:
                file.write(as_file(programs))
            try:
                done = subprocess.run(self.command + [path], stdout=subprocess.PIPE, timeout=seconds,
                                      stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
                code, out, err = done.returncode, done.stdout, done.stderr
            except subprocess.TimeoutExpired as late:
                code, out, err = "it took longer than %d s" % seconds, late.stdout or b"", b""
            except OSError as error:
                raise SideError("%s: %s" % (self.command[0], error.strerror)) from error
        errors = err.decode("utf-8", "replace")
        outcomes = split_output(out.decode("utf-8", "replace"))
        if code in (0, 5, 77) and len(outcomes) == len(programs):
            add_failures(outcomes, programs, errors, path)
            return [finished(outcome) for outcome in outcomes], True
        if code == 2:
            raise SideError("%s refuses a program: %s" % (self.name, errors.strip()))
        self.ending = "exit code %s; %s" % (code, " ".join(errors.split())[-300:])
        return [finished(outcome) for outcome in outcomes[:-1]], False


def as_file(programs):
    """The text of a file that holds them."""
    return "".join("program p%d\n%s\n" % (index, "\n".join(program))
                   for index, program in enumerate(programs))


def split_output(text):
    """The output lines of each program."""
    outcomes = []
    for line in text.splitlines():
        if line.startswith("program "):
            outcomes.append([])
        elif outcomes:
            outcomes[-1].append(line)
    return outcomes


def add_failures(outcomes, programs, errors, path):
    """Adds each `FILE:LINE: …` to the outcome of its program."""
    firsts = []
    line = 1
    for program in programs:
        firsts.append(line)
        line += len(program) + 1
    for error in errors.splitlines():
        head, _, message = error[len(path) + 1:].partition(": ")
        if error.startswith(path) and head.isdigit():
            index = max(number for number, first in enumerate(firsts) if first <= int(head))
            outcomes[index].append("line %d: %s" % (int(head) - firsts[index] + 1, message))


def finished(outcome):
    """An outcome as it is kept; None for a skipped program."""
    if outcome and ": skipped: requires " in outcome[0]:
        return None
    return tuple(outcome)


def heapmark_side(path, collector):
    """The runtime."""
    return Side("heapmark", [path, "conform", "--collector=" + collector])


def python_side(path):
    """A CPython."""
    asked = subprocess.run([path, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
                           stdout=subprocess.PIPE, check=False)
    if asked.returncode != 0:
        raise SideError("%s does not run; expected a CPython" % path)
    version = asked.stdout.decode().strip()
    side = Side("CPython " + version, [path, "-S", "-E", os.path.join(HERE, "conform.py")])
    side.version = tuple(int(part) for part in version.split("."))
    return side
