"""This module is how a file of a run is read, so that what stands in a file's place keeps nobody waiting: a
pipe has no writer, and a device no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: Path) -> bytes:
    """What the regular file `path` holds; OSError where it cannot be read or is no file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()


def read_text(path: Path) -> str:
    """The same as text, with every newline as it stands in JSON."""
    return read_bytes(path).decode("utf-8")
