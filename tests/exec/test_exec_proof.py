"""Tests of the proof: a run whose processes did not say whose malloc they use is no sample."""

import os
import shutil
import subprocess

import pytest

from harness import COMMAND, FIXTURES, SANITIZED
from pathlib import Path
from programs import OWN_MALLOC, PYTHON3, STATIC, TOUCH, one, run_exec

WITNESS = Path(COMMAND).parent / "libheapmark_witness.so"


def test_a_static_program_cannot_prove(tmp_path):
    for hold in ("0", "60"):
        sample = one(tmp_path / hold, [STATIC, hold])
        assert not sample["valid"] and sample["proof"] == []
        assert "is statically linked" in sample["reason"] and str(STATIC) in sample["reason"]


@pytest.mark.parametrize("command", [
    ["/usr/bin/env", "-i", "/bin/sleep", "0.06"],
    ["/bin/sh", "-c", "env -i /bin/sleep 0.06"],
    ["/bin/bash", "-c", "exec env -i /bin/bash -c 'sleep 0.06; :'"],
    ["/bin/sh", "-c", "unset LD_PRELOAD; /bin/sleep 0.06"],
    [PYTHON3, "-c", "import os; os.execve('/usr/bin/python3', ['python3', '-c', "
     "'import time; time.sleep(0.06)'], {})"]],
    ids=["env", "child", "same name", "unset", "execve"])
def test_a_scrubbed_environment_cannot_prove(tmp_path, command):
    sample = one(tmp_path / "r", command)
    assert not sample["valid"] and "started without LD_PRELOAD" in sample["reason"]


def test_one_too_short_for_a_look_is_known_by_its_name(tmp_path):
    sample = one(tmp_path / "r", ["/usr/bin/env", "-i", "/bin/true"])
    assert not sample["valid"]
    assert "nothing proves its allocator" in sample["reason"] and "true" in sample["reason"]


def test_the_command_alone_may_be_asked(tmp_path):
    command = ["/bin/sh", "-c", "env -i /bin/sleep 0.06; exit 0"]
    assert not one(tmp_path / "a", command)["valid"]
    assert one(tmp_path / "b", command, "--proof", "command")["valid"]
    assert not one(tmp_path / "c", ["/usr/bin/env", "-i", "/bin/sleep", "0.06"], "--proof",
                   "command")["valid"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a program of another user's")
def test_a_program_that_changes_its_user_cannot_prove(tmp_path):
    program = tmp_path / "sleep"
    shutil.copy("/bin/sleep", program)
    os.chown(program, 65534, 65534)
    program.chmod(0o4755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    sample = one(tmp_path / "r", [program, "0.06"])
    assert not sample["valid"] and "changes its user or group (setuid)" in sample["reason"]


@pytest.mark.skipif(SANITIZED, reason="a sanitized library cannot be preloaded")
@pytest.mark.parametrize("library, words", [
    ("not_a_library.so", ["cannot be preloaded", "instead of"]),
    ("libno_malloc.so", ["got malloc from", "libc.so.6", "libno_malloc.so"])])
def test_an_allocator_that_is_not_in_place(tmp_path, library, words):
    """The dynamic linker prints a line and goes on with glibc's malloc."""
    done, _, samples = run_exec(
        tmp_path / "r", ["--backend", f"mine=preload:{FIXTURES}/{library}", "--repetitions", "2",
                         "--warmup", "0"], ["/bin/true"])
    assert done.returncode == 3
    for sample in samples:
        assert not sample["valid"]
        for word in words:
            assert word in sample["reason"]


@pytest.mark.skipif(SANITIZED, reason="a sanitized library cannot be preloaded")
def test_an_allocator_by_path_proves_itself(tmp_path):
    done, _, samples = run_exec(
        tmp_path / "r", ["--backend", f"mine=preload:{FIXTURES}/libtiny_malloc.so",
                         "--repetitions", "1"], [TOUCH, 1, 10, tmp_path / "own"])
    assert done.returncode == 0 and samples[0]["valid"]
    assert samples[0]["proof"][0]["malloc_file"] == str((FIXTURES / "libtiny_malloc.so").resolve())


def test_a_program_with_a_malloc_of_its_own(tmp_path):
    for name in ("system", "jemalloc"):
        done, _, samples = run_exec(tmp_path / name, ["--backend", name, "--repetitions", "1"],
                                    [OWN_MALLOC])
        assert done.returncode == 3
        assert "defines a malloc of its own" in samples[0]["reason"]


def test_a_fixed_address_program_is_no_malloc_of_its_own(tmp_path):
    """Debian's python3 has an entry for malloc of its own that only leads on."""
    _, _, samples = run_exec(tmp_path / "r", ["--backend", "jemalloc", "--repetitions", "1"],
                             [PYTHON3, "-c", "pass"])
    assert samples[0]["valid"], samples[0]["reason"]
    assert "libjemalloc" in samples[0]["proof"][0]["malloc_file"]


def test_forked_and_renamed_processes_are_proved(tmp_path):
    script = ("import os, time, ctypes\n"
              "ctypes.CDLL(None).prctl(15, b'other-name', 0, 0, 0)\n"
              "for _ in range(3):\n"
              "    if os.fork() == 0: time.sleep(0.05); os._exit(0)\n"
              "for _ in range(3): os.wait()\n")
    sample = one(tmp_path / "r", [PYTHON3, "-c", script])
    assert sample["valid"], sample["reason"]
    assert sample["most_processes"] >= 4 and sample["proof"][0]["count"] == 1
    assert {process["name"] for process in sample["processes"]} >= {"other-name"}


def test_closed_descriptors_do_not_hinder_the_witness(tmp_path):
    sample = one(tmp_path / "r", ["/bin/sh", "-c", "exec /bin/sleep 0.03 <&- >&- 2>&-"])
    assert sample["valid"], sample["reason"]
    assert {entry["executable"] for entry in sample["proof"]} >= {"/usr/bin/sleep"}


def test_many_processes_at_once(tmp_path):
    sample = one(tmp_path / "r", ["/bin/sh", "-c",
                                  "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do /bin/sleep 0.1 & done; wait"])
    assert sample["valid"], sample["reason"]
    assert next(e["count"] for e in sample["proof"] if e["executable"].endswith("sleep")) == 12


def test_the_witness_allocates_nothing_and_says_nothing():
    """It may call only what is known not to allocate."""
    listed = subprocess.run(["nm", "-D", "--undefined-only", WITNESS], capture_output=True,
                            text=True, check=True)
    called = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
    known = {"dlsym", "dladdr1", "open", "open64", "write", "close", "readlink", "getenv", "getpid",
             "getauxval", "prctl", "memcpy", "strnlen", "__errno_location", "__stack_chk_fail",
             "__readlink_chk", "__memcpy_chk", "__open_2", "__cxa_finalize", "__gmon_start__",
             "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"}
    assert called <= known, called - known
    for witness_file in (None, "", "/nonexistent/file"):
        variables = {"LD_PRELOAD": str(WITNESS), "PATH": os.environ["PATH"]}
        if witness_file is not None:
            variables["HEAPMARK_WITNESS"] = witness_file
        done = subprocess.run(["/bin/echo", "hello"], capture_output=True, text=True, env=variables)
        assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")
