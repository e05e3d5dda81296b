"""Tests that the Python readers take any bytes: the files of sound runs are mutated at random, in
their bytes and in their values, and every command of the plot package must end with a documented
exit code and at most one line on stderr, never with a traceback.

The seed is drawn anew each time and printed with a failure; HEAPMARK_FUZZ_SEED repeats it.
HEAPMARK_FUZZ_CASES says how many mutations each kind of folder gets (20).
"""

import copy
import json
import os
import random
import shutil
import sys
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "plot"))
sys.path.insert(0, str(HERE.parent / "plot"))
sys.path.insert(0, str(HERE.parent / "timeline"))

from synthetic import Recipe, write_run  # noqa: E402

import made_up  # noqa: E402
from heapmark_plot.__main__ import main  # noqa: E402

SEED = int(os.environ.get("HEAPMARK_FUZZ_SEED") or random.SystemRandom().randrange(2**32))
CASES = int(os.environ.get("HEAPMARK_FUZZ_CASES") or 20)

#: 0 done, 2 bad input, 6 reading or writing failed; check, merge and goals have their own.
CODES = {0, 2, 6}
OWN_CODES = {"check": {3, 4, 10}, "merge": {3}, "goals": {3, 4, 10}}

#: Commands on a run: {run} is the mutated folder, {base} a sound one.
ON_A_RUN = (
    ["summary", "{run}"], ["validate", "{run}"], ["unsettled", "{run}", "--precision", "2"],
    ["compare", "{base}", "{run}"], ["compare", "{run}", "--by", "backend"],
    ["check", "{base}", "{run}"], ["check", "{run}", "{base}"], ["goals", "{run}"],
    ["export", "{run}", "--format", "csv"], ["export", "{run}", "--format", "markdown"],
    ["export", "{run}", "--format", "bmf"], ["export", "{run}", "--format", "junit"],
    ["merge", "--name", "joined", "{out}", "{run}", "{base}"],
)
ON_AN_EXEC = (["exec", "{run}"], ["exec", "{run}", "--format", "json"], ["summary", "{run}"],
              ["validate", "{run}"])
ON_A_TIMELINE = (["timeline", "{run}"],)

JUNK_BYTES = (b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"{", b"]", b'"', b"\n", b"\n\n", b"NaN", b"1e999",
              b"-1", b"\\ud800", b"null", b"[" * 3000, b'{"a":' * 2000, b"9" * 5000, b"\xef\xbb\xbf")
JUNK = (None, True, False, -1, 0, 0.5, 1e308, -1e308, 5e-324, 2**63, 2**70, "", "x", "</script>", "\x00", "\ud800",
        [], {}, [[]], [None], [1, 2], [[1, 2, 3]], {"a": 1}, "9" * 400, [{}])


def spoil_bytes(content: bytes, chance: random.Random) -> bytes:
    """One change of the bytes: cut, remove, repeat, or put something in."""
    first = chance.randrange(len(content) + 1)
    last = min(len(content), first + chance.choice((0, 1, 1, 4, 50, 2000)))
    kind = chance.randrange(4)
    if kind == 0:
        return content[:first]
    if kind == 1:
        return content[:first] + content[last:]
    if kind == 2:
        return content[:last] + content[first:]
    return content[:first] + chance.choice(JUNK_BYTES) + content[last:]


def places(value, path=()):
    """The paths of all members of `value`, a few of each list."""
    members = value.items() if isinstance(value, dict) else \
        enumerate(value[:3]) if isinstance(value, list) else ()
    for name, member in members:
        yield path + (name,)
        yield from places(member, path + (name,))


def spoil_value(line: str, chance: random.Random) -> str:
    """Replaces or removes one member, at any depth."""
    record = whole = json.loads(line)
    *members, last = chance.choice(list(places(whole)))
    for member in members:
        record = record[member]
    if isinstance(record, dict) and chance.random() < 0.2:
        del record[last]
    else:
        record[last] = copy.deepcopy(chance.choice(JUNK))
    return json.dumps(whole)


def spoil(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    if chance.random() < 0.4:
        path.write_bytes(spoil_bytes(content, chance))
        return
    lines = content.decode().splitlines() if path.suffix == ".jsonl" else [content.decode()]
    place = chance.randrange(len(lines))
    lines[place] = spoil_value(lines[place], chance)
    path.write_text("".join(line + "\n" for line in lines))


def fuzz(sound: Path, base: Path, commands, tmp_path: Path, capsys, kind: str) -> None:
    chance = random.Random(f"{SEED}-{kind}")
    for case in range(CASES):
        run, out = tmp_path / f"{kind}-{case}", tmp_path / f"out-{kind}-{case}"
        shutil.copytree(sound, run)
        out.mkdir()
        for _ in range(chance.choice((1, 1, 1, 2))):
            try:
                spoil(chance.choice(sorted(run.glob("*.json*"))), chance)
            except (ValueError, RecursionError, IndexError):
                break  # it is spoilt for good already: no JSON, too deep to be read again, or no members
        words = [word.format(run=run, base=base, out=out) for word in chance.choice(commands)]
        end(words, capsys, f"HEAPMARK_FUZZ_SEED={SEED}, {kind}, case {case}: {words}, files in {run}")
        shutil.rmtree(run)
        shutil.rmtree(out)


def end(words, capsys, told: str) -> None:
    """Runs a command; proves that it ended as documented."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = main(words)
    except (Exception, SystemExit) as error:
        raise AssertionError(f"{told}: {type(error).__name__}: {error}") from error
    complaint = capsys.readouterr().err
    assert code in CODES | OWN_CODES.get(words[0], set()), told
    assert complaint.count("\n") == (1 if code in (2, 6) else complaint.count("\n")), (told, complaint)
    assert "Traceback" not in complaint, (told, complaint)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    recipe = Recipe(works=2, backends=("pool", "system"), collectors=("none", "generational"),
                    repetitions=3, latency_repetitions=1, release=True, settle="long", accounts=2,
                    counters=True, precision=1.0)
    return write_run(tmp_path_factory.mktemp("sound"), recipe)


def test_a_runs_files(base, tmp_path, capsys):
    fuzz(base, base, ON_A_RUN, tmp_path, capsys, "run")


def test_an_exec_runs_files(base, tmp_path, capsys):
    fuzz(HERE / "seeds" / "plot_exec", base, ON_AN_EXEC, tmp_path, capsys, "exec")


def test_a_timelines_file(base, tmp_path, capsys):
    sound = tmp_path / "sound"
    sound.mkdir()
    small = made_up.document(points=4, ticks=8, collections=(3, 1, 1), lines=3)
    (sound / "timeline.json").write_text(json.dumps(small))
    fuzz(sound, base, ON_A_TIMELINE, tmp_path, capsys, "timeline")
