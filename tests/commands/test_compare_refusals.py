"""Tests that `compare`, `check` and `export` refuse what they cannot answer in one line, with exit code
2 and nothing written."""

import json

import pytest
from conftest import command, contents, package, package_refuses, refuses
from heapmark_plot.comparison_text import page

BOTH = pytest.mark.parametrize("name", ["compare", "check"])


@pytest.fixture
def pair(make):
    return make("base", works=1), make("new", works=1)


@BOTH
def test_runs_without_a_common_cell(make, name):
    runs = make("base", works=1), make("new", works=1, labels={"pool": "a", "system": "b",
                                                               "tcmalloc": "c"})
    package_refuses(runs, [name, *runs], "new has no cell in common with", "same works")


@BOTH
def test_an_unknown_metric_is_answered_with_near_ones(pair, name):
    package_refuses(pair, [name, *pair, "--metric", "ns_per_oop"], "no metric 'ns_per_oop'",
                    "did you mean ns_per_op")
    package_refuses(pair, [name, *pair, "--metric", "zzzzzzzz"], "no metric 'zzzzzzzz'",
                    "`heapmark list metrics`")


@BOTH
def test_a_metric_that_a_run_has_no_value_of(make, name):
    def without(records):
        for record in records:
            record["metrics"].pop("peak_rss_bytes", None)
        return records
    runs = make("base", works=1), make("new", works=1, records=without)
    package_refuses(runs, [name, *runs, "--metric", "peak_rss_bytes"], "peak_rss_bytes", "new",
                    "no value")


@BOTH
@pytest.mark.parametrize("schema", [1, 3, "2", None])
def test_mixed_schemas(make, name, schema):
    runs = make("base", works=1), make("new", works=1,
                                       environment=lambda described: described.update(schema=schema))
    package_refuses(runs, [name, *runs], "new/environment.json", "schema", "(2)")


@BOTH
@pytest.mark.parametrize("file", ["environment.json", "journal.jsonl"])
@pytest.mark.parametrize("content", [
    b'{"record": "sample", "id": ', b"\xff\xfe\x00", b"[]\n[]\n", b"[" * 100000 + b"\n", b"NaN\n{}\n",
    b'{"record": "sample", "sequence": 1e999}\n', b"null\nnull\n", b'{"a": 1, "a": {}}\n\n'])
def test_truncated_or_hostile_json(pair, name, file, content):
    (pair[1] / file).write_bytes(content)
    before = contents(pair[1])
    code, output, errors = package(name, *pair)
    assert (code, output) == (2, "") and contents(pair[1]) == before
    assert errors.count("\n") == 1 and errors.startswith(f"heapmark {name}: {pair[1]}")


@BOTH
def test_a_truncated_run_through_the_command(pair, name):
    path = pair[1] / "environment.json"
    path.write_bytes(path.read_bytes()[:-100])
    refuses(pair, [name, *pair], "new/environment.json: not JSON")


@pytest.mark.parametrize("name", ["compare", "check", "export"])
def test_what_is_no_run(pair, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("text")
    others = [pair[0]] if name != "export" else []
    form = ["--format", "csv"] if name == "export" else []
    for wrong, words in (("folder", "is not a run's folder"), ("file", "is not a run's folder"),
                         ("gone", "No such file or directory")):
        refuses(pair, [name, *form, *others, tmp_path / wrong], words)


@pytest.mark.parametrize("name", ["compare", "check", "export"])
def test_an_empty_run(pair, name):
    (pair[1] / "journal.jsonl").write_text("")
    others = [pair[0]] if name != "export" else []
    form = ["--format", "csv"] if name == "export" else []
    package_refuses(pair, [name, *form, *others, pair[1]], "the run is empty")


@BOTH
def test_filters(pair, name):
    package_refuses(pair, [name, *pair, "--filter", "("], "--filter: '(' is not a regular expression")
    package_refuses(pair, [name, *pair, "--filter", "nothing-like-it"],
                    "no cell that matches 'nothing-like-it' in common")


def test_wrong_numbers_of_runs(pair):
    refuses(pair, ["compare"], "which runs?")
    refuses(pair, ["compare", pair[0]], "two runs, or one with --by")
    refuses(pair, ["compare", *pair, "--by", "backend"], "two runs, or one with --by")
    refuses(pair, ["compare", *pair, pair[0]], "unexpected argument")
    refuses(pair, ["check", pair[0]], "which runs?")
    refuses(pair, ["export"], "which run?")


def test_wrong_words(pair):
    run = pair[0]
    refuses(pair, ["compare", *pair, "--format", "xml"], "--format", "text", "json")
    refuses(pair, ["export", run], "which format?", "csv, markdown, bmf or junit")
    package_refuses(pair, ["compare", run, "--by", "weather"], "--by", "backend", "collector")
    package_refuses(pair, ["compare", *pair, "--baseline", "system"], "--baseline goes with --by")
    package_refuses(pair, ["compare", run, "--by", "backend", "--baseline", "systemm"],
                    "'systemm' is not a back end of this run; it has pool, system and tcmalloc")
    package_refuses(pair, ["compare", run, "--by", "collector", "--baseline", "pool"],
                    "'pool' is not a collector of this run; it has generational and none")
    package_refuses(pair, ["compare", run, "--by", "backend", "--filter", "nothing"],
                    "no cell that matches")
    refuses(pair, ["compare", "--wrong"], "unknown option '--wrong'")


def test_a_run_of_one_back_end_has_nothing_to_compare(make):
    run = make("run", works=1, backends=("system",))
    package_refuses([run], ["compare", run, "--by", "backend"], "nothing to compare by backend")


def test_a_long_name_keeps_its_indent():
    assert page(["  " + "x" * 120, "    short", ""]) == "  " + "x" * 120 + "\n    short\n\n"


@pytest.mark.parametrize("percent", ["-1", "nan", "inf", "5x", "", "1001", "1e999"])
def test_bounds_that_are_none(pair, percent):
    code, output, errors = package("check", f"--max-regression={percent}", *pair)
    assert (code, output) == (2, "") and errors.count("\n") == 1
    assert errors.startswith("heapmark check: --max-regression") and "5" in errors


def test_a_metric_without_a_direction_has_no_regression(make):
    def counted(records):
        for record in records:
            record["metrics"]["collections"] = 3
        return records
    runs = make("base", works=1, records=counted), make("new", works=1, records=counted)
    package_refuses(runs, ["check", *runs, "--metric", "collections"], "neither better nor worse")


def test_a_folder_whose_name_looks_like_an_option(make, tmp_path, monkeypatch):
    make("-run", works=1)
    monkeypatch.chdir(tmp_path)
    done = command("compare", "--by", "backend", "--metric", "ns_per_op", "--", "-run", cwd=tmp_path)
    assert done.returncode == 0 and json.loads((tmp_path / "-run/environment.json").read_text())
