"""This module is the parts of a run that are read apart: what works on objects, and the raw works,
which call the allocator alone and know no collector. A size sweep is found here too.

Words: a work's **group** is the plan's word for it, `object` where a run does not tell. A **sweep** is
four or more raw works that differ in their `size` alone: a curve shows them better than a line each.
"""

from __future__ import annotations

from .load import Run

OBJECT, RAW = "object", "raw"
_FEWEST_SIZES = 4


def group_of_works(run: Run) -> dict[str, str]:
    """The group of each planned work."""
    return {work["work"]: work.get("group") or OBJECT for work in run.environment["plan"]["works"]}


def rows_by_group(run: Run, pairs) -> dict[str, list[str]]:
    """Rows by group, from pairs of row and work; a control's rows are no cells and are not here."""
    groups = group_of_works(run)
    found: dict[str, list[str]] = {}
    for row, work in pairs:
        found.setdefault(RAW if groups.get(work) == RAW else OBJECT, []).append(row)
    return found


def sweeps_of(run: Run, cells) -> dict[tuple[str, int], dict[int, str]]:
    """The sweeps among `cells`: (work without its size, threads) → size → row."""
    parameters = {work["work"]: work["parameters"] for work in run.environment["plan"]["works"]}
    found: dict[tuple[str, int], dict[int, str]] = {}
    for cell in cells:
        size = parameters.get(cell.work, {}).get("size")
        if isinstance(size, int) and not isinstance(size, bool):
            rest = "/".join(part for part in cell.work.split("/") if not part.startswith("size:"))
            found.setdefault((rest, cell.threads), {})[size] = cell.row
    return {key: dict(sorted(sizes.items())) for key, sizes in found.items()
            if len(sizes) >= _FEWEST_SIZES}
