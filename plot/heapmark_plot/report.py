"""This module is report.html, so that a run can be read by anyone with a browser: one file, with
its figures, styles and the few lines of script inside, and nothing fetched.

Everything is made before anything is written, and each file is written beside its place and then
renamed over it, so that a failure leaves the earlier report whole. Strings from the run are data:
Jinja2 escapes all of them, ElementTree those inside the figures.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from markupsafe import Markup

from . import tables
from .analysis import Analysis
from .errors import OutputError
from .files import write_whole
from .figures import render
from .figures.picture import Absent, FigureKind
from .figures.registry import FIGURES, RAW_FIGURES
from .parts import RAW
from .style import Look, context, printable
from .words import after_use, answer, trust_words, use_words

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class ShownPicture:
    """A picture for the page: its label and its SVG."""

    label: str
    svg: Markup


@dataclass
class ShownFigure:
    """A figure for the page and for the folder `figures/`."""

    kind: FigureKind
    pictures: list[ShownPicture] = field(default_factory=list)
    absent: str = ""
    table: tables.Table | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def draw_figures(analysis: Analysis, kinds: list[FigureKind] | None = None) -> list[ShownFigure]:
    """Draws all figures of `kinds`; where not given, the registry's that suit the matrix."""
    usual = RAW_FIGURES if analysis.group == RAW else FIGURES
    return [_draw(analysis, kind) for kind in (usual if kinds is None else kinds)]


def _draw(analysis: Analysis, kind: FigureKind) -> ShownFigure:
    shown = ShownFigure(kind)
    with context(kind.name):
        drawn = kind.draw(analysis)
        if isinstance(drawn, Absent):
            shown.absent = drawn.reason
            return shown
        shown.table = kind.table(analysis) if kind.table else None
        for index, picture in enumerate(drawn):
            name = kind.name if index == 0 else f"{kind.name}-{index + 1}"
            root = render.svg_root(picture, name)
            shown.files[f"{name}.svg"] = render.svg_file(root)
            shown.files[f"{name}.png"] = render.png_file(picture)
            shown.pictures.append(ShownPicture(picture.label, Markup(render.inline_svg(root))))
    return shown


def render_page(analysis: Analysis, figures: list[ShownFigure], against=None,
                raw_figures: list[ShownFigure] = ()) -> str:
    """The page as text; `raw_figures` are those of the raw works beside works on objects."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_without_controls)
    look = Look(analysis.palette)
    raw = analysis.raw
    colours = {name: look.colour(name) for name in analysis.palette}
    preloads = tables.preload_lines(analysis)
    use_before, use_behind = use_words(analysis, preloads[0].name) if preloads else ("", ":")
    counters, no_counters = tables.counter_table(analysis)
    return environment.get_template("report.html.j2").render(
        run=analysis.run.environment, folder=analysis.run.folder.resolve().name,
        answer=answer(analysis), contaminated=bool(analysis.contaminated),
        standings=tables.standing_lines(analysis), preloads=preloads,
        libraries=[line for line in preloads if line.package],
        figures=[figure for figure in figures if not figure.absent],
        left_out=[figure for figure in figures if figure.absent],
        use_before=use_before, use_behind=use_behind, after_use=after_use(analysis),
        baseline=analysis.baseline, glance=tables.glance_tables(analysis),
        cells=tables.cell_table(analysis), invalid=tables.invalid_table(analysis),
        unstable=tables.unstable_table(analysis), rounds=analysis.rounds,
        disturbed=tables.contamination_table(analysis), quiet=analysis.quiet, counters=counters,
        no_counters=no_counters, trust=trust_words(analysis), metrics=tables.metric_table(analysis), environment=tables.environment_lists(analysis),
        backends=tables.backend_table(analysis), collectors=tables.collector_table(analysis),
        works=tables.work_table(analysis), against=against, run_again=_run_again(analysis),
        against_table=tables.against_table(against) if against else None,
        against_words=tables.against_words(against) if against else "",
        references=tables.reference_table(analysis), raw=raw, colours=colours,
        raw_figures=[figure for figure in raw_figures if not figure.absent],
        raw_glance=tables.glance_tables(raw) if raw else [],
        raw_cells=tables.cell_table(raw) if raw else None)


def _without_controls(value):
    """What the template prints, without the control characters that HTML forbids."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _run_again(analysis: Analysis) -> str:
    """The line for a shell that makes the same run; what was joined is joined again as it was."""
    environment = analysis.run.environment
    words = environment["command_line"]
    seed = ["--seed", environment["seed"]] if words[1:2] == ["run"] else []
    return shlex.join([*words, *seed])


def write_report(analysis: Analysis, against=None) -> Path:
    """Writes figures/ and report.html into the run's folder; returns the report's path."""
    figures = draw_figures(analysis)
    raw_figures = draw_figures(analysis.raw) if analysis.raw else []
    page = render_page(analysis, figures, against, raw_figures)
    folder = analysis.run.folder
    try:
        make_figures(folder)
        for figure in figures + raw_figures:
            for name, content in figure.files.items():
                write_whole(folder / "figures" / name, content)
        write_whole(folder / "report.html", page.encode("utf-8", "replace"))
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be written: {error.strerror}") \
            from None
    return folder / "report.html"


def make_figures(folder: Path) -> None:
    """Makes the folder `figures`. A link there may lead anywhere, and is not written through."""
    place = folder / "figures"
    if place.is_symlink():
        raise OutputError(f"{place}: cannot be written: it is a link; remove it")
    place.mkdir(exist_ok=True)
