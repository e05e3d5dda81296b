"""--size-data: a file of programs' sizes and lifetimes, from the option to the sample and back."""

import copy
import json

import pytest

from harness import ROOT, call, check_folder, read_environment, refused

OWN = ROOT / "workloads" / "data" / "allocation-profiles.json"
CELL = "churn/live:100/sizes:my-program/backend:system/linkage:so/collector:none/threads:1/runtime:heapmark"
RUN = ["--profile", "standard", "--backend", "system", "--collector", "none", "--filter", "^churn",
       "--param", "churn.sizes=my-program", "--param", "churn.live=100", "--repetitions", "2",
       "--memory-repetitions", "1", "--latency-repetitions", "0", "--precision", "off", "--settle",
       "short", "--min-time", "1ms", "--progress", "never"]


def program(*sizes):
    """Blocks of these sizes, as many of each, that live for 4 to 7 allocations."""
    return {"what": "made up", "histogram": [
        {"size_to": size, "lifetimes": [0, 0, 100] + [0] * 25} for size in sizes]}


def write(folder, document, name="own.json"):
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.fixture
def data(tmp_path):
    """The underscore becomes a dash, as in the project's own file."""
    return write(tmp_path, {"programs": {"my_program": program(32, 48)}})


def sizes_of(*arguments):
    workloads = json.loads(call("list", "workloads", "--format", "json", *arguments).stdout)["workloads"]
    churn = next(entry for entry in workloads if entry["name"] == "churn")
    return next(own["choices"] for own in churn["parameters"] if own["name"] == "sizes")


def test_its_programs_become_values_of_sizes(data):
    assert sizes_of("--size-data", data) == [*sizes_of(), "my-program"]


def test_the_projects_own_file_is_of_the_form_and_changes_nothing():
    assert sizes_of("--size-data", OWN) == sizes_of()


def test_a_sample_draws_from_it_and_says_so(data):
    done = call("sample", CELL, "--kind", "memory", "--iterations", "500", "--batches", "2",
                "--size-data", data)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["parameters"]["sizes"] == "my-program"
    classes = record["size_classes"]
    assert f" --size-data {data} --size-digest fnv1a:" in record["command"] and classes is not None
    again = call(*record["command"].split()[1:])
    assert json.loads(again.stdout)["checksum"] == record["checksum"]


def test_a_cell_without_its_programs_does_not_name_it(data):
    cell = CELL.replace("my-program", "git-log")
    done = call("sample", cell, "--iterations", "500", "--batches", "2", "--size-data", data)
    assert done.returncode == 0, done.stderr
    assert "--size-data" not in json.loads(done.stdout)["command"]


def test_a_run_records_the_file_and_passes_it_on(data, tmp_path):
    out = tmp_path / "run"
    done = call("run", *RUN, "--size-data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    samples = check_folder(out)
    own = [sample for sample in samples if sample["role"] == "cell"]
    assert len(own) == 3 and all(sample["valid"] for sample in samples)
    assert all("--size-data" in sample["command"] for sample in own)
    stored = read_environment(out)["options"]["size_data"]
    assert stored["path"] == str(data) and stored["digest"].startswith("fnv1a:")


def test_resume_takes_the_same_file_and_no_other(data, tmp_path):
    out = tmp_path / "run"
    assert call("run", *RUN, "--size-data", data, "--out", out).returncode == 0
    assert call("run", "--resume", "--out", out).returncode == 0
    assert call("run", "--resume", "--out", out, "--size-data", data).returncode == 0
    other = write(tmp_path, {"programs": {"my-program": program(64)}}, "other.json")
    refused(call("run", "--resume", "--out", out, "--size-data", other), "--size-data differs")
    data.write_text(other.read_text())
    refused(call("run", "--resume", "--out", out), "is another file than before")
    data.unlink()
    refused(call("run", "--resume", "--out", out), "cannot be read")


def test_a_file_that_changed_makes_no_sample(data):
    refused(call("sample", CELL, "--size-data", data, "--size-digest", "fnv1a:0123456789abcdef"),
            "is another file than before")


def test_a_name_of_the_file_needs_the_file():
    refused(call("sample", CELL), "'my-program' is not one of")


def spoilt(change):
    document = {"programs": {"mine": program(32, 48)}}
    change(document["programs"])
    return document


def set_row(name, value):
    return lambda programs: programs["mine"]["histogram"][1].__setitem__(name, value)


def other_numbers():
    document = {"programs": {"perl": copy.deepcopy(json.loads(OWN.read_text())["programs"]["perl"])}}
    document["programs"]["perl"]["histogram"][0]["lifetimes"][0] += 1
    return document


@pytest.mark.parametrize("document, words", [
    ("{", "line 1"),
    ("[]", "it names no programs; it must be {"),
    ({"programs": {}}, "it names no programs"),
    ({"programs": {"Mine!": program(32)}}, "'Mine!' cannot name a program"),
    ({"programs": {"uniform": program(32)}}, "'uniform' cannot name a program"),
    ({"programs": {"mine": {"what": "x"}}}, "program mine: it has no"),
    ({"programs": {"mine": {"what": "x", "histogram": []}}}, "program mine: no blocks"),
    (spoilt(set_row("size_to", 16)), "sizes must rise"),
    (spoilt(set_row("size_to", 1.5)), "a size_to is not a whole number"),
    (spoilt(set_row("size_to", 1 << 30)), "a size_to is not a whole number from 1 to"),
    (spoilt(set_row("lifetimes", [1] * 27)), "not a list of 28 counts"),
    (spoilt(set_row("lifetimes", [1] * 27 + [-1])), "not a whole number from 0 up"),
    (spoilt(set_row("lifetimes", [2**62] * 28)), "more than 2^63 blocks"),
    (other_numbers(), "program perl: it is built in with other numbers"),
    ({"programs": {f"p{number}": program(32) for number in range(26)}}, "more than 32 programs"),
])
def test_a_file_that_is_not_of_the_form_is_refused_in_one_line(document, words, tmp_path):
    path = write(tmp_path, document)
    for command in (["list", "workloads"], ["run", *RUN, "--dry-run"], ["sample", CELL]):
        refused(call(*command, "--size-data", path), "--size-data", words)


def test_a_file_may_have_16_mib_and_no_byte_more(tmp_path):
    path = tmp_path / "large.json"
    text = json.dumps({"programs": {"my-program": program(32)}})
    path.write_text(text.ljust(16 << 20))
    assert "my-program" in call("list", "workloads", "--size-data", path).stdout
    path.write_text(text.ljust((16 << 20) + 1))
    refused(call("list", "workloads", "--size-data", path), "more than 16 MiB")


def test_two_files_and_none_are_refused(data, tmp_path):
    refused(call("run", "--size-data", data, "--size-data", data, "--dry-run"), "second file")
    refused(call("run", "--size-data", tmp_path / "none.json", "--dry-run"), "cannot be read",
            "docs/allocation-profiles.md")
    refused(call("run", "--size-data", tmp_path, "--dry-run"), "cannot be read")
