"""Tests that a library or a module is loaded by the path that was asked for, or from the place where its
package puts it, and never because it lies in the current folder or because a variable says so."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from synthetic import Recipe, write_run

from harness import (COMMAND, FIXTURES, ROOT, SANITIZED, SMALL, call, check_folder, environment,
                     read_environment, refused)

outside_sanitizers = pytest.mark.skipif(
    SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")
NAMES = ["libjemalloc.so.2", "libmimalloc.so.2", "libtcmalloc.so.4", "libtcmalloc_minimal.so.4",
         "libheapmark_pool.so", "libheapmark_witness.so", "libdw.so.1", "libunwind.so.8"]
PYTHON = {"HEAPMARK_PYTHON": sys.executable}


@pytest.fixture
def trap(tmp_path):
    """A folder of libraries that say so when they are loaded, under the names of good ones."""
    source = tmp_path / "trap.c"
    sprung = tmp_path / "sprung"
    source.write_text("#include <fcntl.h>\n#include <unistd.h>\n"
                      "__attribute__((constructor)) static void spring(void)\n"
                      f'{{ close(open("{sprung}", O_CREAT | O_WRONLY, 0600)); }}\n')
    folder = tmp_path / "here"
    folder.mkdir()
    first = folder / NAMES[0]
    subprocess.run([shutil.which("cc") or "gcc", "-shared", "-fPIC", "-o", first, source], check=True)
    for name in NAMES[1:]:
        shutil.copy(first, folder / name)
    yield folder
    assert not sprung.exists(), "a library was loaded that nobody asked for"


def test_the_trap_springs(tmp_path):
    """By its path it is loaded, so that the other tests say something."""
    sprung = tmp_path / "sprung"
    source = tmp_path / "trap.c"
    source.write_text("#include <fcntl.h>\n#include <unistd.h>\n"
                      "__attribute__((constructor)) static void spring(void)\n"
                      f'{{ close(open("{sprung}", O_CREAT | O_WRONLY, 0600)); }}\n')
    subprocess.run([shutil.which("cc") or "gcc", "-shared", "-fPIC", "-o", tmp_path / "t.so", source],
                   check=True)
    call("run", *SMALL[2:], "--backend", f"t=so:{tmp_path}/t.so", "--out", tmp_path / "run")
    assert SANITIZED or sprung.exists()


@outside_sanitizers
def test_a_library_beside_is_not_loaded_by_name(trap, tmp_path):
    """From the folder it lies in, and with that folder in LD_LIBRARY_PATH of the samples."""
    listed = json.loads(call("list", "backends", "--format", "json", cwd=trap).stdout)["backends"]
    there = {entry["name"]: entry for entry in listed if entry["available"]}
    foreign = [name for name in ("jemalloc", "mimalloc", "tcmalloc") if name in there]
    run = ["run", *SMALL[2:], "--backend", ",".join(["system", "pool", *foreign]),
           "--memory-repetitions", "0", "--latency-repetitions", "0"]
    done = call(*run, "--out", tmp_path / "run", cwd=trap)
    assert done.returncode == 0, done.stderr
    check_folder(tmp_path / "run")
    for backend in read_environment(tmp_path / "run")["backends"]:
        assert not (backend["origin"] or "").startswith(str(tmp_path)), backend
        if backend["name"] in foreign:
            assert backend["origin"] == os.path.realpath(there[backend["name"]]["library"])


@outside_sanitizers
@pytest.mark.parametrize("variable", ["LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT"])
def test_samples_have_no_loaders_variables(variable, tmp_path):
    """Asked of a sample itself: what its environment holds is what its back end needs."""
    folder = tmp_path / "lib"
    folder.mkdir()
    script = tmp_path / "show"
    value = str(folder) if variable == "LD_LIBRARY_PATH" else str(FIXTURES / "libtiny_malloc.so")
    done = call("run", *SMALL, "--out", tmp_path / "run", **{variable: value})
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    assert all(sample["valid"] for sample in samples)
    # A preloaded allocator would serve the samples; `system` is proved to be libc.
    assert all("libc" in sample["origin"] for sample in samples)
    assert not script.exists()


@outside_sanitizers
def test_a_native_traceback_takes_no_library_from_here(trap, tmp_path):
    call("timeline", "streaming-generator/items:20", "--out", tmp_path / "line", cwd=trap, timeout=120,
         **PYTHON)


PLANTED = ["heapmark_plot/__init__.py", "heapmark_plot/__main__.py", "numpy.py", "pandas.py",
           "jinja2.py", "matplotlib/__init__.py", "scipy/__init__.py", "runpy.py", "json.py", "re.py",
           "argparse.py", "contextlib.py", "warnings.py", "importlib/util.py", "sitecustomize.py",
           "usercustomize.py", "encodings/__init__.py", "lzma.py", "tempfile.py", "typing.py"]


@pytest.fixture
def stranger(tmp_path):
    """A run that came with Python files and settings, in the folder that one looks at it from."""
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",), batches=5, repetitions=2))
    sprung = tmp_path / "sprung"
    for name in PLANTED:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"open({str(sprung)!r}, 'w').write({name!r})\n")
    (folder / "matplotlibrc").write_text(
        "backend: module://numpy\nfont.size: 40\nsavefig.dpi: 7\ntext.usetex: True\nsvg.fonttype: path\n"
        "axes.prop_cycle: cycler('color', [open('/dev/null') and 'r'])\n")
    yield folder
    assert not sprung.exists(), f"{sprung.read_text()} was imported"


@pytest.mark.parametrize("variables", [{}, {"PYTHONPATH": "."}, {"PYTHONPATH": ":"}], ids=str)
def test_no_module_is_imported_from_the_current_folder(variables, stranger):
    done = call("export", "--format", "csv", ".", cwd=stranger, **PYTHON, **variables)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    done = call("run", *SMALL, "--out", "../new", cwd=stranger, **PYTHON, **variables)
    assert done.returncode == 0, done.stderr


def test_a_report_takes_no_settings_from_the_current_folder(stranger, tmp_path):
    done = call("report", ".", cwd=stranger, **PYTHON)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    made = (stranger / "report.html").read_bytes()
    done = call("report", stranger, cwd="/", **PYTHON)
    assert done.returncode == 0 and (stranger / "report.html").read_bytes() == made


@outside_sanitizers
def test_a_stopped_run_of_a_stranger_loads_nothing(tmp_path):
    """What its folder names is loaded only where the command line names it too."""
    folder = tmp_path / "run"
    library = FIXTURES / "libtiny_malloc.so"
    sprung = tmp_path / "sprung"
    source = tmp_path / "trap.c"
    source.write_text("#include <fcntl.h>\n#include <unistd.h>\n"
                      "__attribute__((constructor)) static void spring(void)\n"
                      f'{{ close(open("{sprung}", O_CREAT | O_WRONLY, 0600)); }}\n')
    trap = tmp_path / "trap.so"
    subprocess.run([shutil.which("cc") or "gcc", "-shared", "-fPIC", "-o", trap, source], check=True)
    run = [*SMALL[2:], "--backend", "system", "--backend", f"own=so:{library}"]
    assert call("run", *run, "--out", folder).returncode == 0
    text = (folder / "environment.json").read_text()
    (folder / "environment.json").write_text(
        text.replace(str(library), str(trap)).replace('"finished"', '"running"'))
    (folder / "journal.jsonl").write_text("")
    refused(call("run", "--resume", "--out", folder), "--resume", "executes files", str(trap))
    assert not sprung.exists()


@outside_sanitizers
def test_a_setting_counts_as_a_file(tmp_path):
    """`env=` can name what an allocator, or the loader, opens."""
    folder = tmp_path / "run"
    run = [*SMALL[2:], "--backend", "system", "--backend",
           f"own=so:{FIXTURES}/libtiny_malloc.so;env=LD_AUDIT=/nonexistent"]
    call("run", *run, "--out", folder)
    refused(call("run", "--resume", "--out", folder), "executes files", "LD_AUDIT")


def test_a_python_of_a_stranger_is_not_started(tmp_path):
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0
    described = read_environment(folder)
    program = tmp_path / "python3"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    program.chmod(0o755)
    described["options"]["references"] = [str(program)]
    described["references"] = [{"path": str(program)}]
    (folder / "environment.json").write_text(json.dumps(described))
    refused(call("run", "--resume", "--out", folder), "executes files", "--reference", str(program))
    assert not (tmp_path / "sprung").exists()
