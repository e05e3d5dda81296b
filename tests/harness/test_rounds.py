"""Tests of adaptive rounds. A script in the place of Python says which cells are unsettled: what the
statistics say of real samples is tested with them (tests/plot)."""

import json
import signal
import sys

import pytest

from harness import (CELL, SMALL, call, check_folder, gone, lines, new_mark, planned,
                     read_environment, start, wait_for)

SETTLE = [*SMALL, "--latency-repetitions", "0", "--memory-repetitions", "0", "--precision", "2"]
FIXED = 6  # 2 rounds of the cell, its control and the empty work
BLOCK = [f"{CELL}#control-time#{{}}", f"{CELL}#time#{{}}"]

FAKE = """#!{python}
import json, pathlib, sys, time
folder = pathlib.Path(__file__).parent
if "unsettled" not in sys.argv:
    sys.exit(0)
asked = len(list(folder.glob("asked-*")))
(folder / "asking").write_text(json.dumps(sys.argv))
(folder / "asking").rename(folder / f"asked-{{asked}}")  # whole, or not there
while (folder / "hold").exists() and asked:  # all questions but the first
    time.sleep(0.01)
answered = len(list(folder.glob("answered-*")))
(folder / f"answered-{{answered}}").touch()
answers = json.loads((folder / "answers.json").read_text())
answer = answers[min(answered, len(answers) - 1)]
if answer == "wait":
    time.sleep(600)
if answer == "fail":
    print("first\\nwhat went wrong", file=sys.stderr)
    sys.exit(2)
print(answer if isinstance(answer, str) else json.dumps({{"unsettled": answer, "settled": 0}}))
"""


class Python:
    """The script, its answers in the order it is asked, the last one for ever."""

    def __init__(self, folder, answers):
        self.folder = folder
        self.path = folder / "python"
        self.path.write_text(FAKE.format(python=sys.executable))
        self.path.chmod(0o755)
        (folder / "answers.json").write_text(json.dumps(answers))

    def asked(self):
        """The arguments of each question."""
        names = sorted(self.folder.glob("asked-*"), key=lambda path: int(path.name[6:]))
        return [json.loads(path.read_text()) for path in names]


def run(folder, answers, *arguments):
    python = Python(folder, answers)
    done = call("run", *(arguments or SETTLE), "--out", folder / "run", "--progress", "never",
                HEAPMARK_PYTHON=str(python.path))
    return python, done


def rounds(folder):
    return read_environment(folder / "run")["plan"]["rounds"]


def block(*repetitions):
    return [name.format(repetition) for repetition in repetitions for name in BLOCK]


def test_rounds_go_on_while_a_cell_is_unsettled(tmp_path):
    python, done = run(tmp_path, [[CELL], [CELL], []])
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    assert len(planned(*SETTLE)) == FIXED
    assert sorted(s["id"] for s in samples) == sorted(planned(*SETTLE) + block(2, 3))
    assert rounds(tmp_path) == [[CELL], [CELL]]
    # The first rounds come first, whole, and each further one after the last.
    assert sorted(s["id"] for s in samples[:FIXED]) == planned(*SETTLE)
    assert sorted(s["id"] for s in samples[FIXED:FIXED + 2]) == block(2)
    assert [question[4:] for question in python.asked()] == 3 * [
        ["unsettled", "--precision", "2", "--", str(tmp_path / "run")]]
    paddings = [s["padding_bytes"] for s in samples if s["cell"] == CELL]
    assert len(set(paddings)) > 2


def test_only_the_works_with_an_unsettled_cell_go_on_and_with_all_their_cells(tmp_path):
    two = ["--backend", "system,pool", "--collector", "none", "--filter",
           "^(streaming-generator|short-lived)", "--param", "streaming-generator.items=20",
           "--param", "short-lived.batch=20", "--repetitions", "2", "--memory-repetitions", "0",
           "--latency-repetitions", "0", "--min-time", "1ms", "--precision", "2"]
    unsettled = CELL.replace("backend:system", "backend:pool")
    _, done = run(tmp_path, [[unsettled], []], *two)
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "run")
    further = [s for s in samples if s["repetition"] == 2]
    assert {s["cell"] for s in further} == {CELL, unsettled}
    assert [sorted(cells) for cells in rounds(tmp_path)] == [sorted([CELL, unsettled])]
    assert len(samples) == len(planned(*two)) + len(further)


def test_rounds_have_a_bound(tmp_path):
    python, done = run(tmp_path, [[CELL]], *SETTLE, "--most-rounds", "2")
    assert done.returncode == 0, done.stderr
    assert len(check_folder(tmp_path / "run")) == FIXED + 4
    assert len(rounds(tmp_path)) == 2 and len(python.asked()) == 3


def test_the_bound_is_said(tmp_path):
    python = Python(tmp_path, [[CELL]])
    done = call("run", *SETTLE, "--most-rounds", "1", "--out", tmp_path / "run",
                HEAPMARK_PYTHON=str(python.path))
    assert done.returncode == 0
    assert "1 cells are not settled to 2 % after 1 further rounds" in done.stderr


def test_without_a_precision_nobody_is_asked(tmp_path):
    for name, arguments in (("quick", SETTLE[:-2]), ("off", [*SETTLE[:-1], "off"])):
        (tmp_path / name).mkdir()
        python, done = run(tmp_path / name, [[CELL]], *arguments)
        assert done.returncode == 0, done.stderr
        assert python.asked() == [] and rounds(tmp_path / name) == []
        assert read_environment(tmp_path / name / "run")["options"]["precision"] is None


# What the script answers, and what the one line must say.
NO_ANSWER = [
    ("fail", "what went wrong"),
    ("rubbish", "did not answer with a list"),
    ("{}", "did not answer with a list"),
    ('{"unsettled": [7]}', "did not answer with a list"),
    (["no/such/cell"], "'no/such/cell' is no cell"),
]


@pytest.mark.parametrize("answer, words", NO_ANSWER, ids=lambda value: str(value)[:20])
def test_without_an_answer_it_stops_after_the_fixed_rounds_and_says_so(answer, words, tmp_path):
    _, done = run(tmp_path, [answer])
    assert done.returncode == 0
    lines_said = [line for line in done.stderr.splitlines() if line.startswith("precision: ")]
    assert len(lines_said) == 1 and words in lines_said[0], done.stderr
    assert "beyond the first 2" in lines_said[0]
    assert sorted(s["id"] for s in check_folder(tmp_path / "run")) == planned(*SETTLE)
    assert rounds(tmp_path) == []


def test_without_a_python_it_stops_after_the_fixed_rounds_and_says_so(tmp_path):
    done = call("run", *SETTLE, "--out", tmp_path / "run", "--progress", "never")
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if line.startswith("precision: ")]
    assert len(said) == 1 and "HEAPMARK_PYTHON names no Python" in said[0]
    assert len(check_folder(tmp_path / "run")) == FIXED


def test_a_cell_that_never_worked_is_not_waited_for(tmp_path):
    heavy = ["--backend", "system", "--collector", "none", "--filter", "^streaming-generator",
             "--param", "streaming-generator.items=10000000", "--param",
             "streaming-generator.stages=64", "--repetitions", "1", "--timeout", "0.6",
             "--memory-repetitions", "0", "--latency-repetitions", "0", "--precision", "2"]
    cell = next(name for name in planned(*heavy) if name.startswith("streaming")).split("#")[0]
    assert "items:10000000" in cell and "stages:64" in cell
    python, done = run(tmp_path, [[cell]], *heavy)
    assert done.returncode == 3, done.stderr
    assert len(python.asked()) == 1 and rounds(tmp_path) == []


def stop(folder, process, condition, number):
    wait_for(condition, process)
    process.send_signal(number)
    process.communicate(timeout=60)


def test_killed_in_the_middle_of_a_round_it_is_gone_on_with(tmp_path):
    python = Python(tmp_path, [[CELL], [CELL], []])
    folder, mark = tmp_path / "run", new_mark()
    (tmp_path / "hold").touch()  # the round may be over by the time of the kill, but no other begins
    process = start("run", *SETTLE, "--out", folder, mark=mark, HEAPMARK_PYTHON=str(python.path))
    stop(folder, process, lambda: lines(folder) >= FIXED + 1, signal.SIGKILL)
    assert gone(mark)
    (tmp_path / "hold").unlink()
    kept = (folder / "journal.jsonl").read_bytes()
    kept = kept[:kept.rfind(b"\n") + 1]
    asked = len(python.asked())
    assert asked in (1, 2) and rounds(tmp_path) == [[CELL]]
    done = call("run", "--resume", "--out", folder, HEAPMARK_PYTHON=str(python.path))
    assert done.returncode == 0, done.stderr
    assert (folder / "journal.jsonl").read_bytes().startswith(kept)
    samples = check_folder(folder)
    assert sorted(s["id"] for s in samples) == sorted(planned(*SETTLE) + block(2, 3))
    assert rounds(tmp_path) == [[CELL], [CELL]] and len(python.asked()) == asked + 2
    # Now it has ended: nothing is asked or measured again.
    whole = (folder / "journal.jsonl").read_bytes()
    assert call("run", "--resume", "--out", folder,
                HEAPMARK_PYTHON=str(python.path)).returncode == 0
    assert (folder / "journal.jsonl").read_bytes() == whole and len(python.asked()) == asked + 2


def test_stopped_while_it_asks_it_asks_again(tmp_path):
    python = Python(tmp_path, ["wait", [CELL], []])
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *SETTLE, "--out", folder, mark=mark, HEAPMARK_PYTHON=str(python.path))
    stop(folder, process, lambda: python.asked(), signal.SIGINT)
    assert process.returncode == 130
    assert gone(mark)
    assert len(check_folder(folder, state="interrupted")) == FIXED
    done = call("run", "--resume", "--out", folder, HEAPMARK_PYTHON=str(python.path))
    assert done.returncode == 0, done.stderr
    assert sorted(s["id"] for s in check_folder(folder)) == sorted(planned(*SETTLE) + block(2))
