"""Tests of samples that are killed for memory, or get none: each is invalid with its reason, the others
stand, and the run goes on."""

import os
import resource
import signal

from faults import QUIETLY, children, command_of, goes_on, one_line, reasons, run, wait_until
from harness import SANITIZED, SMALL, check_folder, environment, gone, new_mark, start

import pytest

#: A work of some hundred MiB beside the small one's controls.
LARGE = ["--backend", "system", "--collector", "none", "--filter", "^growing-dict", "--param",
         "growing-dict.entries=100000", "--repetitions", "1", "--latency-repetitions", "0",
         "--min-time", "1ms"]
#: Samples that work for longer than it takes to kill them.
LASTING = [*SMALL[:-4], "--repetitions", "2", "--min-time", "20ms"]


def sample_in_hand(driver):
    """The sample that the driver watches, at work: a process of --record-fd that is no probe's. Only a
    time sample of the cell lasts: a null or empty one may be over when it is met."""
    for child in children(driver):
        command = command_of(child)
        if "--record-fd" in command and "#" not in command and "streaming-generator" in command \
                and "--kind time" in command:
            return child
    return None


def test_killed_as_the_kernel_kills_for_memory(tmp_path):
    """SIGKILL out of nowhere, once in the middle of the run: that sample alone is invalid."""
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *LASTING, "--out", folder, "--progress", "never", mark=mark)
    wait_until(lambda: (folder / "journal.jsonl").exists()
               and (folder / "journal.jsonl").read_bytes().count(b"\n") >= 1)
    os.kill(wait_until(lambda: sample_in_hand(process.pid), pause=0.0005), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    assert gone(mark)
    check_folder(folder)
    assert reasons(folder) == ["killed by SIGKILL"]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves terabytes of addresses")
@pytest.mark.parametrize("kind", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_memory_that_cannot_be_had(kind, tmp_path):
    """The samples inherit the limit: malloc returns NULL to the work, which says so."""
    limit = {"RLIMIT_AS": 96 << 20, "RLIMIT_DATA": 24 << 20}[kind]

    def before():
        resource.setrlimit(getattr(resource, kind), (limit, limit))

    done = run("run", *LARGE, "--out", tmp_path / "run", before=before)
    assert done.returncode == 3, done.stderr
    samples = check_folder(tmp_path / "run")
    large = [sample for sample in samples if sample["workload"] == "growing-dict"]
    assert large and not any(sample["valid"] for sample in large)
    for sample in large:
        assert "memory" in sample["reason"], sample["reason"]
    small = [sample for sample in samples if sample["workload"] != "growing-dict"]
    assert small and all(sample["valid"] for sample in small)


def test_every_sample_killed(tmp_path):
    """A limit on processor time that the driver never meets and every sample does."""
    def before():
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))

    endless = [*SMALL[:-2], "--min-time", "3s"]
    done = run("run", *endless, "--latency-repetitions", "0", "--out", tmp_path / "run",
               before=before)
    assert done.returncode == 3, done.stderr
    samples = check_folder(tmp_path / "run")
    assert any("SIGKILL" in (sample["reason"] or "") or "SIGXCPU" in (sample["reason"] or "")
               for sample in samples)
