"""What the tests of the Python side share: the CPythons to test with, and how to run programs on them."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFORM = ROOT / "conformance" / "conform.py"
PYTHONS = [path for path in os.environ.get("HEAPMARK_CPYTHONS", "").split(":") if path]
HEAPMARK = os.environ["HEAPMARK_COMMAND"]

every_python = pytest.mark.parametrize("python", PYTHONS or [pytest.param("", marks=pytest.mark.xfail(
    strict=True, reason="no CPython was found"))])


def run(command, text, folder):
    """Runs a program text by a command; what it says names the file `t.conform`."""
    path = Path(folder) / "t.conform"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=120)
    done.stderr = done.stderr.replace(f"{folder}/", "")
    return done


def conform(python, text, folder):
    """conform.py on this Python."""
    assert python, "no CPython was found: set HEAPMARK_CPYTHON"
    return run([python, str(CONFORM)], text, folder)


def lines(python, text, folder):
    """The lines a program prints; it must not fail."""
    done = conform(python, text, folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()
