"""What the tests of the command share: how to call it, and how to read what a run leaves behind.

Every process that a test starts carries a mark in its environment, which its samples inherit, so
that a test can tell whether any of them outlived it.
"""

import json
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import jsonschema

COMMAND = os.environ["HEAPMARK_COMMAND"]
FIXTURES = Path(os.environ["HEAPMARK_FIXTURES"])
ROOT = Path(__file__).resolve().parents[2]
# In the order of --help.
SUBCOMMANDS = ["list", "explain", "run", "sample", "report", "compare", "check", "goals", "export",
               "merge", "timeline", "conform", "exec", "doctor", "stress"]
# Under a sanitizer `system` is the sanitizer's allocator, and no other can be bound or preloaded.
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))

# A run of a few short samples: 2 rounds of one cell, with its controls.
CELL = "streaming-generator/items:20/backend:system/linkage:so/collector:none/threads:1/runtime:heapmark"
SMALL = ["--backend", "system", "--collector", "none", "--filter", "^streaming-generator",
         "--param", "streaming-generator.items=20", "--repetitions", "2", "--min-time", "1ms"]
SMALL_SAMPLES = 9  # 2 time, 1 memory, 1 latency, 2 control, 2 empty, 1 null


def environment(**more):
    """No Python for the summary unless a test asks for one: it takes longer than a short run."""
    variables = {name: value for name, value in os.environ.items()
                 if name not in ("NO_COLOR", "HEAPMARK_PLOT")}
    variables["HEAPMARK_PYTHON"] = "/bin/false"
    variables.update(more)
    return variables


def call(*arguments, cwd=None, timeout=120, **more):
    """Runs the command to its end; `more` is for its environment."""
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True,
                          cwd=cwd, timeout=timeout, env=environment(**more))


def start(*arguments, mark, cwd=None, **more):
    """Starts the command and returns at once; its samples carry `mark`. It can be interrupted even where
    the tests were started in a shell's background, which ignores that for all it starts."""
    return subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, cwd=cwd,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                            env=environment(HEAPMARK_TEST_MARK=mark, **more))


def planned(*arguments):
    """The ids of the samples that a run of these arguments plans, sorted."""
    done = call("run", "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    return sorted(line for line in done.stdout.splitlines() if not line.startswith("#"))


def new_mark():
    return uuid.uuid4().hex


def wait_for(condition, process, seconds=240):
    """Waits until `condition` holds while the process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)


def lines(folder):
    """How many samples the journal in `folder` has."""
    path = Path(folder) / "journal.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def marked_processes(mark):
    """The processes that have `mark` in their environment, zombies not among them."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
    return found


def gone(mark):
    """Samples die with the driver, if not in the same instant."""
    for _ in range(200):
        if not marked_processes(mark):
            return True
        time.sleep(0.01)
    return False


def refused(done, *words, code=2):
    """The command said in one line what was wrong, with all `words` in it."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in lines[0], (word, lines[0])


def read_environment(folder):
    return json.loads((Path(folder) / "environment.json").read_text())


def read_journal(folder):
    return [json.loads(line) for line in (Path(folder) / "journal.jsonl").read_text().splitlines()]


def validator(name):
    schema = json.loads((ROOT / "results" / "schema.json").read_text())
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


def check_folder(folder, state="finished"):
    """Every file of a run is as the schema says, and the files agree; returns the samples."""
    described = read_environment(folder)
    samples = read_journal(folder)
    validator("environment").validate(described)
    assert described["state"] == state
    for sample in samples:
        validator("sample").validate(sample)
    names = [sample["id"] for sample in samples]
    assert len(names) == len(set(names))
    if state == "finished":
        assert len(samples) == described["plan"]["samples"]
        assert sorted(s["sequence"] for s in samples) == list(range(len(samples)))
    validator("benchmarks").validate(json.loads((Path(folder) / "benchmarks.json").read_text()))
    return samples
