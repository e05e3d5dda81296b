"""This module is the real Pythons that a run measured beside the runtime under test, so that all
readers know them by one name and say of each how it was built.

Words: a *reference* is a python3 given by `--reference`; its cells have linkage `runtime` and its
label as their runtime. It is *optimised* where it was built with both profile-guided and link-time
optimization, as distributions do; one that is not is marked so wherever it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

OPTIMISED = "pgo+lto"
#: The linkage of a reference's cells.
RUNTIME = "runtime"
#: What the label of a reference that is not optimised ends with.
MARK = "†"
MARK_WORDS = f"{MARK} not optimised: a python3 built without PGO and LTO"


@dataclass(frozen=True)
class Reference:
    """A python3: its runtime's label, and what it says of its own build."""

    runtime: str
    path: str
    version: str
    optimized: str
    members: dict


def references(environment: dict) -> list[Reference]:
    """The references of a run, in the order they were named."""
    return [Reference(entry["runtime"], entry.get("path") or "", entry.get("version") or "",
                      entry.get("optimized") or "none", entry)
            for entry in environment.get("references") or []]


def optimised(reference: Reference) -> bool:
    return reference.optimized == OPTIMISED


def not_optimised(environment: dict) -> set[str]:
    """The labels of the references that are not optimised."""
    return {own.runtime for own in references(environment) if not optimised(own)}


def reference_label(backend: str, runtime: str, marked: bool) -> str:
    """A reference with its allocator, short enough for an axis: "py3.13.0 pymalloc †"."""
    version, allocator = runtime.removeprefix("cpython-"), backend.removeprefix("cpython-")
    return f"py{version} {allocator}{f' {MARK}' if marked else ''}"


def build_words(reference: Reference) -> str:
    """How a reference was built, in words."""
    return {"pgo+lto": "PGO and LTO", "pgo": "PGO without LTO: not optimised",
            "lto": "LTO without PGO: not optimised"}.get(reference.optimized,
                                                         "neither PGO nor LTO: not optimised")
