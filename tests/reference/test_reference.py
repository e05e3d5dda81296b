"""`--reference`: a real python3 does the same works in the same run, with the same results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))
from harness import call, check_folder, planned, read_environment, refused  # noqa: E402

PYTHON = "/usr/bin/python3"
VERSION = subprocess.run([PYTHON, "-c", "import sys; print(sys.version.split()[0])"],
                         capture_output=True, text=True, check=True).stdout.strip()
RUNTIME = f"cpython-{VERSION}"
SMALL = ["--backend", "system", "--collector", "off,generational", "--reference", PYTHON,
         "--param", "object-create.kind=tuple,list,record,int,float,str,bytes",
         "--param", "list-append.items=100", "--param", "dict-access.operation=get,insert",
         "--param", "collect-graph.objects=500", "--param", "collect-graph.garbage=0,100",
         "--filter", "^(object-create|list-append|dict-access|collect-graph)/",
         "--repetitions", "1", "--memory-repetitions", "0", "--latency-repetitions", "0",
         "--min-time", "1ms"]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


def cell(work="object-create", allocator="pymalloc", collector="off", runtime=RUNTIME):
    return (f"{work}/backend:cpython-{allocator}/linkage:runtime/collector:{collector}/"
            f"threads:1/runtime:{runtime}")


def check_collections(samples):
    """What nobody saw is not recorded as none: a python's collections are its own affair."""
    figures = {"collections", "collected", "uncollectable", "pause_total_ns", "pause_share",
               "pause_max_ns"}
    for sample in (sample for sample in samples if sample["kind"] == "time"):
        seen = sample["runtime"] == "heapmark"
        assert figures <= set(sample["metrics"])
        assert ("collections" in sample) == ("pauses" in sample) == seen, sample["id"]
        for figure in figures - {"pause_max_ns"}:
            assert (sample["metrics"][figure] is not None) == seen, (sample["id"], figure)
        assert seen or sample["metrics"]["pause_max_ns"] is None


def test_a_run_has_the_python_beside_the_runtime_with_equal_checksums(tmp_path):
    done = call("run", *SMALL, "--out", tmp_path / "run", timeout=600)
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    assert all(sample["valid"] for sample in samples)
    works = {sample["work"] for sample in samples if sample["runtime"] == RUNTIME}
    assert any(work.startswith("collect-graph") for work in works) and len(works) >= 5
    for work in works - {"null"}:
        sums = {s["checksum"] for s in samples if s["work"] == work and s["role"] == "cell"}
        runtimes = {s["runtime"] for s in samples if s["work"] == work}
        assert len(sums) == 1 and runtimes == {"heapmark", RUNTIME}, work
    check_collections(samples)
    [told] = read_environment(tmp_path / "run")["references"]
    assert told["runtime"] == RUNTIME and told["path"] == PYTHON
    assert told["optimized"] in ("pgo+lto", "pgo", "lto", "none") and told["compiler"]
    resumed = call("run", "--resume", "--out", tmp_path / "run", "--reference", "/bin/true")
    refused(resumed, "--reference differs")


def test_a_python_left_out_for_its_threads_is_named():
    words = f"{RUNTIME} (--reference) runs on one thread alone; to include it: --threads 2,1"
    told = call("run", "--dry-run", *SMALL, "--threads", "2")
    assert told.returncode == 0 and f"# left out: {words}" in told.stdout.splitlines()
    assert RUNTIME not in "".join(planned(*SMALL, "--threads", "2"))
    assert "left out" not in call("run", "--dry-run", *SMALL, "--threads", "2,1").stdout
    small = [*SMALL, "--threads", "2"]
    small[small.index("--filter") + 1] = "^object-create/.*/runtime:heapmark"
    assert "left out" not in call("run", "--dry-run", *small).stdout
    small[small.index("--filter") + 1] = "^object-create/.*/runtime:cpython"
    refused(call("run", "--dry-run", *small), f"--threads: {words}")


def another_python():
    """A 3.13 that can be a reference; skips with the reason where there is none."""
    listed = json.loads(call("list", "references", "--format", "json").stdout)["references"]
    found = [entry for entry in listed if entry.get("version", "").startswith("3.13")]
    able = [entry for entry in found if entry["available"]]
    if not able:
        pytest.skip(found[0]["reason"] if found else "no python3.13 is here")
    return able[0]


def test_two_pythons_in_one_run_are_told_apart(tmp_path):
    other = another_python()
    done = call("run", "--backend", "system", "--collector", "off", "--reference", PYTHON,
                "--reference", other["name"], "--param", "list-append.items=100", "--param",
                "object-create.kind=tuple", "--param", "batch.order=lifo", "--filter",
                "^(object-create|list-append|batch)/", "--repetitions", "1",
                "--memory-repetitions", "0", "--latency-repetitions", "0", "--min-time", "1ms",
                "--out", tmp_path / "run", timeout=600)
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    assert all(sample["valid"] for sample in samples)
    runtimes = {"heapmark", RUNTIME, other["runtime"]}
    assert len(runtimes) == 3
    works = {sample["work"] for sample in samples if sample["role"] == "cell"}
    assert {work.split("/")[0] for work in works} == {"object-create", "list-append", "batch"}
    for work in works:
        own = [s for s in samples if s["work"] == work and s["role"] == "cell"]
        assert {s["runtime"] for s in own} == runtimes, work
        assert len({s["checksum"] for s in own}) == 1, work
        for sample in own:
            if sample["runtime"] != "heapmark":
                assert sample["version"].split()[0] == sample["runtime"].removeprefix("cpython-")
    told = {entry["runtime"]: entry for entry in read_environment(tmp_path / "run")["references"]}
    assert set(told) == {RUNTIME, other["runtime"]}
    assert told[other["runtime"]]["path"] == other["path"]
    assert told[other["runtime"]]["optimized"] == other["optimized"]


def test_the_pythons_that_are_here_are_listed(tmp_path):
    listed = json.loads(call("list", "references", "--format", "json").stdout)["references"]
    [own] = [e for e in listed if os.path.realpath(e["name"]) == os.path.realpath(PYTHON)]
    assert own["available"] and own["reason"] is None and own["runtime"] == RUNTIME
    assert {"pymalloc", "malloc"} <= set(own["allocators"]) and own["optimized"] and own["flags"]
    assert f"{RUNTIME}; optimised: {own['optimized']}" in call("list", "references").stdout
    fake = tmp_path / "python3.99"
    fake.write_bytes(Path("/bin/false").read_bytes())
    fake.chmod(0o755)
    (tmp_path / "python3-config").symlink_to("/bin/true")
    (tmp_path / "python3").symlink_to(PYTHON)
    (tmp_path / "python3.11").symlink_to(PYTHON)
    (tmp_path / "python3.8").write_text("#!/bin/sh\nexec python3\n")
    (tmp_path / "python3.8").chmod(0o755)
    listed = json.loads(call("list", "references", "--format", "json", PATH=str(tmp_path),
                             PYENV_ROOT=str(tmp_path), CC="cc").stdout)["references"]
    assert [Path(entry["name"]).name for entry in listed] == ["python3", "python3.99"]
    assert listed[0]["runtime"] == RUNTIME
    assert not listed[0]["available"] and "C compiler" in listed[0]["reason"]
    assert not listed[1]["available"] and "not a CPython" in listed[1]["reason"]
    assert not listed[1]["reason"].startswith("--")


@pytest.mark.parametrize("allocator", ["pymalloc", "malloc"])
def test_the_allocator_in_force_is_proved(allocator):
    done = call("sample", cell(allocator=allocator), "--iterations", "50", "--batches", "2",
                "--reference", PYTHON)
    assert done.returncode == 0, done.stderr
    assert f'"backend": "cpython-{allocator}"' in done.stdout
    assert '"origin": "' + os.path.realpath(PYTHON) in done.stdout


def test_another_allocator_in_force_is_found_out(tmp_path):
    """The python started by hand with the wrong PYTHONMALLOC: the cell's name is not believed."""
    assert call("sample", cell(), "--iterations", "9", "--reference", PYTHON,
                XDG_CACHE_HOME=str(tmp_path)).returncode == 0
    [folder] = (tmp_path / "heapmark").iterdir()
    code = ("import sys; sys.path[:] = [sys.argv[1]]; import heapmark_reference as r; "
            "sys.exit(r.main(sys.argv[2:]))")
    tunables = "glibc.rtld.optional_static_tls=16384"
    done = subprocess.run([PYTHON, "-s", "-S", "-c", code, folder, cell(), "--iterations", "9"],
                          capture_output=True, text=True,
                          env={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "1",
                               "GLIBC_TUNABLES": tunables})
    assert done.returncode == 3 and "PYTHONMALLOC" in done.stderr


def test_cells_and_pythons_that_cannot_be_are_refused(tmp_path):
    refused(call("sample", cell()), "--reference PYTHON")
    refused(call("sample", cell(runtime="cpython-1.2.3"), "--reference", PYTHON), RUNTIME)
    refused(call("sample", cell(work="growing-dict"), "--reference", PYTHON), "growing-dict")
    refused(call("run", "--backend", "cpython-pymalloc"), "--reference")
    for python in ("/nonexistent/python3", "no-such-python", "/bin/true"):
        refused(call("run", "--reference", python, "--dry-run"), "--reference", python)
    twin = tmp_path / "python3"
    twin.symlink_to(PYTHON)
    refused(call("run", "--reference", PYTHON, "--reference", twin, "--dry-run", timeout=300),
            str(twin), RUNTIME)


def test_without_a_compiler_or_headers_one_line_says_so(tmp_path):
    refused(call("run", "--reference", PYTHON, "--dry-run", CC="/nonexistent/cc",
                 XDG_CACHE_HOME=str(tmp_path)), "C compiler", "/nonexistent/cc")
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\n" + PYTHON + ' "$@" | sed \'s|"include": "[^"]*"|"include": "/no"|\'\n')
    fake.chmod(0o755)
    refused(call("run", "--reference", fake, "--dry-run", XDG_CACHE_HOME=str(tmp_path / "other")),
            "python3-dev")


def test_shards_share_the_references_cells():
    whole = planned(*SMALL)
    parts = [planned(*SMALL, "--shard", f"{part}/2") for part in (1, 2)]
    assert sorted(set(parts[0]) | set(parts[1])) == whole
    assert any(RUNTIME in name for name in whole)
