"""conform.py: it adds nothing of its own to what CPython does, says what heapmark conform says, and its
C-level tricks do what CPython's own test helpers do."""
import subprocess
import textwrap
from pathlib import Path

import pytest

from cpythons import HEAPMARK, PYTHONS, conform, every_python, lines, run


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path)


def values(printed):
    """What stands behind the ` = ` of each line."""
    return [line.split(" = ", 1)[1] for line in printed]


@every_python
def test_counts_are_the_programs_own(python, folder):
    assert values(lines(python, """
a = list
b = a
c = tuple a a
print refcount a
d = dict 'k' a
print refcount a
del b c d
print refcount a
times 100
  append a a
end
print refcount a
try append a nothing
print refcount a
fails IndexError b = a[500]
print refcount a
note $a
print refcount a
print log
""", folder)) == ["5", "6", "2", "102", "102", "102", "102", "error NameError; a"]


@every_python
def test_programs_leave_nothing_to_each_other(python, folder):
    program = """
class A
class L legacy
finalizer L
  kept = self
end
finalizer A
  kept = self
end
callback cb
  note never
end
on-collection
  note $phase
end
d = weak-values
a = new A
a.me = a
l = new L
l.me = l
d['k'] = a
w = weakref a cb
f = finalize a cb 1
x = vars a
C = list
print objects
print stats 2
print collect
debug saveall
freeze
enable
threshold 1
del a l
collect
print frozen
print garbage
"""
    once = lines(python, program, folder)
    several = lines(python, "".join("program p\n" + program for _ in range(5)), folder)
    runs = "\n".join(several).split("program p\n")[1:]
    assert len(runs) == 5 and len(set(run_.strip() for run_ in runs)) == 1
    assert values(runs[0].strip().splitlines()) == values(once)


@every_python
def test_dead_objects_addresses_are_not_taken_for_live_ones(python, folder):
    assert values(lines(python, """
class A
callback cb
  print objects
end
generator g
  yield 1
end
times 40
  a = list
  b = dict
  c = set
  d = tuple a
  e = function b
  f = method cb a
  h = start g
  i = cell
  j = weakref c cb
end
del a b c d e f h i j
clear garbage
w = weak-values
k = weak-keys
s = weak-set
x = new A
w['k'] = x
k[x] = 1
add s x
v = finalize x cb 1
for y in k
  print objects
end
try x = nothing
print objects
print alive a
call cb 1
run-exit
""", folder)[-4:]) == ["w k s x v", "False", "w k s x v", "w k s x v"]


@every_python
def test_frozen_counts_the_programs_own(python, folder):
    assert values(lines(python, """
a = list
append a a
b = dict
c = dict 'k' a
print frozen
freeze
print frozen
del a c
d = list
print frozen
unfreeze
print frozen
print collect
freeze
print frozen
""", folder)) == ["0", "2", "1", "0", "1", "1"]


@every_python
def test_a_frame_has_no_caller(python, folder):
    assert values(lines(python, """
a = list
f = frame a
print referents f
print refcount f
append a f
del f a
print collect
f = frame itself
print refcount f
del f
print collect
""", folder)) == ["a", "2", "2", "3", "1"]


LEGACY = """
class L legacy
finalizer L
  note legacy
  kept = self
end
a = new L
w = weakref a
del a
print log
print dead w
print refcount kept
kept.me = kept
kept = None
print collect
print garbage
print refcount garbage[0]
del garbage[0].me
clear garbage
print log
"""

WITH_TP_DEL = """
    import gc, sys, weakref, _testcapi
    gc.disable()
    log = []
    @_testcapi.with_tp_del
    class L:
        def __tp_del__(self):
            global kept
            log.append("legacy")
            kept = self
    def told():
        said = "; ".join(log) or "(empty)"
        log.clear()
        return said
    gc.collect()
    a = L()
    w = weakref.ref(a)
    del a
    print(told())
    print(w() is None)
    print(sys.getrefcount(kept))
    kept.me = kept
    kept = None
    print(gc.collect())
    print("a" if [type(x) for x in gc.garbage] == [L] else gc.garbage)
    print(sys.getrefcount(gc.garbage[0]))
    del gc.garbage[0].me
    gc.garbage.clear()
    print(told())
"""


@every_python
def test_legacy_finalizers_are_those_of_cpythons_own_tests(python, folder):
    helper = subprocess.run([python, "-c", textwrap.dedent(WITH_TP_DEL)], capture_output=True, text=True,
                            timeout=60)
    if "_testcapi" in helper.stderr:
        pytest.skip("this Python has no _testcapi")
    expected = helper.stdout.splitlines()
    assert len(expected) == 7, helper.stderr
    assert values(lines(python, LEGACY, folder)) == expected


@every_python
def test_older_pythons_skip_and_say_so(python, folder):
    done = conform(python, "requires 3.99\nexpect value 1 == 2\n", folder)
    assert done.returncode == 77 and "skipped: requires 3.99, this is 3." in done.stdout
    done = conform(python, "program a\nrequires 3.99\nprogram b\nprint value 1\n", folder)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "program a"
    assert done.stdout.splitlines()[2:] == ["program b", "2: value 1 = 1"]


SAME = {
    "an expectation": "a = list\nexpect value a == b\nprint value a\n",
    "in a body": "callback c\n  expect value ref == 2\nend\ncall c 1\nprint value 1\n",
    "an error": "program p\na = list\nb = a[3]\n",
    "in a generator": "generator g\n  yield 1\n  note $x\nend\na = start g\nb = next a\nb = next a\n",
    "fails": "fails KeyError raise x\n",
    "fails nothing": "fails KeyError a = list\n",
    "the next program": "program a\nraise x\nprogram b\nprint value 3\n",
}
REFUSED = ["fly", "a = ", "a = 'open", "end", "times 2", "class A\nfinalizer A\nend\nfinalizer A\nend",
           "a = self", "print refcount self", "callback c\n print refcount ref\nend", "a = new A",
           "list = 5", "class A strong", "fails FooError raise x", "a = 1.", "print nothing",
           "try try raise x",
           "generator g\n append a 1\nend", "a = 99999999999999999999", "a = list \x1b", b"a = '\xff'",
           "requires", "program a b", "generator g p p\nend", "print alive a'1", "expect value 1 =="]


@every_python
@pytest.mark.parametrize("name", SAME)
def test_failures_are_told_as_by_the_command(python, name, folder):
    ours = conform(python, SAME[name], folder)
    theirs = run([HEAPMARK, "conform"], SAME[name], folder)
    assert ours.returncode == theirs.returncode == 5
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)


@every_python
@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_is_no_program_is_refused_at_the_same_line(python, text, folder):
    ours = conform(python, text, folder)
    theirs = run([HEAPMARK, "conform"], text, folder)
    assert (ours.returncode, theirs.returncode) == (2, 2)
    assert (ours.stdout, theirs.stdout) == ("", "")
    for said in (ours.stderr, theirs.stderr):
        assert len(said.splitlines()) == 1 and "; expected " in said
    assert ours.stderr.split(":")[:2] == theirs.stderr.split(":")[:2]


@every_python
def test_the_worst_exit_code_of_several_files(python, folder):
    good, bad, wrong = (Path(folder) / name for name in ("good", "bad", "wrong"))
    good.write_text("print value 1\n")
    bad.write_text("raise x\n")
    wrong.write_text("fly\n")

    def code(*files):
        script = str(Path(__file__).resolve().parents[2] / "conformance" / "conform.py")
        return subprocess.run([python, script, *map(str, files)], capture_output=True,
                              timeout=60).returncode
    absent = Path(folder) / "absent"
    assert [code(good), code(good, bad, good), code(bad, absent, good), code(bad, wrong, absent),
            code(), code("--fast", good)] == [0, 5, 6, 2, 2, 2]


def test_cpythons_were_given():
    assert PYTHONS, "no CPython 3.11 to 3.13 was found: set HEAPMARK_CPYTHON"
