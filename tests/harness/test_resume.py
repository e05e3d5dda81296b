"""Tests of stopped runs: interrupted, torn, damaged, continued. test_kill.py kills."""

import json
import os
import resource
import shutil
import signal
import subprocess

import pytest

from harness import (COMMAND, SMALL, call, check_folder, environment, gone, lines, new_mark, planned,
                     read_environment, refused, start, wait_for)

# About twenty samples, so that there is something to kill.
LONGER = [*SMALL[:-4], "--repetitions", "6", "--min-time", "1ms"]


@pytest.fixture(scope="module")
def stopped_once(tmp_path_factory):
    """A run stopped by SIGINT after a few samples."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    process = start("run", *LONGER, "--out", folder, mark=new_mark())
    wait_for(lambda: lines(folder) >= 3, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    return folder


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """A copy of it, which the test may spoil and go on with."""
    return shutil.copytree(stopped_once, tmp_path / "run")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_keeps_what_is_finished(number, tmp_path):
    folder, mark = tmp_path / "a run", new_mark()
    process = start("run", *LONGER, "--out", folder, mark=mark)
    wait_for(lambda: lines(folder) >= 2, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    assert f"--resume --out '{folder}'" in err
    assert gone(mark)
    before = check_folder(folder, state="interrupted")
    assert 2 <= len(before) < len(planned(*LONGER))
    done = call("run", "--resume", "--out", folder)
    assert done.returncode == 0, done.stderr
    after = check_folder(folder)
    assert after[:len(before)] == before
    assert sorted(sample["id"] for sample in after) == planned(*LONGER)


def test_a_signal_before_the_first_sample(tmp_path):
    folder = tmp_path / "run"
    process = start("run", *LONGER, "--out", folder, mark=new_mark())
    wait_for(lambda: (folder / "environment.json").exists(), process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert call("run", "--resume", "--out", folder).returncode == 0
    assert sorted(s["id"] for s in check_folder(folder)) == planned(*LONGER)


def test_a_run_from_before_there_were_references_goes_on(stopped):
    path = stopped / "environment.json"
    document = json.loads(path.read_text())
    assert document["options"].pop("references") == [] and document.pop("references") == []
    path.write_text(json.dumps(document))
    refused(call("run", "--resume", "--out", stopped, "--reference", "python3"), "--reference differs")
    done = call("run", "--resume", "--out", stopped)
    assert done.returncode == 0, done.stderr
    assert sorted(sample["id"] for sample in check_folder(stopped)) == planned(*LONGER)


def test_the_latest_run_is_the_one_to_resume(tmp_path):
    process = start("run", *LONGER, mark=new_mark(), cwd=tmp_path)
    latest = tmp_path / "results" / "latest"
    wait_for(lambda: latest.exists() and lines(latest) >= 2, process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert call("run", "--resume", cwd=tmp_path).returncode == 0
    check_folder(latest)
    assert len(list((tmp_path / "results").iterdir())) == 2


def test_a_finished_run_has_nothing_left_to_do(tmp_path):
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0
    before = (folder / "journal.jsonl").read_bytes()
    assert call("run", "--resume", "--out", folder).returncode == 0
    assert (folder / "journal.jsonl").read_bytes() == before
    check_folder(folder)


def test_a_torn_last_line_is_measured_again(stopped):
    journal = stopped / "journal.jsonl"
    whole = journal.read_bytes()
    for cut in (1, len(whole.splitlines(True)[-1]) // 2, len(whole.splitlines(True)[-1]) - 1):
        journal.write_bytes(whole[:-cut])
        done = call("run", "--resume", "--out", stopped)
        assert done.returncode == 0, done.stderr
        assert sorted(s["id"] for s in check_folder(stopped)) == planned(*LONGER)


@pytest.mark.parametrize("damage", [
    b"rubbish\n", b"{\"record\": \"sample\"\n", b"{\"record\": \"other\"}\n", b"[]\n", b"\n",
    b"\0\0\0\0\n",
])
def test_damage_in_the_middle_is_named_by_its_line(damage, stopped):
    journal = stopped / "journal.jsonl"
    whole = journal.read_bytes().splitlines(True)
    journal.write_bytes(b"".join([whole[0], damage, *whole[1:]]))
    spoiled = journal.read_bytes()
    refused(call("run", "--resume", "--out", stopped, "--progress", "never"),
            "journal.jsonl:2", "damaged")
    assert journal.read_bytes() == spoiled


def test_a_sample_twice_or_of_another_run_is_refused(stopped):
    journal = stopped / "journal.jsonl"
    whole = journal.read_bytes().splitlines(True)
    journal.write_bytes(b"".join([*whole, whole[0]]))
    refused(call("run", "--resume", "--out", stopped), f"journal.jsonl:{len(whole) + 1}", "twice")
    other = json.loads(whole[0])
    other["id"] = "short-lived/backend:none#time#0"
    journal.write_bytes(json.dumps(other).encode() + b"\n")
    refused(call("run", "--resume", "--out", stopped), "journal.jsonl:1", "not in this run's plan")


CHANGED = [
    (["--seed", "7"], "--seed"),
    (["--repetitions", "9"], "--repetitions"),
    (["--backend", "bump"], "--backend"),
    (["--collector", "off"], "--collector"),
    (["--filter", "^s"], "--filter"),
    (["--param", "streaming-generator.items=21"], "--param"),
    (["--profile", "standard"], "--profile"),
    (["--min-time", "2ms"], "--min-time"),
    (["--timeout", "31"], "--timeout"),
    (["--memory-limit", "3GiB"], "--memory-limit"),
    (["--freelists", "on"], "--freelists"),
    (["--memory-repetitions", "3"], "--memory-repetitions"),
    (["--latency-repetitions", "3"], "--latency-repetitions"),
    (["--precision", "3"], "--precision"),
    (["--most-rounds", "3"], "--most-rounds"),
    (["--settle", "long"], "--settle"),
    (["--duration", "3"], "--duration"),
    (["--shard", "1/2"], "--shard"),
]


def test_options_that_define_the_plan_must_be_the_same(stopped):
    before = (stopped / "journal.jsonl").read_bytes()
    for arguments, name in CHANGED:
        refused(call("run", "--resume", "--out", stopped, *arguments), name, "differs")
    assert (stopped / "journal.jsonl").read_bytes() == before
    # The same again, and what does not define the plan, may be given.
    done = call("run", "--resume", "--out", stopped, *LONGER, "--progress", "never", "--color",
                "never")
    assert done.returncode == 0, done.stderr
    check_folder(stopped)


def spoil_environment(folder, change):
    described = read_environment(folder)
    change(described)
    (folder / "environment.json").write_text(json.dumps(described))


@pytest.mark.parametrize("change, word", [
    (lambda d: d.update(schema=99), "schema"),
    (lambda d: d["build"].update(flags="-O0"), "another build"),
    (lambda d: d.update(heapmark="9.9.9"), "another build"),
    (lambda d: d["options"].pop("repetitions"), "options"),
    (lambda d: d["options"].update(backends=["gone"]), "'gone'"),
    (lambda d: d["plan"].update(samples=1), "plan"),
    (lambda d: d["backends"][0].update(version="0.1"), "0.1"),
])
def test_a_run_of_another_heapmark_or_library_is_refused(change, word, stopped):
    spoil_environment(stopped, change)
    before = (stopped / "journal.jsonl").read_bytes()
    refused(call("run", "--resume", "--out", stopped, "--progress", "never"), word)
    assert (stopped / "journal.jsonl").read_bytes() == before


def test_an_environment_that_is_cut_is_refused(stopped):
    path = stopped / "environment.json"
    path.write_bytes(path.read_bytes()[:100])
    refused(call("run", "--resume", "--out", stopped), "environment.json")


def test_two_at_once_do_not_share_a_folder(tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    first = start("run", *LONGER, "--out", folder, mark=mark)
    wait_for(lambda: lines(folder) >= 1, first)
    first.send_signal(signal.SIGSTOP)  # so that it does not end before it was asked
    refused(call("run", "--resume", "--out", folder), "another heapmark")
    first.send_signal(signal.SIGCONT)
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    check_folder(folder)


def test_a_full_disk_loses_nothing_that_was_finished(tmp_path):
    """A limit on the size of files stands for the full disk."""
    folder, twin = tmp_path / "run", tmp_path / "twin"
    assert call("run", *LONGER, "--out", twin).returncode == 0
    # Room for environment.json and for half of the journal, whichever is the larger file.
    most = max(os.path.getsize(twin / "environment.json") + 500,
               os.path.getsize(twin / "journal.jsonl") // 2)
    assert most < os.path.getsize(twin / "journal.jsonl")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run([COMMAND, "run", *LONGER, "--out", folder, "--progress", "never"],
                          capture_output=True, text=True, env=environment(), preexec_fn=limit,
                          timeout=120)
    assert done.returncode == 6 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "journal.jsonl" in done.stderr
    finished = lines(folder)
    assert 0 < finished < len(planned(*LONGER))
    assert call("run", "--resume", "--out", folder).returncode == 0
    assert sorted(s["id"] for s in check_folder(folder)) == planned(*LONGER)
