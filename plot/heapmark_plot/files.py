"""This module is how a file of a run is read, so that what stands in a file's place keeps nobody waiting (a
pipe has no writer, and a device no end), and how one is written, so that it is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
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


def write_whole(path: Path, content: bytes) -> None:
    """Writes `path` whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
