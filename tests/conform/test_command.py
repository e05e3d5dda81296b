"""The command: files, options, exit codes, and that nothing is left behind."""

import re
import shutil
import subprocess

import pytest

from interpreter import COMMAND, SANITIZED, holds, run, run_files

CYCLE = "a = list\nappend a a\ndel a\nexpect collect == 1\n"


def one_line(done, code, *words):
    assert done.returncode == code, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)


def test_no_file():
    one_line(run_files(), 2, "which file?")


def test_a_file_that_cannot_be_read(tmp_path):
    one_line(run_files(tmp_path / "absent"), 6, "absent cannot be read", "No such file")
    one_line(run_files(tmp_path), 6, "cannot be read")


def test_wrong_options(tmp_path):
    path = tmp_path / "a.conform"
    path.write_text(CYCLE)
    one_line(run_files("--backend", "nothing", path), 2, "'nothing'")
    one_line(run_files("--collector", "nothing", path), 2, "'nothing'")
    one_line(run_files("--graph", "picture.png", path), 2, "picture.png", ".svg or .dot")
    one_line(run_files("--fast", path), 2, "--fast")


def test_several_files_and_the_worst_exit_code(tmp_path):
    good, bad, wrong = tmp_path / "good", tmp_path / "bad", tmp_path / "wrong"
    good.write_text("print value 1\n")
    bad.write_text("expect value 1 == 2\n")
    wrong.write_text("fly\n")
    assert run_files(good, good).stdout == "1: value 1 = 1\n" * 2
    assert run_files(bad, good).returncode == 5
    done = run_files(bad, wrong, tmp_path / "absent", good)
    assert done.returncode == 2
    assert done.stdout == "1: value 1 = 1\n"
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        str(bad), str(wrong), "heapmark conform"]
    assert run_files(bad, tmp_path / "absent").returncode == 6


def test_programs_of_a_file_run_after_one_that_fails():
    done = run("print value 0\nprogram a\nraise x\nprogram b\nexpect value 1 == 2\nprogram c\nprint value 3\n")
    assert done.returncode == 5
    assert done.stdout == "1: value 0 = 0\nprogram a\nprogram b\nprogram c\n2: value 3 = 3\n"
    assert done.stderr == ("t.conform:3: RuntimeError: x\n"
                           "t.conform:5: expected 2, got 1: value 1\n")


def test_a_file_from_a_pipe():
    done = subprocess.run([COMMAND, "conform", "/dev/stdin"], input=CYCLE + "print value 1\n",
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "5: value 1 = 1\n")


@pytest.mark.parametrize("collector", ["none", "off", "generational", "generational;thresholds=5,5,5"])
def test_collectors(collector):
    lines = holds("""
class A
finalizer A
  note $self
end
on-collection
  note $phase
end
a = new A
a.me = a
w = weakref a
s = weak-set
add s a
del a
enable
times 100
  b = list
end
disable
threshold 10 10 10
debug saveall
debug none
c = list
append c c
del c
print collect
print collect 0
freeze
print frozen
unfreeze
print objects
print objects 0
print garbage
print stats 2
print count 1
print referrers b
print referents b
print alive a
fails ValueError collect 3
""", "--collector", collector)
    collects = collector.startswith("generational")
    assert (lines[0].split()[-1] != "0") == collects or "thresholds" in collector
    assert ("True" in lines[-1]) == (not collects)


def test_automatic_collection_is_off_at_first_whatever_the_collector_says():
    holds("threshold 5\ntimes 100\n  a = list\n  append a a\nend\nexpect stats 0 == 0 0 0\n",
          "--collector", "generational;trigger=auto")


@pytest.mark.skipif(SANITIZED, reason="under a sanitizer system is the sanitizer's allocator")
def test_a_back_end_from_a_library():
    holds(CYCLE, "--backend", "pool")


def test_a_picture_of_the_last_program(tmp_path):
    source = tmp_path / "a.conform"
    source.write_text("program one\nx = dict\nprogram two\na = list\nb = list a\nappend a b\nt = tuple a 5\n")
    dot = tmp_path / "p.dot"
    assert run_files("--graph", dot, source).returncode == 0
    text = dot.read_text()
    assert text.startswith("digraph") and "label=<two>" in text
    assert text.count("<b>list</b>") == 2 and text.count("<b>tuple</b>") == 1
    assert "<b>dict</b>" not in text
    assert re.search(r"roots -> n\d+ \[label=<&#160;a>\]", text) and "label=<&#160;b>" in text
    if shutil.which("dot"):
        svg = tmp_path / "p.svg"
        assert run_files("--graph", svg, source).returncode == 0
        assert "<svg" in svg.read_text()


def test_a_picture_that_cannot_be_written(tmp_path):
    source = tmp_path / "a.conform"
    source.write_text(CYCLE)
    one_line(run_files("--graph", tmp_path / "no" / "p.dot", source), 6, "cannot be written")


def test_a_picture_of_a_program_that_failed(tmp_path):
    source = tmp_path / "a.conform"
    source.write_text("a = list\nexpect value a == b\n")
    assert run_files("--graph", tmp_path / "p.dot", source).returncode == 5
    assert "<b>list</b>" in (tmp_path / "p.dot").read_text()


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_output_that_cannot_be_written(tmp_path):
    source = tmp_path / "a.conform"
    source.write_text("print value 1\n")
    done = subprocess.run(["bash", "-c", '"$0" conform "$1" > /dev/full', COMMAND, str(source)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 6 and "cannot be written" in done.stderr


def test_many_programs_in_one_file():
    one = """program p{0}
class A
finalizer A
  kept = self
end
generator g
  x = list
  yield x
end
a = new A
a.me = a
i = start g
v = next i
append v i
f = frame itself a
l = weak-values
l['k'] = a
del a v
print collect
print objects
"""
    lines = holds("".join(one.format(number) for number in range(500)))
    assert len(lines) == 1500
    assert len(set(lines[1::3])) == 1 and len(set(lines[2::3])) == 1
