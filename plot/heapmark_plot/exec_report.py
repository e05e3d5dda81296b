"""This module is report.html of an exec run, in the style of any other run's: one file with its
figures inside, nothing fetched, everything made before anything is written."""

from __future__ import annotations

import shlex
from pathlib import Path

import jinja2
from markupsafe import Markup

from . import exec_tables as tables
from . import exec_words as words
from .errors import OutputError
from .exec_analysis import ExecAnalysis
from .exec_look import ExecLook
from .figures import exec_rss, exec_samples, render
from .figures.picture import Absent
from .files import write_whole
from .report import make_figures
from .style import context, printable

_TEMPLATES = Path(__file__).parent / "templates"

#: The figures in the order of the page.
FIGURES = [exec_samples.FIGURE, exec_rss.FIGURE]


def _draw(analysis: ExecAnalysis, kind) -> tuple[dict, dict[str, bytes]]:
    """What the page shows of a figure, and its files."""
    with context(kind.name):
        picture = kind.draw(analysis)
        if isinstance(picture, Absent):
            return {"kind": kind, "absent": picture.reason, "svg": ""}, {}
        root = render.svg_root(picture, kind.name)
        files = {f"{kind.name}.svg": render.svg_file(root),
                 f"{kind.name}.png": render.png_file(picture)}
        return {"kind": kind, "absent": "", "svg": Markup(render.inline_svg(root))}, files


def render_page(analysis: ExecAnalysis, figures: list[dict]) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, finalize=_without_controls)
    look = ExecLook(analysis.labels)
    run = analysis.run.environment
    return environment.get_template("exec.html.j2").render(
        run=run, folder=analysis.run.folder.resolve().name, headline=words.headline(analysis),
        findings=words.findings(analysis), command=words.command_words(analysis),
        short_command=words.short_command(analysis), notes=analysis.notes,
        baseline=analysis.baseline, figures=figures, comparison=tables.comparison(analysis),
        others=tables.others(analysis), invalid=tables.invalid(analysis),
        allocators=tables.allocators(analysis), proof=tables.proof(analysis),
        facts=tables.facts(analysis), metrics=run["metrics"],
        again=shlex.join(run["command_line"]),
        colours={label: look.colour(label) for label in analysis.labels})


def _without_controls(value):
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def write_exec_report(analysis: ExecAnalysis) -> Path:
    """Writes figures/ and report.html into the run's folder; returns the report's path."""
    drawn = [_draw(analysis, kind) for kind in FIGURES]
    page = render_page(analysis, [shown for shown, _ in drawn])
    folder = analysis.run.folder
    try:
        make_figures(folder)
        for _, files in drawn:
            for name, content in files.items():
                write_whole(folder / "figures" / name, content)
        write_whole(folder / "report.html", page.encode("utf-8", "replace"))
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be written: {error.strerror}") \
            from None
    return folder / "report.html"
