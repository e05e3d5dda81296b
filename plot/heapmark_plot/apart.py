"""This module is matplotlib, imported where no stranger's settings are, so that a figure is the same
wherever it is drawn: matplotlib reads a file `matplotlibrc` of the current folder, which may be a run
that came from elsewhere. Whatever draws imports this module first.
"""

from __future__ import annotations

import os


def _import() -> None:
    try:
        here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # a folder that is gone or may not be read holds no settings either
        import matplotlib  # noqa: F401
        return
    try:
        os.chdir("/")
        import matplotlib  # noqa: F401
    finally:
        os.fchdir(here)
        os.close(here)


_import()
