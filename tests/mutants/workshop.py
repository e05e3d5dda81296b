"""This module builds programs of the tests with one source file changed, so that a mutant costs one
compilation and a link for each program that is run on it.

The commands are those of the build that is tested: the compilation from compile_commands.json, links
from Ninja. The changed object stands before the archives, so the linker takes it and leaves the
archive's own member of that name; nothing in the build folder or the sources is touched.
"""

import json
import resource
import shlex
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
SCENARIOS = ROOT / "conformance" / "scenarios"
SECONDS = 120  # a mutant may run for ever
SLOW = {"runtime_deallocation", "runtime_dict"}  # run last, and only where none has noticed yet
MEMORY_BYTES = 4 << 30  # or ask for all there is


class Workshop:
    def __init__(self, build, folder):
        self.build = Path(build)
        self.folder = Path(folder)
        listed = json.loads((self.build / "compile_commands.json").read_text())
        # A library and its inline twin compile the same file: the plain one is linked here.
        self.compilations = {entry["file"]: shlex.split(entry["command"]) for entry in reversed(listed)
                             if "-DHM_INLINE_POOL=1" not in entry["command"]}
        self.links = {}

    def compile(self, file, text, name):
        """The object of src/`file` with this text instead; a mutant that does not compile is an error."""
        source = self.folder / f"{name}.c"
        source.write_text(text)
        target = self.folder / f"{name}.o"
        original = SOURCES / file
        words = [word for word in self.compilations[str(original)] if word != "-Werror"]
        words[words.index("-o") + 1] = str(target)
        words[words.index("-c") + 1] = str(source)
        self._run([*words, "-w", f"-I{original.parent}"])
        return target

    def link(self, program, objects):
        """The program of the build folder, with these objects before the libraries."""
        if program not in self.links:
            done = self._run(["ninja", "-t", "commands", program])
            self.links[program] = shlex.split(done.stdout.splitlines()[-1].strip())
        words = [word for word in self.links[program] if word not in (":", "&&")]
        target = self.folder / Path(program).name
        words[words.index("-o") + 1] = str(target)
        first = next(index for index, word in enumerate(words) if word.endswith(".a"))
        self._run([*words[:first], *map(str, objects), *words[first:]])
        return target

    def _run(self, words):
        done = subprocess.run(words, cwd=self.build, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}{done.stderr}"
        return done


def _limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


class Killer:
    """A program that may notice a mutant: a C test, the conformance scenarios, or stress."""

    def __init__(self, name, program, *arguments):
        self.name = name
        self.program = program
        self.arguments = arguments
        self.slow = name in SLOW

    def notices(self, workshop, objects):
        """How the program ended where it did not pass, in a few words; else None."""
        command = [str(workshop.link(self.program, objects)), *self.arguments]
        try:
            done = subprocess.run(command, cwd=workshop.folder, capture_output=True, text=True,
                                  errors="replace", timeout=SECONDS, preexec_fn=_limit)
        except subprocess.TimeoutExpired:
            return f"still running after {SECONDS} s"
        if done.returncode == 0:
            return None
        if done.returncode < 0:
            return signal.Signals(-done.returncode).name
        return self._say(done)

    @staticmethod
    def _say(done):
        failed = {line.split("]", 1)[1].strip() for line in (done.stdout + done.stderr).splitlines()
                  if line.startswith("[  FAILED  ]") and "test(s)" not in line}
        if failed:
            return f"{len(failed)} failed: {min(failed)}" if len(failed) > 1 else min(failed)
        return f"exit code {done.returncode}"


def killers(build):
    """All there are in this build, the quick ones first."""
    build = Path(build)
    tests = sorted(build.glob("tests/test_gc_*")) + sorted(build.glob("tests/test_runtime_*"))
    found = [Killer(test.name.removeprefix("test_"), f"tests/{test.name}") for test in tests]
    scenarios = sorted(map(str, SCENARIOS.glob("*.conform")))
    found.append(Killer("conform", "heapmark", "conform", "--collector=generational", *scenarios))
    usage = subprocess.run([build / "heapmark", "stress", "--help"], capture_output=True, text=True)
    if "--what" in usage.stdout:
        found.append(Killer("stress", "heapmark", "stress", "--what", "runtime", "--collector",
                            "generational", "--backend", "system", "--operations", "100000", "--seed", "1",
                            "--shrink", "0"))
    return found
