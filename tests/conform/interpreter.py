"""What the tests of the interpreter share: how to run a program text, and how to read what it says."""

import os
import subprocess
import tempfile
from pathlib import Path

COMMAND = os.environ["HEAPMARK_COMMAND"]
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))


def run_files(*arguments):
    """`heapmark conform` with these arguments."""
    return subprocess.run([COMMAND, "conform", *map(str, arguments)], capture_output=True,
                          text=True, timeout=120)


def run(text, *options):
    """Runs a text as the file `t.conform`; what it says has that name without a folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.conform"
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        done = run_files(*options, path)
        done.stderr = done.stderr.replace(f"{folder}/", "")
        return done


def holds(text, *options):
    """The program runs to its end, every expectation met; returns the lines it prints."""
    done = run(text, *options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def fails(text, *lines):
    """The program fails, and says exactly these lines on stderr; returns the lines it prints."""
    done = run(text)
    assert (done.returncode, done.stderr.splitlines()) == (5, list(lines)), done.stderr
    return done.stdout.splitlines()


def refused(text, line, *words):
    """The text is no program: one line with file, line, what is wrong and what was expected."""
    done = run(text)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert len(said) == 1, said
    assert said[0].startswith(f"t.conform:{line}: "), said
    assert "; expected " in said[0], said
    for word in words:
        assert word in said[0], (word, said)
