"""This module is the colours of an exec run: an allocator's own, and with "+malloc" (PYTHONMALLOC)
the same colour with hollow marks and dashed lines, so that the pair is seen as one."""

from __future__ import annotations

from .style import Look

_SUFFIX = "+malloc"


class ExecLook:
    """The colour of every variant, and which of them are drawn hollow."""

    def __init__(self, labels: list[str]):
        plain = list(dict.fromkeys(label.removesuffix(_SUFFIX) for label in labels))
        self._look = Look(plain)
        #: Hollow tells nothing where there is no pair.
        self._paired = {label for label in labels
                        if label.endswith(_SUFFIX) and label.removesuffix(_SUFFIX) in labels}

    def colour(self, label: str) -> str:
        return self._look.colour(label.removesuffix(_SUFFIX))

    def hollow(self, label: str) -> bool:
        return label in self._paired
