"""The differential test itself: it finds planted differences and makes them small, gives the same programs
for the same seed, and survives a side that crashes."""
import os
import stat
import subprocess
import sys

import pytest

from cpythons import HEAPMARK, PYTHONS, ROOT

sys.path.insert(0, str(ROOT / "conformance"))
from difference import compare, generate, shrink, sides  # noqa: E402
from reference import parser  # noqa: E402

PYTHON = PYTHONS[0] if PYTHONS else ""


def differential(*options, heapmark=HEAPMARK):
    return subprocess.run(
        [PYTHON or sys.executable, str(ROOT / "conformance" / "differential.py"), "--heapmark", heapmark,
         "--python", PYTHON, *map(str, options)], capture_output=True, text=True, timeout=300)


def planted(tmp_path, sed):
    """A runtime whose output is changed by a sed command."""
    path = tmp_path / "heapmark"
    path.write_text('#!/bin/sh\n"%s" "$@" | sed \'%s\'\n' % (HEAPMARK, sed))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def kept_program(folder):
    """The lines of the only kept program."""
    files = list(folder.iterdir())
    assert len(files) == 1
    text = files[0].read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")], text


def test_no_difference():
    done = differential("--seed", "1", "--programs", 60)
    assert done.returncode == 0, done.stdout
    assert "seed 1\n" in done.stdout and ": 60 programs compared" in done.stdout


def test_a_runtime_that_does_not_collect_is_found_and_made_small(tmp_path):
    done = differential("--seed", "1", "--programs", 20, "--collector", "off", "--keep", tmp_path)
    assert done.returncode == 1
    program, text = kept_program(tmp_path)
    assert 2 <= len(program) <= 12, text
    assert any("collect" in line or "print" in line for line in program)
    assert "# ! " in text and "(heapmark)" in text and "(CPython 3." in text


def test_a_wrong_order_is_found_and_made_small(tmp_path):
    wrong = planted(tmp_path, "s/fin \\([a-z]\\);\\(.*\\)fin \\([a-z]\\)/fin \\3;\\2fin \\1/")
    keep = tmp_path / "keep"
    done = differential("--seed", "1", "--programs", 100, "--keep", keep, heapmark=wrong)
    assert done.returncode == 1, done.stdout
    program, text = kept_program(keep)
    assert len(program) <= 20, text
    told = [line for line in text.splitlines() if line.startswith("# !")]
    assert len(told) == 2 and all(line.count("fin ") == 2 and ": log = " in line for line in told)


def test_a_side_that_dies_is_a_difference_of_that_program_alone(tmp_path):
    path = tmp_path / "heapmark"
    path.write_text('#!/bin/sh\nfor file; do :; done\n'
                    'grep -q "run-exit" "$file" && kill -SEGV $$\nexec "%s" "$@"\n' % HEAPMARK)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    programs = [["a = list", "print value a"], ["a = list", "run-exit"], ["print value 5"]]
    outcomes = sides.heapmark_side(str(path), "generational").outcomes(programs)
    assert outcomes[0] == ("2: value a = a",) or outcomes[0] == ("3: value a = a",)
    assert "process ended" in outcomes[1][0] and "-11" in outcomes[1][0]
    assert outcomes[2] == ("2: value 5 = 5",)


def test_a_program_of_a_seed_is_always_the_same():
    first = [generate.program("7", index) for index in range(20)]
    assert first == [generate.program("7", index) for index in range(20)]
    assert first[3] != generate.program("8", 3) and first[3] != first[4]
    done = differential("--seed", "7", "--program", 3, "--print")
    assert done.stdout.splitlines() == first[3]


def test_programs_are_long_and_full_of_what_is_hard():
    programs = [generate.program("5", index) for index in range(300)]
    for index, program in enumerate(programs):
        assert len(program) >= 50, index
        assert shrink.is_program(program), index
    text = "\n".join("\n".join(program) for program in programs)
    for word in ("finalizer", "legacy", "slots", "strong", "on-collection", "generator", "finally",
                 "weakref", "proxy", "finalize ", "weak-keys", "weak-values", "weak-set", "freeze",
                 "unfreeze", "saveall", "collect 0", "collect 1", "kept", "raise", "vars", "frame itself",
                 "method", "function", "cell", "times", "scope", "for o in", "run-exit", "del self"):
        assert word in text or word == "kept", word
    assert any(line.strip() in ("k = self", "l = self", "m = self") for line in text.splitlines())


def test_shrinking_keeps_what_differs():
    def differ(programs):
        return ["append b b" in program and "b = list" in program for program in programs]
    program = ["class A", "finalizer A", "  note x", "end", "a = new A", "b = list", "times 2",
               "  a = new A", "end", "append b b", "print collect"]
    assert sorted(shrink.shrink(program, differ)) == ["append b b", "b = list"]


def test_skipped_programs_do_not_differ_and_missing_lines_do():
    assert not compare.differing(None, ("1: a = b",))
    assert compare.differing((), ("1: a = b",))
    assert compare.topic(("1: log = a",), ("1: log = b",)) == "log"


def test_a_side_that_cannot_run_is_said():
    done = differential("--programs", 1, heapmark="/nonexistent/heapmark")
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1
    assert "/nonexistent/heapmark" in done.stderr


@pytest.mark.parametrize("option", [("--programs", "0"), ("--steps", "9", "3"), ("--fast",)])
def test_bad_options(option):
    assert differential(*option).returncode == 2


def test_the_parser_of_the_reference_refuses_what_the_runtime_refuses():
    assert os.path.exists(HEAPMARK)
    with pytest.raises(parser.TextError):
        parser.parse("fly\n")
