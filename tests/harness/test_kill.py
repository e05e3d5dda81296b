"""Tests of a driver that is killed: whatever the moment, each planned sample is there once at the end.

The moments are random; the seed is printed and HEAPMARK_TEST_SEED sets it."""

import json
import os
import random
import subprocess
from collections import Counter

from harness import (CELL, SMALL, call, check_folder, gone, new_mark, planned, read_environment,
                     start, wait_for)

SEED = int(os.environ.get("HEAPMARK_TEST_SEED", random.randrange(1 << 32)))
KILLS = 50
# About a hundred and fifty samples: something is left to kill on most machines.
LONG = [*SMALL[:-4], "--repetitions", "36", "--memory-repetitions", "3", "--min-time", "1ms"]


def finished(folder):
    """The whole lines of the journal."""
    path = folder / "journal.jsonl"
    whole = path.read_bytes() if path.exists() else b""
    return whole[:whole.rfind(b"\n") + 1].splitlines()


def begin(folder, mark):
    """Starts the run, or goes on with it where it has begun."""
    begun = (folder / "environment.json").exists()
    return start("run", *(["--resume"] if begun else LONG), "--out", folder, "--progress", "never",
                 mark=mark)


def killed(folder, seconds):
    """Kills the driver after `seconds`; False where it had finished the run before."""
    mark = new_mark()
    process = begin(folder, mark)
    try:
        _, messages = process.communicate(timeout=seconds)
        assert process.returncode == 0, messages
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        assert gone(mark), "a sample outlived its driver"
        return True


def kill_until_finished(folder, moments, most):
    """Kills the driver at random moments, `most` times, unless the run is finished before. What is there
    after a kill stays there. Returns how often it was killed."""
    before = []
    for number in range(most):
        # Half of them while it starts: that is where environment.json is written.
        seconds = moments.uniform(0, 0.06) if number % 2 else moments.uniform(0, 0.35)
        if not killed(folder, seconds):
            most = number
            break
        now = finished(folder)
        assert now[:len(before)] == before, "what was finished is lost"
        assert all(json.loads(line)["valid"] for line in now[len(before):])
        if (folder / "environment.json").exists():
            assert read_environment(folder)["state"] == "running"
        before = now
    done = call("run", *(["--resume"] if (folder / "environment.json").exists() else LONG), "--out", folder)
    assert done.returncode == 0, done.stderr
    assert finished(folder)[:len(before)] == before
    return most


def test_fifty_kills_at_random_moments_and_each_sample_is_there_once(tmp_path):
    """In as many runs as they take: a quick machine finishes one between them."""
    moments = random.Random(SEED)
    print(f"HEAPMARK_TEST_SEED={SEED}")
    kills, number = 0, 0
    while kills < KILLS:
        folder = tmp_path / f"run{number}"
        kills, number = kills + kill_until_finished(folder, moments, KILLS - kills), number + 1
        samples = check_folder(folder)
        assert sorted(sample["id"] for sample in samples) == planned(*LONG)
        assert all(sample["valid"] for sample in samples)
        assert number < KILLS, f"only {kills} of {number} runs and more lasted until they were killed"


def test_killed_while_the_folder_is_made(tmp_path):
    """What a kill leaves before environment.json is in place is in nobody's way."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes(b"")
    (folder / ".environment.json.new").write_bytes(b'{"record": "envi')
    done = call("run", *SMALL, "--out", folder)
    assert done.returncode == 0, done.stderr
    check_folder(folder)
    assert not (folder / ".environment.json.new").exists()


def test_killed_while_environment_json_is_written_again(tmp_path):
    """The new file is not in place before it is whole; the old one stands until then."""
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *LONG, "--out", folder, mark=mark)
    wait_for(lambda: len(finished(folder)) >= 2, process)
    process.kill()
    process.communicate()
    assert gone(mark)
    (folder / ".environment.json.new").write_bytes((folder / "environment.json").read_bytes()[:999])
    before = finished(folder)
    process = start("run", "--resume", "--out", folder, mark=new_mark())
    wait_for(lambda: len(finished(folder)) > len(before), process)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130
    samples = check_folder(folder, state="interrupted")
    assert finished(folder)[:len(before)] == before
    assert max(Counter(sample["id"] for sample in samples).values()) == 1
    assert any(sample["cell"] == CELL for sample in samples)
