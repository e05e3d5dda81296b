"""A heap that is not traced pays at most 3 % more instructions on `short-lived` than one in a build
without tracing: counted by callgrind, which gives the same number on every machine and every run.

Start and end of the program cancel out: what is counted is the difference between many iterations
and few.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WITH_TRACE = os.environ["HEAPMARK_RUN_WORK"]
FEW, MANY = 5, 25
BUDGET = 0.03

WORKS = ["short-lived", "short-lived/length:64", "short-lived/survivors:0/reuse:50"] + [
    f"short-lived/kind:{kind}" for kind in ("int", "float", "str", "bytes", "tuple", "list", "dict",
                                            "set", "instance")]


@pytest.fixture(scope="module")
def without_trace(tmp_path_factory):
    """The program of a build with -DHEAPMARK_TRACE=OFF by the same compiler."""
    assert shutil.which("valgrind"), "callgrind is missing: install Debian's valgrind"
    build = tmp_path_factory.mktemp("without-trace")
    subprocess.run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
                    "-DHEAPMARK_TRACE=OFF", "-DHEAPMARK_TESTS=ON",
                    f"-DCMAKE_C_COMPILER={os.environ['HEAPMARK_C_COMPILER']}"],
                   check=True, capture_output=True)
    done = subprocess.run(["cmake", "--build", build, "--target", "trace_run_work",
                           "test_trace_untraceable"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return build / "tests"


def instructions(program, work, backend, iterations):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program,
                           work, backend, "generational", str(iterations)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(re.search(r"Collected : (\d+)", done.stderr)[1]), done.stdout


def steady(program, work, backend):
    few, _ = instructions(program, work, backend, FEW)
    many, result = instructions(program, work, backend, MANY)
    return many - few, result


@pytest.mark.parametrize("backend", ["pool", "system"])
@pytest.mark.parametrize("work", WORKS)
def test_untraced(without_trace, work, backend):
    bare, expected = steady(without_trace / "trace_run_work", work, backend)
    hooked, result = steady(WITH_TRACE, work, backend)
    share = hooked / bare - 1
    print(f"{work} on {backend}: {bare} instructions, {100 * share:+.3f} % with tracing built in")
    assert result == expected
    assert bare > 1_000_000
    assert share <= BUDGET


def test_a_build_without_tracing_says_so(without_trace):
    done = subprocess.run([without_trace / "test_trace_untraceable"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
