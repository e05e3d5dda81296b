"""Where a sample's code lies: close to the allocator it calls, whoever starts it."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

COMMAND = os.environ["HEAPMARK_COMMAND"]
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))
CELL = "batch/backend:{}/linkage:{}/collector:none/threads:1/runtime:heapmark"
NEAR = 2**31


def code_of(process, *files):
    """Where the code of each file begins in the process, once all are there; then it is ended."""
    deadline = time.monotonic() + 30
    found = {}
    while len(found) < len(files) and time.monotonic() < deadline and process.poll() is None:
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps:
            found = {name: int(line.split("-")[0], 16) for line in maps for name in files
                     if " r-xp " in line and re.search(name, line)}
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(found) == len(files), found
    return [found[name] for name in files]


def long_sample(*arguments):
    return subprocess.Popen([COMMAND, "sample", *arguments, "--iterations", "1000000", "--batches",
                             "100"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer wants its own order of memory")
def test_a_sample_s_code_lies_close_to_the_allocator():
    own, pool = code_of(long_sample(CELL.format("pool", "so")), rf"{COMMAND}$",
                        r"libheapmark_pool\.so$")
    assert abs(own - pool) < NEAR


def fixed_python():
    """Debian's python3, where it lies at a fixed address."""
    try:
        with open("/usr/bin/python3", "rb") as program:
            return program.read(18)[16] == 2  # ET_EXEC
    except OSError:
        return False


@pytest.mark.skipif(SANITIZED or not fixed_python(), reason="no python3 at a fixed address")
def test_a_fixed_python_has_the_works_close_to_it():
    python = "/usr/bin/python3"
    version = subprocess.run([python, "-c", "import platform; print(platform.python_version())"],
                             capture_output=True, text=True, check=True).stdout.strip()
    cell = CELL.format("cpython-pymalloc", "runtime").replace("heapmark", f"cpython-{version}")
    ready = subprocess.run([COMMAND, "sample", cell, "--reference", python, "--iterations", "1",
                            "--batches", "1"], capture_output=True, text=True, timeout=120)
    if ready.returncode != 0:
        pytest.skip(ready.stderr)
    own, library, extension = code_of(long_sample(cell, "--reference", python), r"/python3\.\d+$",
                                      r"libheapmark_reference_low\.so$", r"/heapmark_reference\.so$")
    assert abs(own - library) < NEAR and abs(own - extension) < NEAR


def test_the_record_names_the_files_and_not_the_loader():
    done = subprocess.run([COMMAND, "sample", CELL.format("bump", "static"), "--iterations", "10",
                           "--batches", "2"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert os.path.samefile(record["origin"], COMMAND)
    assert record["command"].startswith("heapmark sample batch/")


def test_bump_can_be_faulted_in_before_the_clock_starts():
    """A million blocks of 64 bytes ten times over, and not one page fault in the timed part."""
    cell = CELL.format("bump", "static").replace("batch/", "batch/blocks:1000000/timed:allocate/")
    arguments = [COMMAND, "sample", cell, "--iterations", "1", "--batches", "6"]
    faulted = ["--backend", "bump;env=HEAPMARK_BUMP_FAULTED=1GiB"]
    # Side by side, and the quickest of each: a neighbour on the core only ever adds.
    pairs = [[json.loads(subprocess.run([*arguments, *more], capture_output=True, text=True, timeout=120,
                                        check=True).stdout)["metrics"] for more in ([], faulted)]
             for _ in range(3)]
    for cold, warm in pairs:
        assert warm["minor_page_faults"] <= 8 + cold["minor_page_faults"]
    cold, warm = (min(metrics["cpu_ns_per_op"] for metrics in side) for side in zip(*pairs))
    assert warm / cold < 0.9, (cold, warm)
