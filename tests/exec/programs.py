"""What the tests of `heapmark exec` share: how to run it, and how to read what it left, which must
be as results/schema.json says."""

import json
import os
import sys

from harness import FIXTURES, call, read_environment, read_journal, validator

#: The Python that runs this test can compute the statistics.
PYTHON = {"HEAPMARK_PYTHON": sys.executable}
TOUCH = FIXTURES / "touch_memory"
STATIC = FIXTURES / "static_program"
OWN_MALLOC = FIXTURES / "own_malloc"
#: Debian's, not a user's own that may be started through a shell script.
PYTHON3 = "/usr/bin/python3"
PAGE = os.sysconf("SC_PAGESIZE")
#: What a past peak may be off by (bench/measure/resident.h).
SLACK = 64 * PAGE * os.cpu_count()
SMALL = ["--backend", "system", "--repetitions", "1", "--warmup", "0"]


def run_exec(folder, options, command, **more):
    """Runs the command into `folder`: the finished process, environment.json, the samples."""
    done = call("exec", *options, "--progress", "never", "--out", folder, "--", *command, **more)
    assert folder.exists(), done.stderr
    return done, *read_folder(folder)


def read_folder(folder):
    """environment.json and the samples, both checked."""
    described, samples = read_environment(folder), read_journal(folder)
    validator("exec_environment").validate(described)
    for sample in samples:
        validator("exec_sample").validate(sample)
    assert len({sample["id"] for sample in samples}) == len(samples)
    return described, samples


def one(folder, command, *options, **more):
    """Runs the command once under `system`: the exit code and the sample."""
    done, _, samples = run_exec(folder, [*SMALL, *options], command, **more)
    assert len(samples) == 1, done.stderr
    assert done.returncode == (0 if samples[0]["valid"] else 3), done.stderr
    return samples[0]


def compared(folder, options, command, **more):
    """Runs the command and returns what --format json says."""
    done = call("exec", *options, "--format", "json", "--progress", "never", "--out", folder, "--",
                *command, timeout=300, **{**PYTHON, **more})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
