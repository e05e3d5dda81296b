"""This module is what the report says of rows that stand beside the ranking: inlined calls, real
Pythons, and threads."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from ..references import build_words, not_optimised, references
from .language import Paragraph, geometric_mean, join, plural


def dispatch(analysis: Analysis) -> Paragraph | None:
    """What calls cost, where a back end was measured with its calls inlined too."""
    cells = [cell for cell in analysis.whole.values()
             if cell.dispatch_ratio and cell.dispatch_ratio.value > 0]
    if not cells:
        return None
    by_variant: dict[str, list] = {}
    for cell in cells:
        by_variant.setdefault(cell.variant, []).append(cell.dispatch_ratio)
    told = []
    for variant, ratios in by_variant.items():
        apart = sum(ratio.verdict in ("faster", "slower") for ratio in ratios)
        told.append(f"{variant} takes {units.ratio(geometric_mean([own.value for own in ratios]))} the"
                    f" time of the same called through its table (geometric mean over"
                    f" {plural(len(ratios), 'row')}; {apart} told apart)")
    return Paragraph("What a call costs", f"With its calls compiled in, {join(told)}. Rows with inlined"
                     " calls are ranked with none that call.")


def beside_pythons(analysis: Analysis) -> Paragraph | None:
    """The runtime against each real python3's usual allocator, on the works that both have."""
    known = references(analysis.run.environment)
    if not known:
        return None
    sentences = [sentence for own in known
                 for sentence in _against(analysis, own.runtime)]
    marked = not_optimised(analysis.run.environment)
    built = [f"{own.runtime}: {build_words(own)}" for own in known]
    sentences.append(f"How they were built: {'; '.join(built)}.")
    if marked:
        sentences.append(f"Figures against {join(sorted(marked))} flatter whoever is compared.")
    return Paragraph("Beside real Pythons", " ".join(sentences))


def _against(analysis: Analysis, runtime: str) -> list[str]:
    sentences = []
    for words, part in (("on objects", analysis), ("on raw calls", analysis.raw)):
        if part is None:
            continue
        if part.group == "raw":
            words = "on raw calls"
        own = {(cell.row, cell.collector): cell.value("ns_per_op") for cell in part.cells.values()
               if cell.name.endswith(f"/runtime:{runtime}") and cell.backend == "cpython-pymalloc"}
        ours = {(cell.row, cell.collector): cell.value("ns_per_op") for cell in part.cells.values()
                if cell.variant == "pool"}
        common = [key for key in own if ours.get(key, 0) > 0 and own[key] > 0]
        if common:
            mean = geometric_mean([ours[key] / own[key] for key in sorted(common)])
            sentences.append(f"With pool, {plural(len(common), 'row')} {words} take"
                             f" {units.ratio(mean)} the time of {runtime} with its pymalloc (geometric"
                             " mean).")
    return sentences


def threads(analysis: Analysis) -> Paragraph | None:
    """Which back end gains most from more threads."""
    from ..tables.threads import throughputs
    gains: dict[str, list[float]] = {}
    counts = set()
    for part in (analysis, analysis.raw):
        for (_, _, variant), points in (throughputs(part) if part else {}).items():
            if len(points) > 1:
                gains.setdefault(variant, []).append(points[max(points)] / points[min(points)])
                counts |= {min(points), max(points)}
    if not gains:
        return None
    means = {variant: geometric_mean(values) for variant, values in gains.items()}
    order = sorted(means, key=lambda variant: (-means[variant], variant))
    text = (f"From {plural(min(counts), 'thread')} to {max(counts)}, throughput becomes"
            f" {units.ratio(means[order[0]])} with {order[0]}")
    if len(order) > 1:
        text += f" and {units.ratio(means[order[-1]])} with {order[-1]}"
    return Paragraph("Threads", text + " (geometric mean over works).")


def raw(analysis: Analysis) -> Paragraph | None:
    """The raw works' own ranking."""
    ranking = analysis.raw.overall if analysis.raw else None
    if ranking is None:
        return None
    return Paragraph("Raw calls", f"Of back ends called alike, {ranking.order[0]} takes least time over"
                     f" {plural(len({row for row, _ in ranking.rows}), 'raw work')} and"
                     f" {ranking.order[-1]} most (geometric mean); they have a section of their own.")
