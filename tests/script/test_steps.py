"""Tests of script/lib/steps.bash by scripts of a few steps: what fails hides nothing, what is stopped ends
with all that it started, and what passed is not run again while the tree stays as it is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "script" / "lib" / "steps.bash"


class Script:
    """A script of steps in a folder of its own; each step's command writes a line to `log`."""

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "log"
        self.log.touch()

    def text(self, body, state="one", resume="no"):
        return (f"set -euo pipefail\ncd '{self.folder}'\nsource '{LIBRARY}'\n"
                f"ran() {{ echo \"$1\" >>'{self.log}'; }}\n"
                f"steps_begin reports progress '{state}' {resume} 'script --resume'\n{body}\n")

    def run(self, body, **more):
        done = subprocess.run(["bash", "-c", self.text(body, **more)], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, body, **more):
        return subprocess.Popen(["bash", "-c", self.text(body, **more)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def ran(self):
        """What ran since this was asked last."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines

    def verdicts(self):
        return [(line.split("\t")[0], line.split("\t")[4])
                for line in (self.folder / "reports" / "steps.tsv").read_text().splitlines()]


@pytest.fixture
def script(tmp_path):
    return Script(tmp_path)


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


BROKEN = """
good() { ran good; echo from good; }
bad() { ran bad; echo from bad >&2; return 1; }
step 'the good one' good
step 'the bad one (odd/name)' bad || exit 9
step 'a program' sh -c 'echo a program speaks'
"""


def test_a_step_that_fails_hides_no_other(script):
    said = script.run(BROKEN)
    assert script.ran() == ["good", "bad"]
    assert script.verdicts() == [("passed", "the good one"), ("failed", "the bad one (odd/name)"),
                                 ("passed", "a program")]
    assert "== the bad one (odd/name) FAILED\n" in said and "a program speaks\n" in said
    outputs = {path.parent.name: path.read_text() for path in script.folder.glob("reports/*/output.txt")}
    assert outputs == {"the-good-one": "from good\n", "the-bad-one-odd-name": "from bad\n",
                       "a-program": "a program speaks\n"}


def test_a_step_s_times_are_told(script):
    """Processor time is its own and that of all it started; what waits takes none."""
    (script.folder / "busy.py").write_text("import time\nwhile time.process_time() < 1.5:\n    pass\n")
    script.run(f"step busy {sys.executable} busy.py\nstep idle sleep 1.1")
    busy, idle = (line.split("\t") for line in
                  (script.folder / "reports" / "steps.tsv").read_text().splitlines())
    assert int(busy[2]) >= 1 and int(idle[1]) >= 1 and int(idle[2]) <= 1


TWO = "step one ran one\nstep two sh -c 'echo two >>log; test -e good'\nstep three ran three"


def test_what_passed_is_not_run_again(script):
    script.run(TWO)
    assert script.ran() == ["one", "two", "three"]
    script.run(TWO, resume="yes")
    assert script.ran() == ["two"]
    assert script.verdicts() == [("kept", "one"), ("failed", "two"), ("kept", "three")]
    (script.folder / "good").touch()
    script.run(TWO, resume="yes")
    assert script.ran() == ["two"]
    script.run(TWO, resume="yes")
    assert script.ran() == []
    assert [verdict for verdict, _ in script.verdicts()] == ["kept"] * 3


def test_a_changed_tree_and_a_new_start_forget(script):
    script.run(TWO)
    script.ran()
    assert "nothing to resume" in script.run(TWO, state="two", resume="yes")
    assert script.ran() == ["one", "two", "three"]
    assert "nothing to resume" not in script.run(TWO, state="two")
    assert script.ran() == ["one", "two", "three"]


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_script_that_is_stopped_ends_at_once_and_goes_on(script, number, code):
    body = f"step one ran one\nlast() {{ ran last; sleep 6000 & echo $! >pid; wait; }}\nstep last last"
    process = script.start(body)
    wait_until(lambda: (script.folder / "pid").exists() and (script.folder / "pid").read_text().endswith("\n"))
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert "stopped by SIG" in errors and "in: last; go on with: script --resume" in errors
    sleeper = int((script.folder / "pid").read_text())
    wait_until(lambda: not Path(f"/proc/{sleeper}").exists() or b") Z " in Path(f"/proc/{sleeper}/stat").read_bytes())
    assert script.ran() == ["one", "last"]
    script.run("step one ran one\nstep last ran last", resume="yes")
    assert script.ran() == ["last"]


def test_what_a_killed_script_had_done_is_not_lost(script):
    """SIGKILL lets nobody tidy up: what passed was written down when it passed."""
    process = script.start("step one ran one\nstep last sh -c 'echo $$ >pid; exec sleep 6000'")
    wait_until(lambda: (script.folder / "pid").exists() and (script.folder / "pid").read_text().endswith("\n"))
    process.kill()
    process.wait()
    os.kill(int((script.folder / "pid").read_text()), signal.SIGKILL)
    process.communicate()
    script.ran()
    script.run("step one ran one\nstep last ran last", resume="yes")
    assert script.ran() == ["last"]


@pytest.fixture
def tests(script):
    """A function: makes the folder `build` with CTest's tests, name to shell command, labelled long but
    for `other`."""
    def made(**commands):
        build = script.folder / "build"
        build.mkdir(exist_ok=True)
        lines = []
        for name, command in {**commands, "other": "echo other"}.items():
            label = "quick" if name == "other" else "long"
            lines.append(f"add_test(a.{name} /bin/sh -c [=[cd '{script.folder}'; echo {name} >>log; {command}]=])\n"
                         f"set_tests_properties(a.{name} PROPERTIES LABELS {label})\n")
        (build / "CTestTestfile.cmake").write_text("".join(lines))
    return made


LONG = "step long each_alone build -L '^long$'"


def test_long_tests_run_one_by_one_and_go_on_in_the_middle(script, tests):
    tests(one="true", two="test -e good || { echo it is not good; exit 1; }", three="true")
    said = script.run(LONG)
    assert script.ran() == ["one", "two", "three"] and "it is not good" in said
    assert script.verdicts() == [("failed", "long")]
    (script.folder / "good").touch()
    script.run(LONG, resume="yes")
    assert script.ran() == ["two"]
    assert script.verdicts() == [("passed", "long")]
    reports = sorted(path.name for path in script.folder.glob("reports/long/*.xml"))
    assert reports == ["a.one.xml", "a.three.xml", "a.two.xml"]
    script.run(LONG, state="another", resume="yes")
    assert script.ran() == ["one", "two", "three"]


def test_a_long_test_that_was_stopped_is_run_again_and_no_other(script, tests):
    tests(one="true", two="echo $$ >pid; exec sleep 6000", three="true")
    process = script.start(LONG)
    wait_until(lambda: (script.folder / "pid").exists() and (script.folder / "pid").read_text().endswith("\n"))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    sleeper = int((script.folder / "pid").read_text())
    wait_until(lambda: not Path(f"/proc/{sleeper}").exists() or b") Z " in Path(f"/proc/{sleeper}/stat").read_bytes())
    assert script.ran() == ["one", "two"]
    tests(one="true", two="true", three="true")
    script.run(LONG, resume="yes")
    assert script.ran() == ["two", "three"]
    assert script.verdicts() == [("passed", "long")]


def test_a_choice_without_a_test_is_a_failure(script, tests):
    tests()
    assert "no test in build" in script.run("step long each_alone build -L '^nothing$'")
    assert script.verdicts() == [("failed", "long")]


def test_the_state_of_a_tree(tmp_path):
    """It changes with the commit, with a change, and with a file that is not added; not with what git
    ignores."""
    def git(*words):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@x", *words], cwd=tmp_path, check=True,
                       capture_output=True)

    def state():
        return subprocess.run(["bash", "-c", f"source '{LIBRARY}'; tree_state"], cwd=tmp_path, check=True,
                              capture_output=True, text=True).stdout

    git("init", "-q")
    (tmp_path / ".gitignore").write_text("/build/\n")
    (tmp_path / "file").write_text("one")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    seen = [state()]
    assert len(seen[0].strip()) == 64
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "made").write_text("x")
    assert state() == seen[0]
    (tmp_path / "file").write_text("two")
    seen.append(state())
    (tmp_path / "new one").write_text("x")
    seen.append(state())
    (tmp_path / "new one").write_text("y")
    seen.append(state())
    git("add", "-A")
    git("commit", "-q", "-m", "second")
    seen.append(state())
    assert len(set(seen)) == len(seen)
