"""Tests that the same run read twice gives the same bytes: in one process, in processes whose hashes
of texts differ, and whether or not an earlier report stands there."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from synthetic import Recipe, write_run
from synthetic_cells import Cell, write_cells

from heapmark_plot import style
from heapmark_plot.__main__ import main
from heapmark_plot.analysis import analyse
from heapmark_plot.figures import render
from heapmark_plot.figures.picture import Picture
from heapmark_plot.figures.registry import FIGURES
from heapmark_plot.load import load_run
from heapmark_plot.report import draw_figures

#: Together they have data for every figure.
RECIPES = {
    "quick": Recipe(works=2, backends=("system", "mine"), collectors=("none", "generational"),
                    release=True, contaminated=4, precision=0.5, counters=True),
    "soak": Recipe(works=0, backends=("tcmalloc",), collectors=("none",), soak={"tcmalloc": 3e5}),
    "beside": [*(Cell("churn", name, cpu, threads=count) for count in (1, 2)
                 for name, cpu in (("pool", 15.0), ("mimalloc", 30.0))),
               Cell("churn", "pool-inline", 12.0, linkage="inline")],
}


def write(folder: Path, recipe: Recipe | list) -> Path:
    return write_run(folder, recipe) if isinstance(recipe, Recipe) else write_cells(folder, recipe)


def digests(folder: Path) -> dict[str, str]:
    paths = [folder / "report.html", *(folder / "figures").iterdir()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def report_in_a_process(folder: Path, hash_seed: str) -> dict[str, str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed,
                   "PYTHONPATH": str(Path(__file__).parents[2] / "plot")}
    done = subprocess.run([sys.executable, "-m", "heapmark_plot", "report", str(folder)],
                          env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return digests(folder)


@pytest.mark.parametrize("name", RECIPES)
def test_reports_of_one_run_are_the_same_bytes(name, tmp_path):
    folder = write(tmp_path / "run", RECIPES[name])
    first = report_in_a_process(folder, "0")
    shutil.rmtree(folder / "figures")
    (folder / "report.html").unlink()
    assert report_in_a_process(folder, "4711") == first
    assert main(["report", str(folder)]) == 0  # over the earlier one, and after those of other recipes
    assert digests(folder) == first


def test_the_recipes_draw_every_figure_between_them(tmp_path):
    drawn = set()
    for name, recipe in RECIPES.items():
        analysis = analyse(load_run(write(tmp_path / name, recipe)))
        drawn |= {kind.name for kind in FIGURES if not isinstance(_drawn(kind, analysis), str)}
    assert drawn == {kind.name for kind in FIGURES}


def _drawn(kind, analysis):
    with style.context(kind.name):
        made = kind.draw(analysis)
    return made if isinstance(made, list) else made.reason


def clipped_svg(kept: list) -> bytes:
    """A figure whose marks are clipped by a path: matplotlib names such a clip by its address. The
    path goes to `kept`, so that the next one lies elsewhere."""
    figure = Figure(figsize=(3, 2))
    kept.append(Outline([(0, 0), (1, 0), (0, 1), (0, 0)]))
    axes = figure.add_axes([0.1, 0.1, 0.8, 0.8])
    line, = axes.plot([0, 1], [0, 1], "o-")
    line.set_clip_path(kept[-1], axes.transAxes)
    with style.context("clipped"):
        return render.svg_file(render.svg_root(Picture(figure, "A clipped line."), "clipped"))


def test_ids_do_not_hold_addresses():
    kept = []
    made = {clipped_svg(kept) for _ in range(8)}
    assert len(made) == 1 and b"clipPath" in next(iter(made))


def test_a_journal_in_another_order_is_another_run_and_the_same_figures(tmp_path):
    """What is drawn depends on what was measured, not on when: only the samples' order differs."""
    recipe = Recipe(works=1, backends=("pool", "system"), collectors=("none",))
    folder = write_run(tmp_path / "run", recipe)
    first = draw_figures(analyse(load_run(folder)), [kind for kind in FIGURES
                                                     if kind.name in ("throughput", "latency")])
    lines = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    (folder / "journal.jsonl").write_text("".join(reversed(lines)))
    second = draw_figures(analyse(load_run(folder)), [kind for kind in FIGURES
                                                      if kind.name in ("throughput", "latency")])
    assert [figure.files for figure in first] == [figure.files for figure in second]
