"""`heapmark stress` from outside: sound allocators, repeating a defect, its output, what it refuses."""

import json
import pathlib
import signal
import subprocess
import time

import pytest

from stress_command import BROKEN, HEAPMARK, new_seed, stress, unsanitized


def installed():
    listed = subprocess.run([HEAPMARK, "list", "backends", "--format", "json"], check=True,
                            capture_output=True, text=True)
    found = json.loads(listed.stdout)
    entries = found["backends"] if isinstance(found, dict) else found
    return {entry["name"]: entry["available"] for entry in entries}


@unsanitized
def test_sound_allocators_have_no_defect():
    """Also: by default all that are installed are tried."""
    done = stress("--what", "allocators", "--operations", "600k", "--seed", new_seed(), "--patience", 60,
                  "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["defects"] == 0
    there = installed()
    assert {result["label"] for result in document["backends"]} == {
        "pool", "system", "jemalloc", "mimalloc", "tcmalloc"}
    for result in document["backends"]:
        if not there[result["label"]]:
            assert "install" in result["absent"] and result["operations"] == 0
            continue
        assert result["operations"] == 600_000 and result["checks"] > 300_000
        assert result["episodes"] == 2 and result["blocks_handed_over"] > 100
        assert result["usable_sizes"] > 70 and result["origin"].endswith(".so") or "so." in result["origin"]
        assert result["defect"] is None


def told_again(text):
    line = next(line for line in text.splitlines() if line.startswith("  again: "))
    return line.removeprefix("  again: heapmark stress ").split()


@unsanitized
def test_a_defect_is_told_in_words_and_can_be_repeated():
    done = stress("--backend", f"bad=so:{BROKEN}/realloc_tail.so", "--operations", "400k", "--shrink", 5,
                  "--what", "allocators")
    assert done.returncode == 5
    assert "bad: DEFECT: tail lost by realloc\n" in done.stdout
    assert "at operation " in done.stdout and "the shortest sequence found" in done.stdout
    assert " bytes lost bytes at its end" in done.stdout
    again = stress(*told_again(done.stdout), "--shrink", 0)
    assert again.returncode == 5 and "DEFECT: tail lost by realloc" in again.stdout
    first = [line for line in done.stdout.splitlines() if " lost bytes " in line]
    assert first == [line for line in again.stdout.splitlines() if " lost bytes " in line]


@unsanitized
def test_it_goes_on_with_the_next_one_and_prints_a_row_for_each():
    done = stress("--backend", f"so:{BROKEN}/free_null.so", "--backend", "system", "--backend",
                  f"so:{BROKEN}/load_crash.so", "--operations", "20k", "--threads", 1, "--what",
                  "allocators")
    rows = [line.split() for line in done.stdout.splitlines() if " DEFECT: " in line or " no defect" in line]
    rows = [row for row in rows if not row[0].endswith(":")]
    assert done.returncode == 5
    assert [row[0] for row in rows] == ["free_null.so", "system", "load_crash.so"]
    assert rows[1][1] == "20000" and " ".join(rows[1][7:]).startswith("no defect")


@unsanitized
def test_the_same_seed_is_the_same_program():
    def run():
        done = stress("--backend", "system", "--threads", 1, "--seed", 5, "--operations", "50k",
                      "--what", "allocators", "--format", "json")
        result = json.loads(done.stdout)["backends"][0]
        return result["checks"], result["forks"], result["threads_ended"]

    assert run() == run()


@unsanitized
def test_memory_without_end_is_stopped():
    done = stress("--backend", "system", "--operations", "200k", "--threads", 1, "--memory-limit", "4MiB",
                  "--what", "allocators", "--format", "json")
    result = json.loads(done.stdout)["backends"][0]
    assert "memory without end" in [finding["name"] for finding in result["findings"]]


@unsanitized
def test_an_interrupt_ends_it_and_leaves_no_process(tmp_path):
    process = subprocess.Popen([HEAPMARK, "stress", "--backend", "system", "--seconds", "600"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def children():
        return pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()

    deadline = time.monotonic() + 30
    while not (found := children()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted" in errors and "system" in output
    assert found and not any(pathlib.Path(f"/proc/{child}").exists() for child in found)


@pytest.mark.parametrize("arguments, words", [
    (["--threads", "0"], "--threads: '0' is not a whole number from 1 to 64"),
    (["--threads", "65"], "a whole number from 1 to 64"),
    (["--operations", "0"], "--operations: '0' is not a whole number above 0"),
    (["--operations", "many"], "'many' is not a whole number"),
    (["--seconds", "0"], "--seconds: '0' is not a time from 1 s"),
    (["--seed", "-1"], "--seed: '-1' is not a number"),
    (["--patience", "x"], "--patience: 'x' is not a time"),
    (["--memory-limit", "0"], "--memory-limit: '0' is not a size"),
    (["--format", "xml"], "--format: 'xml' is not text or json"),
    (["--backend", "none-such"], "none-such"),
    (["--backend", "so:/nonexistent.so"], "/nonexistent.so"),
    (["--backend", "pool,,system"], "a list of names with one comma between two"),
    (["--backend", "bump"], "bump never frees"),
    (["--backend", "pool,pool"], "two back ends are called pool"),
    (["--seconds", "1", "--operations", "1"], "give one of them"),
    (["--one-trial", "system"], "is for heapmark stress itself"),
    (["more"], "unexpected argument 'more'"), (["--bad"], "unknown option '--bad'")])
def test_what_it_cannot_take_is_refused(arguments, words):
    done = stress(*arguments)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == ""
