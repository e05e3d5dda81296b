"""Tests that script/fuzz and script/coverage refuse what they cannot do in one line, before they build
anything, that the targets of the script are those of the build, and that script/fuzz keeps the sum of
all executions, with programs in the place of cmake and of a target."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(script, *arguments, **more):
    return subprocess.run([ROOT / "script" / script, *arguments], capture_output=True, text=True,
                          timeout=60, cwd="/", **more)


@pytest.mark.parametrize("script, arguments, words", [
    ("fuzz", ["--seconds", "soon"], ["--seconds", "whole number"]),
    ("fuzz", ["--seconds"], ["--seconds", "whole number"]),
    ("fuzz", ["--runs", "0"], ["--runs", "whole number"]),
    ("fuzz", ["--total", "1e7"], ["--total", "whole number"]),
    ("fuzz", ["--runs", "5", "--seconds", "5"], ["--runs", "--seconds", "not both"]),
    ("fuzz", ["--total", "5", "--runs", "5"], ["--total", "--runs", "not both"]),
    ("fuzz", ["--corpus"], ["--corpus", "folder"]),
    ("fuzz", ["nothing"], ["no target 'nothing'", "runtime", "journal"]),
    ("fuzz", ["--fast"], ["unknown option '--fast'", "--runs"]),
    ("coverage", ["--lines", "many"], ["--lines", "0 to 100"]),
    ("coverage", ["--branches", "101"], ["--branches", "0 to 100"]),
    ("coverage", ["--files", "all"], ["--files", "number"]),
    ("coverage", ["--html"], ["--html", "folder"]),
    ("coverage", ["--keep", "--no-tests"], ["--keep", "--no-tests"]),
    ("coverage", ["--fast"], ["unknown argument '--fast'", "--lines"]),
])
def test_a_mistake_gets_one_line(script, arguments, words):
    done = run(script, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_every_target_has_its_file_its_seeds_and_a_line_in_the_document():
    targets = run("fuzz", "--list").stdout.split()
    assert len(targets) >= 12 and len(set(targets)) == len(targets)
    told = (ROOT / "docs" / "fuzzing.md").read_text()
    for target in targets:
        assert (ROOT / "tests" / "fuzz" / f"{target}.c").is_file()
        assert any((ROOT / "tests" / "fuzz" / "seeds" / target).iterdir()), target
        assert re.search(rf"^\| `{target}` \|", told, re.MULTILINE), target
    kept = {path.name for path in (ROOT / "tests" / "fuzz" / "seeds").iterdir()} - {"plot_exec"}
    assert kept == set(targets)


# A target's answer: what libFuzzer prints of 100 executions, or of fewer where it is told so.
TARGET = """#!/bin/sh
echo "$@" >> {folder}/calls
runs=100
for word in "$@"; do
  case $word in -runs=*) [ "${{word#-runs=}}" -ge 100 ] || runs=${{word#-runs=}} ;; esac
done
{before}
echo "stat::number_of_executed_units: $runs" >&2
exit {code}
"""


class Fuzz:
    """script/fuzz with a target `spec` that is a script of ours."""

    def __init__(self, folder):
        self.folder, self.corpus = folder, folder / "corpus"
        (folder / "tools").mkdir()
        (folder / "build" / "fuzz").mkdir(parents=True)
        for tool in ("cmake", "clang"):
            self.program(folder / "tools" / tool, "#!/bin/sh\n")
        self.target()
        self.words = ["--build", folder / "build", "--corpus", self.corpus]
        self.environment = {**os.environ, "PATH": f"{folder / 'tools'}:{os.environ['PATH']}"}

    @staticmethod
    def program(path, text):
        path.write_text(text)
        path.chmod(0o755)

    def target(self, code=0, before=""):
        self.program(self.folder / "build" / "fuzz" / "fuzz_spec",
                     TARGET.format(folder=self.folder, code=code, before=before))

    def run(self, *words):
        return run("fuzz", *self.words, *words, "spec", env=self.environment)

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def fuzz(tmp_path):
    return Fuzz(tmp_path)


def test_the_executions_of_all_runs_are_summed(fuzz):
    assert fuzz.run("--sums").stdout == "spec: executions in all: 0\n"
    assert fuzz.run("--runs", "70").stdout == "spec: executions: 70, in all: 70\n"
    assert fuzz.run("--seconds", "1").stdout == "spec: executions: 100, in all: 170\n"
    assert fuzz.run("--sums").stdout == "spec: executions in all: 170\n"
    assert ["-runs=70" in call for call in fuzz.calls()] == [True, False]
    assert [path.name for path in fuzz.corpus.iterdir() if path.is_file()] == ["spec.executions"]


def test_runs_without_sanitizers_have_another_build_and_sums_of_their_own(fuzz):
    Fuzz.program(fuzz.folder / "tools" / "cmake", f'#!/bin/sh\necho "$@" >> {fuzz.folder}/cmake\n')
    fuzz.run("--runs", "30")
    assert fuzz.run("--plain", "--runs", "70").stdout == "spec: executions: 70, in all: 70\n"
    assert fuzz.run("--plain", "--sums").stdout == "spec: executions in all: 70\n"
    assert fuzz.run("--sums").stdout == "spec: executions in all: 30\n"
    calls = (fuzz.folder / "cmake").read_text().splitlines()
    assert [call.split()[1] for call in calls if "--preset" in call] == ["fuzz", "fuzz-plain"]


def test_a_total_is_reached_in_rounds_and_counts_what_was_run_before(fuzz):
    fuzz.run("--runs", "30")
    done = fuzz.run("--total", "260")
    assert done.returncode == 0
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["130", "230", "260"]
    assert fuzz.run("--total", "260").stdout == ""
    assert len(fuzz.calls()) == 4


def test_a_finding_is_told_counted_and_ends_the_rounds(fuzz):
    fuzz.target(code=77, before="echo 'Test unit written to /found/crash-1' >&2")
    done = fuzz.run("--total", "1000")
    assert done.returncode == 1 and len(fuzz.calls()) == 1
    assert "spec: FINDING; repeat it: " in done.stdout and "/found/crash-1" in done.stdout
    assert fuzz.run("--sums").stdout == "spec: executions in all: 100\n"


def test_a_sum_that_is_no_number_is_refused_before_anything_runs(fuzz):
    fuzz.corpus.mkdir()
    (fuzz.corpus / "spec.executions").write_text("12 or so\n")
    for words in (["--sums"], ["--runs", "5"]):
        done = fuzz.run(*words)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert "spec.executions is damaged" in done.stderr and "one whole number" in done.stderr
    assert not (fuzz.folder / "calls").exists()


def test_a_seed_goes_to_the_target_and_must_be_a_number(fuzz):
    fuzz.environment.pop("HEAPMARK_FUZZ_SEED", None)
    fuzz.run("--runs", "5")
    fuzz.environment["HEAPMARK_FUZZ_SEED"] = "17"
    fuzz.run("--runs", "5")
    assert ["-seed=17" in call.split() for call in fuzz.calls()] == [False, True]
    fuzz.environment["HEAPMARK_FUZZ_SEED"] = "any"
    done = fuzz.run("--runs", "5")
    assert done.returncode == 2 and "HEAPMARK_FUZZ_SEED must be a whole number" in done.stderr
    assert done.stderr.count("\n") == 1 and len(fuzz.calls()) == 2


def test_a_signal_stops_the_target_and_counts_it(fuzz):
    fuzz.target(before="trap 'runs=7; slept=' USR1; slept=yes; "
                       "while [ $slept ]; do echo >> {0}/began; sleep 0.05; done".format(fuzz.folder))
    command = [ROOT / "script" / "fuzz", *fuzz.words, "--total", "1000", "spec"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=fuzz.environment) as script:
        while not (fuzz.folder / "began").exists():
            assert script.poll() is None
            time.sleep(0.01)
        script.send_signal(signal.SIGTERM)
        told, _ = script.communicate(timeout=60)
    assert script.returncode == 0
    assert told == "spec: executions: 7, in all: 7\n" and len(fuzz.calls()) == 1
