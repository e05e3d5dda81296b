"""The lessons in examples/: each C program and the same lesson in Python print the same lines.

Lines are compared byte by byte, on every CPython of 3.11 to 3.13 found here. A line that begins
with "~ " holds figures that differ between the two for a reason its file says (absolute bytes,
line numbers); of those the words are compared and the figures are not, unless EXACT_FROM says that
from some version of Python on they must be equal, too.
"""

import functools
import itertools
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = pathlib.Path(os.environ["HEAPMARK_EXAMPLES"])
FORGETFUL = os.environ["HEAPMARK_FORGETFUL"]
TRACING = os.environ["HEAPMARK_TRACE"] == "1"

LESSONS = sorted({path.stem for path in EXAMPLES.glob("[0-9][0-9]_*.[cp]*")})
NEED_TRACING = {"11_generators", "13_tracemalloc_top", "14_snapshot_too_late"}

# Lessons whose "~ " lines differ in older Pythons only.
EXACT_FROM = {"01_references": (3, 12), "15_getsizeof": (3, 12)}

VERSIONS = [(3, 11), (3, 12), (3, 13)]


def version_of(python):
    """(major, minor, patch) where this is a CPython that runs, else None."""
    question = "import sys; print(sys.implementation.name, *sys.version_info[:3])"
    try:
        done = subprocess.run([python, "-c", question], capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    answer = done.stdout.split()
    return tuple(map(int, answer[1:])) if answer[:1] == ["cpython"] else None


def find_pythons():
    """{"3.11.2": "/usr/bin/python3", …}: Debian's, those on PATH, pyenv's."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    candidates = [shutil.which("python3", path="/usr/bin"), shutil.which("python3")]
    candidates += [shutil.which(f"python{major}.{minor}") for major, minor in VERSIONS]
    candidates += sorted(map(str, pyenv.glob("versions/*/bin/python")))
    pythons = {}
    for python in filter(None, candidates):
        version = version_of(python)
        if version and version[:2] in VERSIONS:
            pythons.setdefault(".".join(map(str, version)), python)
    return pythons


PYTHONS = find_pythons()


def run(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=EXAMPLES)


@functools.lru_cache(maxsize=None)
def lines_in_c(lesson):
    done = run([PROGRAMS / lesson])
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def lines_in_python(lesson, python):
    done = run([python, "-I", "-B", EXAMPLES / f"{lesson}.py"])
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


def shape(line):
    """The line without its figures, where it is one of those that may differ in them."""
    return re.sub(r"\d+", "#", line) if line.startswith("~ ") else line


def differences(left, right, exact):
    """The pairs of lines that ought to be equal and are not."""
    seen = str if exact else shape
    pairs = itertools.zip_longest(left, right, fillvalue="(no line)")
    return [(one, other) for one, other in pairs if seen(one) != seen(other)]


def test_the_comparison_can_fail():
    assert differences(["count: 2", "~ 17 bytes"], ["count: 2", "~ 9 bytes"], False) == []
    assert differences(["~ 17 bytes"], ["~ 9 bytes"], True) == [("~ 17 bytes", "~ 9 bytes")]
    assert differences(["count: 2"], ["count: 3"], False) == [("count: 2", "count: 3")]
    assert differences(["~ 1 byte"], ["~ 1 block"], False) == [("~ 1 byte", "~ 1 block")]
    assert differences(["~ 1"], ["1"], False) == [("~ 1", "1")]
    assert differences(["a", "b"], ["a"], False) == [("b", "(no line)")]


def test_there_are_pythons():
    assert PYTHONS, "no CPython 3.11, 3.12 or 3.13 is here to compare with"


def test_the_lessons_are_numbered_without_a_gap():
    assert LESSONS and [int(lesson[:2]) for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_both_its_files(lesson):
    assert (EXAMPLES / f"{lesson}.c").is_file(), f"{lesson}.py has no partner in C"
    assert (EXAMPLES / f"{lesson}.py").is_file(), f"{lesson}.c has no partner in Python"


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_says_what_it_is(lesson):
    comment = (EXAMPLES / f"{lesson}.c").read_text().split("*/")[0]
    words = " ".join(comment.replace(" *", " ").split())
    assert words.startswith("/** This program is the lesson on ") and ", so that " in words
    assert f"{lesson}.c for the lesson in words" in " ".join(
        (EXAMPLES / f"{lesson}.py").read_text().split('"""')[1].split())


def test_the_readme_lists_the_lessons_in_order():
    listed = re.findall(r"\(examples/(\d\d_\w+)\.c\)", (ROOT / "README.md").read_text())
    assert listed == LESSONS


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_prints_the_same_in_c_and_in_python(lesson, python):
    if lesson in NEED_TRACING and not TRACING:
        pytest.skip("built with HEAPMARK_TRACE=OFF")
    version = tuple(map(int, python.split(".")))
    exact = version >= EXACT_FROM.get(lesson, (99,))
    in_c, in_python = lines_in_c(lesson), lines_in_python(lesson, PYTHONS[python])
    assert in_c and differences(in_c, in_python, exact) == []


@pytest.mark.parametrize("lesson", sorted(NEED_TRACING))
def test_without_tracing_a_lesson_says_so(lesson):
    if TRACING:
        pytest.skip("built with HEAPMARK_TRACE=ON")
    done = run([PROGRAMS / lesson])
    assert done.returncode == 1 and re.fullmatch(r"example: .*HEAPMARK_TRACE.*\n", done.stderr)


@pytest.mark.parametrize("what, complaint", [
    ("object", r"example: 1 objects and 0 bytes are left; \n"),
    ("cycle", r"example: 1 objects and 0 bytes are left; \n"),
    ("block", r"example: 0 objects and 100 bytes are left; \n"),
    ("error", r"example: list assignment index out of range\n"),
    ("nothing", "")])
def test_the_end_of_an_example_notices_what_was_forgotten(what, complaint):
    if what == "error" and "address" in os.environ["HEAPMARK_SANITIZED"]:
        pytest.skip("it leaves its heap, as it must, and the sanitizer says so")
    done = run([FORGETFUL, what])
    assert re.fullmatch(complaint, done.stderr), done.stderr
    assert done.returncode == (1 if complaint else 0)


def test_the_object_graph_is_drawn(tmp_path):
    picture = tmp_path / "order.svg"
    done = run([PROGRAMS / "18_object_graph", picture])
    if shutil.which("dot") is None:
        assert done.returncode == 1 and "dot" in done.stderr and not picture.exists()
        return
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == lines_in_c("18_object_graph")
    text = picture.read_text()
    # Six objects with seven references, and the box for main's own reference to the order.
    assert "<svg" in text and text.count('class="node"') == 7 and text.count('class="edge"') == 8
    assert all(name in text for name in
               ("Order", "Customer", "Line", "Product", "list", "outside", "an order"))


def test_the_object_graph_in_python_is_drawn(tmp_path):
    text = tmp_path / "order.dot"
    python = next(iter(PYTHONS.values()))
    done = run([python, "-I", "-B", EXAMPLES / "18_object_graph.py", text])
    assert (done.returncode, done.stderr) == (0, "")
    arrows = re.findall(r'^    "(\d \w+)" -> "(\d \w+)"$', text.read_text(), re.MULTILINE)
    printed = re.findall(r"^(\d \w+) -> (\d \w+)", "\n".join(lines_in_c("18_object_graph")),
                         re.MULTILINE)
    assert arrows == printed and len(arrows) == 7
