"""`heapmark stress --what runtime` from outside: sound collectors, what is told of a defect, its options.

That it notices a wrong collector is shown by tests/mutants, and check by check in test_objects.c.
"""

import json
import subprocess

import pytest

from stress_command import BROKEN, HEAPMARK, SANITIZED, new_seed, stress, unsanitized

BACKENDS = ["system"] if SANITIZED else ["system", "pool"]


def runtime(*arguments):
    done = stress("--what", "runtime", *arguments, "--format", "json")
    return done, json.loads(done.stdout)


def collectors():
    listed = subprocess.run([HEAPMARK, "list", "collectors", "--format", "json"], check=True,
                            capture_output=True, text=True)
    found = json.loads(listed.stdout)
    return [entry["name"] for entry in (found["collectors"] if isinstance(found, dict) else found)]


def test_sound_collectors_have_no_defect():
    """Also: by default all there are are tried, on one and on several threads in turn."""
    operations = 6_000 if SANITIZED else 20_000
    done, document = runtime("--backend", ",".join(BACKENDS), "--operations", operations, "--seed",
                             new_seed(), "--patience", 120)
    assert done.returncode == 0 and document["defects"] == 0 and document["backends"] == []
    cells = [(result["label"], result["collector"]) for result in document["runtime"]]
    assert sorted(cells) == sorted((backend, name) for backend in BACKENDS for name in collectors())
    for result in document["runtime"]:
        assert result["operations"] == operations and result["checks"] > operations
        assert result["episodes"] >= 2 and result["threads_ended"] > 0
        assert result["defect"] is None and result["origin"]


def test_the_same_seed_is_the_same_program():
    def run():
        _, document = runtime("--backend", "system", "--collector", "generational", "--threads", 1,
                              "--seed", 5, "--operations", "4k", "--patience", 120)
        result = document["runtime"][0]
        return result["operations"], result["threads_ended"], result["forks"]

    assert run() == run()


def test_a_collector_can_have_settings():
    done, document = runtime("--backend", "system", "--collector", "generational;thresholds=5,2,2",
                             "--collector", "generational;trigger=manual", "--operations", 3000,
                             "--threads", 1, "--patience", 120)
    assert done.returncode == 0
    assert [result["collector"] for result in document["runtime"]] == ["generational-5-2-2",
                                                                       "generational-manual"]


@unsanitized
def test_a_defect_is_told_in_words_and_can_be_repeated():
    arguments = ("--what", "runtime", "--collector", "generational", "--backend",
                 f"bad=so:{BROKEN}/realloc_tail.so", "--threads", 1)
    done = stress(*arguments, "--operations", "20k", "--shrink", 5)
    assert done.returncode == 5
    assert "bad with generational: DEFECT: " in done.stdout and "at operation " in done.stdout
    assert "the shortest sequence found that shows it, " in done.stdout and "slot " in done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("  again: "))
    assert "--what runtime --collector generational" in line
    again = stress(*line.removeprefix("  again: heapmark stress ").split(), "--shrink", 0)
    assert again.returncode == 5 and "DEFECT: " in again.stdout


@unsanitized
def test_the_runtime_is_not_tried_on_an_allocator_with_a_defect():
    done = stress("--backend", f"so:{BROKEN}/free_null.so", "--collector", "none,generational",
                  "--operations", "20k", "--threads", 1, "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 5 and document["defects"] == 1
    assert [result["defect"] is None for result in document["backends"]] == [False]
    assert [(result["passed_over"], result["operations"]) for result in document["runtime"]] == [(True, 0)] * 2
    text = stress("--backend", f"so:{BROKEN}/free_null.so", "--collector", "none", "--operations", "20k",
                  "--threads", 1)
    assert "not tried: its allocator has a defect" in text.stdout


@unsanitized
def test_both_are_tried_by_default():
    done = stress("--backend", "system", "--collector", "off", "--operations", "4k", "--threads", 1)
    rows = [line.split() for line in done.stdout.splitlines() if line.endswith("no defect")]
    assert done.returncode == 0 and [row[:2] for row in rows] == [["system", "4000"], ["system", "off"]]


@pytest.mark.parametrize("arguments, words", [
    (["--what", "objects"], "--what: 'objects' is not allocators, runtime or allocators,runtime"),
    (["--what", ""], "is not allocators, runtime or"),
    (["--collector", "none-such"], "unknown collector 'none-such'; known: none, off, generational"),
    (["--collector", "none,none"], "none is named twice"),
    (["--collector", "generational;thresholds=1"], "unknown collector setting"),
    (["--collector", "a,,b"], "a list of names with one comma between two"),
    (["--what", "allocators", "--collector", "none"], "--collector is for programs of the runtime")])
def test_what_it_cannot_take_is_refused(arguments, words):
    done = stress(*arguments)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == ""
