"""Tests that a name is a name: no shell is started with one, and a name that would be a command, an option,
a format or a program to a shell is none of these anywhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import COMMAND, FIXTURES, ROOT, SANITIZED, SMALL, call, check_folder, environment

SOURCES = [path for folder in ("bench", "src", "allocators", "workloads", "examples")
           for path in (ROOT / folder).rglob("*.[ch]*") if path.suffix in (".c", ".h", ".cc")]
PYTHON_SOURCES = [*(ROOT / "plot").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]

#: Where processes are started, and what bounds each: there is no other place.
SPAWNS = {
    "bench/process_start.c": "PR_SET_PDEATHSIG",      # watched: bench/process.c
    "bench/exec/start.c": "PR_SET_PDEATHSIG",         # watched: bench/exec/process.c
    "bench/plot_run.c": "hm_child_enter",
    "bench/reference_build.c": "hm_child_enter",
    "bench/sample_main.c": "hm_child_enter",
    "src/graph/render.c": "hm_child_bind",
    "bench/stress/alone.c": "hm_stress_forked_child(",                 # in a trial, which is watched
    "bench/stress/crew.c": "hm_stress_forked_child(",
    "bench/stress/objects/run.c": "hm_stress_forked_child(",
    "bench/stress/trial.c": "PR_SET_PDEATHSIG",
}
#: Programs that become another one, which were started by one of those.
BECOMES = {"bench/sample_environment.c", "bench/reference_python.c"}

STARTS = re.compile(r"\b(?:fork|vfork|posix_spawnp?|clone3?)\s*\(")
EXECUTES = re.compile(r"\b(?:execl\w*|execv\w*|fexecve)\s*\(")


def code_of(path):
    """The text without comments and strings, so that a word about a function is no call of it."""
    text = path.read_text()
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', " ", text, flags=re.S)


def test_there_are_sources():
    assert len(SOURCES) > 200 and len(PYTHON_SOURCES) > 50


@pytest.mark.parametrize("word", ["system", "popen", "wordexp", "execl", "execlp", "execle", "tmpnam",
                                  "tempnam", "mktemp", "tmpfile", "gets"])
def test_no_shell_and_no_unsafe_function(word):
    found = [str(path.relative_to(ROOT)) for path in SOURCES
             if re.search(rf"(?<![\w.>:])(?:std::)?{word}\s*\(", code_of(path))]
    assert found == []


def test_no_program_is_a_shell():
    """No `sh` or `-c` for one among the words that are executed; Pythons get scripts of ours."""
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text(), flags=re.S)
        assert not re.search(r'"(?:/bin/|/usr/bin/)?(?:ba|da|z|k)?sh"', text), path


def test_processes_are_started_in_known_places_only():
    found = {str(path.relative_to(ROOT)) for path in SOURCES if STARTS.search(code_of(path))}
    assert found <= set(SPAWNS), "a new place: bound it, and add it here and to docs/security.md"
    assert found >= {"bench/process_start.c", "bench/exec/start.c", "bench/plot_run.c"}
    becoming = {str(path.relative_to(ROOT)) for path in SOURCES if EXECUTES.search(code_of(path))}
    assert becoming <= set(SPAWNS) | BECOMES


@pytest.mark.parametrize("place", SPAWNS)
def test_each_place_bounds_what_it_starts(place):
    path = ROOT / place
    if not path.exists() or not STARTS.search(code_of(path)):
        pytest.skip("nothing is started there")
    bound = SPAWNS[place]
    assert bound in code_of(path)


def test_the_package_starts_nothing():
    for path in PYTHON_SOURCES:
        text = path.read_text()
        for word in (r"\bsubprocess\b", r"\bos\.(?:system|popen|exec|spawn)", r"\beval\(", r"\bexec\(",
                     r"\bpickle\b", r"\bmarshal\b", r"\bshell=True", r"\byaml\.load", r"__import__",
                     r"\burllib\b", r"import requests", r"import socket", r"read_pickle", r"allow_pickle=True"):
            assert not re.search(word, text), (path, word)


EVIL = "$(touch PWNED); touch PWNED; `touch PWNED` | touch PWNED & 'q' \"d\" %s%n"


def nothing_ran(place):
    assert not list(Path(place).rglob("PWNED"))


@pytest.mark.parametrize("arguments", [
    ["run", *SMALL, "--backend", f"{EVIL}=so:/bin/true", "--out", "out"],
    ["run", *SMALL, "--backend", f"x=so:{EVIL}", "--out", "out"],
    ["run", *SMALL, "--backend", f"x=so:/bin/true;env={EVIL}", "--out", "out"],
    ["run", *SMALL, "--filter", EVIL, "--out", "out"],
    ["run", *SMALL, "--filter", "^(" + EVIL, "--out", "out"],
    ["run", *SMALL, "--param", f"streaming-generator.items={EVIL}", "--out", "out"],
    ["run", *SMALL, "--reference", EVIL, "--out", "out"],
    ["run", *SMALL, "--collector", EVIL, "--out", "out"],
    ["run", *SMALL, "--baseline", EVIL, "--out", "out"],
    ["sample", EVIL], ["sample", EVIL, "--backend", EVIL], ["explain", EVIL], ["list", EVIL],
    ["conform", EVIL], ["timeline", EVIL, "--out", "out"], ["report", EVIL], ["goals", EVIL],
    ["compare", EVIL, EVIL], ["check", EVIL, EVIL], ["merge", EVIL, EVIL], ["export", EVIL],
    ["exec", "--backend", EVIL, "--", "/bin/true"], ["exec", "--", EVIL], [EVIL], ["--" + EVIL],
], ids=range(25))
def test_what_is_asked_is_no_command(arguments, tmp_path):
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode in (2, 6), (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    nothing_ran(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_command(tmp_path):
    folder = tmp_path / EVIL.replace("/", "")
    done = call("run", *SMALL, "--out", folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    check_folder(folder)
    done = call("export", "--format", "csv", "--out", tmp_path / f"{EVIL}.csv", folder, cwd=tmp_path,
                HEAPMARK_PYTHON=sys.executable)
    assert done.returncode == 0 and (tmp_path / f"{EVIL}.csv").exists(), done.stderr
    nothing_ran(tmp_path)


def test_variables_are_no_commands(tmp_path):
    """What the environment may say is a path or an amount."""
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0
    for name in ("HEAPMARK_PYTHON", "HEAPMARK_PLOT", "HEAPMARK_WITNESS_PATH", "HEAPMARK_PYTHON_MEMORY",
                 "HEAPMARK_PYTHON_SECONDS", "TMPDIR", "NO_COLOR", "CC", "XDG_CACHE_HOME", "HOME"):
        call("export", "--format", "csv", folder, cwd=tmp_path, **{name: EVIL})
        call("exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", "--out",
             tmp_path / f"exec-{name}", "--", "/bin/true", cwd=tmp_path, **{name: EVIL})
        nothing_ran(tmp_path)


@pytest.mark.skipif(SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")
def test_a_label_is_a_label(tmp_path):
    """Only letters, digits and a few marks get into names of cells, and so into commands."""
    for label in ("a b", "a;b", "a'b", "a$b", "a/b", "a\nb", "-", "<b>", "é", "a%sb", "a#b", ""):
        done = call("run", *SMALL, "--backend", f"{label}=so:{FIXTURES}/libtiny_malloc.so", "--out",
                    tmp_path / "run")
        if label == "-":
            continue
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, (label, done.stderr)


def test_the_command_that_repeats_a_sample_is_quoted(tmp_path):
    """It is made for a shell: what is in it comes back as it was."""
    import json
    import shlex
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0
    for line in (folder / "journal.jsonl").read_text().splitlines():
        sample = json.loads(line)
        assert shlex.split(sample["command"])[:3] == ["heapmark", "sample", sample["cell"]]
