"""Tests of what `heapmark exec` measures and leaves behind, on real programs."""

import json
import math
import re
import subprocess
import sys

import pytest

from harness import FIXTURES, ROOT, SANITIZED, call, environment
from programs import (PAGE, PYTHON, PYTHON3, SLACK, SMALL, TOUCH, compared, one, read_folder,
                      run_exec)

SCRIPT = "d = [str(i) * 3 for i in range(60000)]; print(len(set(d)))"
QUERY = ("with recursive c(x) as (select 1 union all select x + 1 from c where x < 40000) "
         "select count(distinct x || 'a') from c")


def test_rounds_hold_every_allocator_once_in_random_order(tmp_path):
    names = ["system", "jemalloc", "mimalloc", "tcmalloc"]
    done, described, samples = run_exec(
        tmp_path / "r", ["--backend", ",".join(names), "--repetitions", "4", "--warmup", "0"],
        ["/bin/true"])
    assert done.returncode == 0, done.stderr
    assert described["state"] == "finished" and described["samples"] == len(samples) == 16
    assert [sample["sequence"] for sample in samples] == list(range(16))
    rounds = [[s["variant"] for s in samples if s["repetition"] == r] for r in range(4)]
    assert all(sorted(order) == sorted(names) for order in rounds)
    assert len({tuple(order) for order in rounds}) > 1
    assert all(s["valid"] and s["reason"] is None and s["exit_code"] == 0 for s in samples)
    assert len({s["padding_bytes"] for s in samples}) > 8


def test_the_seed_decides_the_order(tmp_path):
    def order(name, seed):
        _, _, samples = run_exec(
            tmp_path / name, ["--backend", "system,jemalloc,mimalloc", "--repetitions", "4",
                              "--warmup", "0", "--seed", seed], ["/bin/true"])
        return [(s["variant"], s["padding_bytes"]) for s in samples]
    assert order("a", 3) == order("b", 3) != order("c", 4)


def test_warm_ups_count_for_nothing(tmp_path):
    log = tmp_path / "log"
    _, _, samples = run_exec(tmp_path / "r", ["--backend", "system", "--repetitions", "2",
                                              "--warmup", "3"],
                             ["/bin/sh", "-c", f"echo run >> {log}"])
    assert len(samples) == 2 and len(log.read_text().splitlines()) == 5


def test_the_proof_names_the_library(tmp_path):
    _, described, samples = run_exec(
        tmp_path / "r", ["--backend", "jemalloc,system", "--repetitions", "1", "--warmup", "0"],
        ["/bin/sh", "-c", "ls / > /dev/null"])
    libraries = {v["label"]: v["library"] for v in described["variants"]}
    for sample in samples:
        files = {entry["malloc_file"] for entry in sample["proof"]}
        assert len(files) == 1
        if sample["variant"] == "jemalloc":
            assert files == {libraries["jemalloc"]}
        else:
            assert libraries["system"] is None and files.pop().endswith("/libc.so.6")
        assert {entry["executable"].rsplit("/", 1)[1] for entry in sample["proof"]} >= {"ls"}


@pytest.mark.parametrize("mebibytes", [0, 64])
def test_the_peak_is_right_to_a_page(tmp_path, mebibytes):
    """The program reads its own VmHWM once it has touched its memory, and holds it for a while.

    Without memory of its own it is smaller than heapmark, whose size must not show in it.
    """
    own = tmp_path / "own"
    sample = one(tmp_path / "r", [TOUCH, mebibytes, 100, own])
    told = int(own.read_text())
    assert sample["valid"], sample["reason"]
    assert told >= mebibytes << 20
    metrics = sample["metrics"]
    assert abs(metrics["largest_process_peak_bytes"] - told) <= PAGE
    assert abs(metrics["peak_rss_bytes"] - told) <= PAGE
    highest = max(sample["timeline"]["rss_bytes"])
    assert abs(highest - told) <= PAGE


def test_64_mebibytes_more_are_64_mebibytes_more(tmp_path):
    sizes = [one(tmp_path / str(size), [TOUCH, size, 100, tmp_path / "own"])["metrics"]
             ["largest_process_peak_bytes"] for size in (1, 65)]
    # How many pages of the libraries are mapped at once varies with where they lie.
    assert abs(sizes[1] - sizes[0] - (64 << 20)) <= 64 * PAGE


def test_a_peak_that_may_be_heapmarks_own_is_unknown(tmp_path):
    """Over before a second look, and smaller than heapmark was when it forked."""
    _, _, samples = run_exec(tmp_path / "r", ["--backend", "system", "--repetitions", "20",
                                              "--warmup", "0"], ["/bin/true"])
    for sample in samples:
        peak = sample["metrics"]["largest_process_peak_bytes"]
        if sample["timeline"]["looks"] < 2:
            assert peak is None or peak > sample["floor_rss_bytes"] + SLACK
        assert sample["metrics"]["peak_rss_bytes"] == peak


def test_a_short_peak_is_seen_after_the_end(tmp_path):
    """No look falls into the last moments: the kernel's own account tells of them."""
    sample = one(tmp_path / "r", [TOUCH, 64, 0, tmp_path / "own"])
    peak = sample["metrics"]["largest_process_peak_bytes"]
    assert abs(peak - int((tmp_path / "own").read_text())) <= SLACK


@pytest.mark.parametrize("command", [
    [PYTHON3, "-c", "b = bytearray(40 << 20); sum(i * i for i in range(2500000))"],
    ["/bin/sh", "-c", f"for i in 1 2 3; do {PYTHON3} -c 'sum(i*i for i in range(800000))'; done"]],
    ids=["one process", "a tree"])
def test_figures_agree_with_time(tmp_path, command):
    """GNU time measures the same run from inside; it shows hundredths of a second and KiB."""
    told = tmp_path / "told"
    sample = one(tmp_path / "r", ["/usr/bin/time", "-o", told, "-f", "%e %U %S %M", *command])
    assert sample["valid"], sample["reason"]
    wall, user, system, peak = map(float, told.read_text().split())
    metrics = sample["metrics"]
    assert abs(metrics["cpu_ns"] / 1e9 - user - system) <= 0.03 + 0.03 * (user + system)
    assert wall - 0.01 <= metrics["wall_ns"] / 1e9 <= wall * 1.1 + 0.15
    assert abs(metrics["largest_process_peak_bytes"] - peak * 1024) <= SLACK
    assert metrics["user_ns"] + metrics["system_ns"] == metrics["cpu_ns"]
    assert metrics["minor_page_faults"] > 100


@pytest.mark.skipif(SANITIZED, reason="the statistics are Python's; the release build tests them")
@pytest.mark.parametrize("command, more", [
    ([PYTHON3, "-c", SCRIPT], {"PYTHONMALLOC": "malloc"}),
    (["/usr/bin/sqlite3", ":memory:", QUERY], {}),
    (["/usr/bin/gcc", "-O1", "-c", "-o", "/dev/null", ROOT / "src" / "base" / "quantity.c",
      "-I", ROOT / "src", "-D_GNU_SOURCE"], {})],
    ids=["python3", "sqlite3", "gcc"])
def test_real_programs_show_the_allocators_apart(tmp_path, command, more):
    """tcmalloc takes its memory in larger steps than glibc: a small program's peak differs by far
    more than 2 %."""
    found = compared(tmp_path / "r", ["--backend", "system,jemalloc,tcmalloc"], command, **more)
    assert found["baseline"] == "system" and found["invalid"] == []
    by_label = {variant["label"]: variant for variant in found["variants"]}
    ratio = by_label["tcmalloc"]["ratios"]["peak_rss_bytes"]
    assert ratio["verdict"] == "worse" and ratio["low"] > 1.02
    medians = {label: variant["metrics"]["peak_rss_bytes"]["median"]
               for label, variant in by_label.items()}
    assert math.isclose(ratio["value"], medians["tcmalloc"] / medians["system"], rel_tol=0.02)
    assert all(variant["valid"] == variant["samples"] == 5 for variant in found["variants"])
    noted = any("PYTHONMALLOC=malloc" in note for note in found["notes"])
    assert noted == bool(more)


def test_orphans_are_waited_for_and_counted(tmp_path):
    burn = f"{PYTHON3} -c 'sum(i*i for i in range(1500000))'"
    sample = one(tmp_path / "r", ["/bin/sh", "-c", f"({burn} &) ; exit 0"])
    assert sample["valid"], sample["reason"]
    assert sample["outlived_ns"] > sample["metrics"]["wall_ns"] / 2
    assert sample["metrics"]["cpu_ns"] > sample["metrics"]["wall_ns"]
    assert any(process["executable"].startswith("/usr/bin/python3")
               for process in sample["processes"])


def test_a_tree_is_summed(tmp_path):
    touch = f"{TOUCH} 16 400 {tmp_path}/own"
    sample = one(tmp_path / "r", ["/bin/sh", "-c", f"{touch}1 & {touch}2 & wait"])
    assert sample["valid"] and sample["most_processes"] >= 3
    assert sample["metrics"]["peak_rss_bytes"] >= 32 << 20
    assert sample["metrics"]["largest_process_peak_bytes"] < 24 << 20
    large = [p for p in sample["processes"] if p["peak_rss_bytes"] >= 16 << 20]
    assert len(large) == 2 and len({p["pid"] for p in large}) == 2


def test_standard_input_and_output(tmp_path):
    data = tmp_path / "data"
    data.write_text("x" * 1234)
    nothing = one(tmp_path / "a", ["/usr/bin/wc", "-c"])
    from_file = one(tmp_path / "b", ["/usr/bin/wc", "-c"], "--input", data)
    again = one(tmp_path / "c", ["/bin/echo", "1234"])
    assert nothing["output"]["bytes"] == len("0\n")
    assert from_file["output"] == again["output"] and again["output"]["bytes"] == 5
    assert nothing["output"]["hash"] != again["output"]["hash"]
    ignored = one(tmp_path / "d", ["/bin/sh", "-c", "x=$(readlink /proc/$$/fd/1); echo $x >&2; exit 9"],
                  "--ignore-output")
    assert ignored["output"] is None and ignored["reason"].endswith("wrote: /dev/null")


def test_much_output_does_not_stop_the_program(tmp_path):
    sample = one(tmp_path / "r", ["/bin/sh", "-c", "head -c 60000000 /dev/zero; "
                                  "head -c 2000000 /dev/zero >&2"])
    assert sample["valid"] and sample["output"]["bytes"] == 60000000


def test_output_that_differs_is_told(tmp_path):
    done, _, _ = run_exec(tmp_path / "r", ["--backend", "system,jemalloc", "--repetitions", "2"],
                          ["/bin/sh", "-c", "echo $$"], **PYTHON)
    assert "Standard output differed between samples of the same allocator" in done.stdout
    done, _, _ = run_exec(tmp_path / "s", ["--backend", "system,jemalloc", "--repetitions", "2"],
                          ["/bin/sh", "-c", "echo $LD_PRELOAD"], **PYTHON)
    assert "Standard output differed between allocators" in done.stdout


def test_only_what_changes_allocators_is_taken_from_the_environment(tmp_path):
    test = ('[ "$MINE" = here ] && [ -z "$MALLOC_ARENA_MAX$MIMALLOC_VERBOSE" ] && '
            '[ "$LD_LIBRARY_PATH" = /nowhere ] && [ "$PYTHONMALLOC" = pymalloc ]')
    sample = one(tmp_path / "r", ["/bin/sh", "-c", test], MINE="here", MALLOC_ARENA_MAX="1",
                 MIMALLOC_VERBOSE="1", LD_LIBRARY_PATH="/nowhere", PYTHONMALLOC="pymalloc")
    assert sample["valid"], sample["reason"]
    described, _ = read_folder(tmp_path / "r")
    assert sorted(described["dropped_variables"]) == ["MALLOC_ARENA_MAX", "MIMALLOC_VERBOSE"]


def test_settings_of_a_spec_reach_the_program(tmp_path):
    library = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
    done, _, samples = run_exec(
        tmp_path / "r", ["--backend", f"mine=preload:{library};env=MALLOC_CONF=narenas:1",
                         "--repetitions", "1"],
        ["/bin/sh", "-c", '[ "$MALLOC_CONF" = narenas:1 ]'])
    assert done.returncode == 0 and samples[0]["variant"] == "mine" and samples[0]["valid"]


def test_both_ways_of_a_python_program(tmp_path):
    script = ("import os, sys; want = sys.argv[1:]; "
              "print('ok' if os.environ['PYTHONMALLOC'] in ('malloc', 'pymalloc') else 'bad')")
    done, described, samples = run_exec(
        tmp_path / "r", ["--backend", "system,jemalloc", "--python-malloc", "both",
                         "--repetitions", "1", "--warmup", "0"], [PYTHON3, "-c", script], **PYTHON)
    assert [v["label"] for v in described["variants"]] == [
        "system", "jemalloc", "system+malloc", "jemalloc+malloc"]
    assert [v["python_malloc"] for v in described["variants"]] == ["pymalloc"] * 2 + ["malloc"] * 2
    assert described["program"]["python"] is True and described["baseline"] == "system"
    assert "+malloc is PYTHONMALLOC=malloc" in done.stdout
    assert all(sample["valid"] for sample in samples)


def test_python_sends_its_blocks_where_it_is_told(tmp_path):
    """Under pymalloc 40 MiB of small objects never reach the allocator that aborts at 20,000 calls."""
    if SANITIZED:
        pytest.skip("a sanitized library cannot be preloaded into a foreign program")
    spec = f"die=preload:{FIXTURES}/libdie_midrun.so"
    script = "x = [i + 1000000 for i in range(300000)]"
    for way, valid in (("pymalloc", True), ("malloc", False)):
        _, _, samples = run_exec(
            tmp_path / way, ["--backend", spec, "--python-malloc", way, "--repetitions", "1",
                             "--warmup", "0"], [PYTHON3, "-S", "-c", script])
        assert samples[0]["valid"] == valid, samples[0]["reason"]


@pytest.mark.parametrize("way, words", [
    (None, "By default most of its small blocks never reach the preloaded allocator"),
    ("pymalloc", "PYTHONMALLOC=pymalloc"), ("malloc", "every block goes to the allocator")])
def test_the_note_on_python(tmp_path, way, words):
    asked = ["--python-malloc", way] if way else []
    # A shell starts it: only the process itself tells that it is a Python.
    done, _, _ = run_exec(tmp_path / "r", [*SMALL, *asked],
                          ["/bin/sh", "-c", f"exec {PYTHON3} -c pass"], **PYTHON)
    assert words in done.stdout


def test_the_report(tmp_path):
    folder = tmp_path / "r"
    done, described, _ = run_exec(
        folder, ["--backend", "system,jemalloc,tcmalloc", "--repetitions", "3"],
        [TOUCH, 8, 40, tmp_path / "<own>&"], **PYTHON)
    assert done.returncode == 0, done.stderr
    pages = []
    for _ in range(2):
        written = call("report", folder, **PYTHON)
        assert written.returncode == 0 and written.stdout == f"{folder}/report.html\n", written.stderr
        pages.append({path.name: path.read_bytes() for path in
                      [folder / "report.html", *(folder / "figures").iterdir()]})
    assert pages[0] == pages[1]
    assert set(pages[0]) == {"report.html", "exec-samples.svg", "exec-samples.png",
                             "exec-rss-over-time.svg", "exec-rss-over-time.png"}
    page = pages[0]["report.html"].decode()
    assert "&lt;own&gt;&amp;" in page and "<own>" not in page
    for words in ("jemalloc", "tcmalloc", "Who served whom", "LD_PRELOAD=", "None: every run"):
        assert words in page
    assert page.count("<svg") == 2 and "http://" not in page.replace("http://www.w3.org", "")


def test_a_report_without_a_known_peak(tmp_path):
    folder = tmp_path / "r"
    done, _, samples = run_exec(folder, SMALL, ["/bin/true"])
    assert done.returncode == 0, done.stderr
    sample = samples[0]
    for name in ("peak_rss_bytes", "largest_process_peak_bytes"):
        sample["metrics"][name] = None
    sample["timeline"] = {"at_ns": [], "rss_bytes": [], "looks": 0}
    (folder / "journal.jsonl").write_text(json.dumps(sample) + "\n")
    assert call("report", folder, **PYTHON).returncode == 0
    page = (folder / "report.html").read_text()
    assert "Only system ran" in page and "so memory over time is not known" in page


def test_the_table_tells_what_the_json_tells(tmp_path):
    folder = tmp_path / "r"
    options = ["--backend", "system,tcmalloc", "--repetitions", "5"]
    found = compared(folder, options, [TOUCH, 4, 30, tmp_path / "own"])
    again = subprocess.run([sys.executable, "-m", "heapmark_plot", "exec", folder],
                           capture_output=True, text=True, check=True,
                           env=environment(PYTHONPATH=str(ROOT / "plot")))
    block = again.stdout[again.stdout.index("peak RSS"):].splitlines()
    row = next(line for line in block if line.split()[:1] == ["tcmalloc"])
    ratio = found["variants"][1]["ratios"]["peak_rss_bytes"]
    assert ratio["verdict"] in row and f"{ratio['value']:.2f}×" in row and "5 of 5" in row
    validated = subprocess.run([sys.executable, "-m", "heapmark_plot", "validate", folder],
                               capture_output=True, text=True,
                               env=environment(PYTHONPATH=str(ROOT / "plot")))
    assert "10 samples, all as results/schema.json says" in validated.stdout


def test_without_python_there_is_a_plain_table(tmp_path):
    done, _, _ = run_exec(tmp_path / "r", SMALL, ["/bin/sleep", "0.03"])
    assert done.returncode == 0
    assert "this is the plain table" in done.stderr and len(done.stderr.splitlines()) == 1
    assert re.search(r"^system +\S+ \S+ +\S+ \S+ +\S+ \S+ +1 of 1$", done.stdout, re.MULTILINE)
