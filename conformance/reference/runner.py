"""This module runs the programs of files one after the other and tells what became of them: output to
stdout, failures to stderr, an exit code.
"""
import gc
import sys

from . import generators, machine, native, parser
from .words import TextError

EXIT_OK, EXIT_TEXT, EXIT_FAILED, EXIT_FILE, EXIT_SKIPPED = 0, 2, 5, 6, 77
_RANKS = (EXIT_OK, EXIT_FAILED, EXIT_FILE, EXIT_TEXT)  # the last one that happens is given


def run_program(program, path):
    """Runs it; True where it ended as it should."""
    machine.begin(program)
    failed = line = None
    try:
        machine.run_block(program.block, machine.MISSING, machine.MISSING)
    except machine.Stop:
        failed, line = machine.stopped, machine.line
    except Exception as error:
        failed = machine.error_text(type(error), error)
        line = generators.failing_line(error, machine.line)
    machine.finish(program)
    if failed is not None:
        sys.stderr.write("%s:%d: %s\n" % (path, line, failed))
    return failed is None


def read_programs(path):
    """(programs, exit code); what is wrong is told."""
    try:
        with open(path, encoding="utf-8") as file:
            return parser.parse(file.read()), EXIT_OK
    except OSError as error:
        sys.stderr.write("conform.py: %s cannot be read: %s; expected a file of programs\n"
                         % (path, error.strerror))
        return [], EXIT_FILE
    except UnicodeDecodeError:
        sys.stderr.write("%s:1: bytes that are no text; expected UTF-8 text\n" % path)
        return [], EXIT_TEXT
    except TextError as error:
        sys.stderr.write("%s:%d: %s\n" % (path, error.line, error))
        return [], EXIT_TEXT


def run_file(path):
    """Runs a file's programs. (exit code, programs run, programs skipped)"""
    programs, code = read_programs(path)
    native.untrack_containers(
        [gc.garbage] + [native.class_dict(cls) for program in programs for cls in program.classes])
    ran = skipped = 0
    for program in programs:
        if program.name is not None:
            machine.output.append("program " + program.name)
        if program.requires is not None and sys.version_info[:3] < program.requires:
            machine.output.append("%s: skipped: requires %s, this is %s" % (
                path, ".".join(map(str, program.requires)),
                ".".join(map(str, sys.version_info[:3]))))
            skipped += 1
        else:
            if not run_program(program, path):
                code = EXIT_FAILED
            ran += 1
        write_output()
    gc.unfreeze()
    gc.collect()
    return code, ran, skipped


def write_output():
    """Writes what the program printed."""
    if machine.output:
        sys.stdout.write("\n".join(machine.output) + "\n")
        sys.stdout.flush()
        machine.output.clear()


def run_files(paths):
    """Runs files; the exit code: 77 where every program was skipped, else the worst."""
    unusable = native.check()
    if unusable is not None:
        sys.stderr.write("conform.py: %s; expected CPython 3.8 or later, 64 bits\n" % unusable)
        return EXIT_FILE
    machine.install()
    sys.setrecursionlimit(10000)
    worst, ran, skipped = EXIT_OK, 0, 0
    for path in paths:
        code, ran_here, skipped_here = run_file(path)
        worst = max(worst, code, key=_RANKS.index)
        ran += ran_here
        skipped += skipped_here
    return EXIT_SKIPPED if worst == EXIT_OK and skipped and not ran else worst
