"""Tests of `heapmark run`: the plan, the files it leaves, what it says, and its limits."""

import json
import os
import pty
import re
import select
import subprocess
import sys
from collections import Counter

import pytest

from harness import (CELL, COMMAND, SANITIZED, SMALL, SMALL_SAMPLES, call, check_folder,
                     environment, read_environment, read_journal, refused, start, new_mark,
                     validator)


def plan(*arguments):
    done = call("run", "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One small run, in a folder with spaces, a quote and a letter beyond ASCII in its name."""
    folder = tmp_path_factory.mktemp("runs") / "a run's größe" / "results" / "first run"
    done = call("run", *SMALL, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_works_that_need_more_threads_are_named(tmp_path):
    words = ("left out: producer-consumer needs 2 threads or more, an even number; to include it: "
             "--threads 1,2")
    small = ["--backend", "system", "--collector", "none", "--filter", "^(producer|streaming)",
             "--param", "streaming-generator.items=20", "--param", "producer-consumer.sizes=fixed",
             "--repetitions", "1", "--memory-repetitions", "0", "--latency-repetitions", "0",
             "--min-time", "1ms"]
    assert f"# {words}" in call("run", "--dry-run", *small).stdout.splitlines()
    done = call("run", *small, "--out", tmp_path / "run")
    assert done.returncode == 0 and words in done.stderr.splitlines()
    assert {s["workload"] for s in check_folder(tmp_path / "run")} >= {"streaming-generator"}
    assert "left out" not in call("run", "--dry-run", *small, "--threads", "1,2").stdout
    small[small.index("^(producer|streaming)")] = "^producer"
    refused(call("run", "--dry-run", *small), words.removeprefix("left out: "))


def test_a_dry_run_writes_nothing_and_is_the_same_again(tmp_path):
    first = call("run", "--dry-run", *SMALL, cwd=tmp_path)
    assert first.returncode == 0 and first.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert call("run", "--dry-run", *SMALL, cwd=tmp_path).stdout == first.stdout
    assert call("run", "--dry-run", *SMALL, "--seed", "2", cwd=tmp_path).stdout != first.stdout


def test_a_small_plan_has_its_cells_and_its_controls():
    assert Counter(plan(*SMALL)) == Counter(
        [f"{CELL}#time#0", f"{CELL}#time#1", f"{CELL}#memory#0", f"{CELL}#latency#0",
         f"{CELL}#control-time#0", f"{CELL}#control-time#1"]
        + [f"{work}/backend:system/linkage:so/collector:none/threads:1/runtime:heapmark#{tail}"
           for work, tail in (("empty", "time#0"), ("empty", "time#1"), ("null", "memory#0"))])
    assert len(plan(*SMALL)) == SMALL_SAMPLES


def test_numbers_of_threads_make_cells_with_checksums_of_their_own(tmp_path):
    folder = tmp_path / "run"
    done = call("run", *SMALL, "--threads", "1,2", "--out", folder)
    assert done.returncode == 0, done.stderr
    check_folder(folder)
    records = [one for one in read_journal(folder) if one["role"] == "cell"]
    assert {one["threads"] for one in records} == {1, 2}
    assert all(one["valid"] for one in records)
    work = next(one for one in read_environment(folder)["plan"]["works"]
                if one["work"] == records[0]["work"])
    assert set(work["checksums"]) == {"threads:1", "threads:2"}
    for one in records:
        assert one["checksum"] == work["checksums"][f"threads:{one['threads']}"]
        assert one["iterations"] == work["iterations"]
        assert ("thread_cpus" in one) == (one["threads"] == 2)


def test_rounds_follow_each_other_and_are_shuffled():
    ids = plan("--backend", "system,bump", "--repetitions", "6")
    rounds = [int(name.rsplit("#", 1)[1]) for name in ids]
    assert rounds == sorted(rounds)
    orders = [[name.rsplit("#", 1)[0] for name in ids if name.endswith(f"#time#{index}")]
              for index in range(6)]
    assert len({tuple(order) for order in orders}) == 6
    assert len({tuple(sorted(order)) for order in orders}) == 1


def test_the_matrix_is_a_product():
    ids = plan("--backend", "system,bump", "--backend", "debug", "--collector", "none,off",
               "--collector", "generational;trigger=manual", "--repetitions", "1",
               "--memory-repetitions", "0", "--param", "growing-dict.entries=10,20",
               "--param", "growing-dict.dicts=1,2,3", "--filter", "^growing-dict")
    cells = [name for name in ids if re.search(r"^growing-dict.*#time#", name)]
    assert len(cells) == len(set(cells)) == 3 * 3 * 2 * 3
    assert sum("/collector:generational-manual/" in name for name in cells) == 18


def test_a_parameter_of_a_workload_that_the_profile_lacks_adds_it(tmp_path):
    assert any(name.startswith("short-lived/kind:int/batch:7/") for name in plan(
        "--backend", "system", "--param", "short-lived.kind=int", "--param",
        "short-lived.batch=7"))


def test_the_files_of_a_run(finished):
    folder, done = finished
    samples = check_folder(folder)
    assert [sample["id"] for sample in samples] == plan(*SMALL)
    assert all(sample["valid"] for sample in samples), done.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "benchmarks.json", "environment.json", "journal.jsonl"]
    described = read_environment(folder)
    assert described["run"] == folder.name
    assert described["command_line"][:4] == ["heapmark", "run", "--backend", "system"]
    assert described["started_at"] < described["finished_at"]
    listed = json.loads(call("list", "metrics", "--format", "json").stdout)["metrics"]
    assert described["metrics"] == listed


def test_every_sample_of_a_work_did_the_same_and_was_laid_out_anew(finished):
    samples = read_journal(finished[0])
    of_cell = [sample for sample in samples if sample["cell"] == CELL]
    assert len({sample["checksum"] for sample in of_cell}) == 1
    assert len({(s["iterations"], s["batches"], s["operations"]) for s in of_cell}) == 1
    assert of_cell[0]["batches"] >= 20
    paddings = {sample["padding_bytes"] for sample in samples}
    assert len(paddings) > 1 and max(paddings) <= 4095
    work = next(w for w in read_environment(finished[0])["plan"]["works"]
                if w["work"] == of_cell[0]["work"])
    assert work["iterations"] == of_cell[0]["iterations"]
    assert work["checksums"] == {"threads:1": of_cell[0]["checksum"]}
    assert of_cell[0]["operations"] == (work["iterations"] * work["batches"]
                                        * work["operations_per_iteration"])


def test_what_only_the_driver_sees(tmp_path):
    """A memory sample long enough for the looks from outside to find something."""
    done = call("run", "--backend", "system", "--collector", "none", "--filter", "^growing-dict",
                "--param", "growing-dict.clearing=never-cleared", "--param",
                "growing-dict.entries=300", "--repetitions", "1", "--min-time", "5ms",
                "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    memory = next(s for s in samples if s["kind"] == "memory" and s["role"] == "cell")
    timeline = memory["timeline"]
    assert len(timeline["at_ns"]) == len(timeline["rss_bytes"]) >= 5
    assert timeline["at_ns"] == sorted(timeline["at_ns"]) and timeline["at_ns"][0] >= 0
    assert [name for _, name in timeline["phase"]][-1] == "release"
    assert timeline["phase"][0][0] >= 0
    assert max(timeline["rss_bytes"]) <= memory["metrics"]["peak_rss_bytes"] * 1.05
    steady = next(e for e in memory["edges"] if e["edge"] == "steady")
    until = [rss for at, rss in zip(timeline["at_ns"], timeline["rss_bytes"])
             if at <= steady["at_ns"]]
    masked = sum(min(end, steady["at_ns"]) - begin for begin, end in timeline["masked_ns"]
                 if begin < steady["at_ns"])
    integral = memory["metrics"]["rss_integral_byte_s"]
    seconds = (steady["at_ns"] - masked) / 1e9
    assert min(until) * seconds * 0.99 <= integral <= max(until) * seconds * 1.01
    for sample in samples:
        share = sample["metrics"]["foreign_cpu_share"]
        assert share is None or 0 <= share <= 1
        assert sample["duration_ns"] > 0


SHARES = ["foreign_cpu_share", "steal_share", "cpu_pressure_share"]


def test_every_record_says_what_others_did(finished):
    for sample in read_journal(finished[0]):
        found = sample["contamination"]
        assert found["contaminated"] == bool(found["why"]) and found["waited_ns"] >= 0
        for name in SHARES:
            assert found[name] is None or 0 <= found[name] <= 1
            assert sample["metrics"][name] == found[name]


@pytest.fixture
def busy():
    """As many processes as there are processors, doing nothing for as long as the test takes."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                for _ in range(os.cpu_count())]
    yield
    for process in spinning:
        process.kill()
        process.wait()


def test_a_busy_machine_is_told(busy, tmp_path):
    done = call("run", *SMALL[:-1], "10ms", "--memory-repetitions", "0", "--latency-repetitions",
                "0", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    told = [sample for sample in samples if sample["contamination"]["contaminated"]]
    assert told
    words = "; ".join(why for sample in told for why in sample["contamination"]["why"])
    assert "others used" in words or "waited for a CPU" in words


def test_benchmarks_json_is_google_benchmarks(finished):
    folder, _ = finished
    document = json.loads((folder / "benchmarks.json").read_text())
    entries = document["benchmarks"]
    times = sorted((s for s in read_journal(folder) if s["kind"] == "time" and s["role"] == "cell"),
                   key=lambda sample: sample["repetition"])
    memory = next(s for s in read_journal(folder) if s["kind"] == "memory" and s["role"] == "cell")
    assert [entry["name"] for entry in entries] == [sample["cell"] for sample in times]
    assert [entry["repetition_index"] for entry in entries] == [0, 1]
    for entry, sample in zip(entries, times):
        assert entry["real_time"] == pytest.approx(sample["metrics"]["ns_per_op"])
        assert entry["cpu_time"] == pytest.approx(sample["metrics"]["cpu_ns_per_op"])
        assert entry["items_per_second"] == pytest.approx(sample["metrics"]["ops_per_second"])
        assert entry["iterations"] == sample["operations"] and entry["repetitions"] == 2
    # The one memory sample's figures stand once.
    assert entries[0]["peak_rss_bytes"] == memory["metrics"]["peak_rss_bytes"]
    assert "peak_rss_bytes" not in entries[1]
    assert document["context"]["library_build_type"] in ("debug", "release")


def test_latest_points_to_the_newest_run_in_results(finished, tmp_path):
    folder, _ = finished
    latest = folder.parent / "latest"
    assert latest.is_symlink() and os.readlink(latest) == folder.name
    assert call("run", *SMALL, "--out", folder.parent / "second").returncode == 0
    assert os.readlink(latest) == "second"
    assert call("run", *SMALL, "--out", tmp_path / "elsewhere").returncode == 0
    assert not (tmp_path / "latest").exists()


def test_the_default_folder_says_when_and_what(tmp_path):
    assert call("run", *SMALL, cwd=tmp_path).returncode == 0
    runs = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert len(runs) == 2 and runs[1] == "latest"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-quick", runs[0])
    check_folder(tmp_path / "results" / "latest")


def test_a_run_is_never_written_over(finished):
    folder, _ = finished
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    refused(call("run", *SMALL, "--out", folder), "holds a run already", "--resume")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_written(tmp_path):
    """Root may write anywhere: then somebody else asks."""
    tmp_path.chmod(0o555)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    try:
        done = subprocess.run([COMMAND, "run", *SMALL, "--out", "/proc/heapmark" if nobody else
                               str(tmp_path / "run")], capture_output=True, text=True, timeout=60,
                              env=environment(), cwd="/", **nobody)
    except PermissionError:
        pytest.skip("the command lies where only root may go")
    refused(done, "cannot be written")


def test_the_summary_of_a_run(tmp_path):
    """The plot package's, where the Python that runs this test can make it."""
    done = call("run", *SMALL, "--progress", "never", "--out", tmp_path / "run",
                HEAPMARK_PYTHON=sys.executable)
    assert done.returncode == 0 and done.stderr == ""
    assert "system" in done.stdout and "streaming-generator/items:20" in done.stdout
    assert "\033[" not in done.stdout


def test_the_plain_table_where_no_python_can(finished):
    folder, done = finished
    told = [line for line in done.stderr.splitlines() if "HEAPMARK_PYTHON" in line]
    assert len(told) == 1 and "python3-matplotlib" in told[0]
    lines = done.stdout.splitlines()
    row = next(line for line in lines if line.startswith("streaming-generator/items:20"))
    times = sorted(s["metrics"]["ns_per_op"] for s in read_journal(folder)
                   if s["role"] == "cell" and s["kind"] == "time")
    assert float(row.split()[-1]) == pytest.approx((times[0] + times[1]) / 2, rel=1e-3)
    assert any("peak RSS" in line for line in lines)


def test_the_report_is_the_plot_packages(finished, tmp_path):
    folder, _ = finished
    package = tmp_path / "heapmark_plot"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(6)\n")
    done = call("report", folder, "--against", folder, HEAPMARK_PYTHON=sys.executable,
                HEAPMARK_PLOT=str(tmp_path))
    assert done.returncode == 6
    words = repr(["report", f"--against={folder}", "--", str(folder)])
    assert done.stdout == f"{words}\n"
    refused(call("report", folder), "HEAPMARK_PYTHON", "python3-matplotlib")


def test_a_report_can_be_made_of_a_run(finished):
    folder, _ = finished
    done = call("report", folder, HEAPMARK_PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert (folder / "report.html").stat().st_size > 10000
    for path in (folder / "figures").iterdir():
        path.unlink()
    (folder / "figures").rmdir()
    (folder / "report.html").unlink()


def test_progress_goes_to_stderr_and_can_be_silenced(tmp_path):
    loud = call("run", *SMALL, "--progress", "always", "--out", tmp_path / "loud")
    lines = [line for line in loud.stderr.splitlines() if " elapsed, " in line]
    assert len(lines) >= SMALL_SAMPLES
    assert f"{SMALL_SAMPLES}/{SMALL_SAMPLES}" in lines[-1] and "left" in lines[-1]
    assert "elapsed" not in loud.stdout and "\033[" not in loud.stderr
    silent = call("run", *SMALL, "--progress", "never", "--out", tmp_path / "silent")
    assert len(silent.stderr.splitlines()) == 1  # no Python for the summary


def on_terminal(arguments, **more):
    """Runs the command with a terminal on stderr; returns what it drew there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.PIPE,
                               stderr=theirs, env=environment(TERM="xterm", **more))
    os.close(theirs)
    drawn = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        assert ready, "the command is silent"
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        drawn += part
    os.close(ours)
    process.stdout.read()
    assert process.wait(60) == 0
    return drawn.decode()


def test_colours_on_a_terminal_and_no_color(tmp_path):
    dim = "\033[2m"
    assert dim in on_terminal(["run", *SMALL, "--out", tmp_path / "1"])
    assert dim not in on_terminal(["run", *SMALL, "--out", tmp_path / "2"], NO_COLOR="1")
    assert dim not in on_terminal(["run", *SMALL, "--color", "never", "--out", tmp_path / "3"])
    assert dim in on_terminal(["run", *SMALL, "--color", "always", "--out", tmp_path / "4"],
                              NO_COLOR="1")


def test_a_sample_that_takes_too_long(tmp_path):
    done = call("run", "--backend", "system", "--collector", "none", "--filter",
                "^streaming-generator", "--param", "streaming-generator.items=10000000",
                "--param", "streaming-generator.stages=64", "--repetitions", "1", "--timeout", "0.6",
                "--out", tmp_path / "run")
    assert done.returncode == 3, done.stderr
    cells = [s for s in check_folder(tmp_path / "run") if s["role"] == "cell"]
    assert cells and not any(sample["valid"] for sample in cells)
    for sample in cells:  # the work failed when it was calibrated, so none of them was started
        assert sample["duration_ns"] == 0
        assert sample["contamination"] == {**dict.fromkeys(SHARES), "waited_ns": 0,
                                           "contaminated": False, "why": []}
    assert all("no answer within 0.6 s" in sample["reason"] for sample in cells)


def test_a_sample_that_grows_too_large(tmp_path):
    """The limit is far above what a process needs by itself and far below what the work takes."""
    limit = "200MiB" if SANITIZED else "24MiB"
    entries = "300000" if SANITIZED else "100000"
    done = call("run", "--backend", "system", "--collector", "none", "--filter", "^growing-dict",
                "--param", f"growing-dict.entries={entries}", "--param",
                "growing-dict.clearing=never-cleared", "--repetitions", "1", "--memory-limit",
                limit, "--out", tmp_path / "run")
    assert done.returncode == 3, done.stderr
    samples = check_folder(tmp_path / "run")
    cells = [sample for sample in samples if sample["role"] == "cell"]
    assert cells and not any(sample["valid"] for sample in cells)
    for sample in cells:
        assert re.search(r"resident memory \S+ MiB passed the limit of \S+ MiB", sample["reason"])
    assert all(s["valid"] for s in samples if s["role"] in ("null", "empty"))


def test_a_wrong_result_is_invalid(tmp_path):
    """The run's checksum is made another one between two sessions: what is measured then differs."""
    folder = tmp_path / "run"
    process = start("run", *SMALL, "--out", folder, mark=new_mark())
    while not (folder / "journal.jsonl").exists() or not read_journal_or_none(folder):
        assert process.poll() is None
    process.send_signal(2)
    process.communicate(timeout=60)
    described = read_environment(folder)
    for work in described["plan"]["works"]:
        work["checksums"] = {"threads:1": "0xbad"}
    (folder / "environment.json").write_text(json.dumps(described))
    before = len(read_journal(folder))
    done = call("run", "--resume", "--out", folder)
    assert done.returncode == 3
    later = check_folder(folder)[before:]
    assert later
    for sample in later:
        assert sample["reason"].startswith("checksum differs from the other cells of this work: ")
        assert sample["reason"].endswith(" instead of 0xbad")


def read_journal_or_none(folder):
    try:
        return read_journal(folder)
    except json.JSONDecodeError:
        return None


def test_the_schema_refuses_what_is_wrong(finished):
    """A check that cannot fail is none."""
    sample = read_journal(finished[0])[0]
    for spoil in (lambda s: s.pop("id"), lambda s: s.update(reason="x"),
                  lambda s: s.update(seed=1), lambda s: s.update(cell="short-lived")):
        spoiled = json.loads(json.dumps(sample))
        spoil(spoiled)
        assert not validator("sample").is_valid(spoiled)


def test_the_harness_costs_little(tmp_path):
    """The empty workload's time per step is at most 2 % of the quickest real cell's."""
    if SANITIZED:
        pytest.skip("a sanitizer's times mean nothing")
    work = "short-lived.kind=int"
    done = call("run", "--backend", "system", "--collector", "none", "--filter", "^short-lived",
                "--param", work, "--repetitions", "3", "--memory-repetitions", "0",
                "--latency-repetitions", "0", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    times = {"empty": [], "cell": []}
    for sample in check_folder(tmp_path / "run"):
        if sample["role"] in times:
            times[sample["role"]].append(sample["metrics"]["ns_per_op"])
    described = read_environment(tmp_path / "run")["plan"]["works"]
    per_step = {w["workload"]: w["operations_per_iteration"] for w in described}
    # Steps are compared, not operations: a step of a real work does many.
    assert min(times["empty"]) * per_step["empty"] <= 0.02 * min(times["cell"]) * per_step["short-lived"]
