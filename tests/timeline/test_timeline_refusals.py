"""Tests of every way to ask `heapmark timeline` wrongly: one line, the exit code, nothing written."""

import pytest

from harness import call, refused

WRONG = [
    ([], ["which workload", "heapmark list workloads"]),
    (["no-such"], ["'no-such'", "short-lived", "cyclic-graph"]),
    (["cyclic-graph", "extra"], ["unexpected argument 'extra'"]),
    (["cyclic-graph", "--frobnicate"], ["unknown option '--frobnicate'", "--help"]),
    (["cyclic-graph", "--param", "nodes"], ["--param", "'nodes'", "NAME=VALUE"]),
    (["cyclic-graph", "--param", "nods=3"], ["'nods'", "nodes", "shape"]),
    (["cyclic-graph", "--param", "nodes=0"], ["nodes", "0", "1 to"]),
    (["cyclic-graph", "--param", "shape=round"], ["shape", "round", "ring"]),
    (["cyclic-graph", "--param", "nodes=3", "--param", "nodes=4"], ["nodes", "twice"]),
    (["cyclic-graph", "--param", "shape=pair", "--param", "nodes=3"], ["pair"]),
    (["null", "--param", "x=3"], ["'x'", "none"]),
    (["cyclic-graph", "--backend", "hoard"], ["'hoard'", "system", "jemalloc"]),
    (["cyclic-graph", "--backend", "so:/nonexistent.so"], ["/nonexistent.so"]),
    (["cyclic-graph", "--collector", "magic"], ["'magic'", "generational"]),
    (["cyclic-graph", "--iterations", "0"], ["--iterations", "'0'", "from 1"]),
    (["cyclic-graph", "--interval-ms", "0"], ["--interval-ms", "'0'", "from 1 to 1000"]),
    (["cyclic-graph", "--interval-ms", "1001"], ["--interval-ms", "'1001'", "from 1 to 1000"]),
    (["cyclic-graph", "--interval-ms", "5ms"], ["--interval-ms", "'5ms'"]),
    (["cyclic-graph", "--points", "-1"], ["--points", "'-1'", "from 0 to 1000"]),
    (["cyclic-graph", "--frames", "0"], ["--frames", "'0'", "from 1 to 65535"]),
    (["cyclic-graph", "--frames", "65536"], ["--frames", "'65536'"]),
    (["cyclic-graph", "--freelists", "maybe"], ["--freelists", "'maybe'", "on or off"]),
    (["cyclic-graph", "--seed", "-1"], ["--seed", "'-1'"]),
    (["cyclic-graph", "--timeout", "0"], ["--timeout", "'0'", "above 0"]),
    (["cyclic-graph", "--memory-limit", "lots"], ["--memory-limit", "'lots'"]),
    (["cyclic-graph", "--out", ""], ["--out", "a folder's name"]),
    (["cyclic-graph", "--part", "both"], ["--part", "'both'", "curves or sites"]),
    (["cyclic-graph", "--part", "curves"], ["--part", "--iterations"]),
    (["cyclic-graph", "--record-fd", "1"], ["--record-fd", "--part"]),
    (["cyclic-graph", "--part", "sites", "--record-fd", "77"], ["--record-fd", "'77'", "open"]),
    (["cyclic-graph/nodes:3"], ["backend:"]),
    (["cyclic-graph/backend:system/linkage:so/collector:none/threads:2/runtime:heapmark"],
     ["one thread"]),
    (["cyclic-graph/backend:system/linkage:so/collector:none/threads:1/runtime:heapmark",
      "--collector", "off"], ["--collector", "cell's name"]),
]


@pytest.mark.parametrize("arguments, words", WRONG, ids=lambda value: " ".join(value)[:60])
def test_a_wrong_question_gets_one_line(arguments, words, tmp_path):
    refused(call("timeline", *arguments, cwd=tmp_path), *words)
    assert list(tmp_path.iterdir()) == []


SMALL = ["short-lived", "--backend", "system", "--iterations", "1"]


def test_a_timeline_is_never_written_over(tmp_path):
    folder = tmp_path / "t"
    call("timeline", *SMALL, "--out", folder)
    before = (folder / "timeline.json").read_bytes()
    refused(call("timeline", *SMALL, "--out", folder), "holds a timeline already", str(folder))
    assert (folder / "timeline.json").read_bytes() == before


def test_a_runs_folder_is_no_place_for_one(tmp_path):
    (tmp_path / "environment.json").write_text("{}")
    refused(call("timeline", *SMALL, "--out", tmp_path), "holds a run already")
    assert [path.name for path in tmp_path.iterdir()] == ["environment.json"]


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    refused(call("timeline", *SMALL, "--out", file), "not a folder")
    refused(call("timeline", *SMALL, "--out", file / "below"), "file")
    assert file.read_text() == "mine"


def test_a_place_that_lets_nothing_be_written(tmp_path):
    done = call("timeline", *SMALL, "--out", "/proc/heapmark-timeline")
    assert done.returncode in (2, 6) and len(done.stderr.splitlines()) == 1
    assert "/proc" in done.stderr
