"""Tests of report.html and the command: self-contained, harmless with hostile data, the same bytes
twice, whole or not at all, and exit codes as documented."""

import hashlib
import html.parser
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from synthetic import Recipe, write_run

from heapmark_plot import report
from heapmark_plot.__main__ import main
from heapmark_plot.figures.registry import FIGURES

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta"}


class Page(html.parser.HTMLParser):
    """What a browser would find: elements with their attributes, text, and unbalanced tags."""

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.text.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


@pytest.fixture(scope="module")
def reported(tmp_path_factory, small_recipe):
    folder = write_run(tmp_path_factory.mktemp("reported"), small_recipe)
    assert main(["report", str(folder)]) == 0
    return folder


@pytest.fixture(autouse=True)
def one_figure(monkeypatch, reported):
    """Drawing takes most of the time: what is not about the figures draws one of them."""
    monkeypatch.setattr(report, "FIGURES", FIGURES[:1])


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_page_is_sound_and_opens_with_the_answer(reported):
    text = (reported / "report.html").read_text()
    page = Page(text)
    assert page.open == []
    assert page.count("svg") == 15 and page.count("h1") == 1
    left_out = text[text.index('id="left-out"'):text.index('id="cells"')]
    assert "What filling the gaps costs" in left_out and "Memory over a soak" in left_out
    assert text.index("<h1>pool won: it takes 0.6") < text.index("<h2")
    assert "LD_PRELOAD=/opt/heapmark/libheapmark_pool.so" in text
    assert "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libtcmalloc.so.2" in text
    assert "up to 512 bytes" in text and "PYTHONMALLOC=malloc LD_PRELOAD=" in text
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))


def test_the_page_fetches_nothing(reported):
    page = Page((reported / "report.html").read_text())
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img")
        for name in ("src", "href", "xlink:href", "action", "data"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
        assert "http" not in attributes.get("style", "")
    style = re.findall(r"<style>(.*?)</style>", (reported / "report.html").read_text(), re.S)
    assert style and not re.search(r"@import|url\((?!#)", style[0])


def test_figures_are_files_too(reported):
    names = sorted(path.name for path in (reported / "figures").iterdir())
    assert {"throughput.svg", "throughput.png", "rss-over-time.svg", "rss-over-time-2.svg",
            "fragmentation.png"} <= set(names)
    for path in (reported / "figures").glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
    for path in (reported / "figures").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE((reported / "report.html").stat().st_mode) == 0o644


def test_the_same_run_read_twice_gives_the_same_bytes(reported, tmp_path, small_recipe):
    other = write_run(tmp_path / reported.name, small_recipe)
    environment = {**os.environ, "PYTHONHASHSEED": "7",
                   "PYTHONPATH": str(Path(__file__).parents[2] / "plot")}
    done = subprocess.run([sys.executable, "-m", "heapmark_plot", "report", str(other)],
                          env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert digests(other) == digests(reported)


def test_hostile_strings_stay_text(tmp_path, edit_environment):
    evil = "<script>alert(1)<"
    folder = write_run(tmp_path / "run", Recipe(
        works=1, backends=("system", "pool", "dies"), collectors=("none",), labels={"pool": evil},
        invalid={("dies", "time"): "</td><script>alert(2)</script>{{ 7 * 7 }}",
                 ("dies", "memory"): "\"><img src=x onerror=alert(3)>"}))

    def change(environment):
        environment["machine"]["cpu_model"] = "</title><script>alert(4)</script>"
        environment["backends"][1]["preload"] = "LD_PRELOAD=</code><script>alert(5)</script>"
        environment["metrics"][0]["brief"] = "<b onclick=alert(6)>"
        environment["options"]["x"] = ["</script><script>alert(7)"]
    edit_environment(folder, change)
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text()
    page = Page(text)
    assert page.count("script") == 1 and page.count("img") == 0
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "alert(2)" in "".join(page.text) and "{{ 7 * 7 }}" in text


def test_the_line_that_runs_it_again_is_quoted_for_a_shell(own_run, edit_environment):
    edit_environment(own_run, lambda environment: environment.update(
        command_line=["heapmark", "run", "--filter", "^(a|b)", "--out", "a folder"]))
    assert main(["report", str(own_run)]) == 0
    text = "".join(Page((own_run / "report.html").read_text()).text)
    assert "heapmark run --filter '^(a|b)' --out 'a folder' --seed 0x1" in text
    edit_environment(own_run, lambda environment: environment.update(
        command_line=["heapmark", "merge", "whole", "part1"]))
    assert main(["report", str(own_run)]) == 0
    assert "heapmark merge whole part1 --seed" not in (own_run / "report.html").read_text()


def test_invalid_samples_stand_with_reason_and_command(tmp_path):
    folder = write_run(tmp_path / "run", Recipe(
        works=1, backends=("system", "pool"), collectors=("none",),
        invalid={("pool", "memory"): "killed by signal 9"}))
    assert main(["report", str(folder)]) == 0
    text = "".join(Page((folder / "report.html").read_text()).text)
    assert "killed by signal 9" in text
    assert "heapmark sample 'short-lived/kind:mixed/backend:pool" in text


def test_a_run_of_invalid_samples_alone_still_has_a_report(own_run, edit_journal, monkeypatch):
    edit_journal(own_run, lambda record: record.update(valid=False, reason="wrong origin"))
    monkeypatch.setattr(report, "FIGURES", FIGURES)
    assert main(["report", str(own_run)]) == 0
    page = Page((own_run / "report.html").read_text())
    assert page.count("svg") == 0 and "No back end can be ranked." in "".join(page.text)


def test_a_contaminated_run_says_so_before_anything_else(tmp_path):
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("system", "pool"),
                                                collectors=("none",), control_shift=1.2))
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text()
    assert text.index("This run is contaminated") < text.index("<h1>")


def test_against_an_earlier_run(own_run, tmp_path, small_recipe, capsys):
    slower = Recipe(**{**vars(small_recipe), "seed": 9,
                       "time": {**small_recipe.time, "pool": small_recipe.time["pool"] * 1.2}})
    base = write_run(tmp_path / "base", small_recipe)
    new = write_run(tmp_path / "new", slower)
    assert main(["report", str(new), "--against", str(base)]) == 0
    text = "".join(Page((new / "report.html").read_text()).text)
    match = re.search(r"of 12 common cells: (?:\d+ \w+, )*(\d+) slower", text)
    assert match and match[1] == "4", text[text.index("common cells") - 80:][:200]
    assert re.search(r"pool\s*1\.(1[5-9]|2[0-5])×", text)
    assert main(["report", str(own_run), "--against", str(own_run)]) == 0
    assert "faster" not in re.search(r"common cells: (.*?)\.", "".join(
        Page((own_run / "report.html").read_text()).text))[1]
    capsys.readouterr()


def test_against_a_run_without_a_common_cell(own_run, tmp_path, capsys):
    other = write_run(tmp_path / "other", Recipe(works=1, backends=("jemalloc",), control=False,
                                                 collectors=("none",)))
    assert main(["report", str(own_run), "--against", str(other)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "has no cell in common" in error
    assert not (own_run / "report.html").exists()


@pytest.mark.parametrize("spoil, words", [
    (lambda folder: (folder / "journal.jsonl").unlink(), "journal.jsonl: no such file"),
    (lambda folder: (folder / "journal.jsonl").write_text(""), "the run is empty"),
    (lambda folder: (folder / "journal.jsonl").write_text("x\n" * 9), "journal.jsonl:1: not JSON"),
    (lambda folder: (folder / "environment.json").write_text('{"schema": 9}'), "schema 9"),
])
@pytest.mark.parametrize("command", ["report", "summary"])
def test_bad_input_is_one_line_and_exit_2(own_run, capsys, command, spoil, words):
    spoil(own_run)
    before = digests(own_run)
    assert main([command, str(own_run)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and words in captured.err
    assert digests(own_run) == before and not (own_run / "figures").exists()


def test_a_missing_folder_is_exit_2(tmp_path, capsys):
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err


def test_wrong_usage_is_exit_2(capsys):
    assert main(["draw"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "draw" in error


def test_a_write_that_fails_is_exit_6_and_leaves_the_old_report(own_run, capsys):
    (own_run / "report.html").write_text("old")
    (own_run / "figures").write_text("a file where the folder should be")
    assert main(["report", str(own_run)]) == 6
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "cannot be written" in error
    assert (own_run / "report.html").read_text() == "old"


def test_a_failed_rename_leaves_nothing_behind(own_run, capsys, monkeypatch):
    def fail(source, target):
        raise OSError(28, "No space left on device", str(target))
    monkeypatch.setattr(os, "replace", fail)
    before = set(digests(own_run))
    assert main(["report", str(own_run)]) == 6
    assert set(digests(own_run)) == before
    assert "No space left on device" in capsys.readouterr().err


def test_validate_and_summary_through_the_command(own_run, capsys):
    assert main(["validate", str(own_run)]) == 0
    assert main(["summary", str(own_run)]) == 0
    text = capsys.readouterr().out
    assert "all as results/schema.json says" in text and "pool won" in text
