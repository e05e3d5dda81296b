"""Tests that a comparison says itself what makes it doubtful."""

import pytest
from conftest import in_json, package


def doubts(*runs):
    """What is doubted, in the text and in JSON alike."""
    said = in_json("compare", *runs, "--metric", "ns_per_op")["doubts"]
    text = " ".join(package("compare", *runs, "--metric", "ns_per_op")[1].split())
    assert all(" ".join(doubt.split()) in text for doubt in said)
    assert ("To bear in mind:" in text) == bool(said)
    return said


def changed(member, name, value):
    def change(described):
        (described[member] if member else described)[name] = value
    return change


@pytest.mark.parametrize("member, name, value", [
    ("machine", "cpu_model", "Imaginary 9001"), ("machine", "kernel", "6.2.0"),
    ("machine", "cores_online", 4), ("machine", "thp", "always"), ("machine", "libc", "glibc 2.40"),
    ("machine", "governor", "powersave"), ("build", "compiler", "clang 14"),
    ("build", "flags", "-O0"), ("", "heapmark", "9.9.9"), ("", "git_commit", "abcdef0"),
    ("options", "freelists", True)])
def test_what_differs_is_said_with_both_values(make, member, name, value):
    runs = make("base", works=1), make("new", works=1, environment=changed(member, name, value))
    (said,) = doubts(*runs)
    assert said.startswith(f"{member + '.' if member else ''}{name} differs:")
    assert said.endswith(f"{value} now") and " then, " in said


def test_another_version_of_a_back_end(make):
    def newer(described):
        described["backends"][0]["version"] = "99.1"
    (said,) = doubts(make("base", works=1), make("new", works=1, environment=newer))
    assert said.startswith("back end pool differs") and said.endswith("99.1 now")


def test_a_slower_machine_is_seen_by_its_speed_probe(make):
    def probed(nanoseconds):
        def change(records):
            for record in records:
                if record["kind"] == "time" and record["valid"]:
                    record["series"]["probe_ns"] = [nanoseconds * 1.3, nanoseconds, None]
            return records
        return change
    base, same, slow = (make(name, works=1, records=probed(nanoseconds))
                        for name, nanoseconds in (("base", 50000), ("same", 50500), ("slow", 55000)))
    assert doubts(base, same) == []
    assert doubts(base, slow) == ["the machine was slower: the speed probe took 50.0 µs at best then,"
                                  " 55.0 µs now"]


def test_a_contaminated_control(make):
    (said,) = doubts(make("base", works=1), make("new", works=1, control_shift=1.3))
    assert said.startswith("new is contaminated by its A/A control")


def test_samples_that_ran_beside_others(make):
    def disturbed(records):
        for record in records[:7]:
            record["contamination"] = {"contaminated": True, "why": ["foreign CPU"]}
        return records
    marked = disturbed
    run = make("new", works=1, records=marked)
    (said,) = doubts(make("base", works=1), run)
    assert "of new ran while others used the machine" in said


def test_an_unfinished_run(make):
    (said,) = doubts(make("base", works=1), make("new", works=1, state="interrupted"))
    assert said == "new is interrupted: samples are missing"


def test_a_run_by_itself_is_doubted_too(make):
    run = make("run", works=1, control_shift=1.3, state="interrupted")
    said = in_json("compare", run, "--by", "backend", "--metric", "ns_per_op")["doubts"]
    assert len(said) == 2 and all(doubt.startswith("run is ") for doubt in said)


@pytest.mark.parametrize("repetitions, said", [(2, True), (4, True), (5, False)])
def test_few_samples_are_said(make, repetitions, said):
    runs = make("base", works=1), make("new", works=1, repetitions=repetitions)
    found = [doubt for doubt in doubts(*runs) if "fewer than 5 time samples" in doubt]
    assert len(found) == said
    assert all(f"(at least {repetitions})" in doubt and "of new rest" in doubt for doubt in found)
