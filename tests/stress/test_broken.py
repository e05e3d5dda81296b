"""Each broken allocator is found and given its name; the sound one that they are made of is not.

A library is one defect in a small allocator (broken/broken.c). All are tried with the same seed and a
fixed number of operations, which a machine at rest does within 30 seconds; two at a time, as most of
their time is waiting.
"""

import concurrent.futures
import json
import os
import subprocess
import time

import pytest

HEAPMARK = os.environ["HEAPMARK_COMMAND"]
BROKEN = os.environ["HEAPMARK_BROKEN"]
SANITIZED = os.environ.get("HEAPMARK_SANITIZED", "")
pytestmark = pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer meets the defects first")

ANY_CORRUPTION = ("overlap", "double hand-out", "contents changed", "contents lost by realloc",
                  "tail lost by realloc", "memory gone", "crash in", "hang in", "not zeroed")

#: The name each defect must be given (one of several where it shows in several ways), and the most
#: operations that the shortest sequence may have, where that does not depend on a count.
DEFECTS = {
    "absurd": ("block instead of NULL", 1),
    "aligned": ("misaligned", 1),
    "crash": ("crash in malloc", None),
    "dirty": ("not zeroed", 20),
    "dirty_tail": ("not zeroed", 20),
    "double": (("double hand-out", "overlap", "contents changed"), None),
    "errno_free": ("wrong errno", None),
    "exit_crash": ("crash at exit", 0),
    "exit_hang": ("hang at exit", 0),
    "foreign_free": (("double hand-out", "overlap"), None),
    "fork_hang": ("hang in a forked child", None),
    "free_null": ("crash in free", None),
    "hang": ("hang in", None),
    "leave": ("process left in", None),
    "load_crash": ("crash at load", None),
    "misaligned": ("misaligned", 1),
    "no_calloc": ("missing entry point", None),
    "no_realloc": ("missing entry point", None),
    "null": ("wrong NULL", None),
    "overflow": ("overflow not caught", 1),
    "overlap": ("overlap", 8),
    "posix_memalign": ("misaligned", 1),
    "race": (ANY_CORRUPTION, None),
    "realloc_contents": ("contents lost by realloc", 8),
    "realloc_null": ("crash in realloc", None),
    "realloc_shrink": ("tail lost by realloc", 8),
    "realloc_tail": ("tail lost by realloc", 8),
    "recursion": ("crash in malloc", None),
    "scribble": ("contents changed", None),
    "short": ("usable size too small", 1),
    "sized_free": (("overlap", "usable size too large", "usable size changed"), None),
    "thread_unmap": (("memory gone", "overlap", "contents changed"), None),
    "usable_huge": ("usable size too large", 8),
    "usable_large": ("usable size too large", None),
    "usable_small": ("usable size too small", 1),
    "zero_shared": ("double hand-out", None),
}

#: What is no corruption is a finding.
FINDINGS = {"lost": "blocks lost", "slow": "slowness", "errno_malloc": "wrong errno"}


def stress(name):
    began = time.monotonic()
    # a race shows when it likes: more is tried, on threads alone
    much = ("--threads", "4", "--operations", "4M") if name == "race" else ("--operations", "400k")
    patience = "2" if "hang" in name else "8"  # a busy machine stalls, too
    done = subprocess.run([HEAPMARK, "stress", "--backend", f"so:{BROKEN}/{name}.so", *much, "--seed",
                           "7", "--patience", patience, "--shrink", "2", "--what", "allocators", "--format",
                           "json"],
                          capture_output=True, text=True, timeout=280)
    return done, time.monotonic() - began


@pytest.fixture(scope="module")
def outcomes():
    names = [*DEFECTS, *FINDINGS, "sound"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(stress, names)))


def result_of(outcomes, name):
    done, seconds = outcomes[name]
    print(done.stdout, done.stderr, f"{seconds:.1f} s")
    return done, json.loads(done.stdout)["backends"][0]


@pytest.mark.parametrize("name", DEFECTS)
def test_the_defect_is_named(outcomes, name):
    names, most = DEFECTS[name]
    done, result = result_of(outcomes, name)
    assert done.returncode == 5
    found = result["defect"]["name"]
    assert found.startswith(names if isinstance(names, tuple) else (names,))
    assert result["defect"]["again"].startswith("heapmark stress --backend ")
    if most is not None:
        assert result["defect"]["sequence_operations"] <= most
        assert len(result["defect"]["sequence"]) == result["defect"]["sequence_operations"]


@pytest.mark.parametrize("name", FINDINGS)
def test_what_is_no_corruption_is_a_finding(outcomes, name):
    done, result = result_of(outcomes, name)
    assert done.returncode == 0 and result["defect"] is None
    assert FINDINGS[name] in [finding["name"] for finding in result["findings"]]


def test_the_sound_one_is_sound(outcomes):
    done, result = result_of(outcomes, "sound")
    assert done.returncode == 0 and result["defect"] is None
    assert result["operations"] == 400_000 and result["forks"] > 0 and result["threads_ended"] > 0
    names = [finding["name"] for finding in result["findings"]]
    assert "blocks lost" not in names and "wrong errno" not in names


def test_there_is_a_library_for_each():
    built = {name.removesuffix(".so") for name in os.listdir(BROKEN)}
    assert built == {*DEFECTS, *FINDINGS, "sound"}
