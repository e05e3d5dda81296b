#!/usr/bin/env python3
"""Differential test: random programs in the language of docs/conform.md run on heapmark's runtime and on
real CPythons, and everything they print must be equal.

Program I of seed S is always the same: --seed S --program I runs it alone. A difference is made small,
printed and kept in a file. Exit code: 0 no difference, 1 a difference, 2 bad arguments, 6 a side that
does not run.
"""
import argparse
import concurrent.futures
import os
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from difference import compare, generate, shrink, sides  # noqa: E402

BATCH = 200


def parse_arguments(arguments):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heapmark", metavar="PATH", required=True, help="the heapmark command")
    parser.add_argument("--python", metavar="PATH", action="append", required=True,
                        help="a CPython to compare with; may be given several times")
    parser.add_argument("--collector", default="generational", help="the runtime's (generational)")
    parser.add_argument("--programs", type=int, default=2000, metavar="N")
    parser.add_argument("--long", action="store_true", help="100000 programs")
    parser.add_argument("--seed", help="the base seed (HEAPMARK_TEST_SEED, or a new one each time)")
    parser.add_argument("--program", type=int, metavar="I", help="run program I alone")
    parser.add_argument("--steps", type=int, nargs=2, metavar=("LOW", "HIGH"),
                        default=generate.DEFAULT_STEPS, help="steps of a program (50 100)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shrink", type=int, default=1, metavar="N",
                        help="how many differences to make small (1)")
    parser.add_argument("--keep", metavar="FOLDER", help="where differences are kept (a new folder)")
    parser.add_argument("--print", action="store_true", dest="print_only",
                        help="print the program (--program) and run nothing")
    given = parser.parse_args(arguments)
    if given.long:
        given.programs = 100000
    if given.programs < 1 or given.jobs < 1 or given.steps[0] < 1 or given.steps[0] > given.steps[1]:
        parser.error("--programs, --jobs and --steps count from 1 up, LOW not above HIGH")
    if given.seed is None:
        given.seed = os.environ.get("HEAPMARK_TEST_SEED") or str(random.SystemRandom().randrange(10 ** 9))
    return given


def run_batch(given, first, count):
    """Runs programs `first` to `first + count - 1` on all sides. (differences, compared)"""
    programs = [generate.program(given.seed, index, given.steps)
                for index in range(first, first + count)]
    runtime = sides.heapmark_side(given.heapmark, given.collector)
    ours = runtime.outcomes(programs)
    differences, compared = [], {}
    for path in given.python:
        python = sides.python_side(path)
        compared[python.name] = 0
        theirs = python.outcomes(programs)
        compared[python.name] += sum(None not in pair for pair in zip(ours, theirs))
        found = [compare.Difference(first + number, programs[number], runtime, python, pair)
                 for number, pair in enumerate(zip(ours, theirs)) if compare.differing(*pair)]
        differences += compare.confirmed(found)
    return differences, compared


def run_all(given):
    """Runs all programs; tells progress; gives the differences and how many were compared."""
    first, last = 0, given.programs
    if given.program is not None:
        first, last = given.program, given.program + 1
    differences, compared = [], {}
    begun = told = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(given.jobs) as pool:
        waiting = [pool.submit(run_batch, given, begin, min(BATCH, last - begin))
                   for begin in range(first, last, BATCH)]
        for done, batch in enumerate(waiting, 1):
            found, counts = batch.result()
            differences += found
            for name, count in counts.items():
                compared[name] = compared.get(name, 0) + count
            if time.monotonic() - told > 20:
                told = time.monotonic()
                print("%d of %d programs, %d differences, %.0f programs/s" % (
                    min(done * BATCH, last - first), last - first, len(differences),
                    done * BATCH / (told - begun)), flush=True)
    return differences, compared


def report(given, differences):
    """Shrinks, prints and keeps the first differences."""
    folder = given.keep or tempfile.mkdtemp(prefix="heapmark-differences-")
    os.makedirs(folder, exist_ok=True)
    for difference in differences[:given.shrink]:
        differ = compare.still_differs(difference.side, difference.other,
                                       compare.topic(*difference.outcomes))
        small = difference
        if differ([difference.program])[0]:
            program = shrink.shrink(difference.program, differ)
            found = compare.run_and_compare(difference.side, difference.other, [program],
                                            difference.index)
            small = found[0] if found else difference
        path = os.path.join(folder, "program-%s-%d.conform" % (given.seed, difference.index))
        with open(path, "w", encoding="utf-8") as file:
            file.write(small.show())
        print("\nProgram %d of seed %s, made small (%d lines, from %d), is kept in %s:\n\n%s" % (
            difference.index, given.seed, len(small.program), len(difference.program), path,
            small.show()), flush=True)


def main(arguments):
    """Runs the test; gives the exit code."""
    given = parse_arguments(arguments)
    if given.print_only:
        print("\n".join(generate.program(given.seed, given.program or 0, given.steps)))
        return 0
    print("seed %s" % given.seed, flush=True)
    begun = time.monotonic()
    try:
        differences, compared = run_all(given)
        seconds = time.monotonic() - begun
        for name, count in compared.items():
            print("%s: %d programs compared" % (name, count))
        print("%d differences, %.0f s" % (len(differences), seconds), flush=True)
        if differences:
            indices = sorted({difference.index for difference in differences})
            print("programs %s%s" % (" ".join(map(str, indices[:20])),
                                     " ..." if len(indices) > 20 else ""))
            report(given, differences)
    except sides.SideError as error:
        print("differential.py: %s" % error, file=sys.stderr)
        return 6
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
