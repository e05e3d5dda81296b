"""Tests of what the command says: lists, explanations, help, and every way to ask wrongly."""

import json
import re
import subprocess

import pytest

from harness import COMMAND, ROOT, SMALL, SUBCOMMANDS, call, refused

TOPICS = ["workloads", "backends", "collectors", "profiles", "metrics", "references"]


def test_version_is_the_same_everywhere():
    version = call("--version").stdout
    assert re.fullmatch(r"heapmark \d+\.\d+\.\d+\n", version)
    for command in SUBCOMMANDS:
        assert call(command, "--version").stdout == version


def test_help_names_every_command_and_no_other():
    text = call("--help").stdout
    named = re.findall(r"^  (\w+) ", text, re.MULTILINE)
    assert named == SUBCOMMANDS


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_help_of_each_command(command):
    done = call(command, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert f"Usage: heapmark {command}" in done.stdout
    assert not re.search(r"\b(\w+(?:\.\.\.)?) \1\n", done.stdout), "an argument is named twice"
    paragraphs = [part.strip() for part in done.stdout.split("\n\n")]
    usage = [line.strip() for line in paragraphs[0].splitlines()]
    assert len(usage) == len(set(usage)), "an argument is named twice"
    assert len(paragraphs) == len(set(paragraphs)), "a text is printed twice"
    short = call(command, "--usage")
    assert short.returncode == 0 and f"heapmark {command}" in short.stdout


@pytest.mark.parametrize("topic", TOPICS)
def test_a_list_is_the_same_in_json_and_text(topic):
    document = json.loads(call("list", topic, "--format", "json").stdout)
    assert list(document) == [topic]
    names = [entry["name"] for entry in document[topic]]
    assert names and len(names) == len(set(names))
    assert all(entry["brief"] for entry in document[topic])
    text = call("list", topic).stdout
    assert re.findall(r"^  (\S+) ", text, re.MULTILINE) == names


def test_list_of_everything():
    document = json.loads(call("list", "--format", "json").stdout)
    assert list(document) == TOPICS
    workloads = {entry["name"]: entry for entry in document["workloads"]}
    kinds = {p["name"]: p for p in workloads["short-lived"]["parameters"]}["kind"]
    assert kinds["default"] in kinds["choices"]
    threads = {name: (entry["least_threads"], entry["even_threads"])
               for name, entry in workloads.items() if entry["least_threads"] != 1}
    assert threads == {"producer-consumer": (2, True)}
    assert "threads: 2 or more, an even number" in call("list", "workloads").stdout
    metrics = re.findall(r"^HM_METRIC\((\w+),", (ROOT / "bench" / "metrics.def").read_text(),
                         re.MULTILINE)
    assert [entry["name"] for entry in document["metrics"]] == metrics
    for entry in document["backends"]:
        assert entry["available"] is not False or entry["reason"]


def test_works_of_every_profile_can_be_planned():
    profiles = json.loads(call("list", "profiles", "--format", "json").stdout)["profiles"]
    assert {"quick", "standard", "full"} <= {profile["name"] for profile in profiles}
    for profile in profiles:
        done = call("run", "--dry-run", "--profile", profile["name"], "--backend", "system",
                    "--filter", "/", "--threads", "1,2")
        assert done.returncode == 0, done.stderr
        for work in profile["works"]:
            assert f"\n{work}/backend:system/" in done.stdout


def test_every_metric_can_be_explained():
    for metric in json.loads(call("list", "metrics", "--format", "json").stdout)["metrics"]:
        done = call("explain", metric["name"])
        assert done.returncode == 0
        assert metric["brief"] in done.stdout and metric["unit"] in done.stdout


def test_the_quick_profile_is_what_was_promised():
    quick = {p["name"]: p for p in json.loads(
        call("list", "profiles", "--format", "json").stdout)["profiles"]}["quick"]
    assert quick["repetitions"] >= 5 and quick["memory_repetitions"] >= 1
    assert quick["batch_s"] >= 0.005
    assert {"pool", "system", "jemalloc", "mimalloc", "tcmalloc"} <= set(
        quick["backends"].split(","))
    assert {"none", "generational"} <= set(quick["collectors"].split(","))
    workloads = {work.split("/")[0] for work in quick["works"]}
    assert workloads == {"short-lived", "cyclic-graph", "growing-dict", "streaming-generator"}


# What is asked, and what the one line must say: what is wrong and what would be right.
WRONG = [
    ([], ["which command", "list", "run", "report"]),
    (["frobnicate"], ["'frobnicate'", "list", "explain", "run", "sample", "report"]),
    (["--frobnicate"], ["'--frobnicate'", "run"]),
    (["list", "cells"], ["'cells'", "workloads", "metrics"]),
    (["list", "workloads", "metrics"], ["unexpected argument 'metrics'"]),
    (["list", "--format", "xml"], ["--format", "'xml'", "text or json"]),
    (["explain"], ["which metric"]),
    (["explain", "peak"], ["'peak'", "peak_rss_bytes"]),
    (["explain", "zzz"], ["'zzz'", "heapmark list metrics"]),
    (["run", "extra"], ["unexpected argument 'extra'"]),
    (["run", "--frobnicate"], ["unknown option '--frobnicate'", "--help"]),
    (["run", "-x"], ["unknown option '-x'"]),
    (["run", "--seed"], ["--seed needs a value"]),
    (["run", "--dry-run=1"], ["--dry-run takes no value"]),
    (["run", "--profile", "slow"], ["'slow'", "quick, standard, full, soak"]),
    (["run", "--filter", "("], ["--filter", "regular expression"]),
    (["run", "--filter", "^nothing-is-called-so"], ["--filter", "matches no cell"]),
    (["run", "--backend", "hoard"], ["'hoard'", "system", "jemalloc"]),
    (["run", "--backend", "system,,bump"], ["--backend", "one comma"]),
    (["run", "--backend", "system,system"], ["two back ends are called system"]),
    (["run", "--backend", "so:/nonexistent.so"], ["/nonexistent.so"]),
    (["run", "--backend", "preload:/nonexistent.so"], ["/nonexistent.so"]),
    (["run", "--backend", "so:/tmp"], ["/tmp"]),
    (["run", "--collector", "magic"], ["'magic'", "none", "generational"]),
    (["run", "--collector", "none,none"], ["none is given twice"]),
    (["run", "--collector", "generational;trigger=never"], ["trigger", "auto"]),
    (["run", "--backend", "system", "--baseline", "pool"], ["--baseline", "'pool'", "system"]),
    (["run", "--param", "short-lived.kind"], ["--param", "WORKLOAD.NAME=VALUE"]),
    (["run", "--param", "short.kind=int"], ["'short'", "short-lived"]),
    (["run", "--param", "null.x=1"], ["'null'", "short-lived"]),
    (["run", "--param", "short-lived.knd=int"], ["'knd'", "kind"]),
    (["run", "--param", "short-lived.kind=integer"], ["kind", "integer", "int"]),
    (["run", "--param", "short-lived.batch=0"], ["batch", "0", "1"]),
    (["run", "--param", "short-lived.batch=1,two"], ["batch", "two"]),
    (["run", "--param", "short-lived.batch=1", "--param", "short-lived.batch=2"],
     ["short-lived.batch", "twice"]),
    (["run", "--param", "cyclic-graph.shape=pair", "--param", "cyclic-graph.nodes=3"], ["pair"]),
    (["run", "--threads", "0"], ["--threads", "'0'", "1 to 64"]),
    (["run", "--threads", "1,1"], ["--threads", "different"]),
    (["run", "--threads", "x"], ["--threads", "'x'"]),
    (["run", "--threads", "1,65"], ["--threads", "'1,65'", "1 to 64"]),
    (["run", "--repetitions", "0"], ["--repetitions", "'0'", "1 to"]),
    (["run", "--memory-repetitions", "-1"], ["--memory-repetitions", "'-1'"]),
    (["run", "--latency-repetitions", "x"], ["--latency-repetitions", "'x'"]),
    (["run", "--precision", "fine"], ["--precision", "'fine'", "2, 0.5%", "off"]),
    (["run", "--precision", "0"], ["--precision", "'0'", "off"]),
    (["run", "--precision", "-1"], ["--precision", "'-1'"]),
    (["run", "--precision", "nan"], ["--precision", "'nan'"]),
    (["run", "--precision", "101"], ["--precision", "'101'"]),
    (["run", "--precision", "2%%"], ["--precision", "'2%%'"]),
    (["run", "--profile", "soak", "--memory-repetitions", "0"], ["nothing else to measure"]),
    (["run", "--profile", "soak", "--precision", "2"], ["--precision", "soak", "no time samples"]),
    (["run", "--most-rounds", "some"], ["--most-rounds", "'some'", "0 to"]),
    (["run", "--profile", "soak", "--duration", "long"], ["--duration", "'long'", "1h"]),
    (["run", "--profile", "soak", "--duration", "0"], ["--duration", "'0'", "above 0"]),
    (["run", "--profile", "soak", "--duration", "25h"], ["--duration", "'25h'", "24 h"]),
    (["run", "--duration", "10m"], ["--duration", "quick", "--profile soak"]),
    (["run", "--duration", "10m", "--profile", "full"], ["--duration", "full", "--profile soak"]),
    (["run", "--settle", "never"], ["--settle", "'never'", "short or long"]),
    (["run", "--shard", "1"], ["--shard", "'1'", "2/3"]),
    (["run", "--shard", "0/3"], ["--shard", "'0/3'", "2/3"]),
    (["run", "--shard", "4/3"], ["--shard", "'4/3'", "2/3"]),
    (["run", "--shard", "1/2/3"], ["--shard", "'1/2/3'", "2/3"]),
    (["run", "--shard", " 1/3"], ["--shard", "' 1/3'", "2/3"]),
    (["run", "--shard", "1/9999"], ["--shard", "'1/9999'", "1000"]),
    (["run", "--shard", "99/100", "--backend", "system"], ["--shard", "7 works", "1/7"]),
    (["run", "--min-time", "0"], ["--min-time", "'0'", "above 0"]),
    (["run", "--timeout", "soon"], ["--timeout", "'soon'", "30"]),
    (["run", "--memory-limit", "lots"], ["--memory-limit", "'lots'", "2GiB"]),
    (["run", "--freelists", "maybe"], ["--freelists", "'maybe'", "on or off"]),
    (["run", "--seed", "-1"], ["--seed", "'-1'"]),
    (["run", "--seed", "0xg"], ["--seed", "'0xg'"]),
    (["run", "--progress", "yes"], ["--progress", "'yes'", "auto, always or never"]),
    (["run", "--color", "red"], ["--color", "'red'", "auto, always or never"]),
    (["run", "--out", ""], ["--out"]),
    (["run", "--out", "/dev/null"], ["/dev/null", "not a folder"]),
    (["run", "--out", "/dev/null/run"], ["/dev/null"]),
    (["run", "--resume"], ["--resume", "results/latest"]),
    (["run", "--resume", "--out", "nowhere"], ["--resume", "nowhere"]),
    (["report"], ["which run"]),
    (["report", "nowhere"], ["nowhere"]),
    (["report", "."], ["environment.json"]),
    (["report", ".", "more"], ["unexpected argument 'more'"]),
    (["sample"], ["which cell"]),
    (["sample", "nothing"], ["nothing"]),
]


@pytest.mark.parametrize("arguments, words", WRONG, ids=lambda value: " ".join(value)[:60])
def test_a_mistake_gets_one_line_and_nothing_is_written(arguments, words, tmp_path):
    refused(call(*arguments, cwd=tmp_path), *words)
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written_is_exit_6():
    with open("/dev/full", "w") as full:
        for arguments in (["list"], ["explain", "ns_per_op"], ["run", "--dry-run", *SMALL],
                          ["--help"], ["run", "--help"]):
            done = subprocess.run([COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=120)
            assert done.returncode == 6, arguments
            assert "cannot be written" in done.stderr and len(done.stderr.splitlines()) == 1
