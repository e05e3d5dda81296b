#!/usr/bin/env python3
"""Runs object-graph programs (docs/conform.md) on the CPython that runs this script, so that what
heapmark's runtime does with the same files can be laid beside what CPython does.

    conform.py FILE...

Exit code: 0; 2 a text that is no program; 5 an expectation failed or a program ended with an error;
6 a file cannot be read; 77 every program asks for a later CPython.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from reference import runner  # noqa: E402


def main(arguments):
    """Runs the files named, and gives the exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("conform.py: %s; expected conform.py FILE...\n"
                         % (arguments[0] + " is no option" if arguments else "no file is named"))
        return runner.EXIT_TEXT
    try:
        return runner.run_files(arguments)
    except BrokenPipeError:
        return runner.EXIT_FILE
    except OSError as error:
        sys.stderr.write("conform.py: the output cannot be written: %s\n" % error.strerror)
        return runner.EXIT_FILE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
