"""This module is what limits the worth of a run: a contaminated or busy machine, cells that are not
known well enough, samples that failed, are missing or absent."""

from __future__ import annotations

from collections import Counter

from .. import units
from ..analysis import Analysis
from ..statistics.precision import half_width
from ..statistics.steady import FLAT, INCONSISTENT, NO_STEADY_STATE, SLOWDOWN, WARMUP
from .language import Paragraph, join, plural

#: Above this median share of foreign CPU the report says that the machine was busy.
_BUSY_SHARE = 0.05


def contamination(analysis: Analysis) -> Paragraph | None:
    if not analysis.contaminated:
        return None
    worst = analysis.contaminated[0].ratio
    return Paragraph("This run is contaminated", "The A/A control, one cell under two names, came"
                     f" out at {units.ratio(worst.value)} (99.9 % interval"
                     f" {units.ratio_interval(worst.low, worst.high)}), outside ±2 %. Something else"
                     " disturbed the machine: do not cite these figures; run again when it is"
                     " quiet.", warning=True)


def busy(analysis: Analysis) -> Paragraph | None:
    times = analysis.valid("time")
    if times.empty or "foreign_cpu_share" not in times or times["foreign_cpu_share"].isna().all():
        return None
    share = float(times["foreign_cpu_share"].median())
    if share <= _BUSY_SHARE:
        return None
    return Paragraph("A busy machine", f"Other processes took {units.percent(share)} of the CPU time"
                     " (median over time samples). Wall times measured so are noisy and too long;"
                     " run again when the machine is quiet.", warning=True)


def limits(analysis: Analysis) -> Paragraph | None:
    """Samples that the driver marked, and cells that its rounds could not settle."""
    rounds = analysis.rounds
    if not analysis.quiet.contaminated and not (rounds and rounds.unstable):
        return None
    return Paragraph("How well it is known", " ".join(trust_words(analysis)), warning=True)


def trust_words(analysis: Analysis) -> list[str]:
    """What the driver did for quiet and for precision, and what it could not reach."""
    return _quiet_words(analysis) + _round_words(analysis) + _steady_words(analysis)


def _quiet_words(analysis: Analysis) -> list[str]:
    quiet = analysis.quiet
    if not quiet.told:
        return []
    waited = f" The run waited {units.nanoseconds(quiet.waited_ns)} for a quiet machine." \
        if quiet.waited_ns else ""
    if not quiet.contaminated:
        return [f"No sample of {quiet.told} ran beside others that took more of the machine than is"
                f" allowed.{waited}"]
    kinds = join([f"{count} {kind}" for kind, count in quiet.by_kind.items()])
    reasons = [why if count == quiet.contaminated else f"in {count} of them {why}"
               for why, count in quiet.reasons]
    return [f"{quiet.contaminated} of {quiet.told} samples ran while others used the machine ({kinds}):"
            f" {'; '.join(reasons) or 'no reason told'}. They count, and they make intervals"
            f" wider.{waited}"]


def _round_words(analysis: Analysis) -> list[str]:
    rounds = analysis.rounds
    if rounds is None:
        return []
    asked = f"±{rounds.precision * 100:g} %"
    extra = f"{plural(len(rounds.extra), 'round')} beyond the fixed ones" if rounds.extra else \
        "no round beyond the fixed ones"
    if not rounds.unstable:
        return [f"All {plural(rounds.cells, 'cell')} are known to {asked}, with {extra}."]
    worst = rounds.unstable[0]
    width = half_width(worst.estimate)
    widest = f"±{units.percent(width)}" if width == width else "no interval at all"
    return [f"{len(rounds.unstable)} of {plural(rounds.cells, 'cell')} stayed unstable, wider than"
            f" {asked}, with {extra}; the widest, {widest}, is {worst.name}."]


_COURSES = {FLAT: "{} ran at one level throughout", WARMUP: "{} warmed up to a quicker level and kept it",
            SLOWDOWN: "{} slowed down and stayed so", NO_STEADY_STATE: "{} reached no steady state",
            INCONSISTENT: "{} went one way in some samples and another in others"}


def _steady_words(analysis: Analysis) -> list[str]:
    """How many cells reached a steady state; that one reached none is a result."""
    kinds = Counter(own.kind for own in analysis.steadiness.values())
    judged = sum(kinds[kind] for kind in _COURSES)
    if not judged:
        return []
    parts = [words.format(kinds[kind]) for kind, words in _COURSES.items() if kinds[kind]]
    return [f"Of {plural(judged, 'cell')} whose batches can be judged, {join(parts)}; the column"
            " “course” under “Every cell” says which."]


def _disturbed_sentence(analysis: Analysis) -> str:
    """How much of the run a neighbour on the core disturbed, and what was done about it."""
    times = analysis.valid("time")
    if times.empty or "disturbed_share" not in times or times["disturbed_share"].isna().all():
        return ""
    share = units.percent(float(times["disturbed_share"].mean()))
    again = int((times["attempt"] > 1).sum())
    left = int((times["disturbed_share"] > 0.75).sum())
    aside = int(times["set_aside"].sum())
    return (f" The speed probe felt a neighbour on the core beside {share} of the batches; times rest"
            f" on the others. {again} of {len(times)} time samples were measured again,"
            f" {left} stayed disturbed throughout; {aside} that had too few others were set aside, for"
            f" their cells have enough without them.")


def control(analysis: Analysis) -> Paragraph | None:
    if analysis.contaminated:
        return None
    if not analysis.controls and not any(cell.time_total for cell in analysis.cells.values()):
        return None
    if not analysis.controls:
        return Paragraph("No control", "The run has no valid A/A control, so nothing shows whether"
                         " the machine was quiet.", warning=True)
    text = " ".join(_control_sentence(control) for control in analysis.controls)
    text += _disturbed_sentence(analysis)
    share = analysis.harness_share()
    if share == share:
        text += f" The harness's own cost is {units.percent(share)} of the quickest cell's."
    return Paragraph("Control", text, warning=not all(control.sharp
                                                      for control in analysis.controls))


def _control_sentence(control) -> str:
    ratio = control.ratio
    told = (f"One cell measured under two names came out at {units.ratio(ratio.value)} (99.9 %"
            f" interval {units.ratio_interval(ratio.low, ratio.high)}): ")
    if control.sharp:
        return told + "no sign of a disturbance."
    return told + ("nothing is proven amiss, but the interval is too wide to rule out a disturbance"
                   " of a tenth; more repetitions would tell.")


def invalid(analysis: Analysis) -> Paragraph | None:
    invalid = analysis.invalid
    if invalid.empty:
        return None
    reasons = Counter(invalid["reason"].fillna("no reason given"))
    listed = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
    more = f"; and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    verb = "is" if len(invalid) == 1 else "are"
    return Paragraph("Invalid samples", f"{len(invalid)} of {len(analysis.samples)} samples {verb}"
                     f" invalid and count nowhere: {listed}{more}. Each is listed below with the"
                     " command that repeats it.", warning=True)


def unfinished(analysis: Analysis) -> Paragraph | None:
    environment = analysis.run.environment
    planned, done = int(environment["plan"]["samples"]), len(analysis.samples)
    notes = list(analysis.run.notes)
    if done < planned:
        notes.insert(0, f"The run is {environment['state']}: {done} of {planned} planned samples are"
                     " there. What is missing is shown as missing.")
    elif environment["state"] != "finished":
        notes.insert(0, f"The run's state is {environment['state']}.")
    return Paragraph("Unfinished", " ".join(notes), warning=True) if notes else None


def absent(analysis: Analysis) -> Paragraph | None:
    absent = []
    for backend in analysis.run.environment["backends"]:
        if not backend["available"]:
            install = f", install {backend['package']}" if backend["package"] else ""
            absent.append(f"{backend['name']} ({backend['reason'] or 'not available'}{install})")
    return Paragraph("Not measured", f"Absent on this machine: {join(absent)}.") if absent else None


def outliers(analysis: Analysis) -> Paragraph | None:
    mild = sum(cell.outliers.mild for cell in analysis.cells.values())
    severe = sum(cell.outliers.severe for cell in analysis.cells.values())
    if not mild + severe:
        return None
    return Paragraph("Outliers", f"{mild} mild and {severe} severe outliers (Tukey's fences) among"
                     f" {len(analysis.valid('time'))} time samples; all of them count.")
