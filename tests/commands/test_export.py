"""Tests of `heapmark export`: each format is read back by what reads it, and says what the run says."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from conftest import cells_of, command, contents, in_json, package, refuses
from harness import COMMAND, environment
from heapmark_plot.measured import DERIVED
from lxml import etree

#: The shape that Bencher documents for its format.
BMF = {"type": "object", "patternProperties": {".+": {
    "type": "object", "patternProperties": {".+": {
        "type": "object", "required": ["value"], "additionalProperties": False,
        "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")}}}}}}

HOSTILE = "killed\x00 by <b>&amp; | `x` \u202e ]]> \x1b[31m\n\"'"


def exported(run, form):
    code, output, errors = package("export", "--format", form, run)
    assert (code, errors) == (0, "")
    return output


def journal(run):
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]


@pytest.fixture
def run(make):
    return make("run", invalid={("pool", "time"): HOSTILE})


def test_csv_has_a_row_a_sample_with_every_number(run):
    table = pd.read_csv(io.StringIO(exported(run, "csv")), float_precision="round_trip",
                        keep_default_na=False, na_values=[""])
    samples = sorted(journal(run), key=lambda sample: sample["sequence"])
    assert table["id"].tolist() == [sample["id"] for sample in samples]
    assert table["valid"].dtype == bool
    names = [metric["name"] for metric in json.loads(
        (run / "environment.json").read_text())["metrics"]]
    assert set(names) <= set(table.columns)
    for row, sample in zip(table.to_dict("records"), samples):
        assert row["valid"] == sample["valid"] and json.loads(row["parameters"]) == sample["parameters"]
        for name in ("role", "kind", "cell", "backend", "collector", "threads", "repetition"):
            assert row[name] == sample[name]
        for name in set(names) - {name for name, *_ in DERIVED}:
            value = sample.get("metrics", {}).get(name)
            assert np.isnan(row[name]) if value is None else row[name] == value, (name, sample["id"])
    assert table[table["role"] == "cell"]["peak_rss_net_bytes"].notna().any()


def test_csv_is_one_table_that_r_reads(run):
    """What read.csv wants: a head of plain names, TRUE and FALSE, nothing for missing, one record a
    line unless quoted."""
    text = exported(run, "csv")
    head = text.splitlines()[0].split(",")
    assert all(name.isidentifier() for name in head) and len(head) == len(set(head))
    column = head.index("valid")
    plain = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    assert set(plain.iloc[:, column]) == {"TRUE", "FALSE"}
    assert not plain.isin(["nan", "NaN", "None", "inf"]).any().any()


def test_markdown_has_every_cell_and_survives_its_texts(make):
    def hostile(described):
        described["run"] = "a|b `c` <script>"
    run = make("run", labels={"pool": "my_pool*"}, environment=hostile)
    text = exported(run, "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 12 and {line.count(" | ") for line in rows[:1] + rows[2:]} == {7}
    assert r"my\_pool\*" in text and "<script>" not in text.replace(r"\<script\>", "")
    document = in_json("compare", run, "--by", "backend", "--metric", "ns_per_op")
    for cell in cells_of(document, "ns_per_op"):
        assert any(f"| {cell['ratio']:.2f}× |" in line and cell["verdict"] in line for line in rows)


def test_bmf_is_benchers_shape_with_medians(run):
    document = json.loads(exported(run, "bmf"))
    jsonschema.Draft202012Validator(BMF).validate(document)
    samples = [sample for sample in journal(run) if sample["role"] == "cell"]
    assert set(document) == {sample["cell"] for sample in samples}
    for name, measures in document.items():
        assert len(name) <= 1024 and all(len(measure) <= 64 for measure in measures)
        times = [sample["metrics"]["ns_per_op"] for sample in samples
                 if sample["cell"] == name and sample["kind"] == "time" and sample["valid"]]
        assert ("ns_per_op" in measures) == bool(times)
        if times:
            found = measures["ns_per_op"]
            assert found["value"] == pytest.approx(np.median(times))
            assert min(times) <= found["lower_value"] <= found["value"] <= found["upper_value"] \
                <= max(times)
        assert measures["peak_rss_bytes"]["value"] > 0 and "live_bytes" not in measures


def test_junit_is_what_its_readers_agree_on(run):
    root = etree.fromstring(exported(run, "junit").encode())
    schema = etree.XMLSchema(etree.parse(str(Path(__file__).with_name("junit.xsd"))))
    schema.assertValid(root)
    samples = [sample for sample in journal(run) if sample["role"] == "cell"]
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {sample["cell"] for sample in samples} and len(root) == len(suites)
    for name, suite in suites.items():
        (case,) = suite.iter("testcase")
        properties = {entry.get("name"): float(entry.get("value")) for entry in suite.iter("property")}
        own = [sample for sample in samples if sample["cell"] == name]
        invalid = [sample for sample in own if not sample["valid"]]
        assert case.get("name") == name and case.get("classname") == own[0]["work"]
        assert int(suite.get("failures")) == bool(invalid) == ("/backend:pool/" in name)
        assert float(suite.get("time")) == pytest.approx(sum(s["duration_ns"] for s in own) / 1e9)
        assert "peak_rss_bytes" in properties and ("ns_per_op" in properties) == (not invalid)
        if invalid:
            (failure,) = case
            assert failure.get("message").startswith(
                f"5 of {len(own)} samples invalid: killed? by <b>&amp; ")
            assert all(sample["id"] in failure.text and sample["command"] in failure.text
                       for sample in invalid)


def test_the_schema_of_the_test_refuses_what_is_wrong(run):
    """A check that cannot fail is none."""
    schema = etree.XMLSchema(etree.parse(str(Path(__file__).with_name("junit.xsd"))))
    root = etree.fromstring(exported(run, "junit").encode())
    del root[0].attrib["tests"]
    assert not schema.validate(root)
    root = etree.fromstring(exported(run, "junit").encode())
    next(root.iter("testcase")).append(etree.Element("properties"))
    assert not schema.validate(root)


@pytest.mark.parametrize("form", ["csv", "markdown", "bmf", "junit"])
def test_out_writes_what_is_printed_and_nothing_else(run, tmp_path, form):
    printed = exported(run, form)
    target = tmp_path / "here.txt"
    target.write_text("what was there")
    before = contents(run)
    done = command("export", run, "--format", form, "--out", target)
    assert done.returncode == 0 and done.stdout == done.stderr == ""
    assert target.read_text(encoding="utf-8") == printed
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    before[str(target)] = target.read_bytes()
    assert contents(run) == before


def test_out_refuses_what_is_no_file(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for wrong, words in ((tmp_path / "folder", "is a folder"), (tmp_path / "pipe", "no regular file"),
                         (tmp_path / "gone" / "file", "no folder that exists"),
                         (run / "journal.jsonl", "belongs to the run itself"), (run, "is a folder"),
                         ("/dev/null", "no regular file")):
        before = contents(run)
        code, output, errors = package("export", "--format", "csv", f"--out={wrong}", run)
        assert (code, output) == (2, "") and words in errors and errors.count("\n") == 1, wrong
        assert contents(run) == before
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_link_to_a_file_stays_a_link(run, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    assert command("export", run, "--format", "csv", "--out", tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").stat().st_size > 0


def test_output_that_cannot_be_written(run):
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "export", str(run), "--format", "csv"], stdout=full,
                              stderr=subprocess.PIPE, text=True,
                              env=environment(HEAPMARK_PYTHON=sys.executable))
    assert done.returncode == 6 and "standard output cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_format_must_be_named(run):
    refuses([run], ["export", run], "--format")
    refuses([run], ["export", run, "--format", "yaml"], "csv", "markdown", "bmf", "junit")
