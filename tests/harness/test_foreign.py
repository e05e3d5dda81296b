"""Tests of back ends that heapmark does not know: one that works, those that break in every way, and
one whose library is not there. Foreign libraries cannot be bound under a sanitizer, so those tests
run in other builds only."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import (COMMAND, FIXTURES, SANITIZED, call, check_folder, environment, marked_processes,
                     new_mark, read_environment, refused)

outside_sanitizers = pytest.mark.skipif(
    SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")

# system beside a foreign library: one cell each, short samples.
BESIDE = ["--collector", "none", "--filter", "^streaming-generator", "--param",
          "streaming-generator.items=20", "--repetitions", "2", "--min-time", "1ms",
          "--backend", "system"]


def fixture(name):
    path = FIXTURES / f"lib{name}.so"
    assert path.exists(), f"{path} was not built"
    return path


def by_backend(samples, backend):
    return [sample for sample in samples if sample["backend"] == backend]


def run_beside(tmp_path, spec, *more, code):
    mark = new_mark()
    done = call("run", *BESIDE, "--backend", spec, "--out", tmp_path / "run", *more,
                HEAPMARK_TEST_MARK=mark)
    assert done.returncode == code, done.stderr
    assert marked_processes(mark) == []
    samples = check_folder(tmp_path / "run")
    assert all(sample["valid"] for sample in by_backend(samples, "system"))
    return done, samples


@outside_sanitizers
@pytest.mark.parametrize("linkage", ["so", "preload"])
def test_any_allocator_runs_without_a_change(linkage, tmp_path):
    library = fixture("tiny_malloc")
    _, samples = run_beside(tmp_path, f"tiny={linkage}:{library}", code=0)
    ours = by_backend(samples, "tiny")
    assert len(ours) == 5  # 2 time, 1 memory, 1 latency, 1 null
    for sample in ours:
        assert sample["valid"] and sample["linkage"] == linkage
        assert sample["origin"] == str(library)
        assert str(library) in sample["command"]
    listed = {b["name"]: b for b in read_environment(tmp_path / "run")["backends"]}["tiny"]
    assert listed["available"] and listed["origin"] == str(library)
    assert listed["preload"] == f"LD_PRELOAD={library}"


@outside_sanitizers
def test_the_command_of_a_record_runs_its_sample_again(tmp_path):
    _, samples = run_beside(tmp_path, f"tiny=so:{fixture('tiny_malloc')};env=TINY=1", code=0)
    sample = next(s for s in by_backend(samples, "tiny") if s["role"] == "cell")
    command = sample["command"].replace("heapmark", COMMAND, 1)
    again = json.loads(subprocess.run(command, shell=True, capture_output=True, text=True,
                                      check=True, env=environment(), timeout=120).stdout)
    assert again["valid"] and again["cell"] == sample["cell"]
    assert again["checksum"] == sample["checksum"]
    assert again["operations"] == sample["operations"]


@outside_sanitizers
def test_a_relative_path_means_the_same_after_a_change_of_folder(tmp_path):
    shutil.copy(fixture("tiny_malloc"), tmp_path / "own.so")
    run = [*BESIDE, "--backend", "so:./own.so", "--out", tmp_path / "run"]
    assert call("run", *run, cwd=tmp_path).returncode == 0
    # What a folder names is loaded only where the command names it too.
    refused(call("run", "--resume", "--out", tmp_path / "run", cwd="/"), "--backend", "own.so")
    assert call("run", "--resume", "--out", tmp_path / "run", "--backend", "system",
                "--backend", f"so:{tmp_path}/own.so", cwd="/").returncode == 0
    assert call("run", "--resume", *run, cwd=tmp_path).returncode == 0


@outside_sanitizers
@pytest.mark.parametrize("spec, reason", [
    ("so:{no_malloc}", r"malloc"),
    ("so:{crash_constructor}", r"killed by SIG(SEGV|ABRT|TRAP|ILL)"),
    ("preload:{crash_constructor}", r"killed by SIG(SEGV|ABRT|TRAP|ILL)"),
    ("so:{hang_constructor}", r"no answer within 1 s"),
    ("preload:{hang_constructor}", r"no answer within 1 s"),
    ("so:{fall_through}", r"libc\.so|another|not"),
])
def test_a_broken_library_is_invalid_and_the_others_stand(spec, reason, tmp_path):
    name = re.search(r"\{(\w+)\}", spec)[1]
    spec = "bad=" + spec.format(**{name: fixture(name)})
    done, samples = run_beside(tmp_path, spec, "--timeout", "1", code=3)
    bad = by_backend(samples, "bad")
    assert len(bad) == 5
    for sample in bad:
        assert not sample["valid"] and re.search(reason, sample["reason"]), sample["reason"]
    # It failed once, in its probe: its samples were not tried one by one.
    assert [sample["duration_ns"] for sample in bad] == [0] * len(bad)
    assert done.stderr.count("all its samples are invalid") == 1
    listed = {b["name"]: b for b in read_environment(tmp_path / "run")["backends"]}["bad"]
    assert not listed["available"] and re.search(reason, listed["reason"])


@outside_sanitizers
def test_a_library_that_dies_in_the_middle(tmp_path):
    _, samples = run_beside(tmp_path, f"bad=so:{fixture('die_midrun')}", "--min-time", "5ms",
                            code=3)
    cells = [s for s in by_backend(samples, "bad") if s["role"] == "cell"]
    assert cells
    for sample in cells:
        assert not sample["valid"] and sample["duration_ns"] > 0
        assert re.search("killed by SIGABRT", sample["reason"]), sample["reason"]
    nulls = [s for s in by_backend(samples, "bad") if s["role"] == "null"]
    assert nulls and all(sample["valid"] for sample in nulls)


@outside_sanitizers
def test_only_broken_back_ends(tmp_path):
    """Nothing to calibrate on and nothing to rank: still a whole run that says why."""
    done = call("run", "--collector", "none", "--filter", "^streaming", "--backend",
                f"so:{fixture('no_malloc')}", "--out", tmp_path / "run")
    assert done.returncode == 3, done.stderr
    samples = check_folder(tmp_path / "run")
    assert samples and not any(sample["valid"] for sample in samples)


def test_a_file_that_is_no_library(tmp_path):
    path = FIXTURES / "not_a_library.so"
    done = call("run", *BESIDE, "--backend", f"bad=so:{path}", "--out", tmp_path / "run")
    assert done.returncode in (2, 3), done.stderr
    if done.returncode == 2:
        refused(done, "not_a_library.so")
        assert not (tmp_path / "run").exists()
    else:
        bad = by_backend(check_folder(tmp_path / "run"), "bad")
        assert bad and not any(sample["valid"] for sample in bad)
        assert all("not_a_library.so" in sample["reason"] for sample in bad)


@outside_sanitizers
@pytest.mark.parametrize("name", ["", "preload"])
def test_a_library_that_is_not_there_writes_nothing(name, tmp_path):
    refused(call("run", "--backend", f"{name or 'so'}:/nonexistent.so", "--out", tmp_path / "run"),
            "/nonexistent.so")
    assert list(tmp_path.iterdir()) == []


def hidden(folder, library, arguments):
    """Runs the command where `library` cannot be found: in a mount namespace of its own with a
    layer over its folder from which it is removed."""
    for part in ("upper", "work"):
        (folder / part).mkdir()
    script = ('mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$1"'
              ' && rm "$1/$3" || exit 77; shift 3; exec "$@"')
    return subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh",
                           str(library.parent), str(folder), library.name, COMMAND,
                           *map(str, arguments)],
                          capture_output=True, text=True, timeout=120, env=environment())


@outside_sanitizers
def test_an_absent_library(tmp_path):
    listed = json.loads(call("list", "backends", "--format", "json").stdout)["backends"]
    jemalloc = {entry["name"]: entry for entry in listed}["jemalloc"]
    if not jemalloc["available"]:
        # Not there at all: the real thing, no need to hide it.
        refused(call("run", "--backend", "jemalloc"), "jemalloc", jemalloc["package"])
        return
    library = Path(jemalloc["library"])

    def without(place, *arguments):
        folder = tmp_path / place
        folder.mkdir()
        done = hidden(folder, library, arguments)
        if done.returncode in (1, 77) and not done.stdout:
            pytest.skip(f"no mount namespace or overlay here: {done.stderr.strip()}")
        return done

    refused(without("named", "run", "--backend", "jemalloc,system", "--out", tmp_path / "named-run"),
            "jemalloc", jemalloc["package"])
    assert not (tmp_path / "named-run").exists()
    text = without("listed", "list", "backends").stdout
    assert re.search(f"jemalloc.*\n +absent: .*{jemalloc['package']}", text)
    done = without("default", "run", *BESIDE[:-2], "--memory-repetitions", "0", "--out",
                   tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "left out: back end jemalloc" in done.stderr
    samples = check_folder(tmp_path / "run")
    assert by_backend(samples, "jemalloc") == [] and by_backend(samples, "pool")
    described = {b["name"]: b for b in read_environment(tmp_path / "run")["backends"]}["jemalloc"]
    assert not described["available"] and jemalloc["package"] in described["reason"]
